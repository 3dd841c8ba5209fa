"""The tables of ``docs/lists.md``, written from the words and codes of this package.

    python -m leads.importing.documenting      rewrites the parts between the markers

Rule: columns and codes are not typed twice. Only what a person should do about a code stands here,
and a test fails when one is missing or a table is not current.
"""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Final, TypeVar

from leads.importing.result import Reason, Unreadable, Warned
from leads.importing.synonyms import SYNONYMS

_Code = TypeVar("_Code", bound=StrEnum)

DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "lists.md"

#: field -> what is read there
FIELDS: Final[Mapping[str, str]] = {
    "phone": "one or more numbers, in local or international form; several columns are welcome",
    "company": "name of the company",
    "name": "name of the person; else first and last name together",
    "first_name": "used where there is no name",
    "last_name": "used where there is no name",
    "email": "for the invitation to a meeting",
    "country": "ISO code or name in English, Bulgarian, Polish, Romanian or its own language",
    "subdivision": "region or state, where law differs within a country",
    "time_zone": "IANA name such as Europe/Sofia; else told by the number",
    "city": "shown to the agent",
    "languages": "ISO codes or names, several with commas; else those of the country",
    "subject": "consumer, sole trader or legal person; unknown counts as consumer",
    "source": "where the row comes from, for whoever asks",
    "obtained_at": "when the data were obtained",
    "consent_evidence": "name of the file that proves the consent",
    "consent_date": "when the consent was given",
    "consent_wording": "what the person agreed to, in the words shown",
}

#: code -> what it means, what to do
REASONS: Final[Mapping[Reason, tuple[str, str]]] = {
    Reason.NUMBER_MISSING: ("no telephone number in the row", "add one"),
    Reason.NUMBER_UNREADABLE: (
        "letters, too many signs or no digits where a number belongs",
        "write one number, digits only; put remarks into another column",
    ),
    Reason.NUMBER_ROUNDED: (
        "a spreadsheet turned the number into 3.59E+11; the digits are gone",
        "format the column as text and take the number from its source",
    ),
    Reason.NUMBER_WITHOUT_COUNTRY: (
        "local form, and nothing says of which country",
        "write it as +359..., fill the country column, or name a country at the import",
    ),
    Reason.NUMBER_TOO_SHORT: ("too few digits for its country", "complete it; area code?"),
    Reason.NUMBER_TOO_LONG: ("too many digits for its country", "one number a cell; see the end"),
    Reason.NUMBER_NOT_IN_PLAN: (
        "right length, but the numbering plan has no such number",
        "look for a digit that was mistyped, or a wrong country",
    ),
    Reason.COUNTRY_UNKNOWN: (
        "neither the row nor its number says the country",
        "write it as BG or Bulgaria",
    ),
    Reason.TOO_MANY_CELLS: (
        "more cells than the header has columns",
        "put cells that hold the delimiter in quotes",
    ),
    Reason.REPEATED_HEADER: ("the header once more", "delete the row"),
    Reason.DUPLICATE_IN_LIST: (
        "shares a number with an earlier row of this list",
        "nothing; the earlier row stands",
    ),
    Reason.DUPLICATE_OF_CLIENT: (
        "shares a number with another list of the same client",
        "nothing; the earlier list stands",
    ),
    Reason.SAME_PERSON: (
        "another number of somebody who is on the campaign's lists already",
        "nothing; one person is one lead",
    ),
}

UNREADABLE: Final[Mapping[Unreadable, tuple[str, str]]] = {
    Unreadable.EMPTY: ("the file is empty or is not there", "export the list again"),
    Unreadable.TOO_LARGE: ("too many bytes or rows", "split the list into several files"),
    Unreadable.NOT_TEXT: (
        "a workbook, an archive, a picture, or NUL bytes",
        "in the spreadsheet choose Save as, CSV UTF-8",
    ),
    Unreadable.UTF16_WITHOUT_BOM: (
        "UTF-16 without its byte order mark",
        "save as UTF-8, or as UTF-16 with the mark",
    ),
    Unreadable.ENCODING: (
        "no encoding that is expected fits, or not the one that was named",
        "name the right one, or save as CSV UTF-8",
    ),
    Unreadable.UNCLOSED_QUOTE: (
        "a quote is opened and never closed; the line is named",
        'close it, or write a quote inside a cell twice ("")',
    ),
    Unreadable.HUGE_CELL: (
        "a cell is larger than any text; often a quote that was never closed",
        "shorten it, or close the quote",
    ),
    Unreadable.TOO_MANY_COLUMNS: ("more columns than any list has", "check the delimiter"),
    Unreadable.NO_HEADER: (
        "the first row is data or a title",
        "put a header with the names of the columns first; delete what stands above it",
    ),
    Unreadable.TWO_HEADERS: ("a second header right below the first", "delete one of the two"),
    Unreadable.NO_PHONE_COLUMN: (
        "no column is known to hold telephone numbers",
        "rename one, or name it in a mapping file",
    ),
    Unreadable.MAPPED_COLUMN_MISSING: (
        "the mapping names a column the file does not have",
        "correct the mapping",
    ),
    Unreadable.NO_ROWS: ("a header and nothing below", "export the list again"),
}

WARNED: Final[Mapping[Warned, str]] = {
    Warned.FURTHER_NUMBER: "one of several numbers is of no use; the others are dialed",
    Warned.COUNTRY: "the country written is unknown; that of the number holds",
    Warned.EMAIL: "not an address; left out",
    Warned.TIME_ZONE: "not a zone; told by the number instead",
    Warned.LANGUAGE: "a language is unknown; the others count, else those of the country",
    Warned.SUBJECT: "unknown; treated as a consumer, who is protected most",
    Warned.CONSENT_DATE: "not a date; a consent without its time is not valid",
    Warned.OBTAINED_DATE: "not a date; left out",
    Warned.TEXT_TOO_LONG: "cut at 300 characters",
}


def columns() -> str:
    """Return the table of fields and the words by which their columns are known."""
    rows = [(f"`{field}`", FIELDS[field], ", ".join(words)) for field, words in SYNONYMS.items()]
    return _table(("field", "what is read", "known by"), rows)


def reasons() -> str:
    """Return the table of reasons for which a row is not accepted."""
    return _with_remedies(Reason, REASONS)


def unreadable() -> str:
    """Return the table of reasons for which a whole file is not used."""
    return _with_remedies(Unreadable, UNREADABLE)


def warnings() -> str:
    """Return the table of what an accepted row goes without."""
    return _table(("code", "meaning"), [(f"`{code}`", WARNED[code]) for code in Warned])


PARTS: Final[Mapping[str, Callable[[], str]]] = {
    "columns": columns,
    "reasons": reasons,
    "unreadable": unreadable,
    "warnings": warnings,
}


def written(document: str) -> str:
    """Return *document* with its generated parts renewed.

    Raises:
        ValueError: A marker is missing.
    """
    for name, part in PARTS.items():
        begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
        before, found, rest = document.partition(begin)
        _, closed, after = rest.partition(end)
        if not (found and closed):
            raise ValueError(f"the markers {begin} and {end} are missing")
        document = f"{before}{begin}\n{part()}{end}{after}"
    return document


def _with_remedies(codes: type[_Code], told: Mapping[_Code, tuple[str, str]]) -> str:
    rows = [(f"`{code}`", *told[code]) for code in codes]
    return _table(("code", "meaning", "what to do"), rows)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


if __name__ == "__main__":
    DOCUMENT.write_text(written(DOCUMENT.read_text("utf-8")), "utf-8")
