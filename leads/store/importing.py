"""A list that has been read becomes rows of the tables, all of it or nothing.

    accepted rows ─▶ whose numbers are they? ─▶ a known person | a new one ─▶ leads
                                          └─▶ on a list of this client already: a duplicate

Rule: who is already known is decided here, under a lock and against the tables; what
:func:`leads.importing.read_list` was told beforehand only saves work. Imports run one at a time.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from leads.importing.reading import duplicate
from leads.importing.result import (
    AcceptedRow,
    ImportedConsent,
    ImportResult,
    Reason,
    UnacceptedRow,
)
from leads.lead import LeadId, ListId, NumberId, PersonId
from leads.phone import NumberKind, PhoneNumber
from leads.store import leads, lists, people
from leads.store.connection import Connection
from leads.store.people import PersonNumber

#: Of the advisory lock that imports take turns by; any number no other lock uses.
_LOCK: Final = 7_209_114_000_001
_BATCH: Final = 20_000  #: rows per statement


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedLead:
    """A row that became a lead."""

    line: int  #: of the list's file
    lead: LeadId
    person: PersonId
    consent: ImportedConsent | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedList:
    """What an import did."""

    list_id: ListId
    result: ImportResult  #: final: with the duplicates the tables knew of
    leads: tuple[ImportedLead, ...]


async def numbers_of_client(connection: Connection, client: int) -> frozenset[PhoneNumber]:
    """Return every number on the lists of a client."""
    of_client = await leads.leads_of_lists(
        connection, await lists.list_ids_of_client(connection, client)
    )
    numbers = await people.numbers_of_leads(connection, of_client)
    return frozenset(number.number for several in numbers.values() for number in several)


async def import_list(
    connection: Connection,
    *,
    client: int,
    campaign: int,
    name: str,
    file_name: str,
    file_sha256: bytes,
    result: ImportResult,
    now: datetime,
) -> ImportedList:
    """Store a list that has been read, in one transaction.

    Every lead is due at *now*: when it may really be called is the gate's to say.
    """
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
        sorting = await _sorting(connection, client, campaign, result)
        final = replace(
            result,
            accepted=tuple(row.row for row in sorting.fresh),
            unaccepted=tuple(sorted([*result.unaccepted, *sorting.known], key=_line)),
        )
        list_id = await lists.add_list(
            connection,
            client=client,
            campaign=campaign,
            name=name,
            file_name=file_name,
            file_sha256=file_sha256,
            result=final,
            now=now,
        )
        imported: list[ImportedLead] = []
        for batch in _batches(sorting.fresh):
            imported += await _add(connection, list_id, campaign, batch, now=now)
    return ImportedList(list_id=list_id, result=final, leads=tuple(imported))


def _line(row: UnacceptedRow) -> int:
    return row.line


@dataclass(slots=True)
class _Fresh:
    """An accepted row, and what of it is in the tables already."""

    row: AcceptedRow
    person: PersonId | None  #: None: to be added
    existing: dict[PhoneNumber, NumberId]  #: of that person
    added: list[tuple[PhoneNumber, NumberKind]]


@dataclass(slots=True)
class _Sorting:
    """The accepted rows of a list, told apart by what the tables know."""

    fresh: list[_Fresh] = field(default_factory=list)
    known: list[UnacceptedRow] = field(default_factory=list)


async def _sorting(
    connection: Connection, client: int, campaign: int, result: ImportResult
) -> _Sorting:
    numbers = [found.number for row in result.accepted for found in row.numbers]
    owners = await people.owners(connection, numbers)
    at_numbers = await people.leads_at_numbers(connection, owners)
    of_client = await leads.of_lists(
        connection, await lists.list_ids_of_client(connection, client), at_numbers
    )
    taken = {number for lead in of_client for number in at_numbers[lead]}
    busy = await leads.people_of_campaign(
        connection, campaign, {owner.person for owner in owners.values()}
    )
    sorting = _Sorting()
    for row in result.accepted:
        fresh = _fresh(row, owners)
        if any(found.number in taken for found in row.numbers):
            sentence = "shares a number with another list of this client"
            sorting.known.append(duplicate(row, Reason.DUPLICATE_OF_CLIENT, sentence))
        elif fresh.person is not None and fresh.person in busy:
            sentence = "is another number of somebody who is on the campaign's lists already"
            sorting.known.append(duplicate(row, Reason.SAME_PERSON, sentence))
        else:
            if fresh.person is not None:
                busy.add(fresh.person)
            taken.update(found.number for found in row.numbers)
            sorting.fresh.append(fresh)
    return sorting


def _fresh(row: AcceptedRow, owners: dict[PhoneNumber, PersonNumber]) -> _Fresh:
    """Return *row* with its person: the owner of its first number that has one.

    A further number that belongs to somebody else stays with them and is not dialed for this lead.
    """
    owned = [owners[found.number] for found in row.numbers if found.number in owners]
    person = owned[0].person if owned else None
    return _Fresh(
        row=row,
        person=person,
        existing={number.number: number.id for number in owned if number.person == person},
        added=[(found.number, found.kind) for found in row.numbers if found.number not in owners],
    )


def _batches(rows: list[_Fresh]) -> Iterator[list[_Fresh]]:
    for begin in range(0, len(rows), _BATCH):
        yield rows[begin : begin + _BATCH]


async def _add(
    connection: Connection, list_id: ListId, campaign: int, rows: list[_Fresh], *, now: datetime
) -> list[ImportedLead]:
    unknown = [row for row in rows if row.person is None]
    added = await people.add_people(connection, len(unknown), now=now)
    for row, person in zip(unknown, added, strict=True):
        row.person = person
    owned = [(row, row.person) for row in rows if row.person is not None]
    ids = await people.add_numbers(
        connection,
        [(person, number, kind) for row, person in owned for number, kind in row.added],
    )
    by_line = await leads.add_leads(
        connection,
        list_id=list_id,
        campaign=campaign,
        rows=[(person, row.row) for row, person in owned],
        now=now,
    )
    await people.add_lead_numbers(
        connection, {by_line[row.row.line]: _number_ids(row, ids) for row in rows}
    )
    return [
        ImportedLead(
            line=row.row.line,
            lead=by_line[row.row.line],
            person=person,
            consent=row.row.consent,
        )
        for row, person in owned
    ]


def _number_ids(row: _Fresh, added: dict[PhoneNumber, NumberId]) -> list[NumberId]:
    """Return the ids of a row's numbers in its order of preference."""
    ids = row.existing | added
    return [ids[found.number] for found in row.row.numbers if found.number in ids]
