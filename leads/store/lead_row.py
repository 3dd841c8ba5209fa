"""One row of the leads' table as a value: the lead, and what its list says about the person.

Rule: no SQL here; :mod:`leads.store.leads` reads and writes the rows.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import asyncpg

from leads.lead import Lead, LeadId, LeadState, ListId, PersonId, RetiredBecause


class Detail(StrEnum):
    """What a list says about a person, and the person may correct."""

    COMPANY = "company"
    NAME = "name"
    EMAIL = "email"
    CITY = "city"


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
    company: str = ""
    name: str = ""
    email: str = ""
    city: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


def lead_row(row: asyncpg.Record) -> LeadRow:
    """Return a row of the table as a value."""
    because = row["retired_because"]
    fields = row["fields"]
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
        company=row["company"],
        name=row["name"],
        email=row["email"],
        city=row["city"],
        fields=json.loads(fields) if isinstance(fields, str) else fields,
    )
