"""What the end of an attempt does to its lead, in a house in memory.

Rule: the disposition says it (``leads.disposition.MEANINGS``); without one, or where nobody was
reached, the retry plan does, and a promised callback stays promised.
"""

from datetime import datetime, timedelta

from dialer.ports import Closing, ClosingRefused
from dialer.simulation.house import House, MemoryAttempt, MemoryLead
from leads.callback import ImpossibleCallback, after_unanswered, checked_due
from leads.disposition import MEANINGS, Disposition
from leads.lead import Lead, LeadEvent, RetiredBecause, apply
from leads.rep import Interval, lies_within


def suppresses(closing: Closing) -> bool:
    """Return whether *closing* says that the person does not want to be called."""
    said = closing.disposition
    return said is not None and MEANINGS[Disposition(said)].suppresses


def refuse_misfits(house: House, closing: Closing, now: datetime) -> None:
    """Raise :class:`ClosingRefused` if *closing* does not fit."""
    booking, promise, said = closing.booking, closing.promise, closing.disposition
    if said is None:
        return
    if said not in set(Disposition):
        raise ClosingRefused("disposition", f"{said!r} is no disposition")
    if (said == Disposition.MEETING_BOOKED) != (booking is not None):
        raise ClosingRefused("booking", "a meeting belongs to meeting_booked, and only to it")
    if (said == Disposition.CALLBACK) != (promise is not None):
        raise ClosingRefused("promise", "a promised time belongs to callback, and only to it")
    if promise is not None:
        try:
            checked_due(promise.due_at, now=now)
        except ImpossibleCallback as fault:
            raise ClosingRefused("promise", str(fault)) from None
    if booking is None:
        return
    slot = Interval(booking.starts_at, booking.starts_at + timedelta(minutes=booking.minutes))
    offered = house.offered
    if slot.starts_at <= now or (
        offered is not None and not lies_within(slot, list(offered.get(booking.rep, ())))
    ):
        raise ClosingRefused("outside_availability", "the rep is not available then")
    if house.is_booked(booking.rep, booking.starts_at, booking.minutes):
        raise ClosingRefused("slot_taken", "the rep has another meeting at that time")


def lead_after(
    house: House, lead: MemoryLead, attempt: MemoryAttempt, closing: Closing, now: datetime
) -> Lead:
    """Return the lead of *attempt*, which ends as *closing* says."""
    meaning = MEANINGS[Disposition(closing.disposition)] if closing.disposition else None
    if meaning is None or not meaning.live or closing.disposition == Disposition.WRONG_PERSON:
        return _unreached(house, lead, attempt, now)
    lead.promised_at = None
    if closing.promise is not None:
        lead.promised_at = now
        return apply(
            lead.lead,
            LeadEvent.CALLBACK_PROMISED,
            next_attempt_at=closing.promise.due_at,
            callback_agent=closing.agent if closing.promise.personal else None,
        )
    if meaning.event is LeadEvent.RETRY_PLANNED:
        return _planned(house, lead, now)
    return apply(lead.lead, meaning.event, retired_because=meaning.retired_because)


def _unreached(house: House, lead: MemoryLead, attempt: MemoryAttempt, now: datetime) -> Lead:
    """Return the lead after a try that did not reach the person: a promise stands a while."""
    since = lead.promised_at
    if since is not None and attempt.was_callback:
        tries = [
            tried
            for tried in house.attempts_of(lead.lead.id)
            if tried.was_callback and tried.opened_at >= since and _counts(tried)
        ]
        soon = now + timedelta(minutes=5)
        again_at = after_unanswered(len(tries), now=now) if tries else soon
        if again_at is not None:
            agent = attempt.opening.candidate.callback_agent
            return apply(
                lead.lead,
                LeadEvent.CALLBACK_UNANSWERED,
                next_attempt_at=again_at,
                callback_agent=agent,
            )
    lead.promised_at = None
    return _planned(house, lead, now)


def _planned(house: House, lead: MemoryLead, now: datetime) -> Lead:
    tried = [each for each in house.attempts_of(lead.lead.id) if _counts(each)]
    if len(tried) >= house.attempts_limit:
        because = RetiredBecause.ATTEMPTS_USED_UP
        return apply(lead.lead, LeadEvent.GIVEN_UP, retired_because=because)
    again_at = now + house.retry_after
    return apply(lead.lead, LeadEvent.RETRY_PLANNED, next_attempt_at=again_at)


def _counts(attempt: MemoryAttempt) -> bool:
    return attempt.closed is not None and attempt.closed.counts
