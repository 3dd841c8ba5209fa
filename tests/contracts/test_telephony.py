"""What every telephone network promises the engine, in memory and over SIP."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dialer.call_events import (
    AgentLost,
    Answered,
    CallId,
    Connected,
    ConnectLimitPassed,
    Ended,
    EndedBy,
    Invited,
    OwnReason,
    Rang,
)
from dialer.ports import AgentLegLost, AgentLegUp, CallHeard, Stock, WorkerLost
from tests.contracts.lines import (
    ALICE,
    BOB,
    BUSY,
    RINGS,
    SILENT,
    TALKS,
    Lines,
    Listener,
    MemoryLines,
    SipLines,
    a_placement,
)

pytestmark = pytest.mark.real_time
BOTH = ["memory", pytest.param("sip", marks=pytest.mark.sip)]


@pytest.fixture
async def memory_lines() -> MemoryLines:
    return MemoryLines()


@pytest.fixture
async def sip_lines(tmp_path: Path) -> AsyncIterator[SipLines]:
    async with SipLines.open(tmp_path) as lines:
        yield lines


@pytest.fixture(params=BOTH)
def lines(request: pytest.FixtureRequest) -> Lines:
    found: Lines = request.getfixturevalue(f"{request.param}_lines")
    return found


@pytest.fixture
async def engine(lines: Lines) -> AsyncIterator[Listener]:
    async with lines.engine() as engine:
        yield engine


async def answered(engine: Listener, lines: Lines) -> CallId:
    placement = a_placement(lines, TALKS)
    engine.port.place(placement)
    await engine.hear(Answered, call=placement.call)
    return placement.call


async def talking(engine: Listener, lines: Lines, *, agent: int = 1) -> CallId:
    engine.port.call_agent(ALICE, lines.uri(ALICE))
    await engine.hear(AgentLegUp)
    call = await answered(engine, lines)
    engine.port.bridge(call, ALICE, record=False)
    await engine.hear(Connected, call=call)
    return call


async def ended(engine: Listener, call: CallId) -> Ended:
    return await engine.hear(Ended, call=call)


async def test_a_call_that_is_answered_is_invited_rings_and_is_answered(
    lines: Lines, engine: Listener
):
    call = await answered(engine, lines)
    assert engine.chain(call) == [Invited, Rang, Answered]
    assert engine.heard(Invited, call)[0].sip_call_id
    times = [event.at for event in engine._plain(call)]
    assert times == sorted(times)


async def test_a_call_is_placed_once_however_often_it_is_ordered(lines: Lines, engine: Listener):
    placement = a_placement(lines, BUSY)
    for _ in range(3):
        engine.port.place(placement)
    await ended(engine, placement.call)
    engine.port.place(placement)
    other = a_placement(lines, BUSY)
    engine.port.place(other)
    await ended(engine, other.call)
    assert await lines.invites(2) == 2


async def test_a_busy_line_ends_the_call_with_the_networks_word(lines: Lines, engine: Listener):
    placement = a_placement(lines, BUSY)
    engine.port.place(placement)
    end = await ended(engine, placement.call)
    assert (end.by, end.own_reason, end.sip_status) == (EndedBy.CALLEE, OwnReason.NONE, 486)


@pytest.mark.parametrize(
    ("who", "why"), [(RINGS, OwnReason.RING_TIMEOUT), (SILENT, OwnReason.NO_PROVISIONAL)]
)
async def test_a_call_nobody_takes_is_given_up(
    lines: Lines, engine: Listener, who: str, why: OwnReason
):
    placement = a_placement(lines, who)
    engine.port.place(placement)
    end = await ended(engine, placement.call)
    assert (end.by, end.own_reason) == (EndedBy.DIALER, why)


async def test_an_agents_phone_is_called_once_and_stays_until_it_is_released(
    lines: Lines, engine: Listener
):
    for _ in range(3):
        engine.port.call_agent(ALICE, lines.uri(ALICE))
    assert (await engine.hear(AgentLegUp)).agent == ALICE
    engine.port.call_agent(ALICE, lines.uri(ALICE))
    engine.port.take_stock()
    assert (await engine.hear(Stock, 2)).agents == {ALICE}
    engine.port.release_agent(ALICE)
    assert (await engine.hear(AgentLegLost)).agent == ALICE
    assert len(engine.heard(AgentLegUp)) == 1


async def test_who_is_bridged_hears_the_other_until_the_agent_hangs_up(
    lines: Lines, engine: Listener
):
    call = await talking(engine, lines)
    engine.port.bridge(call, ALICE, record=False)  # said again, it changes nothing
    engine.port.hang_up(call, OwnReason.HUNG_UP)
    end = await ended(engine, call)
    assert (end.by, end.own_reason) == (EndedBy.AGENT, OwnReason.HUNG_UP)
    assert engine.chain(call) == [Invited, Rang, Answered, Connected, Ended]


async def test_a_connection_says_whom_the_callee_hears(lines: Lines, engine: Listener):
    call = await talking(engine, lines)
    told = [each.event for each in engine.told if isinstance(each.event, CallHeard)]
    assert [(heard.call, heard.agent) for heard in told if heard.agent] == [(call, ALICE)]
    assert [type(heard.event) for heard in told if heard.agent] == [Connected]


async def test_an_agent_without_a_phone_is_lost_to_the_call_at_once(lines: Lines, engine: Listener):
    call = await answered(engine, lines)
    engine.port.bridge(call, BOB, record=False)
    await engine.hear(AgentLost, call=call)
    assert Connected not in engine.chain(call)


async def test_when_the_agents_phone_goes_away_the_callee_stays(lines: Lines, engine: Listener):
    call = await talking(engine, lines)
    await lines.lose_phone(ALICE)
    await engine.hear(AgentLost, call=call)
    assert (await engine.hear(AgentLegLost)).agent == ALICE
    engine.port.take_stock()
    stock = await engine.hear(Stock, 2)
    assert (stock.calls, stock.agents, dict(stock.bridged)) == ({call}, frozenset(), {})


async def test_the_stock_says_who_is_there_and_who_hears_whom_since_when(
    lines: Lines, engine: Listener
):
    call = await talking(engine, lines)
    waiting = await answered(engine, lines)
    engine.port.take_stock()
    stock = await engine.hear(Stock, 2)
    assert (stock.calls, stock.agents) == ({call, waiting}, {ALICE})
    assert {each: bridge.agent for each, bridge in stock.bridged.items()} == {call: ALICE}
    apart = stock.bridged[call].since - engine.heard(Connected, call)[0].at
    assert abs(apart.total_seconds()) < 0.1


async def test_a_call_that_is_unknown_is_lost(lines: Lines, engine: Listener):
    call = a_placement(lines, TALKS).call
    engine.port.hang_up(call, OwnReason.HUNG_UP)
    end = await ended(engine, call)
    assert (end.by, end.own_reason) == (EndedBy.FAULT, OwnReason.LOST)


async def test_the_last_message_ends_the_call_and_nobody_can_be_bridged_to_it(
    lines: Lines, engine: Listener
):
    engine.port.call_agent(ALICE, lines.uri(ALICE))
    await engine.hear(AgentLegUp)
    call = await answered(engine, lines)
    for _ in range(2):
        engine.port.play_identity_message(call)
    limit = await engine.hear(ConnectLimitPassed, call=call)
    assert limit.announced
    engine.port.bridge(call, ALICE, record=False)
    await engine.hear(AgentLost, call=call)
    end = await ended(engine, call)
    assert (end.by, end.own_reason) == (EndedBy.DIALER, OwnReason.ABANDONED)
    assert len(engine.heard(ConnectLimitPassed, call)) == 1
    assert Connected not in engine.chain(call)


async def test_a_callee_who_answers_while_there_is_no_engine_hears_who_called(lines: Lines):
    async with lines.engine() as first:
        placement = a_placement(lines, TALKS)
        first.port.place(placement)
        await first.hear(Rang, call=placement.call)
    async with lines.engine() as second:
        pass  # it dies as well
    del second
    await lines.invites(1)
    async with lines.engine() as third:
        await third.hear(Ended, call=placement.call)
        chain = third.chain(placement.call)
        assert chain[-3:] == [Answered, ConnectLimitPassed, Ended]


async def test_what_is_not_acknowledged_is_told_the_next_engine_and_what_is_is_not(lines: Lines):
    async with lines.engine() as first:
        gone, kept = a_placement(lines, BUSY), a_placement(lines, BUSY)
        first.port.place(gone)
        await ended(first, gone.call)
        first.port.acknowledge(first.told[-1].number)
        first.port.place(kept)
        await ended(first, kept.call)
    async with lines.engine() as second:
        assert second.chain(gone.call) == []
        assert second.chain(kept.call) == [Invited, Ended]


async def test_numbers_of_events_rise(lines: Lines, engine: Listener):
    await talking(engine, lines)
    numbers = [heard.number for heard in engine.told if heard.number]
    assert numbers == sorted(set(numbers))


async def test_a_worker_that_dies_is_told_of_and_the_next_one_has_nothing(
    lines: Lines, engine: Listener
):
    await talking(engine, lines)
    await lines.kill_worker()
    await engine.hear(WorkerLost)
    await lines.start_worker()
    stock = await engine.hear(Stock, 2)
    assert (stock.calls, stock.agents, dict(stock.bridged)) == (frozenset(), frozenset(), {})
