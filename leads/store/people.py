"""People, their numbers, and which of them a lead may be dialed at.

A number is stored sealed, and found by its keyed hash (:mod:`leads.store.vault`).

Rule: a number belongs to at most one person of the installation, since attempt caps hold per
person. A lead is dialed at the numbers of its own row alone: what another client knows of the same
person stays with that client.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from leads.lead import LeadId, NumberId, PersonId
from leads.phone import NumberKind, PhoneNumber
from leads.sealing import of_person
from leads.store.connection import Connection, vault_of
from leads.store.faults import UnknownRow

_NUMBER: Final = "number"  #: what the sealed text is


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonNumber:
    """One number of one person."""

    id: NumberId
    person: PersonId
    number: PhoneNumber
    kind: NumberKind


async def lock_person(connection: Connection, person: PersonId) -> None:
    """Hold the person until the transaction ends: decisions about one person come one by one.

    Raises:
        UnknownRow: There is no such person.
    """
    row = await connection.fetchrow("SELECT id FROM people WHERE id = $1 FOR UPDATE", person)
    if row is None:
        raise UnknownRow(f"there is no person {person}")


async def owners(
    connection: Connection, numbers: Iterable[PhoneNumber]
) -> dict[PhoneNumber, PersonNumber]:
    """Return whose each number is; numbers nobody has are missing."""
    vault = vault_of(connection)
    by_hash = {vault.lookup(number): number for number in numbers}
    rows = await connection.fetch(
        """
        SELECT id, person_id, lookup, kind
          FROM person_numbers
         WHERE lookup = ANY($1::bytea[])
        """,
        list(by_hash),
    )
    return {
        by_hash[row["lookup"]]: PersonNumber(
            id=NumberId(row["id"]),
            person=PersonId(row["person_id"]),
            number=by_hash[row["lookup"]],
            kind=NumberKind(row["kind"]),
        )
        for row in rows
    }


async def person_of(connection: Connection, number: PhoneNumber) -> PersonId | None:
    """Return whose *number* is."""
    found = await connection.fetchval(
        "SELECT person_id FROM person_numbers WHERE lookup = $1",
        vault_of(connection).lookup(number),
    )
    return None if found is None else PersonId(found)


async def number_of(connection: Connection, number: NumberId) -> PersonNumber:
    """Return one number by its id.

    Raises:
        UnknownRow: There is no such number, or it was erased.
    """
    rows = await connection.fetch(
        "SELECT id, person_id, sealed, kind FROM person_numbers WHERE id = $1", number
    )
    for found in _read(connection, rows):
        if found is not None:
            return found
    raise UnknownRow(f"there is no number {number}")


async def numbers_of_person(connection: Connection, person: PersonId) -> tuple[PersonNumber, ...]:
    """Return every number of a person, of whichever client's lists."""
    rows = await connection.fetch(
        """
        SELECT id, person_id, sealed, kind
          FROM person_numbers
         WHERE person_id = $1 AND sealed IS NOT NULL
         ORDER BY id
        """,
        person,
    )
    return tuple(found for found in _read(connection, rows) if found is not None)


def _read(connection: Connection, rows: Sequence[asyncpg.Record]) -> Iterator[PersonNumber | None]:
    """Yield each row's number; None: its key has been destroyed."""
    texts = vault_of(connection).unseal([row["sealed"] for row in rows], _NUMBER)
    for row, text in zip(rows, texts, strict=True):
        yield (
            None
            if text is None
            else PersonNumber(
                id=NumberId(row["id"]),
                person=PersonId(row["person_id"]),
                number=PhoneNumber(text),
                kind=NumberKind(row["kind"]),
            )
        )


async def add_people(connection: Connection, count: int, *, now: datetime) -> list[PersonId]:
    """Add *count* people of whom nothing is known yet."""
    rows = await connection.fetch(
        "INSERT INTO people (created_at) SELECT $1 FROM generate_series(1, $2) RETURNING id",
        now,
        count,
    )
    return [PersonId(row["id"]) for row in rows]


async def add_numbers(
    connection: Connection, numbers: Sequence[tuple[PersonId, PhoneNumber, NumberKind]]
) -> dict[PhoneNumber, NumberId]:
    """Add numbers that nobody has yet."""
    vault = vault_of(connection)
    by_hash = {vault.lookup(number): number for _, number, _ in numbers}
    rows = await connection.fetch(
        """
        INSERT INTO person_numbers (person_id, lookup, sealed, kind)
        SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::bytea[], $4::text[])
        RETURNING id, lookup
        """,
        [person for person, _, _ in numbers],
        list(by_hash),
        vault.seal([(of_person(person), number) for person, number, _ in numbers], _NUMBER),
        [kind.value for _, _, kind in numbers],
    )
    return {by_hash[row["lookup"]]: NumberId(row["id"]) for row in rows}


async def add_lead_numbers(
    connection: Connection, numbers: Mapping[LeadId, Sequence[NumberId]]
) -> None:
    """Say at which numbers leads may be dialed, in order of preference."""
    rows = [
        (lead, number, position)
        for lead, of_lead in numbers.items()
        for position, number in enumerate(of_lead)
    ]
    await connection.execute(
        """
        INSERT INTO lead_numbers (lead_id, number_id, position)
        SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::smallint[])
        """,
        [row[0] for row in rows],
        [row[1] for row in rows],
        [row[2] for row in rows],
    )


async def numbers_by_id(
    connection: Connection, ids: Iterable[NumberId]
) -> dict[NumberId, PhoneNumber]:
    """Return the numbers with these *ids*; unknown and erased ones are missing."""
    rows = await connection.fetch(
        "SELECT id, person_id, sealed, kind FROM person_numbers WHERE id = ANY($1::bigint[])",
        list(ids),
    )
    return {found.id: found.number for found in _read(connection, rows) if found is not None}


async def numbers_of_leads(
    connection: Connection, leads: Iterable[LeadId]
) -> dict[LeadId, tuple[PersonNumber, ...]]:
    """Return the numbers each lead may be dialed at, in order of preference."""
    rows = await connection.fetch(
        """
        SELECT l.lead_id, n.id, n.person_id, n.sealed, n.kind
          FROM lead_numbers l JOIN person_numbers n ON n.id = l.number_id
         WHERE l.lead_id = ANY($1::bigint[]) AND n.sealed IS NOT NULL
         ORDER BY l.lead_id, l.position
        """,
        list(leads),
    )
    found: dict[LeadId, list[PersonNumber]] = {}
    for row, number in zip(rows, _read(connection, rows), strict=True):
        if number is not None:
            found.setdefault(LeadId(row["lead_id"]), []).append(number)
    return {lead: tuple(numbers) for lead, numbers in found.items()}


async def erase_numbers(
    connection: Connection, person: PersonId, *, but: Iterable[NumberId] = ()
) -> int:
    """Forget a person's numbers, except those in *but*; return how many were forgotten.

    That there were some, and which attempt used which, stays.
    """
    rows = await connection.fetch(
        """
        UPDATE person_numbers SET lookup = NULL, sealed = NULL
         WHERE person_id = $1 AND sealed IS NOT NULL AND NOT id = ANY($2::bigint[])
        RETURNING id
        """,
        person,
        list(but),
    )
    return len(rows)


async def leads_at_numbers(
    connection: Connection, numbers: Iterable[PhoneNumber]
) -> dict[LeadId, tuple[PhoneNumber, ...]]:
    """Return the leads that may be dialed at any of *numbers*, and at which."""
    vault = vault_of(connection)
    by_hash = {vault.lookup(number): number for number in numbers}
    rows = await connection.fetch(
        """
        SELECT l.lead_id, n.lookup
          FROM person_numbers n JOIN lead_numbers l ON l.number_id = n.id
         WHERE n.lookup = ANY($1::bytea[])
        """,
        list(by_hash),
    )
    found: dict[LeadId, list[PhoneNumber]] = {}
    for row in rows:
        found.setdefault(LeadId(row["lead_id"]), []).append(by_hash[row["lookup"]])
    return {lead: tuple(numbers) for lead, numbers in found.items()}
