"""A world of the simulator with the whole engine in it, on virtual time.

The fates of calls, talk and wrap-up times, rosters and leads are those of
``dialer.simulation.floor``; what happens in between is not simulated: hopper, gate, ledger,
trunks, the lives of calls and agents, pacing and the record are the engine's own. The figures are
taken from the record and from what the network saw, not from the engine's word.

Rule: nothing here decides. A world that needs what the network cannot do is refused.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from math import inf, isfinite
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from uuid import UUID

import numpy as np

from dialer import pacing
from dialer.agent import AgentState, NotNow
from dialer.call_events import AgentId, Answered, CallId, Connected
from dialer.campaign import Campaign, CampaignId, CampaignState, ClientId, Mode
from dialer.carriage import Carriage
from dialer.clock import LoopClock
from dialer.desk import TeamDesk
from dialer.engine import Engine
from dialer.pacing import Floor
from dialer.pacing.shared_floor import SharedFloor
from dialer.ports import Placement
from dialer.simulation.floor import controllers
from dialer.simulation.floor.agenda import OFFERED, SIGNED_IN, Agenda
from dialer.simulation.floor.fate import Fate as WorldFate
from dialer.simulation.floor.measures import Figures
from dialer.simulation.floor.seating import seat
from dialer.simulation.floor.shift import Shift
from dialer.simulation.floor.standing import (
    Agent,
    Call,
    CampaignOfShift,
    LeadsOfList,
    Line,
    lines_of,
)
from dialer.simulation.floor.sums import Sums
from dialer.simulation.floor.world import World
from dialer.simulation.house import House, MemoryLead
from dialer.simulation.lab_trunks import write_lab_trunks
from dialer.simulation.ledger import MemoryLedger
from dialer.simulation.telephony import Fate, SimulatedTelephony
from dialer.simulation.virtual_time import VirtualTimeLoop
from dialer.team import Team, TeamAgent, TeamId
from dialer.views import Disposal
from leads.lead import Lead, LeadId, LeadState, PersonId
from leads.phone import PhoneNumber
from sip_config.config import SipConfig
from sip_config.lines import opening
from sip_config.loading import load as load_trunks
from tests.system.scene import BUNDLE, MONDAY_TEN, gate_facts, seconds

#: More leads than a shift can dial, where the world has no end of them: attempts per agent and
#: answered call, over the time of a call.
LEADS_PER_AGENT_SECOND: Final = 1.0 / 60.0
#: Calls in flight when the shift is over are judged for so long.
JUDGED_FOR: Final = seconds(60)
#: Area codes whose numbers 496 0000 to 496 0999 are reserved for drama (Ofcom).
DRAMA: Final = (113, 114, 115, 116, 117, 118, 121, 131, 141, 151, 161, 191)
WITH_PEOPLE: Final = frozenset({AgentState.ASSIGNED, AgentState.TALKING, AgentState.WRAP_UP})


def wide_trunks(channels: int) -> SipConfig:
    """Return trunks whose only limit is how many calls there may be at once."""
    with TemporaryDirectory() as directory:
        file = write_lab_trunks(
            Path(directory) / "trunks.yaml",
            "127.0.0.1",
            5070,
            country="GB",
            countries=["GB"],
            channels=channels,
            cps=500.0,
        )
        return load_trunks(file, lab=True)


class WorldFloor:
    """One shift of a world under the engine; made inside a running virtual loop."""

    def __init__(self, world: World, seed: int, *, mode: pacing.Mode) -> None:
        children = np.random.SeedSequence(seed).spawn(8 + len(world.campaigns))
        randoms = [np.random.default_rng(child) for child in children]
        self._world, self._seed, self._mode = world, seed, mode
        self._fate = WorldFate(world, randoms)
        self._machine_handling = world.machine_handling.stream(randoms[5])
        self._campaigns = [
            CampaignOfShift(campaign, random)
            for campaign, random in zip(world.campaigns, randoms[8:], strict=True)
        ]
        self._lines = lines_of(self._campaigns)
        self._hours = Agenda()
        self._agents = [
            agent
            for desk in seat(world.agents, self._lines, self._hours)
            for agent in sorted({entry[3] for entry in self._hours.entries}, key=_number)
            if agent.desk is desk
        ]
        self._clock = LoopClock(MONDAY_TEN)
        self._leads: dict[LeadId, tuple[Line, LeadsOfList]] = {}
        self._calls: dict[CallId, Call] = {}
        leads = list(self._made_leads())
        self.house = House(self._team(), leads, facts=gate_facts, bundle=BUNDLE, attempts_limit=1)
        self.telephony = SimulatedTelephony(self._clock, self._fate_of)
        self._ids = iter(range(1, 10**9))

    async def play(self) -> Figures:
        """Let the shift pass and return its figures."""
        lines = self._world.lines
        trunks = wide_trunks(int(lines) if isfinite(lines) else 2_000)
        engine = Engine(
            ledger=MemoryLedger(self.house, self._clock),
            telephony=self.telephony,
            clock=self._clock,
            pacer=self._pacer,
            carriage=Carriage(trunks, opening(trunks, self._clock.now()), seed=self._seed),
            new_call_id=lambda: CallId(UUID(int=next(self._ids))),
        )
        desk = TeamDesk(engine)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(engine.run())]
            while not engine.knows_agents:
                await self._clock.sleep(seconds(0.01))
            began = self._clock.now()
            tasks += [group.create_task(self._works(desk, agent)) for agent in self._agents]
            tasks += [group.create_task(self._comes_and_goes(desk, began))]
            over = await self._until_over(began)
            self._finish_campaigns()
            await desk.refresh()
            await self._clock.sleep(JUDGED_FOR)
            for task in tasks:
                task.cancel()
        return self._figures(began, over)

    async def _until_over(self, began: datetime) -> datetime:
        """Wait until the shift is, or nothing is left to dial and nobody is in a call."""
        end = began + seconds(self._world.seconds)
        while (now := self._clock.now()) < end:
            await self._clock.sleep(seconds(1))
            states = Counter(lead.lead.state for lead in self.house.leads.values())
            if set(states) <= {LeadState.RETIRED}:
                return now
        return end

    # --- What the world is made into -----------------------------------------------------------

    def _made_leads(self) -> Iterator[MemoryLead]:
        number = 0
        endless = self._world.headcount * self._world.seconds * LEADS_PER_AGENT_SECOND
        for line in self._lines:
            for item in line.leads:
                few = max(item.answer_rate, 0.05)
                count = item.left if isfinite(item.left) else endless / few
                for _ in range(int(count)):
                    number += 1
                    self._leads[LeadId(number)] = (line, item)
                    area = DRAMA[number // 1_000 % len(DRAMA)]
                    yield MemoryLead(
                        lead=Lead(
                            id=LeadId(number),
                            person=PersonId(number),
                            state=LeadState.WAITING,
                            next_attempt_at=MONDAY_TEN,
                        ),
                        campaign=self._campaign_id(line),
                        number=PhoneNumber(f"+44{area}496{number % 1_000:04}"),
                        languages=(line.pool,) if line.pool else (),
                    )

    def _campaign_id(self, line: Line) -> CampaignId:
        return CampaignId(1 + self._campaigns.index(line.campaign))

    def _team(self) -> Team:
        world = self._world
        longest = seconds(world.ring_limit_seconds + 60.0)  # the world says when ringing ends
        return Team(
            id=TeamId(1),
            name="simulated",
            agents=tuple(
                TeamAgent(
                    id=_id(agent),
                    name=f"Agent {agent.number}",
                    languages=frozenset(pool for _, pool in agent.desk.names if pool) or {"en"},
                    sip_uri=f"sip:agent{agent.number}@127.0.0.1",
                )
                for agent in self._agents
            ),
            campaigns=tuple(
                Campaign(
                    id=CampaignId(number),
                    client=ClientId(1),
                    name=campaign.world.name or "alone",
                    state=CampaignState.RUNNING,
                    mode=Mode.PREDICTIVE,
                    caller_id="+442079460000",
                    caller_name="Example Energy",
                    abandon_rate_limit=campaign.world.abandon_rate_limit,
                    connect_limit=seconds(world.connect_limit_seconds),
                    ring_limit=longest,
                    wrap_up_limit=timedelta(hours=2),
                    share=campaign.world.share,
                    priority=campaign.world.priority,
                    agents=frozenset(
                        _id(agent)
                        for agent in self._agents
                        if any(name == campaign.world.name for name, _ in agent.desk.names)
                    ),
                )
                for number, campaign in enumerate(self._campaigns, 1)
            ),
        )

    def _pacer(self, campaign: Campaign) -> pacing.Pacer:
        mine = self._campaigns[campaign.id - 1].world
        return pacing.Pacer(controllers.aim(self._world, mine, self._mode))

    def _finish_campaigns(self) -> None:
        team = self.house.team
        finished = [replace(each, state=CampaignState.FINISHED) for each in team.campaigns]
        self.house.team = replace(team, campaigns=tuple(finished))

    # --- Callees and agents --------------------------------------------------------------------

    def _fate_of(self, placement: Placement) -> Fate:
        attempt = self.house.of_call(placement.call)
        assert attempt is not None
        line, item = self._leads[attempt.lead]
        now = self._clock.monotonic()
        call = self._calls[placement.call] = Call(int(attempt.id), line, now)
        at, kind = self._fate.draw(call, now, item.answer_rate)
        after = seconds(at - now)
        if kind == OFFERED:
            return Fate(rings_after=seconds(0.05), answered_after=after)
        return Fate(rings_after=seconds(0.05), refused_after=after, sip_status=480)

    async def _comes_and_goes(self, desk: TeamDesk, began: datetime) -> None:
        """Sign agents in and off when the world says so."""
        while self._hours.entries:
            at, kind, agent = self._hours.take()
            assert isinstance(agent, Agent)
            await self._clock.sleep(began + seconds(at) - self._clock.now())
            if kind != SIGNED_IN:
                agent.present = False
                with suppress(NotNow):
                    await desk.sign_off(_id(agent))
                continue
            agent.present = True
            with suppress(NotNow):  # still in the call before the break
                await desk.sign_in(_id(agent))
            await desk.ready(_id(agent))

    async def _works(self, desk: TeamDesk, agent: Agent) -> None:
        """Talk as long as the world says, wrap up as long as it says, again and again."""
        while True:
            view = desk.view(_id(agent))
            if view.state is AgentState.TALKING and view.call:
                await self._clock.sleep(seconds(self._talk_time(view.call.call)))
                await desk.hang_up(_id(agent))
                while (view := desk.view(_id(agent))).state is AgentState.TALKING:
                    await desk.changed(_id(agent), view.version)
            elif view.state is AgentState.WRAP_UP and view.call:
                call = self._calls[view.call.call]
                if not call.machine:
                    await self._clock.sleep(seconds(next(call.line.campaign.wrap_up)))
                said = "answering_machine" if call.machine else "not_interested"
                await desk.dispose(_id(agent), Disposal(disposition=said))
            else:
                await desk.changed(_id(agent), view.version)

    def _talk_time(self, call_id: CallId) -> float:
        call = self._calls[call_id]
        return next(self._machine_handling if call.machine else call.line.campaign.talk)

    # --- Figures -------------------------------------------------------------------------------

    def _figures(self, began: datetime, over: datetime) -> Figures:
        spent, waits = self._time_spent(began, over)
        signed_in = sum(spent.values()) or 1e-9
        sums = Sums(min(1_800.0, self._world.seconds / 4))
        live, abandoned, connected, machines = self._judged(sums, began)
        talk = spent["with people", AgentState.ASSIGNED] + spent["with people", AgentState.TALKING]
        wrap_up = spent["with people", AgentState.WRAP_UP]
        return Figures(
            seed=self._seed,
            utilisation=(talk + wrap_up) / signed_in,
            talk_share=talk / signed_in,
            abandon_rate=abandoned / live if live else 0.0,
            live_answers=live,
            abandoned=abandoned,
            machines_to_agents=machines,
            wait_mean=float(np.mean(waits or [0.0])),
            wait_p95=float(np.quantile(waits or [0.0], 0.95)),
            attempts=len(self._calls),
            connected=connected,
            worst_running_abandon_rate=sums.worst,
            worst_rate_after_200=sums.worst_after_200,
            seconds=(over - began).total_seconds(),
        )

    def _judged(self, sums: Sums, began: datetime) -> tuple[int, int, int, int]:
        """Return live answers, abandoned, connected and machines, as the network saw them."""
        heard = {
            call for call, event in self.telephony.truth.events if isinstance(event, Connected)
        }
        answers = [
            (event.at, call)
            for call, event in self.telephony.truth.events
            if isinstance(event, Answered)
        ]
        live = abandoned = connected = machines = 0
        for at, call_id in answers:
            if self._calls[call_id].machine:
                machines += call_id in heard
                continue
            live += 1
            connected += call_id in heard
            abandoned += call_id not in heard
            sums.note_rate((at - began).total_seconds(), live, abandoned)
        screened_out = sum(call.screened_out for call in self._calls.values())
        return live + screened_out, abandoned + screened_out, connected, machines

    def _time_spent(
        self, began: datetime, over: datetime
    ) -> tuple[Counter[tuple[str, AgentState]], list[float]]:
        """Return seconds by state, with people or not, and idle times before a call."""
        spent: Counter[tuple[str, AgentState]] = Counter()
        waits = []
        for agent in self._agents:
            rows = [row for row in self.house.agent_rows if row.agent == _id(agent)]
            end = replace(rows[-1], at=max(over, rows[-1].at)) if rows else None
            for row, following in pairwise([*rows, end]) if end else ():
                assert following is not None
                since, until = max(row.at, began), min(following.at, over)
                if row.state is AgentState.OFFLINE or until <= since:
                    continue
                lasted = (until - since).total_seconds()
                if row.state is AgentState.READY and following.state is AgentState.ASSIGNED:
                    waits.append(lasted)
                call = self._calls.get(row.call) if row.call else None
                people = row.state in WITH_PEOPLE and not (call and call.machine)
                spent["with people" if people else "without", row.state] += lasted
        return spent, waits


def _id(agent: Agent) -> AgentId:
    return AgentId(agent.number + 1)


def _number(agent: object) -> int:
    assert isinstance(agent, Agent)
    return agent.number


class _WithoutEnd:
    """A controller that is not told when the shift ends, as the engine is not."""

    def __init__(self, controller: Any) -> None:
        self._controller = controller
        self.observe = controller.observe

    def decide(self, floor: Floor | SharedFloor, now: float) -> Any:
        return self._controller.decide(replace(floor, ends_in=inf), now)


def under_engine(world: World, seed: int, mode: pacing.Mode = pacing.Mode.PREDICTIVE) -> Figures:
    """Return the figures of a shift with the whole engine in it."""

    async def played() -> Figures:
        return await WorldFloor(world, seed, mode=mode).play()

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(played())


def in_simulator(world: World, seed: int, controller: str = "lookahead") -> Figures:
    """Return the figures of the same shift in the simulator of ``dialer simulate``."""
    return Shift(world, _WithoutEnd(controllers.make(controller, world)), seed).run()
