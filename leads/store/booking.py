"""What becomes of reps' time: free slots before a meeting, moves and verdicts after.

Rule: a change of a meeting and what it means for the lead are one transaction. A lead that moved on
meanwhile (retired, erased) is left as it is.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from leads.callback import Callback
from leads.lead import TRANSITIONS, Lead, LeadEvent, LeadState, apply
from leads.meeting import (
    VERDICTS,
    Meeting,
    MeetingClosed,
    MeetingId,
    MeetingState,
    Verdict,
    cancelled,
    moved,
)
from leads.rep import Interval, Rep, free_slots, lies_within
from leads.store import callbacks, leads, meetings, reps
from leads.store.connection import Connection
from leads.store.faults import OutsideAvailability, Unfit, all_or_nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeSlot:
    """A time at which a rep could be booked."""

    rep: Rep
    slot: Interval


async def free_slots_of_client(
    connection: Connection,
    client: int,
    *,
    minutes: int,
    now: datetime,
    horizon: timedelta,
    languages: Sequence[str] = (),
) -> tuple[FreeSlot, ...]:
    """Return the free slots of a client's reps, earliest first.

    Args:
        languages: Of the lead; only reps who speak one of them, or say nothing of theirs. Empty:
            all reps.
    """
    known = [
        rep
        for rep in await reps.reps_of_client(connection, client)
        if not languages or not rep.languages or set(languages) & set(rep.languages)
    ]
    ids, until = [rep.id for rep in known], now + horizon + timedelta(minutes=minutes)
    offered = await reps.availability(connection, ids, from_=now, until=until)
    taken = await meetings.taken(connection, ids, from_=now, until=until)
    slots = [
        FreeSlot(rep=rep, slot=slot)
        for rep in known
        for slot in free_slots(offered[rep.id], taken[rep.id], minutes, now, horizon)
    ]
    return tuple(sorted(slots, key=lambda free: (free.slot, free.rep.id)))


@contextmanager
def _closed_is_unfit() -> Iterator[None]:
    try:
        yield
    except MeetingClosed as closed:
        raise Unfit(str(closed), because="meeting_closed") from None


async def move_meeting(
    connection: Connection, meeting: MeetingId, slot: Interval, *, now: datetime
) -> Meeting:
    """Move a booked meeting to another free time of its rep; the lead stays booked.

    Raises:
        SlotTaken: The rep has another meeting then.
        OutsideAvailability: The rep is not available then.
        Unfit: The meeting is over or cancelled.
    """
    async with all_or_nothing(connection):
        found = await meetings.load_meeting(connection, meeting, hold=True)
        offered = await reps.availability(
            connection, [found.rep], from_=slot.starts_at, until=slot.ends_at
        )
        if slot.starts_at <= now or not lies_within(slot, offered[found.rep]):
            raise OutsideAvailability(f"rep {found.rep} is not available at {slot.starts_at}")
        with _closed_is_unfit():
            changed = moved(found, slot.starts_at, slot.ends_at)
        await meetings.save_meeting(connection, changed)
    return changed


async def cancel_meeting(
    connection: Connection,
    meeting: MeetingId,
    *,
    call_again_at: datetime,
    now: datetime,
    wants_other_time: bool = False,
) -> tuple[Meeting, Lead]:
    """Cancel a booked meeting; the lead is called again at *call_again_at*.

    Args:
        wants_other_time: The person asked to agree another time: the call is then a promise.
    """
    event = LeadEvent.MEETING_MOVED if wants_other_time else LeadEvent.MEETING_CANCELLED
    async with all_or_nothing(connection):
        found = await meetings.load_meeting(connection, meeting)
        lead = (await leads.load_lead(connection, found.lead, hold=True)).lead
        found = await meetings.load_meeting(connection, meeting, hold=True)
        with _closed_is_unfit():
            changed = cancelled(found)
        await meetings.save_meeting(connection, changed)
        if lead.state is LeadState.BOOKED:
            lead = apply(lead, event, next_attempt_at=call_again_at)
            await leads.save(connection, lead)
            if wants_other_time:
                made = Callback(lead=lead.id, agent=None, due_at=call_again_at, promised_at=now)
                await callbacks.promise(connection, found.attempt, made)
    return changed, lead


async def record_verdict(
    connection: Connection,
    meeting: MeetingId,
    verdict: Verdict,
    *,
    call_again_at: datetime,
    now: datetime,
) -> tuple[Meeting, Lead]:
    """Record what the rep says after the meeting, and do to the lead what it means.

    The same verdict may be given twice; another one is refused.

    Args:
        call_again_at: When the lead may be called if the meeting came to nothing.

    Raises:
        Unfit: The meeting is cancelled, or has another verdict.
    """
    meaning = VERDICTS[verdict]
    async with all_or_nothing(connection):
        found = await meetings.load_meeting(connection, meeting)
        lead = (await leads.load_lead(connection, found.lead, hold=True)).lead
        found = await meetings.load_meeting(connection, meeting, hold=True)
        if found.verdict is verdict:
            return found, lead
        if found.state is not MeetingState.BOOKED:
            raise Unfit(f"meeting {meeting} is {found.state} already", because="meeting_closed")
        changed = replace(found, state=meaning.state, verdict=verdict)
        await meetings.save_meeting(connection, changed, verdict_at=now)
        if (lead.state, meaning.event) in TRANSITIONS:
            again = meaning.retired_because is None
            lead = apply(
                lead,
                meaning.event,
                next_attempt_at=call_again_at if again else None,
                retired_because=meaning.retired_because,
            )
            await leads.save(connection, lead)
    return changed, lead
