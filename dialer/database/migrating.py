"""Bringing a database to the shape this version of the program needs.

Rule: numbered files, forward only, each applied once and never edited afterwards. One
transaction per file, so that a failure leaves the database between two files and never inside
one. A file whose first line is ``-- no-transaction`` holds one statement that PostgreSQL
refuses inside a transaction, such as CREATE INDEX CONCURRENTLY; what an interrupted one left behind
is removed before it is tried again. A file with a line ``-- convert``
has two halves, and between them, in the same transaction, runs what the caller brings for its
number, where SQL alone cannot do it.

Several nodes may start at once: whoever gets the advisory lock migrates, the others wait. The
lock is polled and never waited for inside PostgreSQL, because a waiting statement holds a
snapshot, CREATE INDEX CONCURRENTLY waits for snapshots, and the two would be a deadlock.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from importlib import resources
from importlib.resources.abc import Traversable
from time import monotonic
from types import MappingProxyType
from typing import Final

import asyncpg

from dialer.database.pool import Connection, DatabaseUnavailable

#: Our key among the advisory locks of the database: the bytes of "callwrgt".
_LOCK_KEY: Final = int.from_bytes(b"callwrgt", "big")
_FILE_NAME: Final = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")
_NO_TRANSACTION: Final = "-- no-transaction"
_CONVERT: Final = "\n-- convert\n"

#: What runs between the halves of a file.
Conversion = Callable[[Connection], Awaitable[None]]


class MigrationRefused(Exception):
    """The files and what the database says was applied do not fit; nothing was changed."""


class MigrationFailed(Exception):
    """PostgreSQL refused a migration; the database is as it was before that file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One numbered file of SQL."""

    number: int  #: from 1
    name: str
    sql: str

    @property
    def digest(self) -> bytes:
        """SHA-256 of the text: an applied file must stay what it was."""
        return sha256(self.sql.encode()).digest()

    @property
    def transactional(self) -> bool:
        return not self.sql.startswith(_NO_TRANSACTION)


def shipped() -> Traversable:
    """Return the directory of the program's own migrations."""
    return resources.files("dialer.database") / "migrations"


def read(directory: Traversable) -> tuple[Migration, ...]:
    """Return the migrations in *directory*, in order.

    Raises:
        MigrationRefused: Two files share a number, or a name is not like ``0001_house.sql``.
    """
    migrations: dict[int, Migration] = {}
    for file in directory.iterdir():
        if not file.name.endswith(".sql"):
            continue
        if not (parts := _FILE_NAME.fullmatch(file.name)):
            raise MigrationRefused(f"{file.name} is not named like 0001_house.sql; rename it")
        number = int(parts[1])
        if number in migrations:
            raise MigrationRefused(
                f"{migrations[number].name} and {file.name} share a number; renumber the later one"
            )
        migrations[number] = Migration(number=number, name=file.name, sql=file.read_text())
    return tuple(migrations[number] for number in sorted(migrations))


def pending(
    migrations: tuple[Migration, ...], applied: dict[int, tuple[str, bytes]]
) -> tuple[Migration, ...]:
    """Return what is still to be applied.

    Args:
        applied: By number, the name and digest of each file the database has seen.

    Raises:
        MigrationRefused: An applied file was edited or is unknown here, or a file would have to
            be applied after one with a higher number.
    """
    known = {migration.number: migration for migration in migrations}
    for number, (name, digest) in sorted(applied.items()):
        if number not in known:
            raise MigrationRefused(
                f"the database has seen {name}, which this version does not know; "
                "it was used by a newer version: install that one"
            )
        if known[number].digest != digest:
            raise MigrationRefused(
                f"{known[number].name} was edited after it had been applied; "
                "restore it and write the change as a new migration"
            )
    newest = max(applied, default=0)
    remaining = tuple(each for each in migrations if each.number not in applied)
    for migration in remaining:
        if migration.number < newest:
            raise MigrationRefused(
                f"{migration.name} comes before {applied[newest][0]}, which is applied already; "
                "give it the next free number"
            )
    return remaining


async def migrate(
    connection: Connection,
    *,
    now: datetime,
    directory: Traversable | None = None,
    within: timedelta = timedelta(minutes=10),
    conversions: Mapping[int, Conversion] = MappingProxyType({}),
) -> tuple[str, ...]:
    """Apply what is missing and return the names of the files applied.

    Args:
        connection: Outside a transaction; its statement limit is lifted while migrating.
        now: Noted beside each file applied.
        within: How long to wait for another node that is migrating.
        conversions: By the number of the file between whose halves each runs.

    Raises:
        MigrationRefused: The files do not fit the database.
        MigrationFailed: PostgreSQL refused one.
        DatabaseUnavailable: Another node has been migrating for longer than *within*.
    """
    migrations = read(directory or shipped())
    await _lock(connection, within)
    try:
        await connection.execute("SET statement_timeout = 0")
        remaining = pending(migrations, await _applied(connection))
        for migration in remaining:
            await _apply(connection, migration, conversions.get(migration.number), now)
    finally:
        if not connection.is_closed():
            await connection.execute("RESET statement_timeout")
            await connection.execute("SELECT pg_advisory_unlock($1)", _LOCK_KEY)
    return tuple(migration.name for migration in remaining)


async def _lock(connection: Connection, within: timedelta) -> None:
    deadline = monotonic() + within.total_seconds()
    while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK_KEY):
        if monotonic() > deadline:
            raise DatabaseUnavailable(
                f"another node has been migrating the database for {within}",
                remedy="wait for it, or end it, and start again",
                retriable=True,
            )
        await asyncio.sleep(0.1)


async def _applied(connection: Connection) -> dict[int, tuple[str, bytes]]:
    await connection.execute(
        """
        CREATE TABLE IF NOT EXISTS migrations (
          number      integer PRIMARY KEY,
          name        text NOT NULL,
          sha256      bytea NOT NULL,
          applied_at  timestamptz NOT NULL)
        """
    )
    rows = await connection.fetch("SELECT number, name, sha256 FROM migrations")
    return {row["number"]: (row["name"], row["sha256"]) for row in rows}


async def _apply(
    connection: Connection, migration: Migration, convert: Conversion | None, now: datetime
) -> None:
    try:
        if migration.transactional:
            async with connection.transaction():
                before, _, after = migration.sql.partition(_CONVERT)
                await connection.execute(before)
                if convert is not None:
                    await convert(connection)
                if after:
                    await connection.execute(after)
                await _note(connection, migration, now)
        else:
            await _drop_unfinished_indexes(connection, migration)
            await connection.execute(migration.sql)
            await _note(connection, migration, now)
    except asyncpg.PostgresError as error:
        line = _line_of(migration.sql, getattr(error, "position", None))
        raise MigrationFailed(
            f"{migration.name}{line}: PostgreSQL refused it ({error.sqlstate}): {error.args[0]}"
        ) from None


async def _drop_unfinished_indexes(connection: Connection, migration: Migration) -> None:
    """Drop what an interrupted building left: an index that bears the name and serves nobody."""
    rows = await connection.fetch(
        """
        SELECT i.indexrelid::regclass::text AS name
          FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
         WHERE NOT i.indisvalid AND c.relname = ANY($1::text[])
        """,
        re.findall(r"\w+", migration.sql),
    )
    for row in rows:
        await connection.execute(f"DROP INDEX CONCURRENTLY {row['name']}")


async def _note(connection: Connection, migration: Migration, now: datetime) -> None:
    await connection.execute(
        "INSERT INTO migrations (number, name, sha256, applied_at) VALUES ($1, $2, $3, $4)",
        migration.number,
        migration.name,
        migration.digest,
        now,
    )


def _line_of(sql: str, position: str | None) -> str:
    """Return ``, line n`` for a 1-based character *position*, or nothing.

    >>> _line_of("a;\\nb;", "4")
    ', line 2'
    """
    return f", line {sql.count(chr(10), 0, int(position) - 1) + 1}" if position else ""
