"""The inbox of persons' requests, and the legal holds that keep what a dispute needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from compliance.subject_request import RequestKind, Result, SubjectRequest
from leads.store.connection import Connection


async def add_request(connection: Connection, request: SubjectRequest) -> int:
    """Put a request into the inbox; return its id."""
    number = await connection.fetchval(
        """
        INSERT INTO subject_requests (client_id, person_id, kind, received_at, due_at)
        VALUES ($1, $2, $3, $4, $5)
        RETURNING id
        """,
        request.client_id,
        request.person_id,
        request.kind.value,
        request.received_at,
        request.due_at,
    )
    return int(number)


async def save_extension(connection: Connection, number: int, request: SubjectRequest) -> None:
    """Write the extended due date of an open request."""
    await connection.execute(
        "UPDATE subject_requests SET due_at = $2, extended_because = $3 "
        "WHERE id = $1 AND closed_at IS NULL",
        number,
        request.due_at,
        request.extended_because,
    )


async def close_request(
    connection: Connection, number: int, result: Result, *, receipt: str | None, now: datetime
) -> bool:
    """Close a request with its receipt; return False when it was closed before."""
    rows = await connection.fetch(
        """
        UPDATE subject_requests SET closed_at = $2, result = $3, receipt = $4
         WHERE id = $1 AND closed_at IS NULL
        RETURNING id
        """,
        number,
        now,
        result.value,
        receipt,
    )
    return bool(rows)


async def open_requests(connection: Connection) -> list[tuple[int, SubjectRequest]]:
    """Return the open requests, the most urgent first."""
    rows = await connection.fetch(
        "SELECT * FROM subject_requests WHERE closed_at IS NULL ORDER BY due_at, id"
    )
    return [(row["id"], _request(row)) for row in rows]


async def load_request(connection: Connection, number: int) -> SubjectRequest | None:
    """Return one request; None: there is none of that number."""
    row = await connection.fetchrow("SELECT * FROM subject_requests WHERE id = $1", number)
    return None if row is None else _request(row)


def _request(row: asyncpg.Record) -> SubjectRequest:
    return SubjectRequest(
        client_id=row["client_id"],
        kind=RequestKind(row["kind"]),
        received_at=row["received_at"],
        due_at=row["due_at"],
        person_id=row["person_id"],
        extended_because=row["extended_because"],
        closed_at=row["closed_at"],
        result=None if row["result"] is None else Result(row["result"]),
    )


async def place_hold(
    connection: Connection, person_id: int, *, because: str, placed_by: str, now: datetime
) -> int:
    """Keep everything about a person from removal; return the hold's id."""
    number = await connection.fetchval(
        """
        INSERT INTO legal_holds (person_id, because, placed_by, placed_at)
        VALUES ($1, $2, $3, $4)
        RETURNING id
        """,
        person_id,
        because,
        placed_by,
        now,
    )
    return int(number)


async def lift_hold(connection: Connection, number: int, *, now: datetime) -> bool:
    """End a hold; return whether it was in force."""
    rows = await connection.fetch(
        "UPDATE legal_holds SET lifted_at = $2 WHERE id = $1 AND lifted_at IS NULL RETURNING id",
        number,
        now,
    )
    return bool(rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A legal hold in force."""

    id: int
    person_id: int
    because: str
    placed_by: str
    placed_at: datetime


async def holds_in_force(connection: Connection) -> list[Hold]:
    """Return the holds in force, oldest first."""
    rows = await connection.fetch(
        """
        SELECT id, person_id, because, placed_by, placed_at
          FROM legal_holds
         WHERE lifted_at IS NULL
         ORDER BY id
        """
    )
    return [Hold(**dict(row)) for row in rows]


async def held_people(
    connection: Connection, people: Sequence[int] | None = None
) -> dict[int, str]:
    """Return person -> reason of the holds in force, of *people* or of all."""
    rows = await connection.fetch(
        """
        SELECT person_id, because
          FROM legal_holds
         WHERE lifted_at IS NULL AND ($1::bigint[] IS NULL OR person_id = ANY($1))
         ORDER BY id
        """,
        people,
    )
    return {row["person_id"]: row["because"] for row in rows}
