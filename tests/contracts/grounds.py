"""Two houses with the same small list, one in memory, one in PostgreSQL, as one suite needs them.

The list: eight leads of one campaign who speak Bulgarian, and two who speak Polish; a second
campaign of the same team, for another client, whose lead is about the same person as the first's
first. Two agents; a rep of the first client who may be booked tomorrow from nine to twelve.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Protocol
from uuid import uuid4

from compliance import loading
from compliance.decision import (
    CallerIdFacts,
    CampaignFacts,
    ConsentFacts,
    GateInput,
    LeadFacts,
    Permit,
    Subject,
)
from compliance.store.importing import ImportedConsentRow, record_imported_consents
from compliance.suppression import Keyring
from dialer.call_events import AgentId, CallEvent, CallId
from dialer.campaign import Campaign, CampaignId, CampaignState, ClientId, Mode
from dialer.clock import SystemClock
from dialer.database import campaigns, events, house
from dialer.database.ledger import PostgresLedger
from dialer.database.pool import Pool
from dialer.ports import AgentRow, Booking, Candidate, Closing, Ledger, Opening, Way
from dialer.simulation.house import House, MemoryLead
from dialer.simulation.ledger import MemoryLedger
from dialer.team import Team, TeamAgent, TeamId
from leads.importing import ImportOptions, read_list
from leads.lead import AttemptId, Lead, LeadId, LeadState, PersonId
from leads.phone import PhoneNumber
from leads.rep import Interval, RepId
from leads.store.importing import import_list
from leads.store.leads import load_lead
from leads.store.reps import add_availability, add_rep
from sip_config.carrying import Taken
from tests.builders import a_setup_in, a_team_in, an_agent_in

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)  #: a Monday, 14:00 in Sofia
TOMORROW_AT_NINE = datetime(2026, 11, 24, 9, tzinfo=UTC)
OFFERED = Interval(TOMORROW_AT_NINE, TOMORROW_AT_NINE + timedelta(hours=3))
BULGARIAN, POLISH = 8, 2
PURPOSE = "sales.energy"
BUNDLE = loading.load()
KEYS = Keyring(active="k1", keys={"k1": b"\1" * 32})
BOTH = frozenset({"bg", "pl"})


def a_number(place: int) -> str:
    return f"+3598881234{place:02}"


def the_rows() -> list[tuple[str, str]]:
    """Number and language of each lead of the first campaign."""
    return [(a_number(place), "bg" if place < BULGARIAN else "pl") for place in range(10)]


class Ground(Protocol):
    """A house, and what tests may see of it behind its ledgers."""

    campaign: CampaignId
    second_campaign: CampaignId
    agents: Sequence[AgentId]
    rep: int

    def ledger(self) -> Ledger:
        """A ledger that has not taken over yet."""
        ...

    async def stop_all(self) -> None: ...
    async def pause(self, campaign: CampaignId) -> None: ...
    async def lead(self, lead: LeadId) -> Lead: ...
    async def events_of(self, call: CallId) -> tuple[CallEvent, ...]: ...
    async def states_of(self, agent: AgentId) -> tuple[AgentRow, ...]: ...
    async def attempts(self) -> tuple[int, int]:
        """How many there are, and how many of them are open."""
        ...

    async def meetings(self) -> int: ...


def an_opening(candidate: Candidate) -> Opening:
    taken = Taken(
        trunk_id="loopback",
        host="sip:127.0.0.1:5070",
        port=None,
        caller_id="+441134960000",
        pool=None,
    )
    way = Way(
        taken=taken, request_uri=f"sip:{candidate.number}@127.0.0.1:5070", sender="<sip:us@here>"
    )
    return Opening(call=CallId(uuid4()), candidate=candidate, way=way)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An attempt that is open."""

    call: CallId
    attempt: AttemptId
    candidate: Candidate

    def closing(self, **changes: object) -> Closing:
        blank = Closing(call=self.call, attempt=self.attempt, outcome="answered")
        return replace(blank, **changes)  # type: ignore[arg-type]


async def claimed(
    ledger: Ledger,
    campaign: CampaignId,
    count: int = 1,
    *,
    now: datetime = NOW,
    languages: frozenset[str] = BOTH,
) -> tuple[Candidate, ...]:
    claim = await ledger.claim(campaign, count=count, languages=languages, now=now)
    return claim.candidates


async def opened(ledger: Ledger, ground: Ground, *, now: datetime = NOW) -> Opened:
    """The next lead of the first campaign in a call."""
    [candidate] = await claimed(ledger, ground.campaign, now=now)
    return await opened_for(ledger, candidate, now=now)


async def opened_for(ledger: Ledger, candidate: Candidate, *, now: datetime = NOW) -> Opened:
    opening = an_opening(candidate)
    permit = await ledger.open_attempt(opening, now=now)
    assert isinstance(permit, Permit), permit
    attempt = AttemptId(int(permit.attempt))
    return Opened(call=opening.call, attempt=attempt, candidate=candidate)


def a_booking(ground: Ground, at: datetime = TOMORROW_AT_NINE) -> Booking:
    return Booking(rep=ground.rep, starts_at=at, minutes=30)


# --- In memory ---------------------------------------------------------------------------------


class MemoryGround:
    """A :class:`House` and its ledgers, on the machine's clock."""

    campaign = CampaignId(1)
    second_campaign = CampaignId(2)
    agents = (AgentId(1), AgentId(2))
    rep = 1

    def __init__(self) -> None:
        team = Team(
            id=TeamId(1),
            name="north",
            agents=tuple(
                TeamAgent(id=agent, name="", languages=frozenset({"bg"}), sip_uri="sip:a@127.0.0.1")
                for agent in self.agents
            ),
            campaigns=tuple(map(self._campaign, (self.campaign, self.second_campaign))),
        )
        leads = [
            self._lead(1 + place, self.campaign, PersonId(1 + place), number, language)
            for place, (number, language) in enumerate(the_rows())
        ]
        leads.append(self._lead(101, self.second_campaign, PersonId(1), a_number(0), "bg"))
        self.house = House(
            team,
            leads,
            facts=self._facts,
            bundle=BUNDLE,
            offered={self.rep: [OFFERED]},
            attempts_limit=10,
        )

    def ledger(self) -> Ledger:
        return MemoryLedger(self.house, SystemClock())

    async def stop_all(self) -> None:
        self.house.team = replace(self.house.team, stopped=True)

    async def pause(self, campaign: CampaignId) -> None:
        paused = tuple(
            replace(each, state=CampaignState.PAUSED) if each.id == campaign else each
            for each in self.house.team.campaigns
        )
        self.house.team = replace(self.house.team, campaigns=paused)

    async def lead(self, lead: LeadId) -> Lead:
        return self.house.leads[lead].lead

    async def events_of(self, call: CallId) -> tuple[CallEvent, ...]:
        attempt = self.house.of_call(call)
        assert attempt is not None
        return tuple(attempt.events[number] for number in sorted(attempt.events))

    async def states_of(self, agent: AgentId) -> tuple[AgentRow, ...]:
        return tuple(row for row in self.house.agent_rows if row.agent == agent)

    async def attempts(self) -> tuple[int, int]:
        known = self.house.attempts.values()
        return len(known), sum(attempt.closed is None for attempt in known)

    async def meetings(self) -> int:
        return sum(bool(a.closed and a.closed.booking) for a in self.house.attempts.values())

    @staticmethod
    def _campaign(campaign: CampaignId) -> Campaign:
        return Campaign(
            id=campaign,
            client=ClientId(int(campaign)),
            name=f"campaign {campaign}",
            state=CampaignState.RUNNING,
            mode=Mode.PREDICTIVE,
            caller_id="+441134960000",
            caller_name="Example Energy",
        )

    @staticmethod
    def _lead(
        lead: int, campaign: CampaignId, person: PersonId, number: str, language: str
    ) -> MemoryLead:
        return MemoryLead(
            lead=Lead(id=LeadId(lead), person=person, state=LeadState.WAITING, next_attempt_at=NOW),
            campaign=campaign,
            number=PhoneNumber(number),
            languages=(language,),
        )

    @staticmethod
    def _facts(lead: MemoryLead, attempt: str) -> GateInput:
        consent = ConsentFacts(
            id="c1",
            controller="example",
            purposes=(PURPOSE,),
            channels=("phone",),
            given_at=NOW - timedelta(days=30),
            evidence="form",
            bound_to="person",
        )
        return GateInput(
            lead=LeadFacts(id=int(lead.lead.id), country="BG", subject=Subject.LEGAL_PERSON),
            campaign=CampaignFacts(
                id="1",
                controller="example",
                purpose=PURPOSE,
                caller_id=CallerIdFacts(number="+441134960000", presented=True, callable=True),
            ),
            number=lead.number,
            attempt=attempt,
            consents=(consent,),
        )


# --- In PostgreSQL -----------------------------------------------------------------------------


class PostgresGround:
    """A database and its ledgers. Made by :meth:`furnished`."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.team = TeamId(0)
        self.campaign = self.second_campaign = CampaignId(0)
        self.agents: Sequence[AgentId] = ()
        self.rep = 0

    @classmethod
    async def furnished(cls, pool: Pool) -> "PostgresGround":
        ground = cls(pool)
        async with pool.acquire() as connection, connection.transaction():
            await house.set_up(connection, lab=True, clock_offset=timedelta(0))
            ground.team = await a_team_in(connection)
            setup = await a_setup_in(connection, team=ground.team, purpose=PURPOSE)
            ground.agents = [await an_agent_in(connection, ground.team) for _ in range(2)]
            ground.campaign = await campaigns.create_campaign(connection, setup)
            other = await a_setup_in(connection, team=ground.team, purpose=PURPOSE)
            ground.second_campaign = await campaigns.create_campaign(connection, other)
            for campaign in (ground.campaign, ground.second_campaign):
                await campaigns.set_state(connection, campaign, CampaignState.RUNNING)
            rep = await add_rep(
                connection,
                client=setup.client,
                name="Rep",
                email="rep@example.com",
                time_zone="Europe/Sofia",
            )
            await add_availability(connection, RepId(rep), [OFFERED])
            ground.rep = int(rep)
        await ground.import_rows(ground.campaign, the_rows())
        await ground.import_rows(ground.second_campaign, the_rows()[:1])
        return ground

    async def import_rows(self, campaign: CampaignId, rows: Sequence[tuple[str, str]]) -> None:
        """Give a campaign leads whose consents are proven."""
        text = "\n".join(["phone,name,languages,country,email", *map(_as_row, rows), ""])
        async with self.pool.acquire() as connection, connection.transaction():
            client = (await campaigns.campaign(connection, campaign)).client
            imported = await import_list(
                connection,
                client=client,
                campaign=campaign,
                name="spring",
                file_name="spring.csv",
                file_sha256=b"\0" * 32,
                result=read_list(text.encode(), ImportOptions(default_country="BG")),
                now=NOW,
            )
            await record_imported_consents(
                connection,
                client_id=client,
                list_id=imported.list_id,
                rows=[
                    ImportedConsentRow(
                        person_id=lead.person,
                        evidence_reference="form.txt",
                        given_at=NOW - timedelta(days=30),
                        wording="You may call me about energy.",
                        purpose=PURPOSE,
                    )
                    for lead in imported.leads
                ],
                evidence={"form.txt": sha256(b"the form").digest()},
                now=NOW,
            )

    def ledger(self) -> PostgresLedger:
        return PostgresLedger(
            self.pool,
            self.team,
            bundle=BUNDLE,
            keyring=KEYS,
            organizer="meetings@example.com",
            recording_path=lambda call: f"{call}.ogg",
        )

    async def stop_all(self) -> None:
        async with self.pool.acquire() as connection:
            await house.stop_all(connection, by="a supervisor", now=NOW)

    async def pause(self, campaign: CampaignId) -> None:
        async with self.pool.acquire() as connection:
            await campaigns.set_state(connection, campaign, CampaignState.PAUSED)

    async def lead(self, lead: LeadId) -> Lead:
        async with self.pool.acquire() as connection:
            return (await load_lead(connection, lead)).lead

    async def events_of(self, call: CallId) -> tuple[CallEvent, ...]:
        async with self.pool.acquire() as connection:
            found = await events.call(connection, call)
        assert found is not None
        return found.events

    async def states_of(self, agent: AgentId) -> tuple[AgentRow, ...]:
        day = timedelta(days=1)
        async with self.pool.acquire() as connection:
            return await events.shifts(connection, [agent], since=NOW - day, until=NOW + day)

    async def attempts(self) -> tuple[int, int]:
        row = await self.one(
            "SELECT count(*), count(*) FILTER (WHERE closed_at IS NULL) FROM attempts"
        )
        return row[0], row[1]

    async def meetings(self) -> int:
        return int((await self.one("SELECT count(*) FROM meetings"))[0])

    async def one(self, query: str, *values: object) -> tuple[int, ...]:
        async with self.pool.acquire() as connection:
            row = await connection.fetchrow(query, *values)
        assert row is not None
        return tuple(row)


def _as_row(row: tuple[str, str]) -> str:
    number, language = row
    return f"{number},Somebody,{language},BG,somebody{number[-2:]}@example.com"
