"""Calls that nobody answers: what is told of them, and who ends them when."""

import asyncio

import pytest

from dialer.call_events import OwnReason
from dialer.telephony import events
from dialer.telephony.commands import Drain, HangUp
from dialer.telephony.events import Side
from tests.sip.desk import Core, WorkerProcess
from tests.sip.uas import Uas

pytestmark = [pytest.mark.sip, pytest.mark.real_time]


async def test_an_invite_carries_identity_and_its_call_id_is_told(core: Core, uas: Uas) -> None:
    core.call("a", uas.uri())
    call = await uas.invited.get()
    _, invited = await core.event(events.Invited, "a")
    assert invited.sip_call_id == call.call_id
    assert call.invite["From"].startswith('"Test" <sip:+442079460999@127.0.0.1>;tag=')
    assert call.invite.first == f"INVITE {uas.uri()} SIP/2.0"
    assert call.invite.all("User-Agent") == []
    assert call.invite.body.count("m=") == 1, "audio only: no text stream, no video"


async def test_a_ringing_phone_that_is_busy(core: Core, uas: Uas) -> None:
    core.call("a", uas.uri())
    call = await uas.invited.get()
    call.ring()
    _, rang = await core.event(events.Provisional, "a")
    assert (rang.status, rang.early_media) == (180, False)
    call.refuse("486 Busy Here")
    _, ended = await core.event(events.Ended, "a")
    assert (ended.by, ended.status, ended.q850) == (Side.REMOTE, 486, None)
    assert ended.reason_text == "Busy Here"
    assert ended.own_reason is OwnReason.NONE


async def test_a_full_trunk_says_so_in_its_reason_header(core: Core, uas: Uas) -> None:
    core.call("a", uas.uri())
    call = await uas.invited.get()
    call.refuse("503 Service Unavailable", 'Reason: Q.850;cause=34;text="no circuit"')
    _, ended = await core.event(events.Ended, "a")
    assert (ended.status, ended.q850, ended.reason_text) == (503, 34, "no circuit")


async def test_early_media_is_told_after_ringing_and_once(core: Core, uas: Uas) -> None:
    core.call("a", uas.uri())
    call = await uas.invited.get()
    call.ring()
    call.ring("183 Session Progress", audio=True)
    call.ring("183 Session Progress", audio=True)
    call.refuse("480 Temporarily Unavailable")
    await core.event(events.Ended, "a")
    told = [h.event for h in core.told if isinstance(h.event, events.Provisional)]
    assert [(p.status, p.early_media) for p in told] == [(180, False), (183, True)]


@pytest.mark.parametrize(
    ("timer", "reason"),
    [
        ("no_provisional_s", OwnReason.NO_PROVISIONAL),
        ("no_progress_s", OwnReason.NO_PROGRESS),
        ("ring_s", OwnReason.RING_TIMEOUT),
    ],
)
async def test_the_workers_own_timers_end_what_leads_nowhere(
    core: Core, uas: Uas, timer: str, reason: OwnReason
) -> None:
    core.call("a", uas.uri(), **{timer: 0.6})
    call = await uas.invited.get()
    if timer != "no_provisional_s":
        call.trying()
    if timer == "ring_s":
        call.ring()
    started, _ = await core.event(events.Invited, "a")
    at, ended = await core.event(events.Ended, "a")
    assert (ended.by, ended.own_reason, ended.status) == (Side.LOCAL, reason, None)
    assert at - started >= 0.6
    if timer != "no_provisional_s":  # RFC 3261, 9.1: no CANCEL before a provisional answer
        await asyncio.wait_for(call.cancelled.wait(), 5)


async def test_a_call_that_is_cancelled(core: Core, uas: Uas) -> None:
    core.call("a", uas.uri())
    call = await uas.invited.get()
    call.ring()
    await core.event(events.Provisional, "a")
    core.order(HangUp(leg="a", because=OwnReason.REVOKED))
    _, ended = await core.event(events.Ended, "a")
    assert ended.own_reason is OwnReason.REVOKED
    await asyncio.wait_for(call.cancelled.wait(), 5)


async def test_an_answer_that_crosses_the_cancel_is_ended_at_once(core: Core, uas: Uas) -> None:
    core.call("a", uas.uri())
    call = await uas.invited.get()
    call.on_cancel = "answer"
    call.ring()
    await core.event(events.Provisional, "a")
    core.order(HangUp(leg="a", because=OwnReason.CANCELLED))
    _, ended = await core.event(events.Ended, "a")
    assert (ended.by, ended.own_reason) == (Side.LOCAL, OwnReason.CANCELLED)
    await asyncio.wait_for(call.ended.wait(), 5)
    assert not [h for h in core.told if isinstance(h.event, events.Answered)]


async def test_an_answer_long_after_we_gave_up_is_acknowledged_and_ended(
    core: Core, uas: Uas
) -> None:
    core.call("a", uas.uri(), no_provisional_s=0.3)
    call = await uas.invited.get()
    await core.event(events.Ended, "a")
    call.answer()
    await asyncio.wait_for(call.acknowledged.wait(), 5)
    await asyncio.wait_for(call.ended.wait(), 5)
    assert len([h for h in core.told if isinstance(h.event, events.Ended)]) == 1


async def test_a_peer_that_ignores_the_cancel_is_let_go(core: Core, uas: Uas) -> None:
    core.call("a", uas.uri())
    call = await uas.invited.get()
    call.on_cancel = "nothing"
    call.ring()
    await core.event(events.Provisional, "a")
    core.order(HangUp(leg="a", because=OwnReason.CANCELLED))
    _, ended = await core.event(events.Ended, "a")
    assert ended.own_reason is OwnReason.CANCELLED
    assert core.link.is_connected


async def test_one_leg_is_never_called_twice(core: Core, uas: Uas) -> None:
    core.call("a", uas.uri())
    call = await uas.invited.get()
    core.call("a", uas.uri())
    _, stocked = await core.event(events.Stocked)
    assert [(report.leg, stocked.whole) for report in stocked.legs] == [("a", False)]
    call.refuse("486 Busy Here")
    await core.event(events.Ended, "a")
    core.call("a", uas.uri())
    core.order(HangUp(leg="unknown", because=OwnReason.CANCELLED))
    await core.event(events.RefusedCommand)
    assert uas.invited.empty()
    assert len(uas.calls) == 1


async def test_nothing_leaves_this_machine(core: Core) -> None:
    core.call("a", "sip:+442079460123@192.0.2.1")
    _, refused = await core.event(events.RefusedCommand)
    assert refused.leg == "a"
    assert "not on this machine" in refused.why
    assert "442079460123" not in refused.why


async def test_a_draining_worker_cancels_what_rings_and_takes_no_more(core: Core, uas: Uas) -> None:
    core.call("a", uas.uri())
    call = await uas.invited.get()
    call.ring()
    await core.event(events.Provisional, "a")
    core.order(Drain())
    _, ended = await core.event(events.Ended, "a")
    assert ended.own_reason is OwnReason.CANCELLED
    await core.event(events.Drained)
    core.call("b", uas.uri())
    _, refused = await core.event(events.RefusedCommand)
    assert "draining" in refused.why


async def test_ringing_calls_end_when_no_core_has_been_there_for_a_while(
    core: Core, uas: Uas, worker: WorkerProcess
) -> None:
    core.call("a", uas.uri())
    call = await uas.invited.get()
    call.ring()
    await core.event(events.Provisional, "a")
    await core.disconnect()
    await asyncio.wait_for(call.cancelled.wait(), 15)
    again = await Core(worker.socket).connect()
    _, ended = await again.event(events.Ended, "a")
    assert ended.own_reason is OwnReason.CANCELLED
    await again.disconnect()
