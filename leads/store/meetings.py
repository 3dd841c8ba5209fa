"""Meetings in PostgreSQL.

Rule: that a rep is in one meeting at a time is the database's exclusion constraint; nothing here
looks before it writes.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from leads.lead import AttemptId, LeadId
from leads.meeting import Meeting, MeetingId, MeetingState, Verdict
from leads.rep import Interval, RepId
from leads.store.connection import Connection
from leads.store.faults import UnknownRow, all_or_nothing


async def add_meeting(
    connection: Connection,
    *,
    uid: UUID,
    rep: RepId,
    lead: LeadId,
    attempt: AttemptId,
    slot: Interval,
    now: datetime,
) -> Meeting:
    """Book a meeting.

    Raises:
        SlotTaken: The rep has another meeting then; the caller's transaction goes on.
    """
    async with all_or_nothing(connection):
        row = await connection.fetchrow(
            """
            INSERT INTO meetings (uid, rep_id, lead_id, attempt_id, booked_at, starts_at, ends_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            RETURNING *
            """,
            uid,
            rep,
            lead,
            attempt,
            now,
            slot.starts_at,
            slot.ends_at,
        )
    assert row is not None  # INSERT ... RETURNING of one row
    return _meeting(row)


async def load_meeting(
    connection: Connection, meeting: MeetingId, *, hold: bool = False
) -> Meeting:
    """Return one meeting; with *hold* nobody else changes it until the transaction ends.

    Raises:
        UnknownRow: There is no such meeting.
    """
    query = "SELECT * FROM meetings WHERE id = $1" + (" FOR UPDATE" if hold else "")
    row = await connection.fetchrow(query, meeting)
    if row is None:
        raise UnknownRow(f"there is no meeting {meeting}")
    return _meeting(row)


async def save_meeting(
    connection: Connection, meeting: Meeting, *, verdict_at: datetime | None = None
) -> None:
    """Write a meeting that is held by this transaction.

    Raises:
        SlotTaken: Moved to where the rep has another meeting; the caller's transaction goes on.
    """
    async with all_or_nothing(connection):
        await connection.execute(
            """
            UPDATE meetings
               SET starts_at = $2, ends_at = $3, sequence = $4, state = $5, verdict = $6,
                   verdict_at = coalesce($7, verdict_at)
             WHERE id = $1
            """,
            meeting.id,
            meeting.starts_at,
            meeting.ends_at,
            meeting.sequence,
            meeting.state.value,
            meeting.verdict,
            verdict_at,
        )


async def meetings_of_rep(
    connection: Connection, rep: RepId, *, from_: datetime, until: datetime
) -> tuple[Meeting, ...]:
    """Return a rep's meetings that overlap an interval, in order of time."""
    rows = await connection.fetch(
        """
        SELECT * FROM meetings
         WHERE rep_id = $1 AND ends_at > $2 AND starts_at < $3
         ORDER BY starts_at
        """,
        rep,
        from_,
        until,
    )
    return tuple(_meeting(row) for row in rows)


async def meetings_of_leads(connection: Connection, leads: Sequence[LeadId]) -> tuple[Meeting, ...]:
    """Return the meetings of *leads*, in order of booking."""
    rows = await connection.fetch(
        "SELECT * FROM meetings WHERE lead_id = ANY($1::bigint[]) ORDER BY booked_at, id", leads
    )
    return tuple(_meeting(row) for row in rows)


async def taken(
    connection: Connection, reps: Sequence[RepId], *, from_: datetime, until: datetime
) -> dict[RepId, list[Interval]]:
    """Return when *reps* are booked within an interval, in order of time."""
    rows = await connection.fetch(
        """
        SELECT rep_id, starts_at, ends_at
          FROM meetings
         WHERE rep_id = ANY($1::bigint[]) AND state = 'booked'
           AND ends_at > $2 AND starts_at < $3
         ORDER BY rep_id, starts_at
        """,
        reps,
        from_,
        until,
    )
    found: dict[RepId, list[Interval]] = {rep: [] for rep in reps}
    for row in rows:
        found[RepId(row["rep_id"])].append(Interval(row["starts_at"], row["ends_at"]))
    return found


def _meeting(row: asyncpg.Record) -> Meeting:
    verdict = row["verdict"]
    return Meeting(
        id=MeetingId(row["id"]),
        uid=row["uid"],
        rep=RepId(row["rep_id"]),
        lead=LeadId(row["lead_id"]),
        attempt=AttemptId(row["attempt_id"]),
        booked_at=row["booked_at"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        sequence=row["sequence"],
        state=MeetingState(row["state"]),
        verdict=None if verdict is None else Verdict(verdict),
    )
