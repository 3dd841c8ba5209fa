"""A floor whose calls are screened: agents hear people, machines end, nobody waits for long."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from dialer.call_events import Answered, CallId, Connected, Screened
from dialer.engine import Engine
from dialer.ports import Placement
from dialer.screened_calls import ScreenedCalls, is_sampled
from dialer.screening.verdict import Judgement, Mode, ScreeningVerdict
from dialer.simulation.telephony import Fate
from sip_config.trunk import Amd, AmdMode
from tests.system.scene import TRUNKS, Boundaries, Scene, seconds
from tests.system.test_floor import audit

SCREENED = replace(
    TRUNKS,
    trunks={
        name: replace(trunk, amd=Amd(mode=AmdMode.FULL)) for name, trunk in TRUNKS.trunks.items()
    },
)


BY_GATEWAY = replace(
    TRUNKS,
    trunks={
        name: replace(trunk, amd=Amd(mode=AmdMode.GATEWAY)) for name, trunk in TRUNKS.trunks.items()
    },
)


class Ear:
    """Listens to every call; what it hears follows from the call's id, and of some it says nothing.

    One machine in two is known before an agent must have the call.
    """

    def __init__(self) -> None:
        self.left: set[CallId] = set()

    def listen(
        self, call: CallId, mode: Mode, told: Callable[[Judgement], None], *, trial: int = 1
    ) -> bool:
        dice = random.Random(call.int)
        is_machine, says_nothing = dice.random() < 0.4, dice.random() < 0.1
        at_s = dice.uniform(0.8, 3.2 if is_machine else 1.6)
        verdict = (
            ScreeningVerdict.MACHINE
            if is_machine
            else dice.choice([ScreeningVerdict.HUMAN, ScreeningVerdict.UNSURE])
        )
        if not says_nothing:
            judgement = Judgement(verdict=verdict, at_s=at_s, evidence="drawn")
            asyncio.get_running_loop().call_later(at_s, told, judgement)
        return True

    def leave(self, call: CallId) -> None:
        self.left.add(call)


class ScreenedScene(Scene):
    """A scene whose trunks want screening."""

    ear: Ear

    def an_engine(self, *ports: Any) -> Engine:
        engine = super().an_engine(*ports)
        assert self.carriage is not None
        self.carriage.config = SCREENED
        self.ear = Ear()
        engine.screened = ScreenedCalls(engine.conduct, self.clock, engine._say, self.ear)
        return engine


def told_by_the_gateway(placement: Placement) -> Fate:
    """Everybody answers; who it is follows from the number, and the gateway knows most of it."""
    dice = random.Random(str(placement.number))
    is_machine, knows = dice.random() < 0.4, dice.random() < 0.9
    verdict = ScreeningVerdict.MACHINE if is_machine else ScreeningVerdict.HUMAN
    at = seconds(dice.uniform(0.8, 3.2 if is_machine else 1.6))
    return Fate(
        answered_after=seconds(dice.uniform(2, 15)),
        hangs_up_after=seconds(dice.uniform(20, 40)),
        gateway_says=((at, verdict),) if knows else (),
    )


async def test_agents_hear_people_and_machines_end_without_them():
    scene = ScreenedScene(5, agents=4, leads=80, answer_rate=0.8)
    await scene.play(seconds(900))
    audit_screening(scene)
    assert scene.ear.left


async def test_where_the_gateway_tells_them_apart_it_is_the_same():
    scene = Scene(5, agents=4, leads=80, trunks=BY_GATEWAY, fate=told_by_the_gateway)
    await scene.play(seconds(900))
    audit_screening(scene)


def audit_screening(scene: Scene) -> None:
    """Machines known in time end, people have agents, and nobody waits for longer."""
    audit(scene)
    ended_unheard = sampled = hints = bridged = 0
    for attempt in scene.house.attempts.values():
        events = [event for _, event in sorted(attempt.events.items())]
        answered = next((event for event in events if isinstance(event, Answered)), None)
        if answered is None or attempt.closed is None:
            continue
        told = [event for event in events if isinstance(event, Screened)]
        connected = next((event for event in events if isinstance(event, Connected)), None)
        assert answered.screened
        first = told[0] if told else None
        if connected is not None:
            bridged += 1
            assigned_at = max(answered.at, connected.at - timedelta(seconds=2.1))
            assert first is not None
            assert first.at <= connected.at
            assert assigned_at <= connected.at
            assert not first.verdict.is_nobody or first.let_through
            sampled += first.let_through
            hints += any(event.verdict.is_nobody for event in told[1:])
        elif first is not None and first.verdict.is_nobody:
            assert not is_sampled(attempt.opening.call) or attempt.closed.abandoned
            ended_unheard += 1
            if not attempt.closed.abandoned:
                assert attempt.closed.disposition == "answering_machine"
                assert attempt.closed.agent is None
    assert ended_unheard >= 5
    assert bridged >= 15
    assert hints >= 1, "machines that are known late are shown to the agent"


async def test_an_engine_killed_while_it_screens_keeps_nobody_waiting():
    scene = ScreenedScene(6, agents=3, leads=30, answer_rate=0.9)
    boundaries = Boundaries(kill_at=frozenset({120, 260, 420}))
    await scene.play(seconds(600), boundaries)
    audit(scene)
    assert scene.starts >= 3
    for attempt in scene.house.attempts.values():
        assert attempt.closed is not None
