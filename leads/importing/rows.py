"""One row becomes an accepted row, or its problem.

Rule: a row is rejected only for what makes calling impossible: no usable number, or a country
that cannot be told. Everything else unfit is left out and noted as a warning. A missing or broken
consent rejects nothing: whether we may call is the gate's question, and it will refuse.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Final

from leads import phone
from leads.importing import words
from leads.importing.columns import Columns
from leads.importing.result import (
    AcceptedRow,
    Fate,
    ImportedConsent,
    ImportOptions,
    Reason,
    RowNumber,
    UnacceptedRow,
    Warned,
)
from leads.importing.table import Row

TEXT_LIMIT: Final = 300  #: characters of a name, company, city ...
_EMAIL: Final = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]+\.[^@\s,;<>\".]{2,}")
#: Between two numbers; the comma of 3,59888E+11 is none of these, and its last letters Cyrillic.
_SEVERAL: Final = re.compile(
    r"[;|\n]|,(?!\d+[eEеЕ]\+?\d)|\s+(?:или|or|lub|sau|и|and|i|și|şi)\s+", re.IGNORECASE
)
_DIGITS_OF_A_NUMBER: Final = 7  #: a slash between texts of at least as many parts two numbers


@dataclass(slots=True)
class _Reading:
    """A row while it is read: the only mutable value of this package."""

    row: Row
    columns: Columns
    warnings: list[Warned] = field(default_factory=list)

    def text(self, name: str) -> str:
        place = self.columns.single.get(name)
        return "" if place is None else tidied(self.cell(place))

    def short(self, name: str) -> str:
        text = self.text(name)
        if len(text) > TEXT_LIMIT:
            self.warnings.append(Warned.TEXT_TOO_LONG)
        return text[:TEXT_LIMIT]

    def cell(self, place: int) -> str:
        return self.row.cells[place] if place < len(self.row.cells) else ""


def tidied(cell: str) -> str:
    """Return a cell's text without stray spaces, invisible signs and line breaks.

    >>> tidied("\\u00a0 Иван\\u200b  Петров \\n")
    'Иван Петров'
    """
    if cell.isascii() and cell.isprintable():
        return " ".join(cell.split())
    spaced = "".join(" " if c.isspace() else c for c in unicodedata.normalize("NFC", cell))
    shown = "".join(c for c in spaced if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co"))
    return " ".join(shown.split())


def read_row(row: Row, columns: Columns, options: ImportOptions) -> AcceptedRow | UnacceptedRow:
    """Return what becomes of *row*, duplicates apart."""
    reading = _Reading(row, columns)
    if any(cell.strip() for cell in row.cells[columns.width :]):
        return rejected(
            row,
            Reason.TOO_MANY_CELLS,
            f"the row has {len(row.cells)} cells and the header {columns.width}; "
            "put cells that hold the delimiter in quotes",
            value=" ".join(row.cells),
        )
    written = reading.text("country")
    country = words.country(written) if written else None
    found = _numbers(reading, country or options.default_country)
    if isinstance(found, UnacceptedRow):
        return found
    if written and country is None:
        reading.warnings.append(Warned.COUNTRY)
    country = country or phone.region(found[0].number) or options.default_country
    if country is None:
        column = columns.header[columns.single["country"]] if written else ""
        sentence = "the country cannot be told; write it as BG or Bulgaria"
        return rejected(row, Reason.COUNTRY_UNKNOWN, sentence, column=column, value=written)
    return _accepted(reading, found, country.upper(), options)


def _numbers(reading: _Reading, region: str | None) -> tuple[RowNumber, ...] | UnacceptedRow:
    """Return the numbers of a row, or the row rejected for the first thing wrong with them."""
    found: dict[phone.PhoneNumber, None] = {}
    first_problem: tuple[int, phone.InvalidPhoneNumber] | None = None
    for place in reading.columns.phones:
        for text in _several(reading.cell(place)):
            try:
                found[phone.parse(text, region)] = None
            except phone.InvalidPhoneNumber as fault:
                if fault.problem is not phone.NumberProblem.EMPTY:
                    reading.warnings.append(Warned.FURTHER_NUMBER)
                    first_problem = first_problem or (place, fault)
    if found:
        return tuple(RowNumber(number, phone.kind(number)) for number in found)
    if first_problem is None:
        place = reading.columns.phones[0]
        first_problem = (place, phone.InvalidPhoneNumber("", phone.NumberProblem.EMPTY))
    place, problem = first_problem
    return rejected(
        reading.row,
        Reason(problem.problem.value),
        problem.sentence,
        column=reading.columns.header[place],
        value=reading.cell(place),
    )


def _several(cell: str) -> list[str]:
    """Return the numbers that stand in one cell."""
    if len(cell) > 1000:
        return [cell[:1000]]
    parts = [part for piece in _SEVERAL.split(cell) for part in _at_slashes(piece)]
    return [part for part in parts if part.strip()]


def _at_slashes(piece: str) -> list[str]:
    """Return the numbers between slashes; a slash within one number parts nothing.

    >>> _at_slashes("0113 496 0001/0113 496 0002"), _at_slashes("0113/496/0001")
    (['0113 496 0001', '0113 496 0002'], ['0113/496/0001'])
    """
    parts = piece.split("/")
    digits = (sum(sign.isdigit() for sign in part) for part in parts)
    return parts if all(count >= _DIGITS_OF_A_NUMBER for count in digits) else [piece]


def _accepted(
    reading: _Reading, numbers: tuple[RowNumber, ...], country: str, options: ImportOptions
) -> AcceptedRow:
    languages, all_known = words.languages(reading.text("languages"))
    if not all_known:
        reading.warnings.append(Warned.LANGUAGE)
    obtained = reading.text("obtained_at")
    obtained_at = words.instant(obtained, day_first=options.day_first) if obtained else None
    if obtained and obtained_at is None:
        reading.warnings.append(Warned.OBTAINED_DATE)
    further = {
        name: text
        for place, name in reading.columns.further.items()
        if (text := tidied(reading.cell(place)))
    }
    return AcceptedRow(
        line=reading.row.line,
        numbers=numbers,
        country=country,
        subdivision=reading.short("subdivision") or None,
        time_zone=_time_zone(reading),
        languages=languages or words.languages_of(country),
        subject=_subject(reading),
        company=reading.short("company"),
        name=_name(reading),
        email=_email(reading),
        city=reading.short("city"),
        source=reading.short("source") or options.source,
        obtained_at=obtained_at,
        fields=further,
        consent=_consent(reading, options),
        warnings=tuple(dict.fromkeys(reading.warnings)),
        cells=reading.row.cells,
    )


def _time_zone(reading: _Reading) -> str | None:
    text = reading.text("time_zone")
    zone = words.time_zone(text) if text else None
    if text and zone is None:
        reading.warnings.append(Warned.TIME_ZONE)
    return zone


def _subject(reading: _Reading) -> str:
    """Return the kind of subject; whoever is not known to be a business is a consumer."""
    text = reading.text("subject")
    subject = words.subject(text) if text else None
    if text and subject is None:
        reading.warnings.append(Warned.SUBJECT)
    return subject or "consumer"


def _name(reading: _Reading) -> str:
    if whole := reading.short("name"):
        return whole
    return f"{reading.short('first_name')} {reading.short('last_name')}".strip()


def _email(reading: _Reading) -> str:
    text = reading.text("email").removeprefix("mailto:")
    if text and (len(text) > 254 or not _EMAIL.fullmatch(text)):
        reading.warnings.append(Warned.EMAIL)
        return ""
    return text


def _consent(reading: _Reading, options: ImportOptions) -> ImportedConsent | None:
    evidence = reading.short("consent_evidence")
    written, wording = reading.text("consent_date"), reading.text("consent_wording")
    if not (evidence or written or wording):
        return None
    given_at = words.instant(written, day_first=options.day_first) if written else None
    if written and given_at is None:
        reading.warnings.append(Warned.CONSENT_DATE)
    return ImportedConsent(evidence_reference=evidence, given_at=given_at, wording=wording)


def rejected(
    row: Row, reason: Reason, sentence: str, *, column: str = "", value: str = ""
) -> UnacceptedRow:
    """Return *row* as rejected."""
    return UnacceptedRow(
        line=row.line,
        fate=Fate.REJECTED,
        column=column,
        value=value,
        reason=reason,
        sentence=sentence,
        cells=row.cells,
    )
