"""Guests in conversations, hold, hand-over, keys and the muting of tapes, over real SIP."""

import asyncio
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from dialer.call_events import OwnReason
from dialer.in_call import Part
from dialer.telephony import events
from dialer.telephony.commands import (
    Bridge,
    HandOver,
    HangUp,
    Hold,
    Join,
    Keying,
    Leave,
    MuteTape,
    Purpose,
    Resume,
    SendDigits,
    TakeStock,
)
from dialer.telephony.events import LegState
from dialer.telephony.prompts import RATE, read_wav
from tests.sip.desk import Core
from tests.sip.test_bridging import until
from tests.sip.uas import Uas, UasCall, tones

pytestmark = [pytest.mark.sip, pytest.mark.real_time]

AGENT, CALLEE, GUEST = 400.0, 1000.0, 2200.0
ALL = (AGENT, CALLEE, GUEST)


async def up(core: Core, uas: Uas, leg: str, hertz: float, purpose: Purpose) -> UasCall:
    core.call(leg, uas.uri(leg), purpose=purpose)
    call = await uas.invited.get()
    call.answer(hertz=hertz)
    await core.event(events.Answered, leg)
    return call


async def three(core: Core, uas: Uas) -> tuple[UasCall, UasCall, UasCall]:
    """Callee and agent who talk and are recorded, and a guest who waits."""
    callee = await up(core, uas, "callee", CALLEE, Purpose.CALLEE)
    agent = await up(core, uas, "agent", AGENT, Purpose.AGENT)
    guest = await up(core, uas, "guest", GUEST, Purpose.GUEST)
    core.order(Bridge(callee="callee", agent="agent", recording="r", zip_tone=False))
    await core.event(events.Bridged, "callee")
    return callee, agent, guest


async def hear(expected: list[tuple[UasCall, set[float]]]) -> None:
    """Wait until everybody hears just whom they should."""
    await until(lambda: all(call.audio.tones(*ALL) == hertz for call, hertz in expected))


async def listen(call: UasCall, *, frames: int) -> None:
    """Wait until so many more frames of 20 ms have been heard."""
    enough = len(call.audio.heard) + frames
    await until(lambda: len(call.audio.heard) >= enough)


def said(track: NDArray[np.int16]) -> set[float]:
    """Who was ever heard on a track, by windows of 100 ms."""
    windows = track[: len(track) // 800 * 800].reshape(-1, 800)
    return {hertz for window in windows for hertz in tones(window, *ALL)}


async def test_a_supervisor_listens_whispers_barges_and_only_barging_is_on_the_tape(
    core: Core, uas: Uas
) -> None:
    callee, agent, guest = await three(core, uas)
    core.order(Join(guest="guest", callee="callee", part=Part.LISTEN))
    await hear([(callee, {AGENT}), (agent, {CALLEE}), (guest, {AGENT, CALLEE})])
    core.order(Join(guest="guest", callee="callee", part=Part.WHISPER))
    await hear([(callee, {AGENT}), (agent, {CALLEE, GUEST}), (guest, {AGENT, CALLEE})])
    await listen(callee, frames=30)
    core.order(MuteTape(callee="callee", muted=True))  # from here a mark: nothing on the tape
    at, _ = await core.event(events.TapeMuted)
    core.order(Join(guest="guest", callee="callee", part=Part.TALK))
    await hear([(callee, {AGENT, GUEST}), (agent, {CALLEE, GUEST}), (guest, {AGENT, CALLEE})])
    core.order(MuteTape(callee="callee", muted=False))
    await until(lambda: len([h for h in core.told if isinstance(h.event, events.TapeMuted)]) == 2)
    back_at = [h.at for h in core.told if isinstance(h.event, events.TapeMuted)][1]
    await listen(callee, frames=40)
    core.order(Leave(guest="guest"))
    await core.event(events.Left, "guest")
    await hear([(callee, {AGENT}), (agent, {CALLEE}), (guest, set())])
    parts = [h.event.part for h in core.told if isinstance(h.event, events.Joined)]
    assert parts == [Part.LISTEN, Part.WHISPER, Part.TALK]
    callee.hang_up()
    _, recorded = await core.event(events.Recorded)
    agents, callees = (read_wav(Path(p)) for p in (recorded.agent_path, recorded.callee_path))
    assert abs(len(agents) / RATE - (recorded.stopped_at - recorded.started_at)) < 0.1
    muted = slice(*(int((t - recorded.started_at) * RATE) for t in (at + 0.15, back_at - 0.05)))
    assert not np.any(np.abs(agents[muted]) > 300) and not np.any(np.abs(callees[muted]) > 300)
    before = slice(0, int((at - recorded.started_at - 0.1) * RATE))
    barged = slice(int((back_at - recorded.started_at + 0.15) * RATE), None)
    assert said(agents[before]) == {AGENT}, "a whisper is on the tape"
    assert said(agents[barged]) == {AGENT, GUEST}
    assert said(callees) == {CALLEE}
    assert not guest.ended.is_set(), "the guest's leg waits for the next call"


#: What was under way when an order was carried out has been heard: jitter buffers, a busy machine.
SETTLED_S = 0.4


async def test_hold_consultation_call_of_three_and_hand_over(core: Core, uas: Uas) -> None:
    callee, agent, guest = await three(core, uas)
    core.order(Hold(callee="callee"))
    core.order(Hold(callee="callee"))
    await core.event(events.Held, "callee")
    core.order(Join(guest="guest", callee="callee", part=Part.CONSULT))
    await hear([(agent, {GUEST}), (guest, {AGENT}), (callee, set())])
    await until(lambda: bool(callee.audio.tones(523.0, 659.0, last_s=0.2)))  # the hold tone
    core.order(Join(guest="guest", callee="callee", part=Part.TALK))
    core.order(Resume(callee="callee"))
    await core.event(events.Resumed, "callee")
    await hear([(callee, {AGENT, GUEST}), (agent, {CALLEE, GUEST}), (guest, {AGENT, CALLEE})])
    core.order(HandOver(callee="callee", guest="guest"))
    at, _ = await core.event(events.HandedOver, "callee")
    await hear([(callee, {GUEST}), (agent, set()), (guest, {CALLEE})])
    await listen(guest, frames=40)
    core.order(TakeStock())
    _, stock = await core.event(events.Stocked)
    peers = {leg.leg: (leg.state, leg.peer) for leg in stock.legs}
    assert peers["callee"] == (LegState.BRIDGED, "guest")
    assert peers["agent"] == (LegState.ANSWERED, None)
    assert len([h for h in core.told if isinstance(h.event, events.Held)]) == 1
    guest.hang_up()
    _, parted = await core.event(events.Unbridged, "guest")
    assert parted.by == "guest"
    core.order(HangUp(leg="callee", because=OwnReason.HUNG_UP))
    _, recorded = await core.event(events.Recorded)
    for path in (recorded.agent_path, recorded.callee_path):
        after = read_wav(Path(path))[int((at - recorded.started_at + SETTLED_S) * RATE) :]
        assert not np.any(np.abs(after) > 300), "what was said after the hand-over is on the tape"


async def test_what_makes_no_sense_is_refused_and_an_end_takes_guests_out(
    core: Core, uas: Uas
) -> None:
    callee = await up(core, uas, "callee", CALLEE, Purpose.CALLEE)
    agent = await up(core, uas, "agent", AGENT, Purpose.AGENT)
    await up(core, uas, "guest", GUEST, Purpose.GUEST)
    for number, senseless in enumerate(
        [
            Join(guest="guest", callee="callee", part=Part.LISTEN),
            Join(guest="agent", callee="callee", part=Part.LISTEN),
            Hold(callee="callee"),
            MuteTape(callee="nobody", muted=True),
            HandOver(callee="callee", guest="agent"),
            SendDigits(leg="nobody", digits="1"),
        ],
        start=1,
    ):
        core.order(senseless)
        await until(
            lambda n=number: (
                len([h for h in core.told if isinstance(h.event, events.RefusedCommand)]) == n
            )
        )
    core.order(Bridge(callee="callee", agent="agent", zip_tone=False))
    core.order(Join(guest="guest", callee="callee", part=Part.LISTEN))
    await core.event(events.Joined)
    agent.hang_up()  # the callee is not left in silence, nor alone with the listener
    await core.event(events.Unbridged, "callee")
    await until(lambda: bool(callee.audio.tones(523.0, 659.0, last_s=0.2)))
    callee.hang_up()
    await core.event(events.Left, "guest")
    core.order(TakeStock())
    _, stock = await core.event(events.Stocked)
    assert [(leg.leg, leg.state) for leg in stock.legs] == [("guest", LegState.ANSWERED)]


async def test_keys_go_both_ways_and_are_not_told_of_while_the_tape_is_muted(
    core: Core, uas: Uas
) -> None:
    core.call("callee", uas.uri("callee"))
    callee = await uas.invited.get()
    callee.answer(hertz=0.0, takes_keys=True)
    await core.event(events.Answered, "callee")
    agent = await up(core, uas, "agent", 0.0, Purpose.AGENT)
    core.order(Bridge(callee="callee", agent="agent", zip_tone=False))
    await core.event(events.Bridged)
    core.order(SendDigits(leg="callee", digits="42#"))
    await until(lambda: callee.audio.keys == "42#")
    core.order(SendDigits(leg="callee", digits="7", keying=Keying.INFO))
    await until(lambda: bool(callee.infos))
    assert "Signal=7" in callee.infos[0].body.replace(" ", "")
    core.order(SendDigits(leg="agent", digits="5"))  # takes no telephone events: tones
    await until(lambda: agent.audio.tones(770.0, 1336.0, last_s=0.1) == {770.0, 1336.0})
    callee.audio.press("9")
    _, pressed = await core.event(events.Digit, "callee")
    assert pressed.digit == "9"
    core.order(MuteTape(callee="callee", muted=True))
    await core.event(events.TapeMuted)
    callee.audio.press("3")
    await listen(callee, frames=30)
    assert len([h for h in core.told if isinstance(h.event, events.Digit)]) == 1


async def test_without_a_core_a_guest_who_waits_is_let_go_and_one_who_talks_is_not(
    core: Core, uas: Uas
) -> None:
    callee, _, guest = await three(core, uas)
    idle = await up(core, uas, "idle", 0.0, Purpose.GUEST)
    core.order(HandOver(callee="callee", guest="guest"))
    await core.event(events.HandedOver)
    await core.disconnect()
    await asyncio.wait_for(idle.ended.wait(), 15)
    assert not guest.ended.is_set() and not callee.ended.is_set()
    await core.connect()
