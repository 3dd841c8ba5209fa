"""The core comes and goes, the worker dies: what is told again, and what goes on."""

import asyncio
from pathlib import Path

import numpy as np
import pytest

from dialer.call_events import OwnReason
from dialer.telephony import events
from dialer.telephony.commands import Bridge, HangUp, TakeStock
from dialer.telephony.events import LegState
from dialer.telephony.link import Connected, Lost
from dialer.telephony.prompts import RATE
from dialer.telephony.recording import MergedRecording, RecordingDesk
from tests.sip.desk import Core, WorkerProcess, a_message
from tests.sip.test_bridging import a_callee, an_agent, until
from tests.sip.uas import Uas

pytestmark = [pytest.mark.sip, pytest.mark.real_time]


async def test_what_happened_without_a_core_is_told_when_one_comes(
    worker: WorkerProcess, uas: Uas
) -> None:
    first = await Core(worker.socket).connect()
    agent, callee = await an_agent(first, uas), await a_callee(first, uas)
    first.order(Bridge(callee="callee", agent="agent", recording="r"))
    await first.event(events.Bridged)
    taken = first.told[-1].number
    first.link.taken(taken)
    await asyncio.sleep(0)
    await first.disconnect()
    await until(lambda: len(callee.audio.heard) > 50)
    assert abs(agent.audio.loudest_hertz(0.3) - 1000) < 20, "the call goes on"
    callee.hang_up()
    await asyncio.wait_for(callee.bye_answered.wait(), 5)

    second = await Core(worker.socket).connect()
    await second.event(events.Recorded)
    numbers = [happened.number for happened in second.told]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert numbers[0] <= taken + 1
    kinds = [type(h.event) for h in second.told if h.number > taken]
    assert kinds == [events.Unbridged, events.Ended, events.Recorded]
    assert not agent.ended.is_set(), "the agent's leg stays"
    await second.disconnect()


async def test_the_newest_core_is_the_one_that_counts(worker: WorkerProcess, uas: Uas) -> None:
    first = await Core(worker.socket).connect()
    second = await Core(worker.socket).connect()
    await first.connection(Lost)
    await first.disconnect()
    await second.connection(Connected)
    await second.disconnect()
    third = await Core(worker.socket).connect()
    third.call("a", uas.uri())
    await uas.invited.get()
    await third.disconnect()


async def test_an_answered_callee_without_a_core_hears_who_called_and_is_let_go(
    worker: WorkerProcess, core: Core, uas: Uas, tmp_path: Path
) -> None:
    time = np.arange(RATE // 2) / RATE
    message = a_message(tmp_path, (9000 * np.sin(2 * np.pi * 700 * time)).astype(np.int16))
    core.call("callee", uas.uri(), connect_limit_s=0.5, identity_file=str(message))
    callee = await uas.invited.get()
    callee.ring()
    await core.event(events.Provisional)
    await core.disconnect()
    callee.answer()
    await asyncio.wait_for(callee.ended.wait(), 10)
    assert callee.audio.loudest_hertz(0.8) == pytest.approx(700, abs=10)
    again = await Core(worker.socket).connect()
    _, ended = await again.event(events.Ended)
    assert ended.own_reason is OwnReason.ABANDONED
    await again.disconnect()


async def test_a_hung_core_is_no_core(core: Core, uas: Uas) -> None:
    core.call("callee", uas.uri(), connect_limit_s=0.5)
    callee = await uas.invited.get()
    core.link._beat = lambda: asyncio.sleep(3600)  # type: ignore[method-assign]
    callee.answer()
    await core.event(events.Answered)
    for task in asyncio.all_tasks():
        if task.get_name() == "heartbeat to the worker":
            task.cancel()
    _, ended = await core.event(events.Ended)
    assert ended.own_reason is OwnReason.ABANDONED


async def test_a_worker_killed_in_the_middle_leaves_a_recording_that_can_be_saved(
    worker: WorkerProcess, uas: Uas, tmp_path: Path
) -> None:
    core = await Core(worker.socket).connect()
    await an_agent(core, uas)
    callee = await a_callee(core, uas)
    core.order(Bridge(callee="callee", agent="agent", recording="r"))
    await core.event(events.Bridged)
    await until(lambda: len(callee.audio.heard) > 100)
    desk = RecordingDesk(spool=worker.spool, recordings=tmp_path / "recordings")
    assert await desk.recover() == [], "a tape that runs is left alone"
    await worker.kill()
    await core.connection(Lost)
    core.call("late", uas.uri())  # no worker: it must never leave
    [saved] = await desk.recover()
    assert isinstance(saved, MergedRecording)
    assert saved.seconds > 1
    await desk.close()

    await worker.start()
    second = await core.connection(Connected, 2)
    assert second.is_new
    core.order(TakeStock())
    _, stock = await core.event(events.Stocked)
    assert stock.legs == ()
    core.call("callee", uas.uri())
    await uas.invited.get()
    assert "late" not in {happened.event.leg for happened in core.told if _has_leg(happened.event)}
    await core.disconnect()


def _has_leg(event: events.Event) -> bool:
    return hasattr(event, "leg")


async def test_orders_given_while_the_connection_is_away_arrive_later(
    worker: WorkerProcess, uas: Uas
) -> None:
    core = await Core(worker.socket).connect()
    callee = await a_callee(core, uas)
    usurper = await Core(worker.socket).connect()
    await core.connection(Lost)
    core.order(HangUp(leg="callee", because=OwnReason.HUNG_UP))
    await usurper.disconnect()
    await core.connection(Connected, 2)
    await asyncio.wait_for(callee.ended.wait(), 10)
    await core.disconnect()


async def test_the_stock_is_what_is_there(core: Core, uas: Uas) -> None:
    await an_agent(core, uas)
    await a_callee(core, uas)
    core.order(Bridge(callee="callee", agent="agent", recording="r"))
    core.order(TakeStock())
    _, stock = await core.event(events.Stocked)
    found = {leg.leg: (leg.state, leg.peer, leg.recording) for leg in stock.legs}
    assert found == {
        "agent": (LegState.BRIDGED, "callee", None),
        "callee": (LegState.BRIDGED, "agent", "r"),
    }
