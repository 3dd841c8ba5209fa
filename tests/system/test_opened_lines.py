"""A floor whose gateway answers when it has finished dialing: its lines are listened to."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from dialer.call_events import Answered, CallId, Connected, LineOpened, OwnReason
from dialer.campaign import Mode
from dialer.engine import Engine
from dialer.opened_lines import OpenedLines
from dialer.ports import Placement
from dialer.screening.line import Progress, Said, TonePlan
from dialer.simulation.telephony import Fate
from sip_config.trunk import AnswerSupervision
from tests.system.scene import TRUNKS, Boundaries, Scene, seconds
from tests.system.test_floor import audit

INFERRED = replace(
    TRUNKS,
    trunks={
        name: replace(trunk, answer_supervision=AnswerSupervision.INFERRED)
        for name, trunk in TRUNKS.trunks.items()
    },
)
OUTCOMES = {
    Progress.BUSY: "busy",
    Progress.CONGESTION: "congestion",
    Progress.REFUSED: "unavailable",
    None: "no_answer",
}


class Ear:
    """Listens to lines; what they say, six seconds after the box has answered, is drawn by call."""

    def __init__(self) -> None:
        self.heard: dict[CallId, Progress | None] = {}
        self.left: set[CallId] = set()
        self.deaf = False

    def listen_to_line(
        self,
        call: CallId,
        plan: TonePlan,
        told: Callable[[Said | None], None],
        *,
        trial: int = 1,
    ) -> bool:
        assert plan.answers
        if self.deaf or call in self.heard:
            return not self.deaf
        dice = random.Random(call.int)
        progress = None if dice.random() < 0.2 else dice.choice([Progress.ANSWERED, *Progress])
        self.heard[call] = progress
        if progress is not None:
            said = Said(progress=progress, began_s=5.7, heard_s=6.0, evidence="drawn")
            asyncio.get_running_loop().call_later(6.0, told, said)
        return True

    def leave_line(self, call: CallId) -> None:
        self.left.add(call)


class Boxed(Scene):
    """A scene whose box answers after a second, whatever becomes of the call."""

    def __init__(self, seed: int, **options: Any) -> None:
        def fate(placement: Placement) -> Fate:
            return Fate(rings_after=seconds(0.5), answered_after=seconds(1))

        options = {"mode": Mode.PROGRESSIVE, "trunks": INFERRED, "fate": fate, **options}
        super().__init__(seed, **options)
        self.ear = Ear()

    def an_engine(self, *ports: Any) -> Engine:
        engine = super().an_engine(*ports)
        engine.lines = OpenedLines(engine.conduct, self.clock, engine._say, self.ear)
        return engine


async def test_a_call_is_answered_when_somebody_is_heard_and_not_when_the_box_says_so():
    scene = Boxed(3, agents=4, leads=60)
    await scene.play(seconds(900))
    audit(scene)
    seen = set()
    for attempt in scene.house.attempts.values():
        if attempt.closed is None:
            continue
        progress = scene.ear.heard[attempt.opening.call]
        seen.add(progress)
        events = [event for _, event in sorted(attempt.events.items())]
        opened = next(event for event in events if isinstance(event, LineOpened))
        answered = next((event for event in events if isinstance(event, Answered)), None)
        if progress is not Progress.ANSWERED:
            assert answered is None
            assert attempt.closed.outcome == OUTCOMES[progress]
            assert attempt.closed.agent is None
            continue
        assert answered is not None
        assert answered.at - opened.at == seconds(5.7), "when it began, not when it was known"
        connected = next(event for event in events if isinstance(event, Connected))
        assert timedelta(0) < connected.at - answered.at < seconds(1)
        assert attempt.closed.outcome == "answered"
    assert seen == {None, *Progress}


async def test_lines_that_cannot_be_listened_to_are_taken_at_the_boxs_word():
    scene = Boxed(4, agents=2, leads=6)
    scene.ear.deaf = True
    await scene.play(seconds(120))
    audit(scene)
    events = [event for each in scene.house.attempts.values() for event in each.events.values()]
    opened = {event.at for event in events if isinstance(event, LineOpened)}
    assert opened == {event.at for event in events if isinstance(event, Answered)}
    assert len([event for event in events if isinstance(event, Connected)]) >= 4


async def test_an_engine_killed_while_lines_ring_listens_again_or_takes_the_call():
    scene = Boxed(5, agents=3, leads=30)
    await scene.play(seconds(600), Boundaries(kill_at=frozenset({80, 170, 330})))
    audit(scene)
    assert scene.starts >= 3
    for attempt in scene.house.attempts.values():
        assert attempt.closed is not None
        assert attempt.closed.outcome in {"answered", *OUTCOMES.values(), "lost"}


async def test_what_cannot_be_heard_any_more_is_taken_for_an_answer():
    scene = Boxed(6, agents=1, leads=1)
    told: list[Callable[[Said | None], None]] = []

    def listen(call: CallId, plan: TonePlan, tell: Any, *, trial: int = 1) -> bool:
        told.append(tell)
        return True

    scene.ear.listen_to_line = listen  # type: ignore[method-assign]
    asyncio.get_running_loop().call_later(20, lambda: told[0](None))
    await scene.play(seconds(90))
    [attempt] = scene.house.attempts.values()
    assert attempt.closed is not None
    assert attempt.closed.outcome == "answered"


async def test_a_line_rings_as_long_as_the_campaign_lets_it():
    scene = Boxed(7, agents=1, leads=1)
    scene.ear.listen_to_line = lambda *_, **__: True  # type: ignore[method-assign]
    await scene.play(seconds(60))
    [attempt] = scene.house.attempts.values()
    assert attempt.closed is not None
    assert attempt.closed.outcome == "no_answer"
    events = {type(event): event for event in attempt.events.values()}
    ended = next(event for event in attempt.events.values() if hasattr(event, "own_reason"))
    assert ended.own_reason is OwnReason.RING_TIMEOUT
    assert ended.at - events[LineOpened].at < seconds(26)
