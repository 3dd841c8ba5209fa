"""Attempts in PostgreSQL: one row per try, from permit to disposition.

Rule: the database forbids two open attempts for one person. An attempt is opened under the
person's lock in the transaction that made its permit, and closed once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from leads.disposition import Disposition
from leads.lead import AttemptId, LeadId, NumberId, PersonId
from leads.retry import PastAttempt
from leads.store import dispositions
from leads.store.connection import Connection
from leads.store.faults import UnknownRow


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRow:
    """One try."""

    id: AttemptId
    lead: LeadId
    person: PersonId
    campaign: int
    number: NumberId
    was_callback: bool
    opened_at: datetime
    permit_expires_at: datetime
    obligations: tuple[str, ...]
    closed_at: datetime | None
    outcome: str | None  #: sip_config.causes.Outcome; None while open
    abandoned: bool
    counts: bool
    disposition: Disposition | None = None

    @property
    def past(self) -> PastAttempt:
        """What planning the next attempt needs of this one."""
        return PastAttempt(
            number=self.number,
            opened_at=self.opened_at,
            outcome=self.outcome,
            disposition=self.disposition,
            abandoned=self.abandoned,
            counts=self.counts,
        )


@dataclass(frozen=True, slots=True)
class Answered:
    """An attempt that was answered, and whether anybody came."""

    id: AttemptId
    abandoned: bool
    opened_at: datetime


async def next_attempt_id(connection: Connection) -> AttemptId:
    """Return the id the next attempt will have, so that a permit can name it."""
    found = await connection.fetchval("SELECT nextval(pg_get_serial_sequence('attempts', 'id'))")
    return AttemptId(found)


async def add_attempt(connection: Connection, attempt: AttemptRow) -> None:
    """Add an open attempt."""
    await connection.execute(
        """
        INSERT INTO attempts (id, lead_id, person_id, campaign_id, number_id, was_callback,
                              opened_at, permit_expires_at, obligations)
        OVERRIDING SYSTEM VALUE
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        attempt.id,
        attempt.lead,
        attempt.person,
        attempt.campaign,
        attempt.number,
        attempt.was_callback,
        attempt.opened_at,
        attempt.permit_expires_at,
        list(attempt.obligations),
    )


async def end_attempt(
    connection: Connection,
    attempt: AttemptId,
    *,
    outcome: str,
    abandoned: bool,
    counts: bool,
    closed_at: datetime,
) -> None:
    """Close an open attempt that is held by this transaction."""
    await connection.execute(
        """
        UPDATE attempts
           SET closed_at = $2, outcome = $3, abandoned = $4, counts = $5
         WHERE id = $1 AND closed_at IS NULL
        """,
        attempt,
        closed_at,
        outcome,
        abandoned,
        counts,
    )


async def load_attempt(
    connection: Connection, attempt: AttemptId, *, hold: bool = False
) -> AttemptRow:
    """Return one attempt; with *hold* nobody else changes it until the transaction ends.

    Raises:
        UnknownRow: There is no such attempt.
    """
    query = "SELECT * FROM attempts WHERE id = $1" + (" FOR UPDATE" if hold else "")
    rows = await connection.fetch(query, attempt)
    if not rows:
        raise UnknownRow(f"there is no attempt {attempt}")
    return (await _with_dispositions(connection, rows))[0]


async def numbers_of_attempts(
    connection: Connection, attempts: Sequence[AttemptId]
) -> dict[AttemptId, NumberId]:
    """Return which number each of *attempts* was made to."""
    rows = await connection.fetch(
        "SELECT id, number_id FROM attempts WHERE id = ANY($1::bigint[])", list(attempts)
    )
    return {AttemptId(row["id"]): NumberId(row["number_id"]) for row in rows}


async def open_attempts(connection: Connection, campaigns: Sequence[int]) -> tuple[AttemptRow, ...]:
    """Return the attempts of *campaigns* that are open, oldest first."""
    rows = await connection.fetch(
        """
        SELECT *
          FROM attempts
         WHERE closed_at IS NULL AND campaign_id = ANY($1::bigint[])
         ORDER BY opened_at, id
        """,
        campaigns,
    )
    return await _with_dispositions(connection, rows)


async def person_is_busy(connection: Connection, person: PersonId) -> bool:
    """Return whether an attempt for the person is open."""
    found = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM attempts WHERE person_id = $1 AND closed_at IS NULL)", person
    )
    return bool(found)


async def attempts_of_leads(
    connection: Connection, leads: Iterable[LeadId]
) -> dict[LeadId, tuple[AttemptRow, ...]]:
    """Return each lead's attempts, oldest first; leads without any are missing."""
    rows = await connection.fetch(
        "SELECT * FROM attempts WHERE lead_id = ANY($1::bigint[]) ORDER BY opened_at, id",
        list(leads),
    )
    found: dict[LeadId, list[AttemptRow]] = {}
    for attempt in await _with_dispositions(connection, rows):
        found.setdefault(attempt.lead, []).append(attempt)
    return {lead: tuple(attempts) for lead, attempts in found.items()}


async def attempts_of_people(
    connection: Connection, people: Iterable[PersonId], *, since: datetime | None = None
) -> dict[PersonId, tuple[AttemptRow, ...]]:
    """Return each person's attempts for every client and campaign, oldest first.

    This is what caps and cool-downs look at. An open attempt has no outcome yet.

    Args:
        since: Only those opened from then on; None: all.
    """
    rows = await connection.fetch(
        """
        SELECT *
          FROM attempts
         WHERE person_id = ANY($1::bigint[]) AND ($2::timestamptz IS NULL OR opened_at >= $2)
         ORDER BY opened_at, id
        """,
        list(people),
        since,
    )
    found: dict[PersonId, list[AttemptRow]] = {}
    for attempt in await _with_dispositions(connection, rows):
        found.setdefault(attempt.person, []).append(attempt)
    return {person: tuple(attempts) for person, attempts in found.items()}


async def people_of(
    connection: Connection, attempts: Iterable[AttemptId]
) -> dict[AttemptId, PersonId]:
    """Return whom each of *attempts* tried to reach."""
    rows = await connection.fetch(
        "SELECT id, person_id FROM attempts WHERE id = ANY($1::bigint[])", list(attempts)
    )
    return {AttemptId(row["id"]): PersonId(row["person_id"]) for row in rows}


async def attempts_of_campaign(connection: Connection, campaign: int) -> tuple[AttemptRow, ...]:
    """Return every attempt of a campaign, oldest first: what a report is made of."""
    rows = await connection.fetch(
        "SELECT * FROM attempts WHERE campaign_id = $1 ORDER BY opened_at, id", campaign
    )
    return await _with_dispositions(connection, rows)


async def latest_attempts(
    connection: Connection, campaign: int, *, limit: int, before: AttemptId | None = None
) -> tuple[AttemptRow, ...]:
    """Return up to *limit* attempts of a campaign, latest first, those made *before* one."""
    rows = await connection.fetch(
        """
        SELECT * FROM attempts
         WHERE campaign_id = $1 AND ($2::bigint IS NULL OR id < $2)
         ORDER BY id DESC
         LIMIT $3
        """,
        campaign,
        before,
        limit,
    )
    return await _with_dispositions(connection, rows)


async def count_outcomes(connection: Connection, campaign: int) -> dict[str, int]:
    """Return how many attempts of a campaign ended with each outcome; ``open`` are under way."""
    rows = await connection.fetch(
        """
        SELECT coalesce(outcome, 'open') AS outcome, count(*) AS attempts
          FROM attempts
         WHERE campaign_id = $1
         GROUP BY 1
         ORDER BY 1
        """,
        campaign,
    )
    return {row["outcome"]: row["attempts"] for row in rows}


async def answered_since(
    connection: Connection, campaign: int, *, since: datetime
) -> tuple[Answered, ...]:
    """Return a campaign's answered attempts opened from *since* on, oldest first."""
    rows = await connection.fetch(
        """
        SELECT id, abandoned, opened_at
          FROM attempts
         WHERE campaign_id = $1 AND opened_at >= $2 AND outcome = 'answered'
         ORDER BY opened_at, id
        """,
        campaign,
        since,
    )
    return tuple(Answered(AttemptId(row["id"]), row["abandoned"], row["opened_at"]) for row in rows)


async def _with_dispositions(
    connection: Connection, rows: Sequence[asyncpg.Record]
) -> tuple[AttemptRow, ...]:
    recorded = await dispositions.codes(connection, [AttemptId(row["id"]) for row in rows])
    return tuple(
        AttemptRow(
            id=AttemptId(row["id"]),
            lead=LeadId(row["lead_id"]),
            person=PersonId(row["person_id"]),
            campaign=row["campaign_id"],
            number=NumberId(row["number_id"]),
            was_callback=row["was_callback"],
            opened_at=row["opened_at"],
            permit_expires_at=row["permit_expires_at"],
            obligations=tuple(row["obligations"]),
            closed_at=row["closed_at"],
            outcome=row["outcome"],
            abandoned=row["abandoned"],
            counts=row["counts"],
            disposition=recorded.get(AttemptId(row["id"])),
        )
        for row in rows
    )
