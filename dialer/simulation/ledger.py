"""A ledger in memory, for the engine on virtual time: the same promises as PostgreSQL's.

:class:`House` is what survives (the database); a :class:`MemoryLedger` is one engine's
connection to it. Every method changes the house in one step between two awaits, so a crash
before or after it finds all or nothing, as with a transaction.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from compliance.decision import Bundle, GateInput, Permit, Refused, check
from dialer.call_events import AgentId, CallEvent, CallId
from dialer.campaign import CampaignId
from dialer.ports import (
    AgentRow,
    Candidate,
    Claim,
    Clock,
    Closed,
    Closing,
    ClosingRefused,
    LedgerUnavailable,
    NotOpened,
    Opening,
    Row,
    Supply,
    Unfinished,
)
from dialer.team import Team, TeamAgent
from leads.disposition import MEANINGS, Disposition
from leads.lead import (
    DUE_STATES,
    AttemptId,
    Lead,
    LeadEvent,
    LeadId,
    LeadState,
    NumberId,
    RetiredBecause,
    apply,
)
from leads.phone import PhoneNumber

LEASE = timedelta(minutes=2)
#: What the gate is asked with for a lead, under the name of the attempt to be opened.
Facts = Callable[["MemoryLead", str], GateInput]


@dataclass(slots=True, kw_only=True)
class MemoryLead:
    """One lead with its number."""

    lead: Lead
    campaign: CampaignId
    number: PhoneNumber
    languages: tuple[str, ...] = ()
    claimed_until: datetime | None = None


@dataclass(slots=True, kw_only=True)
class MemoryAttempt:
    """One attempt with its call."""

    id: AttemptId
    opening: Opening
    opened_at: datetime
    events: dict[int, CallEvent] = field(default_factory=dict)
    closed: Closing | None = None


class House:
    """What is remembered of one team."""

    def __init__(
        self,
        team: Team,
        leads: Iterable[MemoryLead],
        *,
        facts: Facts,
        bundle: Bundle,
        retry_after: timedelta = timedelta(hours=3),
        attempts_limit: int = 3,
    ) -> None:
        self.team = team
        self.leads = {each.lead.id: each for each in leads}
        self.attempts: dict[AttemptId, MemoryAttempt] = {}
        self.agent_rows: list[AgentRow] = []
        self.booked: set[tuple[int, datetime]] = set()
        self.epoch = 0
        self.available = True
        self.facts = facts
        self.bundle = bundle
        self.retry_after = retry_after
        self.attempts_limit = attempts_limit

    def of_call(self, call: CallId) -> MemoryAttempt | None:
        return next((a for a in self.attempts.values() if a.opening.call == call), None)

    def attempts_of(self, lead: LeadId) -> list[MemoryAttempt]:
        return [a for a in self.attempts.values() if a.opening.candidate.lead == lead]


class MemoryLedger:
    """One engine's connection to a :class:`House`."""

    def __init__(self, house: House, clock: Clock) -> None:
        self.house = house
        self._clock = clock
        self._epoch = 0

    async def take_over(self) -> None:
        await self._latency()
        self.house.epoch += 1
        self._epoch = self.house.epoch

    async def team(self) -> Team:
        await self._latency()
        agents = tuple(self._as_recorded(agent) for agent in self.house.team.agents)
        return replace(self.house.team, agents=agents)

    async def claim(
        self, campaign: CampaignId, *, count: int, languages: frozenset[str], now: datetime
    ) -> Claim:
        await self._latency()
        due = [
            lead
            for lead in self.house.leads.values()
            if lead.campaign == campaign
            and _is_due(lead, now)
            and (not lead.languages or languages & set(lead.languages))
        ]
        due.sort(key=lambda each: (each.lead.state is not LeadState.CALLBACK, each.lead.id))
        for lead in due[:count]:
            lead.claimed_until = now + LEASE
        return Claim(
            candidates=tuple(self._candidate(lead) for lead in due[:count]),
            looked_at=len(due[:count]),
        )

    async def release(self, leads: Sequence[LeadId]) -> None:
        await self._latency()
        for lead_id in leads:
            self.house.leads[lead_id].claimed_until = None

    async def open_attempt(
        self, opening: Opening, *, now: datetime
    ) -> Permit | Refused | NotOpened:
        await self._latency()
        house = self.house
        lead = house.leads[opening.candidate.lead]
        if self._epoch != house.epoch or house.team.stopped:
            return NotOpened(because="stopped")
        if lead.lead.state not in DUE_STATES or not lead.claimed_until:
            return NotOpened(because="lease_lost")
        attempt = AttemptId(len(house.attempts) + 1)
        answer = check(house.facts(lead, str(attempt)), house.bundle, now)
        if isinstance(answer, Refused):
            until = answer.defer_until or now + timedelta(days=1)
            lead.lead = apply(lead.lead, LeadEvent.POSTPONED, next_attempt_at=until)
            lead.claimed_until = None
            return answer
        lead.lead = apply(lead.lead, LeadEvent.DIALED)
        lead.claimed_until = None
        house.attempts[attempt] = MemoryAttempt(id=attempt, opening=opening, opened_at=now)
        return answer

    async def append(self, rows: Sequence[Row]) -> None:
        await self._latency()
        self._append(rows)

    async def close_attempt(
        self, closing: Closing, rows: Sequence[Row], *, now: datetime
    ) -> Closed:
        await self._latency()
        house = self.house
        attempt = house.attempts[closing.attempt]
        lead = house.leads[attempt.opening.candidate.lead]
        if attempt.closed is not None:
            return Closed(lead_state=lead.lead.state, repeated=True)
        if closing.booking is not None:
            slot = (closing.booking.rep, closing.booking.starts_at)
            if slot in house.booked:
                raise ClosingRefused("slot_taken", "the rep's slot has just been taken")
            house.booked.add(slot)
        attempt.closed = closing
        self._append(rows)
        lead.lead = self._after(lead.lead, closing, now)
        return Closed(lead_state=lead.lead.state)

    async def unfinished(self) -> Sequence[Unfinished]:
        await self._latency()
        return tuple(
            Unfinished(
                call=attempt.opening.call,
                attempt=attempt.id,
                lead=attempt.opening.candidate.lead,
                person=attempt.opening.candidate.person,
                campaign=attempt.opening.candidate.campaign,
                number=attempt.opening.candidate.number,
                languages=attempt.opening.candidate.languages,
                callback_agent=attempt.opening.candidate.callback_agent,
                opened_at=attempt.opened_at,
                events=tuple(attempt.events[number] for number in sorted(attempt.events)),
            )
            for attempt in self.house.attempts.values()
            if attempt.closed is None
        )

    async def supply(self, campaign: CampaignId, *, now: datetime) -> Supply:
        await self._latency()
        mine = [each for each in self.house.leads.values() if each.campaign == campaign]
        times = [each.lead.next_attempt_at for each in mine if each.lead.next_attempt_at]
        due = sum(_is_due(each, now) for each in mine)
        return Supply(
            due=due,
            later=sum(at > now for at in times),
            next_due_at=min(times, default=None),
            in_call=sum(each.lead.state is LeadState.IN_CALL for each in mine),
        )

    # --- Inside ------------------------------------------------------------------------------

    async def _latency(self) -> None:
        await self._clock.sleep(timedelta(milliseconds=2))
        if not self.house.available:
            raise LedgerUnavailable

    def _append(self, rows: Sequence[Row]) -> None:
        for row in rows:
            if isinstance(row, AgentRow):
                self.house.agent_rows.append(row)
            elif (attempt := self.house.of_call(row.call)) is not None:
                known = attempt.events.setdefault(row.number, row.event)
                if known != row.event:
                    raise RuntimeError(f"two events are number {row.number} of one call")

    def _after(self, lead: Lead, closing: Closing, now: datetime) -> Lead:
        meaning = MEANINGS[Disposition(closing.disposition)] if closing.disposition else None
        event = meaning.event if meaning else LeadEvent.RETRY_PLANNED
        if event is LeadEvent.CALLBACK_PROMISED and closing.promise:
            agent = int(closing.agent) if closing.agent and closing.promise.personal else None
            return apply(lead, event, next_attempt_at=closing.promise.due_at, callback_agent=agent)
        if meaning and meaning.retired_because:
            return apply(lead, event, retired_because=meaning.retired_because)
        if event is LeadEvent.MEETING_BOOKED:
            return apply(lead, event)
        counted = [a for a in self.house.attempts_of(lead.id) if a.closed and a.closed.counts]
        if len(counted) >= self.house.attempts_limit:
            because = RetiredBecause.ATTEMPTS_USED_UP
            return apply(lead, LeadEvent.GIVEN_UP, retired_because=because)
        return apply(lead, LeadEvent.RETRY_PLANNED, next_attempt_at=now + self.house.retry_after)

    def _candidate(self, lead: MemoryLead) -> Candidate:
        agent = lead.lead.callback_agent
        return Candidate(
            lead=lead.lead.id,
            person=lead.lead.person,
            campaign=lead.campaign,
            number=lead.number,
            number_id=NumberId(int(lead.lead.id)),
            languages=lead.languages,
            claimed_until=lead.claimed_until or self._clock.now(),
            is_callback=lead.lead.state is LeadState.CALLBACK,
            callback_agent=AgentId(agent) if agent is not None else None,
        )

    def _as_recorded(self, agent: TeamAgent) -> TeamAgent:
        rows = [row for row in self.house.agent_rows if row.agent == agent.id]
        if not rows:
            return agent
        last = rows[-1]
        return replace(
            agent,
            last_state=last.state,
            last_reason=last.reason,
            last_since=last.at,
            last_call=last.call,
        )


def _is_due(lead: MemoryLead, now: datetime) -> bool:
    at = lead.lead.next_attempt_at
    leased = lead.claimed_until is not None and lead.claimed_until > now
    return at is not None and at <= now and not leased
