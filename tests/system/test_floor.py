"""The whole engine on virtual time: shifts, crashes at every boundary, stopping."""

import asyncio
import random
from collections import Counter
from datetime import timedelta

import pytest

from dialer.agent import AgentState
from dialer.call_events import (
    Answered,
    Connected,
    Disposed,
    Ended,
    FailedOver,
    Invited,
    LineOpened,
    OwnReason,
    Received,
)
from dialer.campaign import Mode
from dialer.simulation.house import MemoryAttempt
from leads.lead import LeadState
from tests.system.scene import Boundaries, Scene, seconds


def audit(scene: Scene) -> None:
    """What must be true of every floor, whatever happened to its engine."""
    house, truth = scene.house, scene.telephony.truth
    attempts = house.attempts.values()
    placed = {placement.permit.attempt for placement in truth.placements}
    tries = Counter((each.permit.attempt, each.trial) for each in truth.placements)
    assert all(count == 1 for count in tries.values()), "two INVITEs on one permit"
    assert placed <= {str(attempt.id) for attempt in attempts}, "a call without a permit"
    open_calls = {attempt.opening.call for attempt in attempts if attempt.closed is None}
    dialed = {placement.call for placement in truth.placements}
    for call, event in truth.events:
        attempt = house.of_call(call)
        assert attempt is not None or call not in dialed
        if attempt is None or _went_with_its_worker(attempt):
            continue
        if isinstance(event, Answered | Connected) and call not in open_calls:
            recorded = {(type(each), each.at) for each in attempt.events.values()}
            recorded |= {(Answered, at) for kind, at in recorded if kind is LineOpened}
            assert (type(event), event.at) in recorded, f"{event} is not on record"
    for attempt in attempts:
        kinds = [type(event) for _, event in sorted(attempt.events.items())]
        assert sorted(attempt.events) == list(range(1, len(kinds) + 1))
        assert kinds.count(Ended) <= 1 and kinds.count(Invited) <= 1 + kinds.count(FailedOver)
        if attempt.closed is not None:  # who called us and pressed a key may still be there
            assert Ended in kinds or kinds == [Received]
        if attempt.closed and attempt.closed.agent:
            assert kinds[-1] is Disposed
    for attempt_id, disposition in scene.saved.items():
        closed = next(a.closed for a in attempts if a.id == attempt_id)
        assert closed is not None, "an agent was told that it is saved, and it is not"
        assert closed.disposition == disposition
    in_call = {
        lead.lead.id for lead in house.leads.values() if lead.lead.state is LeadState.IN_CALL
    }
    assert in_call == {a.opening.candidate.lead for a in attempts if a.closed is None}


def _went_with_its_worker(attempt: MemoryAttempt) -> bool:
    """Whether the record says that nobody knows how the call ended."""
    ends = [event for event in attempt.events.values() if isinstance(event, Ended)]
    return any(end.own_reason in (OwnReason.LOST, OwnReason.NOT_PLACED) for end in ends)


async def test_a_shift_works_its_list_and_every_call_is_accounted_for():
    scene = Scene(seed=1, agents=4, leads=60)
    await scene.play(seconds(900))
    audit(scene)
    assert len(scene.telephony.truth.placements) >= 60
    assert scene.saved and not [a for a in scene.house.attempts.values() if a.closed is None]


async def test_progressive_dialing_never_places_more_calls_than_agents_are_ready():
    scene = Scene(seed=2, agents=3, leads=40, mode=Mode.PROGRESSIVE)
    await scene.play(seconds(600))
    audit(scene)
    assert not any(a.closed and a.closed.abandoned for a in scene.house.attempts.values())


async def test_a_promised_callback_is_called_at_its_time():
    scene = Scene(seed=3, agents=3, leads=30, answer_rate=0.9)
    await scene.play(seconds(900))
    audit(scene)
    promised = [
        attempt.closed.promise.due_at
        for attempt in scene.house.attempts.values()
        if attempt.closed and attempt.closed.promise
    ]
    assert promised
    kept = [a for a in scene.house.attempts.values() if a.opening.candidate.is_callback]
    assert kept and all(a.opened_at >= min(promised) for a in kept)


async def test_stop_all_lets_live_calls_finish_and_places_no_more():
    scene = Scene(seed=4, agents=3, leads=60)

    async def stop() -> None:
        await scene.clock.sleep(seconds(60))
        scene.house.team = _stopped(scene)
        await scene.clock.sleep(seconds(5))
        scene.saved["placed"] = len(scene.telephony.truth.placements)  # type: ignore[index]

    task = asyncio.create_task(stop())
    await scene.play(seconds(300))
    await task
    placed = scene.saved.pop("placed")  # type: ignore[call-overload]
    assert len(scene.telephony.truth.placements) == placed > 0
    audit(scene)


def _stopped(scene: Scene):
    from dataclasses import replace

    return replace(scene.house.team, stopped=True)


async def test_while_the_database_is_away_nothing_is_placed_and_nothing_is_lost():
    scene = Scene(seed=5, agents=3, leads=60, answer_rate=0.6)

    async def outage() -> None:
        await scene.clock.sleep(seconds(40))
        scene.house.available = False
        await scene.clock.sleep(seconds(1))
        before = len(scene.telephony.truth.placements)
        await scene.clock.sleep(seconds(60))
        assert len(scene.telephony.truth.placements) == before
        scene.house.available = True

    task = asyncio.create_task(outage())
    await scene.play(seconds(900))
    await task
    audit(scene)
    assert not [a for a in scene.house.attempts.values() if a.closed is None]


async def test_when_the_worker_dies_its_calls_get_an_end_and_agents_work_on():
    scene = Scene(seed=6, agents=3, leads=60, answer_rate=0.6)

    async def death() -> None:
        for _ in range(3):
            await scene.clock.sleep(seconds(47))
            scene.telephony.kill()

    task = asyncio.create_task(death())
    await scene.play(seconds(900))
    await task
    audit(scene)
    under_way = scene.clock.now() - seconds(60)
    left = [a for a in scene.house.attempts.values() if a.closed is None]
    assert not [attempt for attempt in left if attempt.opened_at < under_way]
    assert scene.desk is None or all(
        view.state is not AgentState.ASSIGNED
        for view in map(scene.desk.view, scene.desk._engine.live.agents)
    )


async def _boundaries_of(seed: int) -> int:
    boundaries = Boundaries()
    await Scene(seed=seed, agents=2, leads=6).play(seconds(240), boundaries)
    return boundaries.crossed


@pytest.mark.parametrize("part", range(4))
async def test_killed_at_any_boundary_the_engine_loses_nothing_and_calls_nobody_twice(part):
    total = await _boundaries_of(seed=10)
    assert total > 100
    for kill_at in range(part * 5 + 1, total, 20):
        scene = Scene(seed=10, agents=2, leads=6)
        await scene.play(timedelta(minutes=5), Boundaries(kill_at=frozenset({kill_at})))
        assert scene.starts >= 2, f"boundary {kill_at}: nobody was killed"
        try:
            audit(scene)
        except AssertionError as error:
            raise AssertionError(f"killed at boundary {kill_at}: {error}") from error


@pytest.mark.parametrize("seed", range(8))
async def test_killed_again_and_again_at_random_the_floor_still_adds_up(seed):
    dice = random.Random(seed)
    kill_at = frozenset(dice.randrange(1, 2500) for _ in range(dice.randrange(2, 9)))
    scene = Scene(seed=seed, agents=3, leads=15)
    await scene.play(timedelta(minutes=8), Boundaries(kill_at=kill_at))
    audit(scene)


@pytest.mark.soak
async def test_killed_at_every_single_boundary():
    for kill_at in range(1, await _boundaries_of(seed=11)):
        scene = Scene(seed=11, agents=2, leads=6)
        await scene.play(timedelta(minutes=5), Boundaries(kill_at=frozenset({kill_at})))
        audit(scene)
