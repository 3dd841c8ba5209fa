"""Why a laboratory may call the people of a list: because nobody is there but a lab's telephones.

The gate asks of a lab what it asks of everybody. So a lab gets what it would need in earnest, and
everything says of itself that it is a lab's: a consent for each row that brings none, and registers
of objections that list one number reserved for fiction.

Rule: pure. Rows that do bring a consent of their own are judged by that one.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from compliance.profile import Bundle
from leads.importing import ImportedConsent, ImportResult

#: Stands where a list names the file that proves a consent.
REFERENCE: Final = "laboratory"
STATEMENT: Final = (
    "Laboratory: the telephones of this list belong to the laboratory itself; whoever answers "
    "there has agreed to test calls."
)
SUPPLIER: Final = "laboratory"
_GIVEN_BEFORE: Final = timedelta(days=30)
_REGISTER_AGE: Final = timedelta(days=1)
_LISTED: Final = b"number\n+441134960999\n"  # of Ofcom's numbers for drama


@dataclass(frozen=True, slots=True, kw_only=True)
class LabRegister:
    """A register of objections, as a lab has it."""

    register: str
    country: str
    content: bytes
    as_of: datetime


def evidence() -> dict[str, bytes]:
    """Return the SHA-256 of the laboratory's statement, by its reference."""
    return {REFERENCE: hashlib.sha256(STATEMENT.encode()).digest()}


def consented(result: ImportResult, *, now: datetime) -> tuple[ImportResult, int]:
    """Return *result* with a laboratory's consent where a row has none, and for how many rows."""
    lent = ImportedConsent(
        evidence_reference=REFERENCE, given_at=now - _GIVEN_BEFORE, wording=STATEMENT
    )
    without = sum(row.consent is None for row in result.accepted)
    rows = tuple(row if row.consent else replace(row, consent=lent) for row in result.accepted)
    return replace(result, accepted=rows), without


def registers(bundle: Bundle, countries: Iterable[str], *, now: datetime) -> Iterator[LabRegister]:
    """Yield every register that the laws of *countries* may ask."""
    seen: set[str] = set()
    for country in sorted(set(countries)):
        for rules in bundle.versions(country, subdivision=None, controller="", campaign=""):
            for register in rules.registers:
                if register.id not in seen:
                    seen.add(register.id)
                    yield LabRegister(
                        register=register.id,
                        country=country,
                        content=_LISTED,
                        as_of=now - _REGISTER_AGE,
                    )
