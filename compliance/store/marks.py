"""What persons have asked for and what was learnt about them, as an append-only sequence.

Rule: an objection stands until the person lifts it, whatever consent came before or after.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from compliance.revocation import Heard, Revocation
from leads.store.connection import Connection


class MarkKind(StrEnum):
    """What a mark says."""

    OBJECTION = "objection"  #: GDPR 21(2)
    OBJECTION_LIFTED = "objection_lifted"
    RESTRICTION = "restriction"  #: GDPR 18
    RESTRICTION_LIFTED = "restriction_lifted"
    ERASED = "erased"  #: GDPR 17
    DECEASED = "deceased"
    MINOR = "minor"
    RECORDING_CONSENT = "recording_consent"  #: agreed to being recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """A person's marks as they stand for one client."""

    objected_at: datetime | None = None
    restricted: bool = False
    erased: bool = False
    deceased: bool = False
    minor: bool = False
    recording_consent: bool = False


async def add_mark(
    connection: Connection,
    kind: MarkKind,
    *,
    person_id: int,
    client_id: int | None,
    heard: Heard,
    now: datetime,
) -> Revocation:
    """Record a mark; return the calls it revokes (lifting ones revoke none of substance)."""
    await connection.execute(
        """
        INSERT INTO person_marks
               (person_id, client_id, kind, at, recorded_at, agent_id, call_id, recording_second)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        """,
        person_id,
        client_id,
        kind.value,
        heard.at,
        now,
        heard.agent_id,
        heard.call_id,
        heard.recording_second,
    )
    return Revocation(client_id=client_id, person_id=person_id, at=heard.at)


async def marks_of(
    connection: Connection, people: Sequence[int], *, client_id: int
) -> dict[int, Marks]:
    """Return how each marked person stands with a client; people without marks are missing."""
    rows = await connection.fetch(
        """
        SELECT person_id, kind, at
          FROM person_marks
         WHERE person_id = ANY($1::bigint[]) AND (client_id IS NULL OR client_id = $2)
         ORDER BY at, id
        """,
        people,
        client_id,
    )
    by_person: dict[int, list[tuple[MarkKind, datetime]]] = {}
    for row in rows:
        mark = (MarkKind(row["kind"]), row["at"])
        by_person.setdefault(row["person_id"], []).append(mark)
    return {person: standing(marks) for person, marks in by_person.items()}


def standing(marks: Sequence[tuple[MarkKind, datetime]]) -> Marks:
    """Return what *marks*, oldest first, add up to."""
    kinds = {kind for kind, _ in marks}
    objected_at: datetime | None = None
    restricted = False
    for kind, at in marks:
        match kind:
            case MarkKind.OBJECTION:
                objected_at = objected_at or at
            case MarkKind.OBJECTION_LIFTED:
                objected_at = None
            case MarkKind.RESTRICTION:
                restricted = True
            case MarkKind.RESTRICTION_LIFTED:
                restricted = False
            case _:
                pass
    return Marks(
        objected_at=objected_at,
        restricted=restricted,
        erased=MarkKind.ERASED in kinds,
        deceased=MarkKind.DECEASED in kinds,
        minor=MarkKind.MINOR in kinds,
        recording_consent=MarkKind.RECORDING_CONSENT in kinds,
    )


async def marks_in_words(
    connection: Connection, person_id: int, *, client_id: int | None = None
) -> list[dict[str, object]]:
    """Return every mark of a person, for an export.

    Args:
        client_id: Only those that hold for this client; None: all.
    """
    rows = await connection.fetch(
        """
        SELECT kind, client_id, at, call_id, recording_second
          FROM person_marks
         WHERE person_id = $1 AND ($2::bigint IS NULL OR client_id IS NULL OR client_id = $2)
         ORDER BY at, id
        """,
        person_id,
        client_id,
    )
    return [dict(row) for row in rows]
