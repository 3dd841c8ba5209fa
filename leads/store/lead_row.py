"""One row of the leads' table as a value: the lead, and what its list says about the person.

Rule: no SQL here; :mod:`leads.store.leads` reads and writes the rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import asyncpg

from leads.lead import Lead, LeadId, LeadState, ListId, PersonId, RetiredBecause
from leads.store.connection import Connection
from leads.store.details import Details, unsealed


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadRow:
    """A lead with what its list says about the person."""

    lead: Lead
    list_id: ListId
    campaign: int
    line: int  #: of the list's file
    claimed_until: datetime | None
    subject: str  #: consumer | sole_trader | legal_person
    country: str  #: ISO 3166-1 alpha-2
    subdivision: str | None
    time_zone: str | None  #: IANA; None: from the number
    languages: tuple[str, ...]  #: ISO 639-1; empty: unknown
    source: str
    obtained_at: datetime | None
    details: Details = field(default_factory=Details)

    @property
    def company(self) -> str:
        return self.details.company

    @property
    def name(self) -> str:
        return self.details.name

    @property
    def email(self) -> str:
        return self.details.email

    @property
    def city(self) -> str:
        return self.details.city

    @property
    def fields(self) -> Mapping[str, str]:
        return self.details.fields


def lead_rows(connection: Connection, rows: Sequence[asyncpg.Record]) -> tuple[LeadRow, ...]:
    """Return rows of the table as values."""
    told = unsealed(connection, [row["details"] for row in rows])
    return tuple(_lead_row(row, details) for row, details in zip(rows, told, strict=True))


def _lead_row(row: asyncpg.Record, details: Details) -> LeadRow:
    because = row["retired_because"]
    return LeadRow(
        lead=Lead(
            id=LeadId(row["id"]),
            person=PersonId(row["person_id"]),
            state=LeadState(row["state"]),
            next_attempt_at=row["next_attempt_at"],
            retired_because=None if because is None else RetiredBecause(because),
            callback_agent=row["callback_agent"],
        ),
        list_id=ListId(row["list_id"]),
        campaign=row["campaign_id"],
        line=row["line"],
        claimed_until=row["claimed_until"],
        subject=row["subject"],
        country=row["country"],
        subdivision=row["subdivision"],
        time_zone=row["time_zone"],
        languages=tuple(row["languages"]),
        source=row["source"],
        obtained_at=row["obtained_at"],
        details=details,
    )
