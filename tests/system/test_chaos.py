"""Everything at once, at random: kills of engine and worker, outages, people who call back.

Each misfortune alone has its test elsewhere; here they meet, drawn from a seed.
"""

import asyncio
import random
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from dialer.agent import AgentState
from dialer.call_events import AgentId, CallId
from leads.lead import PersonId
from tests.system.scene import Boundaries, Scene, seconds
from tests.system.test_floor import audit

WORKS_FOR = seconds(600)
SETTLES_FOR = seconds(240)  # rings, talks and wrap-ups end, the people at their desks included
LEADS = 30


class Chaos:
    """A floor on which something goes wrong every few seconds."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(f"{seed}/chaos")
        self.scene = Scene(seed=seed, agents=3, leads=LEADS)
        self.callers = 0
        self._misfortunes = (
            self._worker_dies,
            self._connection_is_lost,
            self._database_is_away,
            self._phone_goes,
            self._somebody_objects,
            self._everything_is_stopped,
            self._somebody_calls,
            self._somebody_calls,
        )

    async def reign(self) -> None:
        """Let misfortunes happen until they have had their time."""
        clock, until = self.scene.clock, self.scene.clock.now() + WORKS_FOR
        while clock.now() < until:
            await clock.sleep(seconds(self.dice.expovariate(1 / 6)))
            await self.dice.choice(self._misfortunes)()
        self.scene.house.available = True

    async def _worker_dies(self) -> None:
        self.scene.telephony.kill()

    async def _connection_is_lost(self) -> None:
        self.scene.telephony.hide()

    async def _everything_is_stopped(self) -> None:
        house = self.scene.house
        house.team = replace(house.team, stopped=True)
        await self.scene.clock.sleep(seconds(self.dice.uniform(1, 20)))
        house.team = replace(house.team, stopped=False)

    async def _database_is_away(self) -> None:
        self.scene.house.available = False
        await self.scene.clock.sleep(seconds(self.dice.choice((0.05, 0.5, 3, 140))))
        self.scene.house.available = True

    async def _phone_goes(self) -> None:
        self.scene.telephony.drop_agent(AgentId(self.dice.randint(1, 3)))

    async def _somebody_objects(self) -> None:
        if self.scene.desk is not None and self.scene.desk._engine.settled:
            person = PersonId(self.dice.randint(1, LEADS))
            await self.scene.desk._engine.ask(
                lambda: self.scene.desk and self.scene.desk._engine.conduct.revoke(person)
            )

    async def _somebody_calls(self) -> None:
        self.callers += 1
        lead = self.dice.choice(list(self.scene.house.leads.values()))
        call = CallId(UUID(int=10**6 + self.callers))
        self.scene.telephony.ring_in(
            call,
            self.dice.choice((lead.number, lead.number, "+442079469999", "")),
            "+442079460000",
            trunk="simulated",
            patience=seconds(self.dice.uniform(1, 60)),
        )
        if self.dice.random() < 0.5:
            await self.scene.clock.sleep(seconds(self.dice.uniform(10, 20)))
            self.scene.telephony.press(call, self.dice.choice("123"))


async def survive(seed: int) -> None:
    chaos = Chaos(seed)
    scene = chaos.scene
    kills = frozenset(chaos.dice.randrange(1, 6000) for _ in range(chaos.dice.randrange(3)))
    boundaries = Boundaries(kill_at=kills)

    async def misfortunes() -> None:
        await chaos.reign()
        boundaries.kill_at = frozenset()

    async with asyncio.TaskGroup() as group:
        group.create_task(misfortunes())
        await scene.play(WORKS_FOR + seconds(200) + SETTLES_FOR, boundaries)
    audit(scene)
    assert scene.callers.ends and all(end is not None for end in scene.callers.ends.values())
    at_rest = scene.clock.now() - timedelta(seconds=120)
    left = [a for a in scene.house.attempts.values() if a.closed is None and a.opened_at < at_rest]
    assert not left, [(a.id, list(a.events.values())) for a in left]
    assert scene.desk is not None
    views = [scene.desk.view(AgentId(number)) for number in (1, 2, 3)]
    assert all(view.state is not AgentState.ASSIGNED for view in views), views
    assert scene.carriage is not None
    live = len(scene.desk._engine.live.calls)
    assert sum(t.calls for t in scene.carriage.lines.trunks.values()) <= live


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_happens_at_once_everything_adds_up(seed: int):
    await survive(seed)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 400))
async def test_whatever_happens_at_once_everything_adds_up_for_long(seed: int):
    await survive(seed)
