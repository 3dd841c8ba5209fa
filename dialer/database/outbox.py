"""What must leave the house exactly as it was committed. Names the table ``outbox`` alone.

    added in the transaction that decides it ──▶ file written ──▶ delivered
                                                     └── refused by the disk ──▶ tried again later

Rule: exactly one file per row. The file gets its name by one rename of complete, synced
content, and the row is marked after that. A crash in between writes the same content to the same
name again, which nobody can tell.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import asyncpg
import structlog

from dialer.database.pool import CONNECTION_ERRORS, Connection, Pool
from dialer.places import UnusableDirectory, private_directory
from dialer.ports import Clock
from leads.sealing import Owner
from leads.store.connection import vault_of

log = structlog.get_logger()

EVERY: Final = timedelta(seconds=1)  #: how often the outbox is looked into
FIRST_RETRY: Final = timedelta(seconds=2)
LONGEST_RETRY: Final = timedelta(minutes=10)
_CONTENT: Final = "content"  #: what the sealed text is


class UnusableFileName(ValueError):
    """A name that would leave the outbox's directory, or that no file system takes."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name!r} is no name for a file: expected 1 to 200 letters, digits, '-', '_', '.', "
            "not beginning with '.'"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing on its way out."""

    id: int
    kind: str
    file_name: str
    content: str | None  #: None: erased; nothing leaves
    tries: int


def _checked(name: str) -> str:
    plain = name.replace("-", "").replace("_", "").replace(".", "")
    if not (plain.isascii() and plain.isalnum() and len(name) <= 200) or name.startswith("."):
        raise UnusableFileName(name)
    return name


def own_key(kind: str, file_name: str) -> Owner:
    """Return the owner of a file that belongs to nobody in particular."""
    return Owner(f"outbox:{kind}:{file_name}")


async def add(
    connection: Connection,
    *,
    kind: str,
    file_name: str,
    content: str,
    now: datetime,
    owner: Owner | None = None,
    deliver_after: datetime | None = None,
) -> None:
    """Promise that *content* leaves as the file *file_name*; part of the caller's transaction.

    A name promised before stays what it was: each change of a meeting has a name of its own.

    Args:
        owner: With whose key it is sealed until it leaves; None: with one of its own.

    Raises:
        UnusableFileName: *kind* or *file_name* is not a plain name.
    """
    await connection.execute(
        """
        INSERT INTO outbox (kind, file_name, sealed, created_at, deliver_after)
        VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (kind, file_name) DO NOTHING
        """,
        _checked(kind),
        _checked(file_name),
        vault_of(connection).seal_one(owner or own_key(kind, file_name), content, _CONTENT),
        now,
        deliver_after or now,
    )


async def deliver_due(pool: Pool, directory: Path, *, now: datetime) -> int:
    """Deliver everything that is due and return how many files were written.

    A row another node is delivering at this moment is passed over.
    """
    delivered = 0
    while True:
        async with pool.acquire() as connection, connection.transaction():
            item = await _next(connection, now)
            if item is None:
                return delivered
            try:
                if item.content is not None:
                    await asyncio.to_thread(_write, directory / item.kind, item)
            except (OSError, UnusableDirectory) as error:
                problem = getattr(error, "strerror", None) or type(error).__name__
                await _postpone(connection, item, problem, now)
                continue
            await connection.execute(
                "UPDATE outbox SET delivered_at = $2, problem = NULL WHERE id = $1", item.id, now
            )
        log.info("delivered", kind=item.kind, outbox_id=item.id)
        delivered += 1


async def deliver(pool: Pool, directory: Path, clock: Clock) -> None:
    """Deliver until cancelled; while the database is away, wait."""
    while True:
        try:
            await deliver_due(pool, directory, now=clock.now())
        except (*CONNECTION_ERRORS, asyncpg.PostgresError) as error:
            log.warning("delivery_failed", problem=type(error).__name__)
        await clock.sleep(EVERY)


async def undelivered(connection: Connection) -> int:
    """Return how many rows have not left yet."""
    return int(await connection.fetchval("SELECT count(*) FROM outbox WHERE delivered_at IS NULL"))


async def erase(
    connection: Connection, kind: str, beginnings: Sequence[str], *, now: datetime
) -> tuple[str, ...]:
    """Forget the content of every file whose name begins with one of *beginnings*.

    What has not left yet does not leave any more. Returns the names of the files.
    """
    rows = await connection.fetch(
        """
        UPDATE outbox SET sealed = NULL, delivered_at = coalesce(delivered_at, $3)
         WHERE kind = $1
           AND EXISTS (SELECT FROM unnest($2::text[]) AS beginning
                        WHERE starts_with(file_name, beginning))
        RETURNING file_name
        """,
        kind,
        list(beginnings),
        now,
    )
    return tuple(row["file_name"] for row in rows)


async def _next(connection: Connection, now: datetime) -> Item | None:
    row = await connection.fetchrow(
        """
        SELECT id, kind, file_name, sealed, tries
          FROM outbox
         WHERE delivered_at IS NULL AND deliver_after <= $1
         ORDER BY deliver_after, id
         LIMIT 1
           FOR UPDATE SKIP LOCKED
        """,
        now,
    )
    if row is None:
        return None
    return Item(
        id=row["id"],
        kind=row["kind"],
        file_name=row["file_name"],
        content=vault_of(connection).unseal_one(row["sealed"], _CONTENT),
        tries=row["tries"],
    )


async def _postpone(connection: Connection, item: Item, problem: str, now: datetime) -> None:
    wait = min(FIRST_RETRY * 2**item.tries, LONGEST_RETRY) if item.tries < 16 else LONGEST_RETRY
    await connection.execute(
        "UPDATE outbox SET tries = tries + 1, problem = $2, deliver_after = $3 WHERE id = $1",
        item.id,
        problem,
        now + wait,
    )
    log.warning("delivery_failed", kind=item.kind, tries=item.tries + 1, problem=problem)


def _write(directory: Path, item: Item) -> None:
    """Put complete, synced content under its name in one step."""
    private_directory(directory)
    unfinished = directory / f".{item.id}.tmp"
    with unfinished.open("w", encoding="utf-8", newline="") as file:  # CRLF stays CRLF
        file.write(item.content or "")
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(directory / item.file_name)
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
