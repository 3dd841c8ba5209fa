"""People who call us, in memory: the same promises as PostgreSQL's.

What both promise is one suite (``tests/contracts/test_ring_backs.py``).
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dialer.call_events import AgentId, CallId, Received
from dialer.campaign import ClientId
from dialer.on_record import taken_by
from dialer.ports import Candidate, Clock, LedgerUnavailable, NotOpened, Opening, Unfinished, Way
from dialer.ringing_in import CameIn, RingBackEnd, Ringer
from dialer.simulation.house import House, MemoryAttempt, MemoryLead
from leads.lead import DUE_STATES, AttemptId, LeadEvent, apply
from leads.phone import PhoneNumber
from sip_config.carrying import Taken


@dataclass(slots=True)
class Callers:
    """Who has called, as a database would remember it."""

    ends: dict[CallId, RingBackEnd | None] = field(default_factory=dict)
    left_alone: set[tuple[ClientId, PhoneNumber]] = field(default_factory=set)


class MemoryRingBacks:
    """One engine's connection to a house, as far as people call it."""

    def __init__(self, house: House, clock: Clock, callers: Callers) -> None:
        self.house = house
        self.callers = callers
        self._clock = clock

    async def who(self, came: CameIn, *, now: datetime) -> Ringer | None:
        await self._latency()
        self.callers.ends.setdefault(came.call, None)
        shown = came.called[0] if came.called else ""
        lead = self._lead_at(came.caller)
        for campaign in self.house.team.campaigns:
            known = lead is not None and lead.campaign == campaign.id
            if campaign.caller_id != shown and not known:
                continue
            strange = Ringer(
                campaign=campaign.id,
                client=campaign.client,
                caller_name=campaign.caller_name,
                shown=shown,
                numbers=(PhoneNumber(came.caller),) if came.caller else (),
            )
            return self._as_known(strange, lead) if known and lead else strange
        return None

    def _lead_at(self, number: str) -> MemoryLead | None:
        """Return the lead with that number, if we ever called it."""
        return next(
            (
                lead
                for lead in self.house.leads.values()
                if lead.number == number and self.house.attempts_of(lead.lead.id)
            ),
            None,
        )

    def _as_known(self, stranger: Ringer, lead: MemoryLead) -> Ringer:
        tries = self.house.attempts_of(lead.lead.id)
        agents = [each.closed.agent for each in tries if each.closed and each.closed.agent]
        return Ringer(
            campaign=stranger.campaign,
            client=stranger.client,
            caller_name=stranger.caller_name,
            shown=stranger.shown,
            numbers=(lead.number,),
            lead=lead.lead.id,
            person=lead.lead.person,
            number=lead.number,
            number_id=lead.number_id,
            languages=lead.languages,
            agent=AgentId(agents[-1]) if agents else None,
            obligations=tries[-1].obligations,
            may_be_called=lead.lead.state in DUE_STATES,
        )

    async def open(self, came: CameIn, ringer: Ringer, *, now: datetime) -> Unfinished | NotOpened:
        await self._latency()
        if ringer.lead is None:
            return NotOpened(because="unknown_caller")
        lead = self.house.leads[ringer.lead]
        known = self.house.of_call(came.call)
        if known is not None and known.closed is not None:
            return NotOpened(because="repeated")
        if known is None:
            if self.house.is_busy(lead.lead.person):
                return NotOpened(because="person_busy")
            known = self._opened(came, ringer, lead, now)
        events = tuple(known.events[number] for number in sorted(known.events))
        return Unfinished(
            call=came.call,
            attempt=known.id,
            lead=lead.lead.id,
            person=lead.lead.person,
            campaign=lead.campaign,
            number=lead.number,
            languages=lead.languages,
            callback_agent=ringer.agent,
            obligations=known.obligations,
            opened_at=known.opened_at,
            events=events,
            taken=taken_by(events, trunk=came.trunk, caller_id=ringer.shown),
        )

    def _opened(
        self, came: CameIn, ringer: Ringer, lead: MemoryLead, now: datetime
    ) -> MemoryAttempt:
        taken = Taken(trunk_id=came.trunk, host="", port=None, caller_id=ringer.shown, pool=None)
        candidate = Candidate(
            lead=lead.lead.id,
            person=lead.lead.person,
            campaign=lead.campaign,
            number=lead.number,
            number_id=lead.number_id,
            languages=lead.languages,
            claimed_until=now + timedelta(minutes=1),
        )
        attempt = MemoryAttempt(
            id=AttemptId(len(self.house.attempts) + 1),
            opening=Opening(
                call=came.call,
                candidate=candidate,
                way=Way(taken=taken, request_uri="", sender=""),
            ),
            opened_at=now,
            was_callback=False,
            obligations=ringer.obligations,
            events={1: Received(came.at, came.sip_call_id, came.trunk, ringer.shown)},
        )
        self.house.attempts[attempt.id] = attempt
        if lead.lead.state in DUE_STATES:
            lead.lead = apply(lead.lead, LeadEvent.DIALED)
            lead.claimed_until = None
        return attempt

    async def leave_alone(self, came: CameIn, ringer: Ringer, *, now: datetime) -> None:
        await self._latency()
        self.callers.left_alone |= {(ringer.client, number) for number in ringer.numbers}

    async def ended(self, call: CallId, end: RingBackEnd, *, now: datetime) -> None:
        await self._latency()
        if self.callers.ends.get(call) is None:
            self.callers.ends[call] = end

    async def forget(self, *, now: datetime) -> None:
        await self._latency()
        for call, end in self.callers.ends.items():
            self.callers.ends[call] = end or RingBackEnd.LOST

    async def _latency(self) -> None:
        await self._clock.sleep(timedelta(milliseconds=2))
        if not self.house.available:
            raise LedgerUnavailable
