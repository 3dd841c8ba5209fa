"""What agents recorded: dispositions, notes, and the script's answers.

Notes and answers are sealed with the lead's key.

Rule: an attempt has at most one disposition. Answers are saved as they are given, each in a row of
its own, and a corrected answer replaces the earlier one.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from leads.disposition import Disposition
from leads.lead import AttemptId, LeadId
from leads.qualification import Judgement
from leads.questionnaire import Answer, Answers
from leads.sealing import Unsealable, of_lead
from leads.store.connection import Connection, vault_of
from leads.store.faults import Unfit

_NOTE: Final = "note"
_ANSWER: Final = "answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class DispositionRow:
    """What was recorded about one attempt."""

    attempt: AttemptId
    agent: int | None  #: None: recorded by the dialer itself
    code: Disposition
    at: datetime
    note: str
    judgement: Judgement | None  #: None: the script was not asked


async def record(connection: Connection, disposition: DispositionRow, *, lead: LeadId) -> None:
    """Add the disposition of an attempt to reach *lead*, whose key its note is sealed with."""
    judgement, note = disposition.judgement, disposition.note
    await connection.execute(
        """
        INSERT INTO dispositions (attempt_id, agent_id, code, at, sealed, qualified, score, reasons)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        """,
        disposition.attempt,
        disposition.agent,
        disposition.code.value,
        disposition.at,
        _sealed(connection, lead, [note], _NOTE)[0] if note else None,
        None if judgement is None else judgement.qualified,
        None if judgement is None else judgement.score,
        [] if judgement is None else list(judgement.reasons),
    )


def _sealed(connection: Connection, lead: LeadId, texts: Sequence[str], label: str) -> list[bytes]:
    try:
        return vault_of(connection).seal([(of_lead(lead), text) for text in texts], label)
    except Unsealable as unsealable:
        raise Unfit(str(unsealable), because="unstorable") from None


async def codes(
    connection: Connection, attempts: Sequence[AttemptId]
) -> dict[AttemptId, Disposition]:
    """Return what was recorded for each of *attempts*; those without a disposition are missing."""
    if not attempts:
        return {}
    rows = await connection.fetch(
        "SELECT attempt_id, code FROM dispositions WHERE attempt_id = ANY($1::bigint[])", attempts
    )
    return {AttemptId(row["attempt_id"]): Disposition(row["code"]) for row in rows}


async def load_dispositions(
    connection: Connection, attempts: Sequence[AttemptId]
) -> dict[AttemptId, DispositionRow]:
    """Return all that was recorded for each of *attempts*."""
    rows = await connection.fetch(
        "SELECT * FROM dispositions WHERE attempt_id = ANY($1::bigint[])", attempts
    )
    notes = vault_of(connection).unseal([row["sealed"] for row in rows], _NOTE)
    return {
        AttemptId(row["attempt_id"]): DispositionRow(
            attempt=AttemptId(row["attempt_id"]),
            agent=row["agent_id"],
            code=Disposition(row["code"]),
            at=row["at"],
            note=note or "",
            judgement=None
            if row["qualified"] is None
            else Judgement(
                qualified=row["qualified"],
                score=row["score"] or 0,
                reasons=tuple(row["reasons"]),
            ),
        )
        for row, note in zip(rows, notes, strict=True)
    }


async def save_answers(
    connection: Connection,
    attempt: AttemptId,
    answers: Answers,
    *,
    lead: LeadId,
    now: datetime,
) -> None:
    """Save answers that have been checked; a corrected one replaces the earlier.

    Args:
        lead: Whom the attempt is to reach, with whose key they are sealed.
    """
    texts = [json.dumps(answer, ensure_ascii=False) for answer in answers.values()]
    await connection.execute(
        """
        INSERT INTO answers (attempt_id, question, sealed, at)
        SELECT $1, question, sealed, $2
          FROM unnest($3::text[], $4::bytea[]) AS given (question, sealed)
            ON CONFLICT (attempt_id, question)
            DO UPDATE SET sealed = excluded.sealed, at = excluded.at
        """,
        attempt,
        now,
        list(answers),
        _sealed(connection, lead, texts, _ANSWER),
    )


async def answers_of(
    connection: Connection, attempts: Sequence[AttemptId]
) -> dict[AttemptId, dict[str, Answer]]:
    """Return the answers saved for each of *attempts*; those without any are missing."""
    rows = await connection.fetch(
        """
        SELECT attempt_id, question, sealed
          FROM answers
         WHERE attempt_id = ANY($1::bigint[])
         ORDER BY attempt_id, at, question
        """,
        attempts,
    )
    texts = vault_of(connection).unseal([row["sealed"] for row in rows], _ANSWER)
    found: dict[AttemptId, dict[str, Answer]] = {}
    for row, text in zip(rows, texts, strict=True):
        if text is not None:
            given = found.setdefault(AttemptId(row["attempt_id"]), {})
            given[row["question"]] = json.loads(text)
    return found


async def erase_words(connection: Connection, attempts: Sequence[AttemptId]) -> None:
    """Forget notes and answers; what was recorded, and when, stays."""
    await connection.execute(
        "UPDATE dispositions SET sealed = NULL WHERE attempt_id = ANY($1::bigint[])", attempts
    )
    await connection.execute("DELETE FROM answers WHERE attempt_id = ANY($1::bigint[])", attempts)
