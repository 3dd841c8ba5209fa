"""Answered calls: bridges, their sound, agents that stay, messages, and who hung up."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np
import pytest

from dialer.call_events import OwnReason
from dialer.telephony import events
from dialer.telephony.commands import Bridge, HangUp, Play, Purpose, TakeStock, Unbridge
from dialer.telephony.events import LegState, Side
from dialer.telephony.prompts import RATE, read_wav
from tests.sip.desk import Core, WorkerProcess, a_message
from tests.sip.uas import Uas, UasCall, loudest_hertz

pytestmark = [pytest.mark.sip, pytest.mark.real_time]

AGENT_HERTZ, CALLEE_HERTZ = 400.0, 1000.0


async def answered(core: Core, uas: Uas, leg: str, hertz: float, **more: object) -> UasCall:
    core.call(leg, uas.uri(leg), **more)
    call = await uas.invited.get()
    call.answer(hertz=hertz)
    await core.event(events.Answered, leg)
    return call


async def an_agent(core: Core, uas: Uas, leg: str = "agent") -> UasCall:
    return await answered(core, uas, leg, AGENT_HERTZ, purpose=Purpose.AGENT)


async def a_callee(core: Core, uas: Uas, leg: str = "callee", **more: object) -> UasCall:
    return await answered(core, uas, leg, CALLEE_HERTZ, **more)


async def until(holds: Callable[[], bool]) -> None:
    """Wait for sound, which has no event of its own."""
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - audio has nothing to wait on
            await asyncio.sleep(0.02)


async def test_bridged_they_hear_each_other_and_parted_they_do_not(core: Core, uas: Uas) -> None:
    agent, callee = await an_agent(core, uas), await a_callee(core, uas)
    core.order(Bridge(callee="callee", agent="agent", zip_tone=False))
    await core.event(events.Bridged, "callee")
    await until(lambda: abs(agent.audio.loudest_hertz() - CALLEE_HERTZ) < 10)
    await until(lambda: abs(callee.audio.loudest_hertz() - AGENT_HERTZ) < 10)
    core.order(Unbridge(callee="callee"))
    _, parted = await core.event(events.Unbridged)
    assert parted.by is None
    await until(lambda: agent.audio.loudest_hertz() == callee.audio.loudest_hertz() == 0)


async def test_an_unbridged_leg_still_gets_packets(core: Core, uas: Uas) -> None:
    callee = await a_callee(core, uas)
    await until(lambda: len(callee.audio.heard) > 25)
    assert callee.audio.loudest_hertz() == 0


async def test_the_agent_hears_a_zip_tone_and_the_callee_does_not(core: Core, uas: Uas) -> None:
    agent, callee = await an_agent(core, uas), await a_callee(core, uas)
    agent.audio.hertz = callee.audio.hertz = 0.0
    await until(lambda: agent.audio.loudest_hertz() == callee.audio.loudest_hertz() == 0)
    core.order(Bridge(callee="callee", agent="agent"))
    await until(lambda: 550 < agent.audio.loudest_hertz(0.1) < 700)
    await until(lambda: agent.audio.loudest_hertz() == 0)
    assert callee.audio.loudest_hertz(2) == 0


async def test_the_agents_leg_stays_for_many_calls(core: Core, uas: Uas) -> None:
    agent = await an_agent(core, uas)
    for number in range(4):
        leg = f"callee{number}"
        callee = await a_callee(core, uas, leg)
        core.order(Bridge(callee=leg, agent="agent", recording=f"r{number}"))
        await core.event(events.Bridged, leg)
        await until(lambda: abs(agent.audio.loudest_hertz(0.3) - CALLEE_HERTZ) < 10)
        if number % 2:
            callee.hang_up()
        else:
            core.order(HangUp(leg=leg, because=OwnReason.HUNG_UP))
        _, ended = await core.event(events.Ended, leg)
        assert ended.by is (Side.REMOTE if number % 2 else Side.LOCAL)
        _, parted = await core.event(events.Unbridged, leg)
        assert parted.by == leg
    core.order(TakeStock())
    _, stock = await core.event(events.Stocked)
    assert [(leg.leg, leg.state) for leg in stock.legs] == [("agent", LegState.ANSWERED)]
    assert not agent.ended.is_set()


async def test_the_agents_phone_hangs_up_and_the_callee_stays(core: Core, uas: Uas) -> None:
    agent, callee = await an_agent(core, uas), await a_callee(core, uas)
    core.order(Bridge(callee="callee", agent="agent", recording="r"))
    await core.event(events.Bridged)
    agent.hang_up()
    _, parted = await core.event(events.Unbridged)
    assert parted.by == "agent"
    await core.event(events.Ended, "agent")
    second = await an_agent(core, uas, "second")
    core.order(Bridge(callee="callee", agent="second", recording="r"))
    await until(lambda: abs(second.audio.loudest_hertz() - CALLEE_HERTZ) < 10)
    callee.hang_up()
    _, recorded = await core.event(events.Recorded)
    assert len([h for h in core.told if isinstance(h.event, events.Recorded)]) == 1
    seconds = len(read_wav(Path(recorded.callee_path))) / RATE
    assert seconds == pytest.approx(recorded.stopped_at - recorded.started_at, abs=0.1)


async def test_a_bye_says_why_both_ways(core: Core, uas: Uas) -> None:
    first, second = await a_callee(core, uas, "first"), await a_callee(core, uas, "second")
    first.hang_up("Reason: Q.850;cause=31")
    _, ended = await core.event(events.Ended, "first")
    assert (ended.by, ended.status, ended.q850) == (Side.REMOTE, None, 31)
    core.order(HangUp(leg="second", because=OwnReason.HUNG_UP))
    await asyncio.wait_for(second.ended.wait(), 5)
    assert second.bye is not None
    assert second.bye["Reason"] == "Q.850;cause=16"


async def test_a_peer_that_does_not_answer_the_bye_is_let_go(core: Core, uas: Uas) -> None:
    await a_callee(core, uas)
    uas.close()
    core.order(HangUp(leg="callee", because=OwnReason.HUNG_UP))
    _, ended = await core.event(events.Ended, "callee")
    assert (ended.by, ended.own_reason) == (Side.LOCAL, OwnReason.HUNG_UP)


async def test_a_recording_holds_each_on_its_own_track_from_bridge_to_hang_up(
    core: Core, uas: Uas
) -> None:
    agent, callee = await an_agent(core, uas), await a_callee(core, uas)
    core.order(Bridge(callee="callee", agent="agent", recording="r"))
    bridged_at, _ = await core.event(events.Bridged)
    await until(lambda: len(agent.audio.heard) > 100)
    callee.hang_up()
    ended_at, _ = await core.event(events.Ended, "callee")
    _, recorded = await core.event(events.Recorded)
    tracks = [read_wav(Path(path)) for path in (recorded.agent_path, recorded.callee_path)]
    for track in tracks:
        assert len(track) / RATE == pytest.approx(ended_at - bridged_at, abs=0.1)
    assert abs(len(tracks[0]) - len(tracks[1])) <= RATE // 50
    assert loudest_hertz(tracks[0]) == pytest.approx(AGENT_HERTZ, abs=5)
    assert loudest_hertz(tracks[1]) == pytest.approx(CALLEE_HERTZ, abs=5)


async def test_silence_is_recorded_as_long_as_it_is(core: Core, uas: Uas) -> None:
    agent, callee = await an_agent(core, uas), await a_callee(core, uas)
    agent.audio.sends = callee.audio.sends = False
    core.order(Bridge(callee="callee", agent="agent", recording="r"))
    bridged_at, _ = await core.event(events.Bridged)
    await until(lambda: len(callee.audio.heard) > 100)
    core.order(HangUp(leg="callee", because=OwnReason.HUNG_UP))
    ended_at, _ = await core.event(events.Ended, "callee")
    _, recorded = await core.event(events.Recorded)
    for path in (recorded.agent_path, recorded.callee_path):
        seconds = len(read_wav(Path(path))) / RATE
        assert seconds == pytest.approx(ended_at - bridged_at, abs=0.1)


async def test_a_message_is_played_to_its_end_and_then_we_hang_up(
    core: Core, uas: Uas, tmp_path: Path
) -> None:
    time = np.arange(RATE) / RATE
    message = a_message(tmp_path, (9000 * np.sin(2 * np.pi * 700 * time)).astype(np.int16))
    callee = await a_callee(core, uas)
    core.order(Play(leg="callee", file=str(message), then_hang_up=True))
    started_at, _ = await core.event(events.Playing, "callee")
    await asyncio.wait_for(callee.ended.wait(), 10)
    played_at, _ = await core.event(events.Played, "callee")
    _, ended = await core.event(events.Ended, "callee")
    assert (ended.by, ended.own_reason) == (Side.LOCAL, OwnReason.ABANDONED)
    assert played_at - started_at >= 1
    heard = np.concatenate(callee.audio.heard)
    assert np.count_nonzero(np.abs(heard) > 1000) == pytest.approx(0.93 * RATE, abs=0.1 * RATE)
    assert loudest_hertz(heard) == pytest.approx(700, abs=10)


async def test_a_callee_who_hears_the_last_message_is_not_bridged_any_more(
    core: Core, uas: Uas, tmp_path: Path
) -> None:
    await an_agent(core, uas)
    message = a_message(tmp_path, np.zeros(RATE, np.int16))
    await a_callee(core, uas, identity_file=str(message))
    core.order(Play(leg="callee", then_hang_up=True))
    core.order(Bridge(callee="callee", agent="agent"))
    _, refused = await core.event(events.RefusedCommand)
    assert "last message" in refused.why


@pytest.mark.parametrize("content", [b"", b"not audio at all", None])
async def test_a_file_that_cannot_be_played_is_refused(
    core: Core, uas: Uas, tmp_path: Path, content: bytes | None
) -> None:
    await a_callee(core, uas)
    file = tmp_path / "message.wav"
    if content is not None:
        file.write_bytes(content)
    core.order(Play(leg="callee", file=str(file)))
    _, refused = await core.event(events.RefusedCommand)
    assert "message.wav" in refused.why


async def test_senseless_bridges_are_refused(core: Core, uas: Uas) -> None:
    await an_agent(core, uas)
    await a_callee(core, uas)
    core.order(Bridge(callee="agent", agent="callee"))
    _, refused = await core.event(events.RefusedCommand)
    assert "in that order" in refused.why
    core.order(Bridge(callee="callee", agent="agent"))
    await core.event(events.Bridged)
    await a_callee(core, uas, "other")
    core.order(Bridge(callee="other", agent="agent"))
    _, refused = await core.event(events.RefusedCommand, "other")
    assert "another call" in refused.why


async def test_an_agents_silent_phone_is_noticed_and_only_once(core: Core, uas: Uas) -> None:
    agent = await an_agent(core, uas)
    await until(lambda: len(agent.audio.heard) > 10)
    agent.audio.sends = False
    await core.event(events.MediaLost, "agent")
    assert not agent.ended.is_set(), "what follows is the core's to decide"


async def test_answer_to_bridge_is_quick(
    core: Core, far_end: Callable[[], Awaitable[Uas]], worker: WorkerProcess
) -> None:
    uas = await far_end()
    await an_agent(core, uas)
    await a_callee(core, uas)
    answered_at, _ = await core.event(events.Answered, "callee")
    core.order(Bridge(callee="callee", agent="agent"))
    bridged_at, _ = await core.event(events.Bridged)
    print(f"answer to bridge: {1000 * (bridged_at - answered_at):.1f} ms")
    assert bridged_at > answered_at


async def test_in_many_calls_at_once_nobody_hears_or_records_anybody_else(
    core: Core, far_end: Callable[[], Awaitable[Uas]]
) -> None:
    """Ports of the bridge are taken and given back all the time; none may be mistaken."""
    agents, callees = await far_end(), await far_end()
    for number in range(4):
        core.call(f"agent{number}", agents.uri(), purpose=Purpose.AGENT)
        (await agents.invited.get()).answer(hertz=300 + 50 * number)
        await core.event(events.Answered, f"agent{number}")
    for turn in range(5):
        legs = {}
        for number in range(4):
            leg = f"callee{turn}.{number}"
            core.call(leg, callees.uri())
            legs[leg] = await callees.invited.get()
            legs[leg].answer(hertz=1000 + 200 * turn + 50 * number)
            await core.event(events.Answered, leg)
            core.order(Bridge(callee=leg, agent=f"agent{number}", recording=leg, zip_tone=False))
        await core.event(events.Bridged, f"callee{turn}.3")
        await until(lambda legs=legs: all(len(leg.audio.heard) > 60 for leg in legs.values()))
        for number, (leg, call) in enumerate(legs.items()):
            assert call.audio.loudest_hertz(0.4) == pytest.approx(300 + 50 * number, abs=12)
            call.hang_up()
            _, recorded = await core.event(events.Recorded, leg)
            said = read_wav(Path(recorded.agent_path)), read_wav(Path(recorded.callee_path))
            hertz = [loudest_hertz(track[-RATE // 2 :]) for track in said]
            expected = [300 + 50 * number, 1000 + 200 * turn + 50 * number]
            assert hertz == pytest.approx(expected, abs=12)
