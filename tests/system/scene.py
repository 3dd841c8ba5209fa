"""A whole floor on virtual time: engine, people at their desks, a telephone network, a house.

Everything follows from a seed. The engine can be killed at any boundary and started again; the
house, the network and the people stay.
"""

import asyncio
import inspect
import random
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from compliance import loading
from compliance.decision import (
    CallerIdFacts,
    CampaignFacts,
    ConsentFacts,
    GateInput,
    LeadFacts,
    RegisterAnswer,
    Subject,
)
from dialer import pacing
from dialer.agent import AgentState, NotNow
from dialer.call_events import AgentId, CallId
from dialer.campaign import Campaign, CampaignId, CampaignState, ClientId, Mode
from dialer.carriage import Carriage
from dialer.clock import LoopClock
from dialer.desk import TeamDesk
from dialer.engine import Engine
from dialer.ports import (
    Booking,
    Candidate,
    Closing,
    ClosingRefused,
    Heard,
    Ledger,
    Opening,
    Placement,
    Promise,
    Telephony,
    Way,
)
from dialer.simulation.house import House, MemoryAttempt, MemoryLead
from dialer.simulation.lab_trunks import write_lab_trunks
from dialer.simulation.ledger import MemoryLedger
from dialer.simulation.ring_backs import Callers, MemoryRingBacks
from dialer.simulation.telephony import Fate, SimulatedTelephony
from dialer.team import Team, TeamAgent, TeamId
from dialer.views import Disposal
from leads.lead import AttemptId, Lead, LeadId, LeadState, PersonId
from leads.phone import PhoneNumber
from sip_config.carrying import Taken
from sip_config.config import SipConfig
from sip_config.lines import opening
from sip_config.loading import load as load_trunks

MONDAY_TEN = datetime(2026, 11, 23, 10, tzinfo=UTC)
CAMPAIGN = CampaignId(1)
BUNDLE = loading.load()


def lab_config() -> SipConfig:
    with tempfile.TemporaryDirectory() as directory:
        file = write_lab_trunks(
            Path(directory) / "trunks.yaml", "127.0.0.1", 5070, country="GB", countries=["GB"]
        )
        return load_trunks(file, lab=True)


TRUNKS = lab_config()


class Killed(BaseException):
    """The engine's process was killed at this boundary."""


@dataclass(slots=True)
class Boundaries:
    """Counts the boundaries an engine crosses, and kills it at the chosen ones."""

    kill_at: frozenset[int] = frozenset()
    crossed: int = 0
    alive: bool = True
    over: bool = False

    def cross(self) -> None:
        """Cross one boundary, or die there.

        Raises:
            Killed: this is a chosen one, or the process is dead already.
        """
        if self.over:
            return
        if not self.alive:
            raise Killed
        self.crossed += 1
        if self.crossed in self.kill_at:
            self.alive = False
            raise Killed


class Fragile:
    """A port seen through a process that may be killed before and after every use of it."""

    def __init__(self, port: object, boundaries: Boundaries) -> None:
        self._port = port
        self._boundaries = boundaries

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)
        if name == "events":
            return self._events

        def order(*arguments: Any, **named: Any) -> Any:
            self._boundaries.cross()
            result = method(*arguments, **named)
            self._boundaries.cross()
            return result

        async def transaction(*arguments: Any, **named: Any) -> Any:
            self._boundaries.cross()
            result = await method(*arguments, **named)
            self._boundaries.cross()
            return result

        return transaction if inspect.iscoroutinefunction(method) else order

    async def _events(self) -> AsyncIterator[Heard]:
        async for heard in self._port.events():  # type: ignore[attr-defined]
            self._boundaries.cross()
            yield heard


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def a_campaign(agents: int, **changes: object) -> Campaign:
    values: dict[str, object] = {
        "id": CAMPAIGN,
        "client": ClientId(1),
        "name": "autumn",
        "state": CampaignState.RUNNING,
        "mode": Mode.PREDICTIVE,
        "caller_id": "+442079460000",
        "caller_name": "Example Energy",
        "agents": frozenset(AgentId(number) for number in range(1, agents + 1)),
    }
    return Campaign(**{**values, **changes})  # type: ignore[arg-type]


def a_team(agents: int, *campaigns: Campaign) -> Team:
    return Team(
        id=TeamId(1),
        name="north",
        agents=tuple(
            TeamAgent(
                id=AgentId(number),
                name=f"Agent {number}",
                languages=frozenset({"en"}),
                sip_uri=f"sip:agent{number}@127.0.0.1",
            )
            for number in range(1, agents + 1)
        ),
        campaigns=campaigns,
    )


def some_leads(count: int) -> list[MemoryLead]:
    """Leads with numbers reserved for drama (Ofcom)."""
    return [
        MemoryLead(
            lead=Lead(
                id=LeadId(number),
                person=PersonId(number),
                state=LeadState.WAITING,
                next_attempt_at=MONDAY_TEN,
            ),
            campaign=CAMPAIGN,
            number=PhoneNumber(f"+442079460{number:03}"),
            languages=("en",),
        )
        for number in range(1, count + 1)
    ]


def fates(seed: int, answer_rate: float = 0.5) -> Callable[[Placement], Fate]:
    """Return what happens to each number: a function of seed and number alone."""

    def fate(placement: Placement) -> Fate:
        dice = random.Random(f"{seed}/{placement.number}")
        rings = seconds(dice.uniform(0.5, 3))
        if dice.random() < answer_rate:
            hangs_up = seconds(dice.uniform(5, 40)) if dice.random() < 0.3 else None
            return Fate(
                rings_after=rings,
                answered_after=rings + seconds(dice.uniform(2, 15)),
                hangs_up_after=hangs_up,
            )
        other = dice.random()
        if other < 0.2:
            return Fate(rings_after=rings, refused_after=seconds(4), sip_status=486)
        if other < 0.3:
            return Fate(rings_after=None, refused_after=seconds(1), sip_status=404, q850=1)
        if other < 0.4:
            return Fate(rings_after=None)
        return Fate(rings_after=rings)

    return fate


def gate_facts(lead: MemoryLead, attempt: str) -> GateInput:
    """Facts that every gate agrees to: a British company that consented, nothing against it."""
    consent = ConsentFacts(
        id="c1",
        controller="example",
        purposes=("sales.energy",),
        channels=("phone",),
        given_at=MONDAY_TEN - timedelta(days=30),
        evidence="form-1",
        bound_to="person",
        separate_document=True,
    )
    return GateInput(
        lead=LeadFacts(id=int(lead.lead.id), country="GB", subject=Subject.LEGAL_PERSON),
        campaign=CampaignFacts(
            id="1",
            controller="example",
            purpose="sales.energy",
            caller_id=CallerIdFacts(number="+442079460000", presented=True, callable=True),
        ),
        number=lead.number,
        attempt=attempt,
        consents=(consent,),
        registers=tuple(
            RegisterAnswer(register=name, as_of=MONDAY_TEN, listed=False)
            for name in ("TPS", "CTPS")
        ),
    )


class Scene:
    """One floor; made inside a running virtual loop."""

    def __init__(
        self,
        seed: int,
        *,
        agents: int = 3,
        leads: int = 20,
        mode: Mode = Mode.PREDICTIVE,
        answer_rate: float = 0.5,
        trunks: SipConfig = TRUNKS,
        fate: Callable[[Placement], Fate] | None = None,
    ) -> None:
        self._trunks = trunks
        self.carriage: Carriage | None = None  #: of the engine that runs, or ran last
        self.clock = LoopClock(MONDAY_TEN)
        self.campaign = a_campaign(agents, mode=mode)
        self.house = House(
            a_team(agents, self.campaign),
            some_leads(leads),
            facts=gate_facts,
            bundle=BUNDLE,
        )
        self.telephony = SimulatedTelephony(self.clock, fate or fates(seed, answer_rate))
        self.callers = Callers()
        self.desk: TeamDesk | None = None
        self.saved: dict[int, str] = {}  #: attempt -> disposition an agent was told is saved
        self.starts = 0
        self._seed = seed
        self._agents = agents
        self._calls = 0

    # --- The engine, and what may kill it ----------------------------------------------------

    def an_engine(
        self, ledger: Ledger, telephony: Telephony, boundaries: Boundaries | None = None
    ) -> Engine:
        ring_backs: Any = MemoryRingBacks(self.house, self.clock, self.callers)
        self.starts += 1
        self.carriage = Carriage(
            self._trunks, opening(self._trunks, self.clock.now()), seed=self._seed
        )
        return Engine(
            ledger=ledger,
            telephony=telephony,
            clock=self.clock,
            pacer=lambda campaign: pacing.Pacer(
                pacing.Aim(
                    mode=pacing.Mode(campaign.mode.value),
                    abandon_rate_limit=campaign.abandon_rate_limit,
                )
            ),
            carriage=self.carriage,
            ring_backs=Fragile(ring_backs, boundaries) if boundaries else ring_backs,
            new_call_id=self._new_call_id,
        )

    def _new_call_id(self) -> CallId:
        self._calls += 1
        return CallId(UUID(int=self._calls))

    async def play(self, duration: timedelta, boundaries: Boundaries | None = None) -> None:
        """Let the floor work for *duration*; a killed engine is started again after a second."""
        boundaries = boundaries or Boundaries()
        async with asyncio.TaskGroup() as group:
            people = [
                group.create_task(self._person(AgentId(number)))
                for number in range(1, self._agents + 1)
            ]
            core = group.create_task(self._core(boundaries))
            await self.clock.sleep(duration)
            boundaries.over = True
            for task in (*people, core):
                task.cancel()

    async def _core(self, boundaries: Boundaries) -> None:
        while True:
            boundaries.alive = True
            ledger: Any = Fragile(MemoryLedger(self.house, self.clock), boundaries)
            telephony: Any = Fragile(self.telephony, boundaries)
            engine = self.an_engine(ledger, telephony, boundaries)
            self.desk = TeamDesk(engine)
            try:
                await engine.run()
            except BaseExceptionGroup as group:
                killed, others = group.split(Killed)
                if others is not None or killed is None:
                    raise
            except Killed:
                pass
            self.desk = None
            await self.clock.sleep(seconds(1))

    def remember_a_call(self) -> None:
        """Let the record say that the first lead was called in vain."""
        lead = self.house.leads[LeadId(1)]
        way = Way(
            taken=Taken(
                trunk_id="simulated", host="", port=None, caller_id="+442079460000", pool=None
            ),
            request_uri="",
            sender="",
        )
        candidate = Candidate(
            lead=lead.lead.id,
            person=lead.lead.person,
            campaign=lead.campaign,
            number=lead.number,
            number_id=lead.number_id,
            languages=lead.languages,
            claimed_until=MONDAY_TEN,
        )
        call, attempt = self._new_call_id(), AttemptId(1)
        self.house.attempts[attempt] = MemoryAttempt(
            id=attempt,
            opening=Opening(call=call, candidate=candidate, way=way),
            opened_at=MONDAY_TEN,
            was_callback=False,
            closed=Closing(call=call, attempt=attempt, outcome="busy"),
        )

    # --- People ------------------------------------------------------------------------------

    async def _person(self, agent: AgentId) -> None:
        """Somebody at a desk: signs in, talks a while, hangs up, records, again and again."""
        dice = random.Random(f"{self._seed}/{agent}")
        while True:
            await self.clock.sleep(seconds(0.2))
            desk = self.desk
            if desk is None or not desk.has(agent):
                continue
            with suppress(NotNow, TimeoutError):
                async with asyncio.timeout(3):
                    await self._next_step(desk, agent, dice)

    async def _next_step(self, desk: TeamDesk, agent: AgentId, dice: random.Random) -> None:
        view = desk.view(agent)
        match view.state:
            case AgentState.OFFLINE:
                await desk.sign_in(agent)
                await desk.ready(agent)
            case AgentState.PAUSED:
                await desk.ready(agent)
            case AgentState.TALKING if view.since:
                if self.clock.now() - view.since > seconds(dice.uniform(10, 30)):
                    await desk.hang_up(agent)
            case AgentState.WRAP_UP if view.call and view.call.ended_at:
                wish = self._wish(dice)
                with suppress(ClosingRefused):
                    await desk.dispose(agent, wish)
                    self.saved[int(view.call.attempt)] = wish.disposition

    def _wish(self, dice: random.Random) -> Disposal:
        now = self.clock.now()
        match dice.randrange(4):
            case 0:
                slot = MONDAY_TEN + timedelta(days=1, minutes=30 * dice.randrange(20))
                booking = Booking(rep=1, starts_at=slot, minutes=30)
                return Disposal(disposition="meeting_booked", booking=booking)
            case 1:
                promise = Promise(due_at=now + seconds(90), personal=dice.random() < 0.5)
                return Disposal(disposition="callback", promise=promise)
            case 2:
                return Disposal(disposition="not_interested")
            case _:
                return Disposal(disposition="answering_machine")
