"""The engine's port, over a real worker: what it orders and what it is told."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar, cast
from uuid import uuid4

import pytest

from dialer import call_events as call_event
from dialer.call_events import AgentId, CallEvent, CallId, EndedBy, OwnReason
from dialer.clock import SystemClock
from dialer.ports import (
    AgentLegLost,
    AgentLegUp,
    AudioReady,
    CallHeard,
    Heard,
    Placement,
    Stock,
    Telephony,
    Way,
    WorkerLost,
)
from dialer.telephony.client import WorkerTelephony
from tests.sip.desk import PATIENCE_S, WorkerProcess
from tests.sip.test_bridging import until
from tests.sip.uas import Address, Uas, UasCall

pytestmark = [pytest.mark.sip, pytest.mark.real_time]

AGENT = AgentId(7)
Kind = TypeVar("Kind")


def a_placement(call: CallId, uas: Uas) -> Placement:
    return Placement(
        call=call,
        permit=cast(Any, None),  # the engine has looked at it
        number=cast(Any, None),
        way=Way(
            taken=cast(Any, None),
            request_uri=uas.uri(),
            sender="<sip:+442079460999@127.0.0.1>",
        ),
        caller_name="Example",
        ring_limit=timedelta(seconds=20),
        connect_limit=timedelta(seconds=1),
    )


class Floor:
    """What an engine does with the port: orders, and a list of what it was told."""

    def __init__(self, worker: WorkerProcess, uas: Uas) -> None:
        self.port = WorkerTelephony(worker.socket, clock=SystemClock())
        self.uas = uas
        self.told: list[Heard] = []
        self._news = asyncio.Condition()
        self._tasks = [asyncio.create_task(self.port.run()), asyncio.create_task(self._listen())]

    async def _listen(self) -> None:
        async for heard in self.port.events():
            async with self._news:
                self.told.append(heard)
                self._news.notify_all()

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def wait(self, kind: type[Kind], count: int = 1) -> Kind:
        """The *count*-th event of *kind*, be it of a call or not."""

        def found() -> list[Kind]:
            events = (heard.event for heard in self.told)
            plain = (e.event if isinstance(e, CallHeard) else e for e in events)
            return [event for event in plain if isinstance(event, kind)]

        async with asyncio.timeout(PATIENCE_S), self._news:
            await self._news.wait_for(lambda: len(found()) >= count)
        return found()[count - 1]

    async def wait_for(self, call: CallId, kind: type[Kind]) -> None:
        """Wait for an event of *kind* of one call; those of others may be told again, too."""
        async with asyncio.timeout(PATIENCE_S), self._news:
            await self._news.wait_for(
                lambda: any(
                    isinstance(heard.event, CallHeard)
                    and heard.event.call == call
                    and isinstance(heard.event.event, kind)
                    for heard in self.told
                )
            )

    async def agent_up(self) -> UasCall:
        self.port.call_agent(AGENT, self.uas.uri("agent7"))
        leg = await self.uas.invited.get()
        leg.answer(hertz=400)
        await self.wait(AgentLegUp)
        return leg

    async def answered(self, call: CallId) -> UasCall:
        self.port.place(a_placement(call, self.uas))
        leg = await self.uas.invited.get()
        leg.ring()
        leg.answer(hertz=1000)
        await self.wait_for(call, call_event.Answered)
        return leg

    def chain(self) -> list[type[CallEvent]]:
        return [type(h.event.event) for h in self.told if isinstance(h.event, CallHeard)]


@pytest.fixture
async def floor(worker: WorkerProcess, uas: Uas) -> AsyncIterator[Floor]:
    floor = Floor(worker, uas)
    await floor.wait(Stock)
    yield floor
    await floor.close()


def test_it_is_the_port() -> None:
    port: Telephony = WorkerTelephony(Path("unused"), clock=SystemClock())
    assert port


async def test_a_call_from_invite_to_recording(floor: Floor, worker: WorkerProcess) -> None:
    call = CallId(uuid4())
    await floor.agent_up()
    callee = await floor.answered(call)
    floor.port.bridge(call, AGENT, record=True)
    await floor.wait(call_event.Connected)
    floor.port.hang_up(call, OwnReason.HUNG_UP)
    ended = await floor.wait(call_event.Ended)
    assert (ended.by, ended.own_reason) == (EndedBy.AGENT, OwnReason.HUNG_UP)
    audio = await floor.wait(AudioReady)
    assert audio.call == call
    for side in (audio.agent_audio, audio.callee_audio):
        assert side.startswith(f"{worker.spool}/{call}")
    invited = await floor.wait(call_event.Invited)
    assert invited.sip_call_id == callee.call_id
    assert floor.chain() == [
        call_event.Invited,
        call_event.Rang,
        call_event.Answered,
        call_event.Connected,
        call_event.Ended,
    ]
    numbers = [heard.number for heard in floor.told if heard.number]
    assert numbers == sorted(set(numbers))


async def test_an_agent_called_before_a_worker_is_there_is_called_when_it_is(
    worker: WorkerProcess, uas: Uas
) -> None:
    floor = Floor(worker, uas)
    await floor.agent_up()
    await floor.close()


async def test_a_new_core_finds_calls_and_agents_and_calls_nobody_again(
    floor: Floor, worker: WorkerProcess, uas: Uas
) -> None:
    call = CallId(uuid4())
    agent = await floor.agent_up()
    callee = await floor.answered(call)
    floor.port.bridge(call, AGENT, record=True)
    await floor.wait(call_event.Connected)
    await floor.close()

    again = Floor(worker, uas)
    again.port.call_agent(AGENT, uas.uri("agent7"))
    stock = await again.wait(Stock)
    assert (stock.calls, stock.agents) == ({call}, {AGENT})
    again.port.call_agent(AGENT, uas.uri("agent7"))
    again.port.place(a_placement(call, uas))
    callee.hang_up()
    await again.wait(call_event.Ended)
    second = CallId(uuid4())
    await again.answered(second)
    again.port.bridge(second, AGENT, record=False)
    await until(lambda: abs(agent.audio.loudest_hertz(0.3) - 1000) < 10)
    assert len(uas.calls) == 3, "one agent and two callees"
    await again.close()


async def test_the_stock_is_taken_once_however_often_it_is_asked_for(floor: Floor) -> None:
    before = len([h for h in floor.told if isinstance(h.event, Stock)])
    for _ in range(3):
        floor.port.take_stock()
    await floor.wait(Stock, before + 1)
    await floor.agent_up()
    assert len([h for h in floor.told if isinstance(h.event, Stock)]) == before + 1


async def test_a_dead_worker_is_told_of_and_nothing_is_placed_meanwhile(
    floor: Floor, worker: WorkerProcess, uas: Uas
) -> None:
    await floor.agent_up()
    call = CallId(uuid4())
    await floor.answered(call)
    await worker.kill()
    await floor.wait(WorkerLost)
    floor.port.place(a_placement(CallId(uuid4()), uas))
    ended = await floor.wait(call_event.Ended)
    assert (ended.by, ended.own_reason) == (EndedBy.FAULT, OwnReason.NOT_PLACED)
    assert [h.number for h in floor.told[-2:]] == [0, 0]
    await worker.start()
    stock = await floor.wait(Stock, 2)
    assert (stock.calls, stock.agents) == (frozenset(), frozenset())
    assert uas.invited.empty()


async def test_an_agents_dead_phone_is_let_go_and_the_callee_keeps_waiting(floor: Floor) -> None:
    agent = await floor.agent_up()
    await until(lambda: len(agent.audio.heard) > 5)
    call = CallId(uuid4())
    callee = await floor.answered(call)
    floor.port.bridge(call, AGENT, record=True)
    await floor.wait(call_event.Connected)
    agent.audio.sends = False
    await floor.wait(call_event.AgentLost)
    await floor.wait(AgentLegLost)
    assert not callee.ended.is_set()
    floor.port.call_agent(AGENT, floor.uas.uri("agent7"))
    assert (await floor.uas.invited.get()).invite.first.startswith("INVITE sip:agent7@")


async def test_a_bridge_to_an_agent_who_is_gone_asks_for_another(floor: Floor) -> None:
    call = CallId(uuid4())
    await floor.answered(call)
    floor.port.bridge(call, AgentId(99), record=True)
    await floor.wait(call_event.AgentLost)


async def test_without_a_message_an_abandoned_callee_is_let_go_all_the_same(floor: Floor) -> None:
    call = CallId(uuid4())
    callee = await floor.answered(call)
    floor.port.play_identity_message(call)
    ended = await floor.wait(call_event.Ended)
    assert (ended.by, ended.own_reason) == (EndedBy.DIALER, OwnReason.ABANDONED)
    await asyncio.wait_for(callee.ended.wait(), 5)


async def test_an_order_for_a_call_that_is_gone_says_that_it_is_lost(floor: Floor) -> None:
    floor.port.hang_up(CallId(uuid4()), OwnReason.HUNG_UP)
    ended = await floor.wait(call_event.Ended)
    assert (ended.by, ended.own_reason) == (EndedBy.FAULT, OwnReason.LOST)


async def test_a_released_agent_is_hung_up(floor: Floor) -> None:
    agent = await floor.agent_up()
    floor.port.release_agent(AGENT)
    await asyncio.wait_for(agent.ended.wait(), 5)
    await floor.wait(AgentLegLost)


async def test_what_is_acknowledged_is_not_told_to_the_next_core(
    floor: Floor, worker: WorkerProcess, uas: Uas
) -> None:
    call = CallId(uuid4())
    callee = await floor.answered(call)
    callee.hang_up()
    await floor.wait(call_event.Ended)
    floor.port.acknowledge(floor.told[-1].number)
    await floor.close()
    again = Floor(worker, uas)
    stock = await again.wait(Stock)
    assert stock.calls == frozenset()
    assert again.chain() == []
    await again.close()


async def test_a_refusal_in_another_encoding_is_heard_all_the_same(floor: Floor) -> None:
    call = CallId(uuid4())
    floor.port.place(a_placement(call, floor.uas))
    leg = await floor.uas.invited.get()
    leg.uas.send_raw = _in_latin_1(leg.uas)  # type: ignore[method-assign]
    leg.refuse("486 Besetzt für jetzt", "Reason: Q.850;cause=17;text=besetzt-für")
    ended = await floor.wait(call_event.Ended)
    assert (ended.sip_status, ended.q850) == (486, 17)
    ended.reason_text.encode()  # it is text


def _in_latin_1(uas: Uas) -> Callable[[bytes, Address], None]:
    send = uas.send_raw
    return lambda data, to: send(data.decode().encode("latin-1", "replace"), to)


async def test_a_call_that_failed_over_is_one_call_with_a_leg_for_each_try(
    floor: Floor, worker: WorkerProcess
) -> None:
    await floor.agent_up()
    call = CallId(uuid4())
    floor.port.place(a_placement(call, floor.uas))
    first = await floor.uas.invited.get()
    first.refuse("503 Service Unavailable", "Retry-After: 7", "Reason: Q.850;cause=34")
    ended = await floor.wait(call_event.Ended)
    assert (ended.sip_status, ended.q850, ended.retry_after_s) == (503, 34, 7.0)
    following = replace(a_placement(call, floor.uas), trial=2)
    for _ in range(2):
        floor.port.place(following)
    second = await floor.uas.invited.get()
    assert second.call_id != first.call_id
    second.ring()
    second.answer(hertz=1000)
    await floor.wait(call_event.Answered)
    floor.port.bridge(call, AGENT, record=False)
    await floor.wait(call_event.Connected)
    await floor.close()
    again = Floor(worker, floor.uas)
    stock = await again.wait(Stock)
    assert (stock.calls, set(stock.bridged)) == ({call}, {call})
    again.port.hang_up(call, OwnReason.HUNG_UP)
    await asyncio.wait_for(second.ended.wait(), 5)
    trials = {type(e.event): e.trial for h in again.told if isinstance(e := h.event, CallHeard)}
    assert trials[call_event.Connected] == 2
    assert floor.uas.invited.empty()
    await again.close()
