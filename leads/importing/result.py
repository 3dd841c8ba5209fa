"""What an import is asked for and what it answers: the values of this package.

Rule: ``total == accepted + rejected + duplicates``, checked when an :class:`ImportResult` is made.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from leads.phone import NumberKind, NumberProblem, PhoneNumber

ROWS_LIMIT: Final = 200_000
BYTES_LIMIT: Final = 64 * 1024 * 1024
CELL_LIMIT: Final = 32 * 1024  #: characters


class Unreadable(StrEnum):
    """Why a whole file is not used."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"  #: bytes or rows
    NOT_TEXT = "not_text"  #: a workbook, an archive, a picture, NUL bytes
    UTF16_WITHOUT_BOM = "utf16_without_bom"
    ENCODING = "encoding"  #: no encoding fits, or not the one named
    UNCLOSED_QUOTE = "unclosed_quote"
    HUGE_CELL = "huge_cell"
    TOO_MANY_COLUMNS = "too_many_columns"
    NO_HEADER = "no_header"  #: the first row is data, or a title
    TWO_HEADERS = "two_headers"
    NO_PHONE_COLUMN = "no_phone_column"
    MAPPED_COLUMN_MISSING = "mapped_column_missing"
    NO_ROWS = "no_rows"  #: a header and nothing below


class UnreadableList(ValueError):
    """The file cannot be used as a list; nothing of it was imported."""

    def __init__(self, code: Unreadable, found: str, expected: str, remedy: str) -> None:
        super().__init__(f"{found}; expected {expected}; {remedy}")
        self.code = code
        self.found = found
        self.expected = expected
        self.remedy = remedy


class Fate(StrEnum):
    """What becomes of a row that is not accepted."""

    REJECTED = "rejected"
    DUPLICATE = "duplicate"


class Reason(StrEnum):
    """Why a row is not accepted. The ``number_`` codes are those of :class:`NumberProblem`."""

    NUMBER_MISSING = NumberProblem.EMPTY.value
    NUMBER_UNREADABLE = NumberProblem.NOT_A_NUMBER.value
    NUMBER_ROUNDED = NumberProblem.ROUNDED.value
    NUMBER_WITHOUT_COUNTRY = NumberProblem.NO_COUNTRY.value
    NUMBER_TOO_SHORT = NumberProblem.TOO_SHORT.value
    NUMBER_TOO_LONG = NumberProblem.TOO_LONG.value
    NUMBER_NOT_IN_PLAN = NumberProblem.NOT_IN_PLAN.value
    COUNTRY_UNKNOWN = "country_unknown"
    TOO_MANY_CELLS = "too_many_cells"  #: more cells than the header has columns
    REPEATED_HEADER = "repeated_header"  #: the header again, in the middle of the file
    DUPLICATE_IN_LIST = "duplicate_in_list"  #: shares a number with an earlier row
    DUPLICATE_OF_CLIENT = "duplicate_of_client"  #: on another list of the same client
    SAME_PERSON = "same_person"  #: another number of somebody who is on this list already


class Warned(StrEnum):
    """What was wrong with an accepted row, which goes without the value concerned."""

    FURTHER_NUMBER = "further_number"  #: one of several numbers is of no use
    COUNTRY = "country"  #: unknown; the number's country holds
    EMAIL = "email"
    TIME_ZONE = "time_zone"
    LANGUAGE = "language"
    SUBJECT = "subject"  #: unknown; treated as a consumer
    CONSENT_DATE = "consent_date"
    OBTAINED_DATE = "obtained_date"
    TEXT_TOO_LONG = "text_too_long"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """What is known about a file beside its bytes."""

    default_country: str | None = None  #: ISO 3166-1 alpha-2, where a row names none
    countries: tuple[str, ...] = ()  #: hints for the encoding; the default country is one
    encoding: str | None = None  #: a Python codec; None: found out
    delimiter: str | None = None  #: one character; None: found out
    mapping: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  #: field -> columns
    ignored: tuple[str, ...] = ()  #: columns not to keep
    source: str = "client_list"  #: where a row names none
    day_first: bool = True  #: 05/03/2026 is the 5th of March
    rows_limit: int = ROWS_LIMIT  #: inclusive
    bytes_limit: int = BYTES_LIMIT  #: inclusive


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedConsent:
    """What a row says about consent: a claim, whose worth the gate judges."""

    evidence_reference: str = ""  #: name of a file beside the list; empty: none
    given_at: datetime | None = None  #: aware; a bare date is its midnight, UTC
    wording: str = ""


@dataclass(frozen=True, slots=True)
class RowNumber:
    """A telephone number of a row."""

    number: PhoneNumber
    kind: NumberKind


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedRow:
    """A row that becomes a lead."""

    line: int  #: 1-based line of the file where the row begins
    numbers: tuple[RowNumber, ...]  #: at least one; none twice; in order of preference
    country: str  #: ISO 3166-1 alpha-2
    subdivision: str | None = None
    time_zone: str | None = None  #: IANA; None: from the number
    languages: tuple[str, ...] = ()  #: ISO 639-1; from the country if the row names none
    subject: str = "consumer"  #: consumer | sole_trader | legal_person
    company: str = ""
    name: str = ""
    email: str = ""
    city: str = ""
    source: str = "client_list"
    obtained_at: datetime | None = None
    fields: Mapping[str, str] = field(default_factory=dict)  #: further columns, as sent
    consent: ImportedConsent | None = None
    warnings: tuple[Warned, ...] = ()
    cells: tuple[str, ...] = ()  #: the row as sent


@dataclass(frozen=True, slots=True, kw_only=True)
class UnacceptedRow:
    """A row that does not become a lead, and why."""

    line: int
    fate: Fate
    column: str  #: "" when the row as a whole is at fault
    value: str  #: what stands in that column
    reason: Reason
    sentence: str  #: for a person; holds no value of the row
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportResult:
    """Every row of a list and its fate."""

    encoding: str
    delimiter: str
    columns: tuple[str, ...]  #: the header, as sent
    fields_of: Mapping[str, str]  #: column -> the field it was read as
    accepted: tuple[AcceptedRow, ...]
    unaccepted: tuple[UnacceptedRow, ...]  #: in the order of the file
    blank_lines: int = 0  #: rows without any content: not rows at all
    total: int = 0

    def __post_init__(self) -> None:
        if self.total != len(self.accepted) + len(self.unaccepted):
            raise ValueError(
                f"{self.total} rows, of which {len(self.accepted)} accepted and "
                f"{len(self.unaccepted)} not: a row has no fate or two"
            )

    @property
    def rejected(self) -> tuple[UnacceptedRow, ...]:
        """Rows at fault."""
        return tuple(row for row in self.unaccepted if row.fate is Fate.REJECTED)

    @property
    def duplicates(self) -> tuple[UnacceptedRow, ...]:
        """Rows whose number is known already."""
        return tuple(row for row in self.unaccepted if row.fate is Fate.DUPLICATE)

    @property
    def reasons(self) -> Mapping[Reason, int]:
        """How many rows were not accepted for each reason."""
        counted: dict[Reason, int] = {}
        for row in self.unaccepted:
            counted[row.reason] = counted.get(row.reason, 0) + 1
        return MappingProxyType(counted)
