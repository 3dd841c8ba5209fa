"""Files of registers of objections: one number a line, optionally when it was listed and which
sectors may still call.

    number[;listed_at[;sectors separated by commas]]      first line may be a header

Rule: all or nothing. A line that cannot be read, or a last line that ends in the middle, means
that the file is not whole, and a number missing from a register would be called.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from leads.phone import InvalidPhoneNumber, parse


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One entry of a register."""

    number: str  #: E.164
    listed_at: datetime | None = None
    allowed_sectors: tuple[str, ...] = ()


class UnusableRegister(ValueError):
    """A register's file cannot be used."""

    def __init__(self, line: int, found: str, remedy: str) -> None:
        super().__init__(f"line {line}: {found}; {remedy}")
        self.line = line


def read_register(content: bytes, *, region: str) -> list[Listing]:
    """Return the listings of a file; local numbers are those of *region*.

    >>> read_register(b"number\\n020 7946 0123\\n", region="GB")[0].number
    '+442079460123'

    Raises:
        UnusableRegister: The file is empty, cut off, or any line cannot be read.
    """
    listings = list(_listings(_lines(content), region))
    if not listings:
        raise UnusableRegister(1, "the file holds a header and nothing else", _FETCH_AGAIN)
    return listings


_FETCH_AGAIN = "fetch the file again"


def _lines(content: bytes) -> list[tuple[int, str]]:
    """Return the lines of a whole file that say something, numbered from 1."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnusableRegister(1, "the file is not UTF-8 text", _FETCH_AGAIN) from None
    lines = text.splitlines()
    if not any(line.strip() for line in lines):
        raise UnusableRegister(1, "the file is empty", _FETCH_AGAIN)
    if not text.endswith("\n"):
        raise UnusableRegister(len(lines), "the file ends in the middle of a line", _FETCH_AGAIN)
    return [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]


def read_answers(content: bytes, *, region: str) -> dict[str, Listing | None]:
    """Return what a register said about single numbers: number -> its listing, or None.

        number;yes|no[;listed_at[;sectors separated by commas]]      first line may be a header

    >>> read_answers(b"020 7946 0123;no\\n", region="GB")
    {'+442079460123': None}

    Raises:
        UnusableRegister: The file is empty, cut off, or any line cannot be read.
    """
    answers: dict[str, Listing | None] = {}
    for number, line in _lines(content):
        first, answer, *rest = [cell.strip() for cell in line.split(";")] + [""]
        if number == 1 and first.isalpha():
            continue
        if answer.lower() not in _ANSWERS:
            raise UnusableRegister(number, "the second cell is no answer", "write yes or no")
        [listing] = _listings([(number, ";".join([first, *rest]))], region)
        answers[listing.number] = listing if _ANSWERS[answer.lower()] else None
    if not answers:
        raise UnusableRegister(1, "the file holds no answer", _FETCH_AGAIN)
    return answers


_ANSWERS = {"yes": True, "no": False}


def _listings(lines: list[tuple[int, str]], region: str) -> Iterator[Listing]:
    for number, line in lines:
        cells = [cell.strip() for cell in line.split(";")]
        if number == 1 and cells[0].isalpha():
            continue
        try:
            phone = parse(cells[0], region)
        except InvalidPhoneNumber:
            found = "the first cell is not a telephone number"
            raise UnusableRegister(number, found, "correct the line or fetch it again") from None
        yield Listing(
            number=phone,
            listed_at=_listed_at(number, cells[1] if len(cells) > 1 else ""),
            allowed_sectors=tuple(
                sector.strip()
                for sector in (cells[2] if len(cells) > 2 else "").split(",")
                if sector.strip()
            ),
        )


def _listed_at(line: int, text: str) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        found = "the second cell is not a date"
        raise UnusableRegister(line, found, "write it as 2026-11-23") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
