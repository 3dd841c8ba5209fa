"""What a client states about a whole list, besides consent: notices given, consent presumed.

GDPR 14 (people are told where their data come from); Germany, UWG 7(2) no. 1 (presumed consent of
those who are no consumers).

Rule: a statement names where its proof is kept and who answers for it; without one it is not made.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from leads.store.connection import Connection


class StatementKind(StrEnum):
    """What is stated."""

    NOTICE = "notice"  #: everybody of the list was given the notice of GDPR 14
    PRESUMED_CONSENT = "presumed_consent"  #: why consent may be presumed is documented


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement."""

    kind: StatementKind
    at: datetime
    reference: str
    stated_by: str


async def add_statement(
    connection: Connection, list_id: int, statement: Statement, *, now: datetime
) -> None:
    """Record what is stated about a list; each kind once."""
    await connection.execute(
        """
        INSERT INTO list_statements (list_id, kind, at, reference, stated_by, recorded_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        list_id,
        statement.kind.value,
        statement.at,
        statement.reference,
        statement.stated_by,
        now,
    )


async def statements_of(
    connection: Connection, lists: Collection[int]
) -> dict[tuple[int, StatementKind], datetime]:
    """Return when each kind of statement holds from, by list and kind."""
    rows = await connection.fetch(
        "SELECT list_id, kind, at FROM list_statements WHERE list_id = ANY($1::bigint[])",
        sorted(lists),
    )
    return {(row["list_id"], StatementKind(row["kind"])): row["at"] for row in rows}
