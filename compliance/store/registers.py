"""Registers of objections: snapshots of those that are handed out, answers of those that are not.

Rule: numbers of a register are kept as keyed hashes and used for screening only. A file much
shorter than the one before is not believed.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from compliance.facts import RegisterAnswer
from compliance.register_file import Listing, read_register
from compliance.suppression import Keyring
from leads.store.connection import Connection

#: A snapshot with fewer rows than this share of the one before stops the import.
COLLAPSE: Final = 0.8


class RegisterCollapsed(ValueError):
    """A register's file is so much shorter than the last one that it cannot be whole."""

    def __init__(self, register: str, *, rows: int, before: int) -> None:
        super().__init__(
            f"{register}: found {rows} rows, the last snapshot had {before}; fetch the file again, "
            "or say that the collapse is real"
        )
        self.rows = rows
        self.before = before


class SnapshotKnown(ValueError):
    """This very file was imported before."""

    def __init__(self, register: str) -> None:
        super().__init__(f"{register}: this file was imported before; fetch the current one")


async def import_snapshot(
    connection: Connection,
    register: str,
    listings: Sequence[Listing],
    *,
    as_of: datetime,
    fetched_at: datetime,
    supplier: str,
    sha256: bytes,
    keyring: Keyring,
    collapse_is_real: bool = False,
) -> int:
    """Import a register's file, all or nothing; return the snapshot's id.

    Args:
        as_of: When the authority made the data; freshness counts from here.
        sha256: Of the file.

    Raises:
        RegisterCollapsed: Far fewer rows than last time, and nobody said that this is real.
        SnapshotKnown: The same file again; its age does not get younger by that.
    """
    async with connection.transaction():
        before = await connection.fetchval(
            "SELECT rows FROM register_snapshots WHERE register = $1 ORDER BY as_of DESC LIMIT 1",
            register,
        )
        if before is not None and len(listings) < COLLAPSE * before and not collapse_is_real:
            raise RegisterCollapsed(register, rows=len(listings), before=before)
        snapshot = await connection.fetchval(
            """
            INSERT INTO register_snapshots
                   (register, as_of, fetched_at, supplier, sha256, rows, key_id)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
                ON CONFLICT (register, sha256) DO NOTHING
            RETURNING id
            """,
            register,
            as_of,
            fetched_at,
            supplier,
            sha256,
            len(listings),
            keyring.active,
        )
        if snapshot is None:
            raise SnapshotKnown(register)
        unique = {keyring.digest(listing.number): listing for listing in listings}
        await connection.copy_records_to_table(
            "register_entries",
            columns=("snapshot_id", "hash", "listed_at", "allowed_sectors"),
            records=[
                (snapshot, hash_, listing.listed_at, list(listing.allowed_sectors))
                for hash_, listing in unique.items()
            ],
        )
    return int(snapshot)


async def import_register_file(
    connection: Connection,
    register: str,
    content: bytes,
    *,
    region: str,
    as_of: datetime,
    fetched_at: datetime,
    supplier: str,
    keyring: Keyring,
    collapse_is_real: bool = False,
) -> int:
    """Import a register as it came, all or nothing; return how many numbers it lists.

    Raises:
        UnusableRegister: The file is empty, cut off, or has a line that cannot be read.
        RegisterCollapsed, SnapshotKnown: As :func:`import_snapshot`.
    """
    listings = read_register(content, region=region)
    await import_snapshot(
        connection,
        register,
        listings,
        as_of=as_of,
        fetched_at=fetched_at,
        supplier=supplier,
        sha256=hashlib.sha256(content).digest(),
        keyring=keyring,
        collapse_is_real=collapse_is_real,
    )
    return len(listings)


async def record_answers(
    connection: Connection,
    register: str,
    answers: Mapping[str, Listing | None],
    *,
    as_of: datetime,
    keyring: Keyring,
) -> None:
    """Record what a register that is never handed out said about numbers (None: not listed)."""
    await connection.executemany(
        """
        INSERT INTO register_answers
               (register, key_id, hash, as_of, listed, listed_at, allowed_sectors)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (register, hash) DO UPDATE
           SET as_of = excluded.as_of, listed = excluded.listed, listed_at = excluded.listed_at,
               allowed_sectors = excluded.allowed_sectors
         WHERE register_answers.as_of <= excluded.as_of
        """,
        [
            (
                register,
                keyring.active,
                keyring.digest(number),
                as_of,
                listing is not None,
                listing.listed_at if listing else None,
                list(listing.allowed_sectors) if listing else [],
            )
            for number, listing in answers.items()
        ],
    )


async def latest_snapshots(connection: Connection) -> dict[str, tuple[datetime, int]]:
    """Return when the newest file of each register was made, and how many numbers it lists."""
    rows = await connection.fetch(
        """
        SELECT DISTINCT ON (register) register, as_of, rows
          FROM register_snapshots
         ORDER BY register, as_of DESC, id DESC
        """
    )
    return {row["register"]: (row["as_of"], row["rows"]) for row in rows}


async def snapshots_for(
    connection: Connection, *, since: datetime, until: datetime
) -> list[dict[str, object]]:
    """Return the files that a decision in the period can have been made on, oldest first."""
    rows = await connection.fetch(
        """
        SELECT s.register, s.as_of, s.fetched_at, s.supplier, s.sha256, s.rows
          FROM register_snapshots s
         WHERE s.fetched_at < $2
           AND NOT EXISTS (SELECT 1 FROM register_snapshots n
                            WHERE n.register = s.register AND n.as_of > s.as_of
                              AND n.fetched_at < $1)
         ORDER BY s.register, s.as_of
        """,
        since,
        until,
    )
    return [dict(row) for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Snapshot:
    id: int
    register: str
    as_of: datetime
    key_id: str


async def screen_numbers(
    connection: Connection, numbers: Iterable[str], *, registers: Sequence[str], keyring: Keyring
) -> dict[str, tuple[RegisterAnswer, ...]]:
    """Return what the latest data of each register say about each number."""
    wanted = sorted(set(numbers))
    found: dict[str, list[RegisterAnswer]] = {number: [] for number in wanted}
    snapshots = await _latest(connection, registers)
    for snapshot in snapshots:
        await _from_snapshot(connection, snapshot, found, keyring)
    handed_out = {snapshot.register for snapshot in snapshots}
    asked = [register for register in registers if register not in handed_out]
    if asked:
        await _from_answers(connection, asked, found, keyring)
    return {number: tuple(answers) for number, answers in found.items()}


async def _latest(connection: Connection, registers: Sequence[str]) -> list[_Snapshot]:
    rows = await connection.fetch(
        """
        SELECT DISTINCT ON (register) id, register, as_of, key_id
          FROM register_snapshots
         WHERE register = ANY($1::text[])
         ORDER BY register, as_of DESC, id DESC
        """,
        registers,
    )
    return [_Snapshot(**dict(row)) for row in rows]


async def _from_snapshot(
    connection: Connection,
    snapshot: _Snapshot,
    found: dict[str, list[RegisterAnswer]],
    keyring: Keyring,
) -> None:
    by_hash = {keyring.digest(number, snapshot.key_id): number for number in found}
    rows = await connection.fetch(
        """
        SELECT hash, listed_at, allowed_sectors
          FROM register_entries
         WHERE snapshot_id = $1 AND hash = ANY($2::bytea[])
        """,
        snapshot.id,
        list(by_hash),
    )
    listed = {bytes(row["hash"]): row for row in rows}
    for hash_, number in by_hash.items():
        row = listed.get(hash_)
        found[number].append(
            RegisterAnswer(
                register=snapshot.register,
                as_of=snapshot.as_of,
                listed=row is not None,
                listed_at=row["listed_at"] if row else None,
                allowed_sectors=tuple(row["allowed_sectors"]) if row else (),
            )
        )


async def _from_answers(
    connection: Connection,
    registers: Sequence[str],
    found: dict[str, list[RegisterAnswer]],
    keyring: Keyring,
) -> None:
    by_hash = {hash_: number for number in found for hash_ in keyring.digests(number)}
    rows = await connection.fetch(
        """
        SELECT register, hash, as_of, listed, listed_at, allowed_sectors
          FROM register_answers
         WHERE register = ANY($1::text[]) AND hash = ANY($2::bytea[])
         ORDER BY as_of DESC
        """,
        registers,
        list(by_hash),
    )
    for row in rows:
        answers = found[by_hash[bytes(row["hash"])]]
        if any(answer.register == row["register"] for answer in answers):
            continue
        answers.append(
            RegisterAnswer(
                register=row["register"],
                as_of=row["as_of"],
                listed=row["listed"],
                listed_at=row["listed_at"],
                allowed_sectors=tuple(row["allowed_sectors"]),
            )
        )
