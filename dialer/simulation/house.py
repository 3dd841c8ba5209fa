"""What a database would remember of one team, in memory.

Rule: a :class:`House` survives every engine; it is changed by a
:class:`~dialer.simulation.ledger.MemoryLedger` alone, in one step between two awaits, so that a
crash finds all or nothing, as with a transaction.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from compliance.decision import Bundle, GateInput, SuppressionMatch
from dialer.call_events import CallEvent, CallId, Ended
from dialer.campaign import CampaignId, ClientId
from dialer.ports import AgentRow, Closing, Opening
from dialer.team import Team
from leads.lead import (
    AttemptId,
    Lead,
    LeadId,
    LeadState,
    NumberId,
    PersonId,
)
from leads.phone import PhoneNumber
from leads.rep import Interval

#: What the gate is asked with for a lead, under the name of the attempt to be opened.
Facts = Callable[["MemoryLead", str], GateInput]


@dataclass(slots=True, kw_only=True)
class MemoryLead:
    """One lead with its number."""

    lead: Lead
    campaign: CampaignId
    number: PhoneNumber
    languages: tuple[str, ...] = ()
    segment: str = ""
    claimed_until: datetime | None = None
    promised_at: datetime | None = None  #: of the callback that stands; None: none does

    @property
    def number_id(self) -> NumberId:
        return NumberId(int(self.lead.id))

    @property
    def urgency(self) -> tuple[bool, datetime | None, LeadId]:
        """Promised callbacks first, then those that have waited longest."""
        lead = self.lead
        return (lead.state is not LeadState.CALLBACK, lead.next_attempt_at, lead.id)

    def is_due(self, now: datetime) -> bool:
        """Whether it may be claimed at *now*."""
        at = self.lead.next_attempt_at
        leased = self.claimed_until is not None and self.claimed_until > now
        return at is not None and at <= now and not leased


@dataclass(slots=True, kw_only=True)
class MemoryAttempt:
    """One attempt with its call."""

    id: AttemptId
    opening: Opening
    opened_at: datetime
    was_callback: bool
    obligations: tuple[str, ...] = ()
    events: dict[int, CallEvent] = field(default_factory=dict)
    closed: Closing | None = None

    @property
    def lead(self) -> LeadId:
        return self.opening.candidate.lead

    @property
    def goes_on(self) -> bool:
        """The call does, without the agent."""
        ended = any(isinstance(event, Ended) for event in self.events.values())
        return self.closed is not None and self.closed.goes_on and not ended

    @property
    def meeting_uid(self) -> str | None:
        """The name of the meeting booked in it."""
        return f"meeting-{self.id}" if self.closed and self.closed.booking else None


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
        offered: Mapping[int, Sequence[Interval]] | None = None,
    ) -> None:
        """Args:
        offered: When the reps may be booked; ``None``: at any time.
        """
        self.team = team
        self.leads = {each.lead.id: each for each in leads}
        self.attempts: dict[AttemptId, MemoryAttempt] = {}
        self.agent_rows: list[AgentRow] = []
        self.suppressed: set[tuple[ClientId, PersonId]] = set()
        self.offered = offered
        self.epoch = 0
        self.available = True  #: False: the database is away
        self.bundle = bundle
        self.retry_after = retry_after
        self.attempts_limit = attempts_limit
        self._facts = facts

    def of_call(self, call: CallId) -> MemoryAttempt | None:
        """Return the attempt of *call*."""
        return next((a for a in self.attempts.values() if a.opening.call == call), None)

    def attempts_of(self, lead: LeadId) -> list[MemoryAttempt]:
        """Return the attempts on *lead*, oldest first."""
        return [attempt for attempt in self.attempts.values() if attempt.lead == lead]

    def is_busy(self, person: PersonId) -> bool:
        """Return whether an attempt for *person* is open."""
        return any(
            attempt.closed is None and self.leads[attempt.lead].lead.person == person
            for attempt in self.attempts.values()
        )

    def is_booked(self, rep: int, starts_at: datetime, minutes: int) -> bool:
        """Return whether *rep* has a meeting that overlaps the one asked for."""
        ends_at = starts_at + timedelta(minutes=minutes)
        bookings = [a.closed.booking for a in self.attempts.values() if a.closed]
        return any(
            taken is not None
            and taken.rep == rep
            and taken.starts_at < ends_at
            and starts_at < taken.starts_at + timedelta(minutes=taken.minutes)
            for taken in bookings
        )

    def client_of(self, campaign: CampaignId) -> ClientId:
        """Return for whom *campaign* calls."""
        return next(each.client for each in self.team.campaigns if each.id == campaign)

    def asked(self, lead: MemoryLead, attempt: str) -> GateInput:
        """Return what the gate is asked about *lead*."""
        facts = self._facts(lead, attempt)
        if (self.client_of(lead.campaign), lead.lead.person) not in self.suppressed:
            return facts
        match = SuppressionMatch(match=True, scope=facts.campaign.controller)
        return replace(facts, suppressions=(*facts.suppressions, match))
