"""Two things at once: answers that get lost, wishes that come while an attempt is being opened."""

import asyncio
import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dialer.agent import AgentState
from dialer.call_events import (
    AgentAssigned,
    AgentId,
    AgentLost,
    Answered,
    CallId,
    Connected,
    ConnectLimitPassed,
    Ended,
    OwnReason,
)
from dialer.campaign import CampaignState
from dialer.desk import TeamDesk
from dialer.engine import Engine
from dialer.ports import LedgerUnavailable, Opening, Placement
from dialer.simulation.ledger import MemoryLedger
from dialer.simulation.telephony import Fate
from tests.system.scene import Scene, seconds
from tests.system.test_floor import audit


class Forgetful(MemoryLedger):
    """Its transactions are carried out; now and then the answer gets lost."""

    def __init__(self, scene: Scene, seed: int) -> None:
        super().__init__(scene.house, scene.clock)
        self._dice = random.Random(seed)

    async def open_attempt(self, opening: Opening, **more: Any) -> Any:
        answer = await super().open_attempt(opening, **more)
        await self._clock.sleep(seconds(self._dice.uniform(0, 1)))
        if self._dice.random() < 0.3:
            raise LedgerUnavailable
        return answer


class Floor:
    """One engine of a scene, driven by the test."""

    def __init__(self, scene: Scene, ledger: Any = None) -> None:
        self.scene = scene
        self.engine: Engine = scene.an_engine(
            ledger or MemoryLedger(scene.house, scene.clock), scene.telephony
        )
        self.desk = TeamDesk(self.engine)
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Floor":
        self._task = asyncio.create_task(self.engine.run())
        while not self.engine.settled:
            await self.scene.clock.sleep(seconds(0.01))
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def ready(self, *agents: int) -> None:
        for agent in map(AgentId, agents):
            await self.desk.sign_in(agent)
            await self.desk.ready(agent)

    async def until(self, what: Any, within: float = 120) -> None:
        async with asyncio.timeout(within):
            while not what():
                await self.scene.clock.sleep(seconds(0.005))


async def test_an_attempt_whose_opening_nobody_heard_of_is_closed_within_seconds():
    scene = Scene(seed=20, agents=3, leads=60)
    async with Floor(scene, Forgetful(scene, seed=20)) as floor:
        await floor.ready(1, 2, 3)
        people = [asyncio.create_task(_work(floor, AgentId(number))) for number in (1, 2, 3)]
        await scene.clock.sleep(seconds(600))
        floor.engine.draining = True
        await scene.clock.sleep(seconds(120))
        for person in people:
            person.cancel()
    assert len(scene.house.attempts) > 60, "lost ones are tried again"
    assert [a.id for a in scene.house.attempts.values() if a.closed is None] == []
    audit(scene)


async def _work(floor: Floor, agent: AgentId) -> None:
    scene = floor.scene
    scene.desk = floor.desk
    await scene._person(agent)


def everybody_answers(placement: Placement) -> Fate:
    return Fate(rings_after=seconds(0.5), answered_after=seconds(2))


def assigned_by_call(scene: Scene) -> Counter[CallId]:
    return Counter(
        attempt.opening.call
        for attempt in scene.house.attempts.values()
        for event in attempt.events.values()
        if isinstance(event, AgentAssigned)
    )


async def test_a_callee_who_hears_the_last_message_already_is_given_to_nobody():
    scene = Scene(seed=21, agents=3, leads=9)
    scene.telephony._fates = everybody_answers
    async with Floor(scene) as floor:
        await floor.ready(1, 2, 3)
        await floor.until(lambda: scene.telephony.truth.placements)
    await scene.clock.sleep(seconds(6))  # answered, and the worker has begun the message
    async with Floor(scene) as floor:
        floor.engine.draining = True
        await floor.ready(*[n for n in (1, 2, 3) if floor.desk.view(AgentId(n)).since is None])
        await scene.clock.sleep(seconds(10))
    told = {call for call, event in scene.telephony.truth.events if isinstance(event, Answered)}
    assert told
    for attempt in scene.house.attempts.values():
        kinds = [type(event) for event in attempt.events.values()]
        assert AgentAssigned not in kinds
        assert kinds.count(ConnectLimitPassed) == 1
        assert attempt.closed is not None and attempt.closed.abandoned
    audit(scene)


async def test_an_agent_whose_bridge_failed_is_not_tried_again_for_that_call():
    scene = Scene(seed=22, agents=2, leads=4)
    scene.telephony._fates = everybody_answers
    scene.telephony.bridge = lambda call, agent, *, record: scene.telephony._tell_call(  # type: ignore[method-assign]
        call, _agent_lost(scene)
    )
    async with Floor(scene) as floor:
        await floor.ready(1, 2)
        await scene.clock.sleep(seconds(30))
    assigned = assigned_by_call(scene)
    assert assigned and max(assigned.values()) <= 2


def _agent_lost(scene: Scene) -> AgentLost:
    return AgentLost(scene.clock.now())


async def test_who_talks_to_whom_is_learnt_from_the_worker_if_the_end_came_before_it_was_written():
    scene = Scene(seed=23, agents=2, leads=4)
    scene.telephony._fates = everybody_answers
    async with Floor(scene) as floor:
        await floor.ready(1, 2)
        await floor.until(lambda: scene.telephony.truth.count(Answered))
        scene.house.available = False  # the record ends here, the work goes on
        await floor.until(lambda: scene.telephony.truth.count(Connected))
    scene.house.available = True
    heard = {call for call, event in scene.telephony.truth.events if isinstance(event, Connected)}
    async with Floor(scene) as floor:
        await scene.clock.sleep(seconds(1))
        talking = [
            view.call.call
            for view in map(floor.desk.view, (AgentId(1), AgentId(2)))
            if view.state is AgentState.TALKING and view.call
        ]
        assert set(talking) >= heard
    for call in heard:
        attempt = scene.house.of_call(call)
        assert attempt is not None
        kinds = [type(event) for event in attempt.events.values()]
        assert kinds.count(AgentAssigned) == kinds.count(Connected) == 1


async def test_who_talked_is_learnt_even_if_the_call_has_ended_before_anybody_asks():
    scene = Scene(seed=23, agents=1, leads=1)
    scene.telephony._fates = lambda _: Fate(
        rings_after=seconds(0.5), answered_after=seconds(2), hangs_up_after=seconds(5)
    )
    async with Floor(scene) as floor:
        await floor.ready(1)
        await floor.until(lambda: scene.telephony.truth.count(Answered))
        scene.house.available = False  # the record ends here, the work goes on
        await floor.until(lambda: scene.telephony.truth.count(Connected))
    await scene.clock.sleep(seconds(10))
    scene.house.available = True
    async with Floor(scene) as floor:
        view = floor.desk.view(AgentId(1))
        assert view.state is AgentState.WRAP_UP and view.call is not None
        await scene.clock.sleep(seconds(1))
    [attempt] = scene.house.attempts.values()
    kinds = [type(event) for _, event in sorted(attempt.events.items())]
    assert kinds[-3:] == [AgentAssigned, Connected, Ended]


async def test_what_a_call_occupied_is_free_if_it_ended_while_no_engine_ran():
    scene = Scene(seed=23, agents=1, leads=1)
    scene.telephony._fates = everybody_answers
    async with Floor(scene) as floor:
        await floor.ready(1)
        await floor.until(lambda: scene.telephony.truth.placements)
    [call] = scene.telephony._legs
    scene.telephony.hang_up(call, OwnReason.CANCELLED)
    async with Floor(scene):
        await scene.clock.sleep(seconds(1))
    assert scene.carriage is not None
    assert [trunk.calls for trunk in scene.carriage.lines.trunks.values()] == [0]


async def _while_opening(scene: Scene, floor: Floor, wish: Any) -> None:
    await floor.ready(1)
    await floor.until(lambda: any(each.opening for each in floor.engine.dialing.values()))
    await wish()
    await scene.clock.sleep(seconds(5))


async def test_a_person_who_objects_while_the_attempt_is_being_opened_is_not_called():
    scene = Scene(seed=24, agents=1, leads=1)
    async with Floor(scene, Slow(scene)) as floor:
        person = next(iter(scene.house.leads.values())).lead.person
        await _while_opening(scene, floor, lambda: floor.desk.revoke(person))
    assert scene.telephony.truth.placements == []
    [attempt] = scene.house.attempts.values()
    assert attempt.closed is not None and not attempt.closed.counts


async def test_a_campaign_that_is_paused_while_an_attempt_is_being_opened_places_no_call():
    scene = Scene(seed=25, agents=1, leads=1)

    async with Floor(scene, Slow(scene)) as floor:

        async def pause() -> None:
            paused = replace(scene.campaign, state=CampaignState.PAUSED)
            scene.house.team = replace(scene.house.team, campaigns=(paused,))
            await floor.desk.refresh()

        await _while_opening(scene, floor, pause)
    assert scene.telephony.truth.placements == []


class Slow(MemoryLedger):
    """The answer to an opening takes a second."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene.house, scene.clock)

    async def open_attempt(self, opening: Opening, **more: Any) -> Any:
        answer = await super().open_attempt(opening, **more)
        await self._clock.sleep(seconds(1))
        return answer


async def test_a_leg_that_nobody_knows_is_hung_up():
    scene = Scene(seed=26, agents=1, leads=1)
    scene.telephony._fates = everybody_answers
    async with Floor(scene) as floor:
        await floor.ready(1)
        await floor.until(lambda: scene.telephony.truth.placements)
    scene.house.attempts.clear()  # as after a restored backup
    for lead in scene.house.leads.values():
        lead.claimed_until = scene.clock.now() + timedelta(days=1)
    async with Floor(scene):
        await scene.clock.sleep(seconds(1))
        assert scene.telephony._legs == {}
    [ended] = [e for _, e in scene.telephony.truth.events if hasattr(e, "own_reason")]
    assert ended.own_reason is OwnReason.LOST


async def test_draining_ends_when_everything_is_written():
    scene = Scene(seed=27, agents=1, leads=1, answer_rate=0)
    async with Floor(scene) as floor:
        await floor.ready(1)
        await floor.until(lambda: scene.house.attempts)
        scene.house.available = False
        draining = asyncio.create_task(floor.engine.drain(seconds(300)))
        await scene.clock.sleep(seconds(100))
        assert not draining.done()
        scene.house.available = True
        await draining
        assert floor.engine.writer.idle.is_set()
        assert not floor.engine.live.calls


async def test_until_the_worker_has_said_what_it_holds_nobody_signs_in():
    scene = Scene(seed=28, agents=1, leads=1)
    scene.telephony.take_stock = lambda: None  # type: ignore[method-assign]
    engine = scene.an_engine(MemoryLedger(scene.house, scene.clock), scene.telephony)
    desk = TeamDesk(engine)
    task = asyncio.create_task(engine.run())
    await scene.clock.sleep(seconds(2))
    assert engine.live.agents and not desk.has(AgentId(1))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_the_talk_of_a_lost_call_ends_when_the_worker_was_lost():
    scene = Scene(seed=29, agents=1, leads=1)
    scene.telephony._fates = everybody_answers
    async with Floor(scene) as floor:
        await floor.ready(1)
        await floor.until(lambda: scene.telephony.truth.count(Connected))
        take_stock = scene.telephony.take_stock
        scene.telephony.take_stock = lambda: None  # type: ignore[method-assign]
        lost_at = scene.clock.now()
        scene.telephony.kill()
        await scene.clock.sleep(seconds(20))
        take_stock()
        await scene.clock.sleep(seconds(1))
        [attempt] = scene.house.attempts.values()
        ended = list(attempt.events.values())[-1]
        assert ended.at == lost_at


@pytest.mark.parametrize("seed", range(3))
async def test_a_campaign_that_went_to_another_team_lets_its_calls_finish(seed: int):
    scene = Scene(seed=30 + seed, agents=2, leads=20)
    scene.telephony._fates = everybody_answers
    async with Floor(scene) as floor:
        await floor.ready(1, 2)
        await floor.until(lambda: scene.telephony.truth.count(Connected))
        scene.house.team = replace(scene.house.team, campaigns=())
        await floor.desk.refresh()
        placed = len(scene.telephony.truth.placements)
        await scene.clock.sleep(seconds(30))
        assert len(scene.telephony.truth.placements) == placed
        assert {floor.desk.view(AgentId(n)).state for n in (1, 2)} & {AgentState.TALKING}


async def test_of_two_engines_of_one_team_the_older_places_no_more_calls():
    scene = Scene(seed=40, agents=2, leads=40)
    scene.telephony._fates = everybody_answers
    async with Floor(scene) as older:
        await older.ready(1, 2)
        await older.until(lambda: scene.telephony.truth.placements)
        newer = MemoryLedger(scene.house, scene.clock)
        await newer.take_over()
        await older.until(lambda: older.engine.superseded, within=600)
        placed = len(scene.telephony.truth.placements)
        await scene.clock.sleep(seconds(60))
        assert len(scene.telephony.truth.placements) == placed
        assert any("another dialer" in trouble for trouble in older.desk.troubles())
