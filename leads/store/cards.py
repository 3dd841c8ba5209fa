"""All that an agent's screen shows of a lead: who it is, and what has happened so far.

Rule: what one client's campaign learned of a person is shown for that lead alone; attempts for
another client count for caps and are shown to nobody else.
"""

from dataclasses import dataclass
from datetime import datetime

from leads.callback import Callback
from leads.disposition import Disposition
from leads.lead import AttemptId, LeadId
from leads.meeting import Meeting
from leads.questionnaire import Answer
from leads.store import attempts, callbacks, dispositions, leads, meetings, people
from leads.store.connection import Connection
from leads.store.lead_row import LeadRow
from leads.store.people import PersonNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class PastTry:
    """One earlier attempt, for a person to read."""

    attempt: AttemptId
    at: datetime
    number: PersonNumber | None
    outcome: str | None  #: None: under way
    abandoned: bool
    disposition: Disposition | None
    agent: int | None
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadCard:
    """A lead with its past."""

    row: LeadRow
    numbers: tuple[PersonNumber, ...]
    tries: tuple[PastTry, ...]  #: oldest first
    promise: Callback | None  #: open
    meetings: tuple[Meeting, ...]
    answers: dict[str, Answer]  #: the latest to each question, from all attempts


async def lead_card(connection: Connection, lead: LeadId) -> LeadCard:
    """Return a lead with its past.

    Raises:
        UnknownRow: There is no such lead.
    """
    row = await leads.load_lead(connection, lead)
    numbers = (await people.numbers_of_leads(connection, [lead])).get(lead, ())
    tried = (await attempts.attempts_of_leads(connection, [lead])).get(lead, ())
    ids = [attempt.id for attempt in tried]
    recorded = await dispositions.load_dispositions(connection, ids)
    given = await dispositions.answers_of(connection, ids)
    by_id = {number.id: number for number in numbers}
    tries = []
    answers: dict[str, Answer] = {}
    for attempt in tried:
        answers.update(given.get(attempt.id, {}))
        entry = recorded.get(attempt.id)
        tries.append(
            PastTry(
                attempt=attempt.id,
                at=attempt.opened_at,
                number=by_id.get(attempt.number),
                outcome=attempt.outcome,
                abandoned=attempt.abandoned,
                disposition=attempt.disposition,
                agent=entry.agent if entry else None,
                note=entry.note if entry else "",
            )
        )
    return LeadCard(
        row=row,
        numbers=numbers,
        tries=tuple(tries),
        promise=await callbacks.open_promise(connection, lead),
        meetings=await meetings.meetings_of_leads(connection, [lead]),
        answers=answers,
    )
