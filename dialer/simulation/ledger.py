"""A ledger in memory, for the engine on virtual time: the same promises as PostgreSQL's.

A :class:`MemoryLedger` is one engine's connection to a :class:`~dialer.simulation.house.House`.
What both ledgers promise is one suite (``tests/contracts/test_ledger.py``).
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from compliance.decision import Permit, Refused, check, screen
from dialer.call_events import AgentId
from dialer.campaign import CampaignId
from dialer.on_record import taken_by
from dialer.ports import (
    SUPERSEDED,
    AgentRow,
    Candidate,
    Claim,
    Clock,
    Closed,
    Closing,
    LedgerUnavailable,
    NotOpened,
    Opening,
    Row,
    Supply,
    Unfinished,
)
from dialer.simulation.closing import lead_after, refuse_misfits, suppresses
from dialer.simulation.house import House, MemoryAttempt, MemoryLead
from dialer.team import Team, TeamAgent
from leads.lead import (
    DUE_STATES,
    AttemptId,
    LeadEvent,
    LeadId,
    LeadState,
    apply,
)

LEASE = timedelta(minutes=2)
ASK_AGAIN = timedelta(days=1)  #: about a lead whose refusal names no time


class MemoryLedger:
    """One engine's connection to a house."""

    def __init__(self, house: House, clock: Clock) -> None:
        self.house = house
        self._clock = clock
        self._epoch = 0

    async def take_over(self) -> None:
        await self._latency()
        self.house.epoch += 1
        for lead in self.house.leads.values():
            lead.claimed_until = None
        self._epoch = self.house.epoch

    async def team(self) -> Team:
        await self._latency()
        agents = tuple(self._as_recorded(agent) for agent in self.house.team.agents)
        return replace(self.house.team, agents=agents)

    async def claim(
        self, campaign: CampaignId, *, count: int, languages: frozenset[str], now: datetime
    ) -> Claim:
        await self._latency()
        if self._epoch != self.house.epoch:
            return Claim(candidates=(), looked_at=0, superseded=True)
        due = [
            lead
            for lead in self.house.leads.values()
            if lead.campaign == campaign
            and lead.is_due(now)
            and (not lead.languages or languages & set(lead.languages))
        ]
        claimed = sorted(due, key=lambda each: each.urgency)[:count]
        candidates = []
        for lead in claimed:
            answer = screen(self.house.asked(lead, ""), self.house.bundle, now)
            if isinstance(answer, Refused):
                _postpone(lead, answer, now)
            else:
                lead.claimed_until = now + LEASE
                candidates.append(_candidate(lead, now + LEASE))
        return Claim(candidates=tuple(candidates), looked_at=len(claimed))

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
        if because := self._hindrance(opening.candidate, now):
            return NotOpened(because=because)
        attempt = AttemptId(len(house.attempts) + 1)
        answer = check(house.asked(lead, str(attempt)), house.bundle, now)
        if isinstance(answer, Refused):
            _postpone(lead, answer, now)
            return answer
        house.attempts[attempt] = MemoryAttempt(
            id=attempt,
            opening=opening,
            opened_at=now,
            was_callback=lead.lead.state is LeadState.CALLBACK,
            obligations=answer.obligations,
        )
        lead.lead = apply(lead.lead, LeadEvent.DIALED)
        lead.claimed_until = None
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
        lead = house.leads[attempt.lead]
        if attempt.closed is not None:
            return Closed(lead_state=lead.lead.state, repeated=True)
        refuse_misfits(house, closing, now)
        attempt.closed = closing
        self._append(rows)
        if suppresses(closing):
            house.suppressed.add((house.client_of(lead.campaign), lead.lead.person))
        if lead.lead.state is LeadState.IN_CALL:
            lead.lead = lead_after(house, lead, attempt, closing, now)
        return Closed(lead_state=lead.lead.state, meeting_uid=attempt.meeting_uid)

    async def unfinished(self) -> Sequence[Unfinished]:
        await self._latency()
        return tuple(
            Unfinished(
                call=attempt.opening.call,
                attempt=attempt.id,
                lead=attempt.lead,
                person=attempt.opening.candidate.person,
                campaign=attempt.opening.candidate.campaign,
                number=attempt.opening.candidate.number,
                languages=attempt.opening.candidate.languages,
                callback_agent=attempt.opening.candidate.callback_agent,
                obligations=attempt.obligations,
                opened_at=attempt.opened_at,
                events=events,
                taken=taken_by(
                    events,
                    trunk=attempt.opening.way.taken.trunk_id,
                    caller_id=attempt.opening.way.taken.caller_id,
                ),
            )
            for attempt in self.house.attempts.values()
            if attempt.closed is None or attempt.goes_on
            for events in [tuple(attempt.events[number] for number in sorted(attempt.events))]
        )

    async def supply(self, campaign: CampaignId, *, now: datetime) -> Supply:
        await self._latency()
        mine = [each for each in self.house.leads.values() if each.campaign == campaign]
        times = [each.lead.next_attempt_at for each in mine if each.lead.next_attempt_at]
        return Supply(
            due=sum(each.is_due(now) for each in mine),
            later=sum(at > now for at in times),
            next_due_at=min((at for at in times if at > now), default=None),
            in_call=sum(each.lead.state is LeadState.IN_CALL for each in mine),
        )

    # --- Inside ------------------------------------------------------------------------------

    async def _latency(self) -> None:
        await self._clock.sleep(timedelta(milliseconds=2))
        if not self.house.available:
            raise LedgerUnavailable

    def _hindrance(self, candidate: Candidate, now: datetime) -> str | None:
        """Return why nothing may be opened whatever the gate says."""
        house, lead = self.house, self.house.leads[candidate.lead]
        if self._epoch != house.epoch:
            return SUPERSEDED
        if house.team.stopped:
            return "stopped"
        if not any(each.id == candidate.campaign and each.dials for each in house.team.campaigns):
            return "not_running"
        due = lead.lead.next_attempt_at is not None and lead.lead.next_attempt_at <= now
        leased = lead.claimed_until == candidate.claimed_until and candidate.claimed_until > now
        if lead.lead.state not in DUE_STATES or not (due and leased):
            return "lease_lost"
        return "person_busy" if house.is_busy(lead.lead.person) else None

    def _append(self, rows: Sequence[Row]) -> None:
        for row in rows:
            if isinstance(row, AgentRow):
                if row not in self.house.agent_rows:
                    self.house.agent_rows.append(row)
            elif (attempt := self.house.of_call(row.call)) is not None:
                known = attempt.events.setdefault(row.number, row.event)
                if known != row.event:
                    raise RuntimeError(f"two events are number {row.number} of one call")

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


def _postpone(lead: MemoryLead, refused: Refused, now: datetime) -> None:
    until = refused.defer_until or now + ASK_AGAIN
    lead.lead = apply(lead.lead, LeadEvent.POSTPONED, next_attempt_at=until)
    lead.claimed_until = None


def _candidate(lead: MemoryLead, claimed_until: datetime) -> Candidate:
    agent = lead.lead.callback_agent
    return Candidate(
        lead=lead.lead.id,
        person=lead.lead.person,
        campaign=lead.campaign,
        number=lead.number,
        number_id=lead.number_id,
        languages=lead.languages,
        claimed_until=claimed_until,
        segment=lead.segment,
        is_callback=lead.lead.state is LeadState.CALLBACK,
        callback_agent=AgentId(agent) if agent is not None else None,
    )
