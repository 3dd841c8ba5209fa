"""Calls through the simulated network, over real SIP and RTP, with a caller of the tests' own."""

import asyncio
from datetime import datetime

import numpy as np
import pytest

from dialer.simulation.network.behaviour import Fate, Spread
from dialer.simulation.network.transaction import Timers
from tests.simulation.network.caller import PCMU
from tests.simulation.network.conftest import NUMBER

pytestmark = pytest.mark.real_time

IMPATIENT = Spread(median=0.5, sigma=0.0, limit=0.5)
QUICK = Timers(t1=0.02, t2=0.08)


@pytest.mark.parametrize(
    ("fate", "status", "cause"),
    [
        (Fate.BUSY, 486, 17),
        (Fate.INVALID, 404, 1),
        (Fate.CONGESTION, 503, 34),
        (Fate.NETWORK_FAILURE, 500, 38),
    ],
)
async def test_a_refused_call_names_its_cause(network, calling, lines, fate, status, cause):
    caller = await calling(await network(fate))
    call = caller.invite(NUMBER)
    answer = await call.until_status(status)
    assert answer.header("reason") == f"Q.850;cause={cause}"
    assert call.statuses[0] == 100
    [line] = await lines.until(1)
    assert (line["fate"], line["kind"], line["status"]) == (fate, "none", status)
    assert (line["ended_by"], line["answered_at"], line["rtp_bytes_out"]) == ("network", None, 0)
    assert (line["number"], line["from"]) == (NUMBER, "+442079460000")
    assert line["sip_call_id"] == call.call_id


async def test_an_unanswered_call_rings_until_it_is_cancelled(network, calling, lines):
    caller = await calling(await network(Fate.NO_ANSWER))
    call = caller.invite(NUMBER)
    await call.until_status(180)
    call.cancel()
    await call.until_status(487)
    [line] = await lines.until(1)
    assert line["ringing_at"] is not None
    assert (line["ended_by"], line["status"], line["answered_at"]) == ("caller", 487, None)


async def test_a_call_nobody_cancels_rings_out(network, calling, lines):
    caller = await calling(await network(Fate.NO_ANSWER, rings_out_after=0.05))
    await caller.invite(NUMBER).until_status(480)
    [line] = await lines.until(1)
    assert (line["ended_by"], line["status"]) == ("network", 480)


async def test_a_silent_network_says_not_a_word(network, calling, lines):
    exchange = await network(Fate.NETWORK_SILENCE)
    caller = await calling(exchange)
    call = caller.invite(NUMBER)
    call.send_invite()
    call.cancel()
    [line] = await lines.until(1)
    assert call.answers == []
    assert (line["status"], line["ended_by"], exchange.calls) == (None, "caller", 0)


async def test_a_person_says_hello_and_gives_up_on_silence(network, calling, lines):
    caller = await calling(await network(Fate.HANGS_UP_ON_SILENCE, short_patience=IMPATIENT))
    call = caller.invite(NUMBER)
    await call.until_bye()
    [line] = await lines.until(1)
    assert line["ended_by"] == "callee"
    assert (line["kind"], line["silence_after_hello_ms"]) == ("person", None)
    assert 0.4 <= len(call.audible) * 0.02 <= 0.95  # one hello
    waited = datetime.fromisoformat(line["ended_at"]) - datetime.fromisoformat(
        line["hello_ended_at"]
    )
    assert 0.5 <= waited.total_seconds() < 1.5


async def test_the_silence_after_hello_is_what_the_caller_let_pass(network, calling, lines):
    caller = await calling(await network(Fate.TALKS))
    call = caller.invite(NUMBER)
    await call.until_silent(0.4)
    await call.speak(0.5)
    call.bye()
    [line] = await lines.until(1)
    assert line["ended_by"] == "caller"
    assert 300 <= line["silence_after_hello_ms"] < 1500
    assert 400 <= line["heard_audio_ms"] <= 600
    assert line["rtp_bytes_in"] == call.sequence * 172
    assert line["rtp_bytes_out"] >= 172 * len(call.packets) > 0


async def test_a_person_takes_turns_and_then_lets_the_caller_end_it(network, calling, lines):
    caller = await calling(await network(Fate.TALKS))
    call = caller.invite(NUMBER)
    turns = 0
    for _ in range(3):
        call.packets.clear()
        await call.until_silent(0.3)
        await call.speak(0.4)
        turns += 1
    call.bye()
    [line] = await lines.until(1)
    assert turns == 3
    assert (line["ended_by"], line["fate"]) == ("caller", "talks")


async def test_who_refuses_hangs_up_soon_after_the_first_words(network, calling, lines):
    caller = await calling(await network(Fate.REFUSES, refusal_time=IMPATIENT))
    call = caller.invite(NUMBER)
    await call.until_silent(0.2)
    await call.speak(1.0)
    await call.until_bye()
    [line] = await lines.until(1)
    assert (line["ended_by"], line["fate"]) == ("callee", "refuses")


async def test_a_machine_greets_for_seconds_and_beeps(network, calling, lines):
    caller = await calling(await network(Fate.MACHINE))
    call = caller.invite(NUMBER, codec=PCMU)
    await call.until_silent(0.2)
    greeting = len(call.audible) * 0.02
    assert 3.5 <= greeting <= 9.2
    call.packets.clear()
    await call.until_silent(0.2)
    assert 0.36 <= len(call.audible) * 0.02 <= 0.44
    call.bye()
    [line] = await lines.until(1)
    assert (line["kind"], line["hello_ended_at"]) == ("machine", None)


async def test_early_media_rings_audibly_before_the_answer(network, calling, lines):
    long_ring = Spread(median=0.5, sigma=0.0, limit=0.5)
    caller = await calling(await network(Fate.EARLY_MEDIA_ANSWER, ring_time=long_ring))
    call = caller.invite(NUMBER)
    await call.until_status(183)
    await call.until_heard(10)
    assert 200 not in call.statuses
    await call.until_status(200)
    call.bye()
    [line] = await lines.until(1)
    assert line["early_media_at"] is not None
    assert line["early_media_at"] <= line["answered_at"]


async def test_an_answer_is_repeated_until_it_is_acknowledged(network, calling):
    caller = await calling(await network(Fate.TALKS, timers=Timers(t1=0.05, t2=0.1)))
    call = caller.invite(NUMBER, auto_ack=False)
    await call.until(lambda: call.statuses.count(200) >= 3)
    call.ack()
    call.bye()
    await call.until(lambda: any("BYE" in a.header("cseq") for a in call.answers))


async def test_an_answer_nobody_acknowledges_ends_the_call(network, calling, lines):
    caller = await calling(await network(Fate.TALKS, timers=QUICK))
    call = caller.invite(NUMBER, auto_ack=False)
    await call.until_bye()
    [line] = await lines.until(1)
    assert (line["ended_by"], line["status"]) == ("network", 200)


async def test_an_invite_sent_twice_is_one_call(network, calling, lines):
    exchange = await network(Fate.NO_ANSWER)
    caller = await calling(exchange)
    call = caller.invite(NUMBER)
    call.send_invite()
    await call.until(lambda: call.statuses.count(180) >= 1 and len(call.statuses) >= 3)
    assert exchange.calls == 1
    call.cancel()
    await call.until_status(487)
    assert len(await lines.until(1)) == 1


async def test_the_same_number_is_counted_from_attempt_to_attempt(network, calling, lines):
    caller = await calling(await network(Fate.BUSY))
    for _ in range(2):
        await caller.invite(NUMBER).until_status(486)
    assert [line["attempt"] for line in await lines.until(2)] == [1, 2]


async def test_an_offer_may_come_with_the_acknowledgement(network, calling, lines):
    caller = await calling(await network(Fate.TALKS))
    call = caller.invite(NUMBER, offer=False)
    answer = await call.until_status(200)
    assert "PCMA" in answer.body
    assert "PCMU" in answer.body
    await call.until_heard()
    call.bye()
    await lines.until(1)


async def test_hold_silences_us_and_resuming_does_not(network, calling):
    caller = await calling(await network(Fate.MACHINE))
    call = caller.invite(NUMBER)
    await call.until_heard()
    call.inside("INVITE", body=call.sdp + "a=sendonly\r\n")
    await call.until(lambda: "a=recvonly" in call.answers[-1].body)
    call.packets.clear()
    call.inside("INVITE", body=call.sdp)
    await call.until(lambda: "a=sendrecv" in call.answers[-1].body)
    await call.until_heard()
    call.bye()


async def test_media_that_would_leave_the_machine_is_refused(network, calling, lines):
    caller = await calling(await network(Fate.TALKS))
    call = caller.invite(NUMBER)
    await call.until_status(200)
    other = call.sdp.replace("c=IN IP4 127.0.0.1", "c=IN IP4 192.0.2.1")
    call.inside("INVITE", body=other)
    answer = await call.until_status(488)
    assert "leave this machine" in answer.reason
    call.bye()
    await lines.until(1)


async def test_calls_in_progress_are_written_as_open(network, calling, lines):
    exchange = await network(Fate.NO_ANSWER)
    caller = await calling(exchange)
    await caller.invite(NUMBER).until_status(180)
    exchange.close()
    [line] = lines()
    assert line["open"] is True
    assert line["ended_at"] is None


async def test_cancel_after_the_answer_changes_nothing(network, calling, lines):
    caller = await calling(await network(Fate.TALKS))
    call = caller.invite(NUMBER)
    await call.until_status(200)
    call.cancel()
    await call.until(lambda: any("CANCEL" in a.header("cseq") for a in call.answers))
    call.bye()
    [line] = await lines.until(1)
    assert (line["ended_by"], line["status"]) == ("caller", 200)


async def test_rtp_garbage_and_telephone_events_are_not_heard(network, calling, lines):
    caller = await calling(await network(Fate.TALKS))
    call = caller.invite(NUMBER)
    await call.until_status(200)
    loud = call.codec.frames(np.full(160, 9000, dtype=np.int16))[0]
    for _ in range(20):
        call.send_rtp(loud, kind=101)
        call.rtp.sendto(b"\x80", call.remote_rtp)
        call.rtp.sendto(b"\xff" * 40, call.remote_rtp)
        call.rtp.sendto(b"\xbf\x08" + b"\xff" * 12, call.remote_rtp)
    await call.until_silent(0.2)
    call.bye()
    [line] = await lines.until(1)
    assert line["heard_audio_ms"] == 0


async def test_sixty_calls_at_once_each_have_their_line(network, calling, lines):
    exchange = await network(Fate.TALKS)
    caller = await calling(exchange)
    calls = [caller.invite(f"+4420794600{number:02}") for number in range(60)]
    await asyncio.gather(*(call.until_status(200) for call in calls))
    assert exchange.calls == 60
    for call in calls:
        call.bye()
    written = await lines.until(60)
    assert {line["sip_call_id"] for line in written} == {call.call_id for call in calls}
    assert exchange.calls == 0


async def test_requests_inside_a_call_are_answered(network, calling, lines):
    caller = await calling(await network(Fate.MACHINE))
    call = caller.invite(NUMBER)
    await call.until_status(200)
    for method in ("OPTIONS", "INFO", "UPDATE"):
        call.inside(method)
        await call.until(lambda method=method: method in call.answers[-1].header("cseq"))
        assert call.answers[-1].status == 200
    call.caller.send(call.message("BYE", branch="z9hG4bKold", cseq=1))
    await call.until_status(500)  # out of order
    call.bye()
    await lines.until(1)
    call.inside("OPTIONS")
    await call.until_status(481)


async def test_a_bye_before_the_answer_cancels(network, calling, lines):
    caller = await calling(await network(Fate.NO_ANSWER))
    call = caller.invite(NUMBER)
    await call.until_status(180)
    call.bye()
    await call.until_status(487)
    [line] = await lines.until(1)
    assert (line["ended_by"], line["status"]) == ("caller", 487)


async def test_without_rport_the_answer_goes_to_the_port_in_via(network, calling):
    caller = await calling(await network(Fate.BUSY))
    call = caller.invite(NUMBER)
    caller.send(call.message("OPTIONS", branch="z9hG4bKplain").replace(b";rport", b""))
    await call.until(lambda: any("OPTIONS" in a.header("cseq") for a in call.answers))


async def test_a_network_without_a_free_port_is_congested(network, calling, monkeypatch, lines):
    def none_left(*_: object, **__: object) -> None:
        raise OSError("no free even UDP port")

    caller = await calling(await network(Fate.EARLY_MEDIA_ANSWER))
    monkeypatch.setattr("dialer.simulation.network.audio.open_socket", none_left)
    call = caller.invite(NUMBER)
    await call.until_status(503)
    assert 183 not in call.statuses
    [line] = await lines.until(1)
    assert (line["status"], line["ended_by"]) == (503, "network")


async def test_a_description_with_other_streams_declines_them(network, calling):
    caller = await calling(await network(Fate.TALKS))
    call = caller.invite(NUMBER)
    await call.until_status(200)
    call.inside("INVITE", body=call.sdp + "m=video 6000 RTP/AVP 96\r\n")
    await call.until(lambda: "m=video" in call.answers[-1].body)
    assert "m=video 0 RTP/AVP 96" in call.answers[-1].body
    call.bye()
