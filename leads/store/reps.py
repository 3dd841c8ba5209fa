"""The clients' salespeople and when they are available.

Rule: availability is what a rep offers; what is taken of it stands among the meetings.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

import asyncpg

from leads.rep import Interval, Rep, RepId
from leads.store.connection import Connection
from leads.store.faults import UnknownRow


async def add_rep(
    connection: Connection,
    *,
    client: int,
    name: str,
    email: str,
    time_zone: str,
    languages: Sequence[str] = (),
    user: int | None = None,
) -> RepId:
    """Add a rep of a client; *user* is the account he or she signs in with."""
    found = await connection.fetchval(
        """
        INSERT INTO reps (client_id, user_id, name, email, time_zone, languages)
        VALUES ($1, $2, $3, $4, $5, $6)
        RETURNING id
        """,
        client,
        user,
        name,
        email,
        time_zone,
        list(languages),
    )
    return RepId(found)


async def reps_of_client(connection: Connection, client: int) -> tuple[Rep, ...]:
    """Return a client's reps."""
    rows = await connection.fetch("SELECT * FROM reps WHERE client_id = $1 ORDER BY id", client)
    return tuple(_rep(row) for row in rows)


async def load_rep(connection: Connection, rep: RepId) -> tuple[Rep, int]:
    """Return a rep and the client he or she works for.

    Raises:
        UnknownRow: There is no such rep.
    """
    row = await connection.fetchrow("SELECT * FROM reps WHERE id = $1", rep)
    if row is None:
        raise UnknownRow(f"there is no rep {rep}")
    return _rep(row), row["client_id"]


async def rep_of_user(connection: Connection, user: int) -> Rep | None:
    """Return the rep who signs in with an account."""
    row = await connection.fetchrow("SELECT * FROM reps WHERE user_id = $1", user)
    return None if row is None else _rep(row)


async def add_availability(
    connection: Connection, rep: RepId, intervals: Iterable[Interval]
) -> None:
    """Add times at which a rep may be booked."""
    rows = list(intervals)
    await connection.execute(
        """
        INSERT INTO rep_availability (rep_id, starts_at, ends_at)
        SELECT $1, * FROM unnest($2::timestamptz[], $3::timestamptz[])
        """,
        rep,
        [row.starts_at for row in rows],
        [row.ends_at for row in rows],
    )


async def clear_availability(
    connection: Connection, rep: RepId, *, from_: datetime, until: datetime
) -> None:
    """Take back all availability within an interval; what reaches beyond it stays there."""
    await connection.execute(
        """
        WITH taken_back AS (
             DELETE FROM rep_availability
              WHERE rep_id = $1 AND starts_at < $3 AND ends_at > $2
          RETURNING starts_at, ends_at)
        INSERT INTO rep_availability (rep_id, starts_at, ends_at)
        SELECT $1, starts_at, $2 FROM taken_back WHERE starts_at < $2
         UNION ALL
        SELECT $1, $3, ends_at FROM taken_back WHERE ends_at > $3
        """,
        rep,
        from_,
        until,
    )


async def availability(
    connection: Connection, reps: Sequence[RepId], *, from_: datetime, until: datetime
) -> dict[RepId, list[Interval]]:
    """Return the availability of *reps* that overlaps an interval, in order of time."""
    rows = await connection.fetch(
        """
        SELECT rep_id, starts_at, ends_at
          FROM rep_availability
         WHERE rep_id = ANY($1::bigint[]) AND ends_at > $2 AND starts_at < $3
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


def _rep(row: asyncpg.Record) -> Rep:
    return Rep(
        id=RepId(row["id"]),
        name=row["name"],
        email=row["email"],
        time_zone=row["time_zone"],
        languages=tuple(row["languages"]),
    )
