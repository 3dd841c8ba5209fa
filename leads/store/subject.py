"""What these tables hold about one person: to be shown to the person, or erased.

Rule: every value about a person that is stored here is either exported or says nothing about them.
Erasure takes words and numbers away and keeps the skeleton: that an attempt took place, when, and
how it ended, is evidence that the law asks to be kept, and names nobody any more.

GDPR, articles 15 (access), 17 (erasure) and 20 (portability).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from leads.importing.result import UnacceptedRow
from leads.lead import LeadId, LeadState, ListId, PersonId, RetiredBecause
from leads.sealing import Owner, of_lead, of_person, of_row
from leads.store import attempts, dispositions, leads, lists, meetings, people
from leads.store.attempts import AttemptRow
from leads.store.claiming import retire
from leads.store.connection import Connection
from leads.store.lead_row import LeadRow
from leads.store.people import PersonNumber

#: The last digits of a number that are looked for in rows as they were sent.
_TELLING_DIGITS: Final = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasedPerson:
    """What an erasure took away."""

    numbers: int
    leads: int
    attempts: int  #: whose notes and answers are gone
    rows: int  #: rows of lists that had not been accepted
    owners: frozenset[Owner]  #: whose keys are to be destroyed once this is committed


async def export_person(
    connection: Connection, person: PersonId, *, client: int | None = None
) -> dict[str, object]:
    """Return all that these tables hold about a person, ready for JSON.

    Rows of lists that were not accepted are found by the person's numbers.

    Args:
        client: Only what is there for this client's calls; None: everything.
    """
    own = await _own(connection, person, client)
    numbers, of_person, tried = own.numbers, own.leads, own.attempts
    ids = [row.lead.id for row in of_person]
    recorded = await dispositions.load_dispositions(connection, [one.id for one in tried])
    answers = await dispositions.answers_of(connection, [one.id for one in tried])
    rows = own.rows
    booked = await meetings.meetings_of_leads(connection, ids)
    return {
        "numbers": [number.number for number in numbers],
        "leads": [
            {
                "list": row.list_id,
                "line": row.line,
                "state": row.lead.state.value,
                "retired_because": row.lead.retired_because,
                "next_attempt_at": _iso(row.lead.next_attempt_at),
                "company": row.company,
                "name": row.name,
                "email": row.email,
                "country": row.country,
                "subdivision": row.subdivision,
                "city": row.city,
                "languages": list(row.languages),
                "subject": row.subject,
                "source": row.source,
                "obtained_at": _iso(row.obtained_at),
                "fields": dict(row.fields),
            }
            for row in of_person
        ],
        "attempts": [
            {
                "at": _iso(one.opened_at),
                "lead": one.lead,
                "outcome": one.outcome,
                "abandoned": one.abandoned,
                "disposition": one.disposition,
                "note": recorded[one.id].note if one.id in recorded else "",
                "answers": answers.get(one.id, {}),
            }
            for one in tried
        ],
        "meetings": [
            {
                "starts_at": _iso(meeting.starts_at),
                "ends_at": _iso(meeting.ends_at),
                "state": meeting.state.value,
                "verdict": meeting.verdict,
            }
            for meeting in booked
        ],
        "rows_not_accepted": [
            {"list": list_id, "line": row.line, "reason": row.reason.value, "cells": row.cells}
            for list_id, row in rows
        ],
    }


async def erase_person(
    connection: Connection, person: PersonId, *, client: int | None = None, now: datetime
) -> ErasedPerson:
    """Erase a person from these tables in one transaction; what was erased is not dialed again.

    Args:
        client: Only what is there for this client's calls, since another controller may have
            reasons of its own to keep the person; None: everything. A number goes with the last
            lead that may be dialed at it.
    """
    async with connection.transaction():
        await people.lock_person(connection, person)
        own = await _own(connection, person, client)
        ids = [row.lead.id for row in own.leads]
        alive = [row.lead.id for row in own.leads if row.lead.state is not LeadState.RETIRED]
        await retire(connection, alive, RetiredBecause.ERASED, now=now)
        await dispositions.erase_words(connection, [one.id for one in own.attempts])
        await leads.erase_leads(connection, ids)
        await lists.erase_rows(connection, [(list_id, row.line) for list_id, row in own.rows])
        kept = await people.numbers_of_leads(connection, own.others)
        numbers = await people.erase_numbers(
            connection, person, but={number.id for several in kept.values() for number in several}
        )
        nobody_else = not await people.numbers_of_person(connection, person)
        # All that were ever erased, so that a repetition destroys what a crash has left.
        rows = await lists.erased_rows(connection)
    return ErasedPerson(
        numbers=numbers,
        leads=len(ids),
        attempts=len(own.attempts),
        rows=len(own.rows),
        owners=frozenset(
            {
                *map(of_lead, ids),
                *(of_row(list_id, line) for list_id, line in rows),
                *([of_person(person)] if nobody_else else []),
            }
        ),
    )


async def erase_lead(connection: Connection, lead: LeadId, *, now: datetime) -> frozenset[Owner]:
    """Erase what one list says, and the numbers that no other lead may be dialed at.

    Returns whose keys are to be destroyed once this is committed.
    """
    row = await leads.load_lead(connection, lead)
    person = row.lead.person
    async with connection.transaction():
        await people.lock_person(connection, person)
        await retire(connection, [lead], RetiredBecause.ERASED, now=now)
        await leads.erase_leads(connection, [lead])
        others = [
            other.lead.id
            for other in await leads.leads_of_person(connection, person)
            if other.lead.retired_because is not RetiredBecause.ERASED
        ]
        kept = await people.numbers_of_leads(connection, others)
        await people.erase_numbers(
            connection, person, but={number.id for several in kept.values() for number in several}
        )
        nobody_else = not await people.numbers_of_person(connection, person)
    return frozenset({of_lead(lead), *([of_person(person)] if nobody_else else [])})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Own:
    """What is there about a person for one client's calls, or for everybody's."""

    numbers: tuple[PersonNumber, ...]
    leads: tuple[LeadRow, ...]
    others: tuple[LeadId, ...]  #: leads of other clients that were not erased
    attempts: tuple[AttemptRow, ...]
    rows: tuple[tuple[ListId, UnacceptedRow], ...]


async def _own(connection: Connection, person: PersonId, client: int | None) -> _Own:
    of_person = await leads.leads_of_person(connection, person)
    numbers = await people.numbers_of_person(connection, person)
    tried = (await attempts.attempts_of_people(connection, [person])).get(person, ())
    rows = await _rows_of(connection, numbers)
    if client is None:
        return _Own(numbers=numbers, leads=of_person, others=(), attempts=tried, rows=rows)
    own_lists = frozenset(await lists.list_ids_of_client(connection, client))
    own = tuple(row for row in of_person if row.list_id in own_lists)
    ids = [row.lead.id for row in own]
    dialed_at = await people.numbers_of_leads(connection, ids)
    own_numbers = {number.id for several in dialed_at.values() for number in several}
    return _Own(
        numbers=tuple(number for number in numbers if number.id in own_numbers),
        leads=own,
        others=tuple(
            row.lead.id
            for row in of_person
            if row.list_id not in own_lists
            and row.lead.retired_because is not RetiredBecause.ERASED
        ),
        attempts=tuple(one for one in tried if one.lead in ids),
        rows=tuple((list_id, row) for list_id, row in rows if list_id in own_lists),
    )


async def _rows_of(
    connection: Connection, numbers: tuple[PersonNumber, ...]
) -> tuple[tuple[ListId, UnacceptedRow], ...]:
    digits = [number.number[-_TELLING_DIGITS:] for number in numbers]
    return await lists.rows_with_digits(connection, digits) if digits else ()


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
