"""Whom never to call, as keyed hashes. Survives the erasure of everything else.

Rule: a number is written only as its hash. Adding what is there already changes nothing, except
that a longer end replaces a shorter one.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from compliance.revocation import Revocation
from compliance.suppression import Entry, Keyring, Reach, Why
from leads.store.connection import Connection


async def add_suppressions(
    connection: Connection,
    numbers: Iterable[str],
    *,
    client_id: int | None,
    reach: Reach,
    why: Why,
    keyring: Keyring,
    now: datetime,
    until: datetime | None = None,
    call_id: UUID | None = None,
) -> Revocation:
    """Suppress E.164 *numbers* for one client (None: for all).

    Returns what calls it revokes, so that ringing ones are ended.
    """
    wanted = sorted(set(numbers))
    await connection.execute(
        """
        INSERT INTO suppressions
               (client_id, key_id, hash, reach, reason, created_at, until, call_id)
        SELECT $1, $2, hash, $4, $5, $6, $7, $8 FROM unnest($3::bytea[]) AS hash
            ON CONFLICT (client_id, hash, reach) WHERE lifted_at IS NULL
            DO UPDATE SET until = CASE WHEN excluded.until IS NULL THEN NULL
                                       ELSE greatest(suppressions.until, excluded.until) END
             WHERE suppressions.until IS NOT NULL
        """,
        client_id,
        keyring.active,
        [keyring.digest(number) for number in wanted],
        reach.value,
        why.value,
        now,
        until,
        call_id,
    )
    return Revocation(client_id=client_id, numbers=frozenset(wanted), at=now)


async def lift_suppression(
    connection: Connection,
    number: str,
    *,
    client_id: int | None,
    because: str,
    keyring: Keyring,
    now: datetime,
) -> int:
    """End the suppressions of *number*; return how many. The rows stay, with the reason."""
    rows = await connection.fetch(
        """
        UPDATE suppressions SET lifted_at = $3, lifted_because = $4
         WHERE hash = ANY($1::bytea[]) AND client_id IS NOT DISTINCT FROM $2
           AND lifted_at IS NULL
        RETURNING id
        """,
        list(keyring.digests(number)),
        client_id,
        now,
        because,
    )
    return len(rows)


async def matching(
    connection: Connection, hashes: Sequence[bytes], *, now: datetime
) -> list[Entry]:
    """Return the entries in force at *now* whose hash is one of *hashes*."""
    rows = await connection.fetch(
        """
        SELECT hash, key_id, client_id, reach
          FROM suppressions
         WHERE hash = ANY($1::bytea[])
           AND lifted_at IS NULL
           AND (until IS NULL OR until > $2)
         ORDER BY id
        """,
        hashes,
        now,
    )
    return [
        Entry(
            hash=bytes(row["hash"]),
            key_id=row["key_id"],
            client_id=row["client_id"],
            reach=Reach(row["reach"]),
        )
        for row in rows
    ]


async def suppressions_in_words(
    connection: Connection,
    numbers: Iterable[str],
    *,
    keyring: Keyring,
    client_id: int | None = None,
) -> list[dict[str, object]]:
    """Return every entry about *numbers*, past ones included, for an export or a receipt.

    Args:
        client_id: Only those that hold for this client; None: all.
    """
    hashes = [digest for number in numbers for digest in keyring.digests(number)]
    rows = await connection.fetch(
        """
        SELECT client_id, key_id, reach, reason, created_at, until, lifted_at, lifted_because
          FROM suppressions
         WHERE hash = ANY($1::bytea[])
           AND ($2::bigint IS NULL OR client_id IS NULL OR client_id = $2)
         ORDER BY created_at, id
        """,
        hashes,
        client_id,
    )
    return [dict(row) for row in rows]
