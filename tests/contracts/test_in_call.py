"""What every telephone network promises of guests and of what happens within a call."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from dialer.call_events import (
    Answered,
    CallId,
    Connected,
    DigitsSent,
    Ended,
    HandedOver,
    Held,
    OwnReason,
    Resumed,
    TapeMuted,
)
from dialer.in_call import (
    DropGuest,
    GuestGone,
    GuestId,
    GuestJoined,
    GuestLeft,
    GuestUp,
    HandOver,
    Hold,
    Join,
    Leave,
    MuteTape,
    Order,
    Part,
    Resume,
    SendDigits,
    supervisor_leg,
    target_leg,
)
from dialer.ports import AgentLegUp, Stock
from tests.contracts.lines import (
    ALICE,
    BOB,
    TALKS,
    Lines,
    Listener,
    MemoryLines,
    SipLines,
    a_placement,
)

pytestmark = pytest.mark.real_time
BOTH = ["memory", pytest.param("sip", marks=pytest.mark.sip)]


@pytest.fixture(params=BOTH)
async def lines(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Lines]:
    if request.param == "memory":
        yield MemoryLines()
        return
    async with SipLines.open(tmp_path) as opened:
        yield opened


async def talking(engine: Listener, lines: Lines) -> CallId:
    engine.port.call_agent(ALICE, lines.uri(ALICE))
    await engine.hear(AgentLegUp)
    placement = a_placement(lines, TALKS)
    engine.port.place(placement)
    await engine.hear(Answered, call=placement.call)
    engine.port.bridge(placement.call, ALICE, record=False)
    await engine.hear(Connected, call=placement.call)
    return placement.call


async def test_a_call_is_held_consulted_about_and_handed_over(lines: Lines):
    """In one scenario, for it is played over real SIP: every order twice, every event once."""
    async with lines.engine() as engine:
        call = await talking(engine, lines)
        guest = target_leg(call, 1)

        def order(*orders: Order) -> None:
            for each in orders:
                engine.port.in_call(call, each)
                engine.port.in_call(call, each)

        order(Hold())
        await engine.hear(Held, call=call)
        engine.port.call_guest(guest, lines.uri(BOB))
        engine.port.call_guest(guest, lines.uri(BOB))
        assert (await engine.hear(GuestUp)).guest == guest
        order(Join(guest, Part.CONSULT))
        joined = await engine.hear(GuestJoined)
        assert (joined.guest, joined.call, joined.part) == (guest, call, Part.CONSULT)
        order(Join(guest, Part.TALK), Resume())
        await engine.hear(Resumed, call=call)
        order(MuteTape(True), MuteTape(False))
        await engine.hear(TapeMuted, 2, call=call)
        engine.port.in_call(call, SendDigits("42#"))
        assert (await engine.hear(DigitsSent, call=call)).count == 3
        order(HandOver(guest))
        assert (await engine.hear(HandedOver, call=call)).guest == guest
        engine.port.take_stock()
        stock = await engine.hear(Stock, 2)
        assert dict(stock.guests) == {guest: True} and dict(stock.bridged) == {}
        assert (stock.calls, stock.agents) == ({call}, {ALICE})
        kinds: list[Any] = [Held, Resumed, HandedOver, GuestUp, TapeMuted]
        assert [len(engine.heard(kind)) for kind in kinds] == [1, 1, 1, 1, 2]
        assert [each.part for each in engine.heard(GuestJoined)] == [Part.CONSULT, Part.TALK]
        engine.port.drop_guest(guest)
        assert not (await engine.hear(GuestGone)).refused
        engine.port.hang_up(call, OwnReason.HUNG_UP)
        await engine.hear(Ended, call=call)


async def test_a_supervisors_leg_outlives_the_call_and_an_engine(lines: Lines):
    guest, nobody = supervisor_leg(7, "a"), supervisor_leg(8, "b")
    async with lines.engine() as engine:
        call = await talking(engine, lines)
        engine.port.call_guest(guest, lines.uri(BOB))
        await engine.hear(GuestUp)
        engine.port.in_call(call, Join(guest, Part.LISTEN))
        await engine.hear(GuestJoined)
        engine.port.in_call(call, Leave(guest))
        assert (await engine.hear(GuestLeft)).call == call
        engine.port.in_call(call, Join(guest, Part.WHISPER))
        await engine.hear(GuestJoined, 2)
        engine.port.acknowledge(engine.told[-1].number)
    async with lines.engine() as engine:
        stock = await engine.hear(Stock)
        assert dict(stock.guests) == {guest: True} and call in stock.calls
        engine.port.hang_up(call, OwnReason.HUNG_UP)
        await engine.hear(Ended, call=call)
        await engine.hear(GuestLeft)
        engine.port.in_call(call, DropGuest(guest))
        gone = {(await engine.hear(GuestGone)).guest}
        if isinstance(lines, SipLines):
            engine.port.call_guest(nobody, "sip:nobody@" + lines.uri(BOB).partition("@")[2])
            await asyncio.sleep(0)
            refused = await engine.hear(GuestGone, 2)
            assert (refused.guest, refused.refused) == (nobody, True)
        assert gone == {GuestId(guest)}
