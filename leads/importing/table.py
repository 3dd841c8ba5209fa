"""From text to a header and rows: delimiter, quotes, and the line each row begins at.

Rule: reading stops at the first thing that makes the whole file doubtful (a quote never closed, a
cell of absurd size, more rows than allowed), so that a broken or enormous file costs little.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from leads.importing.columns import recognised
from leads.importing.result import CELL_LIMIT, ImportOptions, Unreadable, UnreadableList

DELIMITERS: Final = (",", ";", "\t", "|")
COLUMNS_LIMIT: Final = 1_000
_LINES_LOOKED_AT: Final = 40
_END: Final = "\ue000end of list\ue000"  # a private line after the last: it proves quotes closed
_QUOTE_REMEDY: Final = 'close the quote, or write a quote inside a cell twice ("")'


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table, as it stands in the file."""

    line: int  #: 1-based line where the row begins
    cells: tuple[str, ...]

    @property
    def blank(self) -> bool:
        """Whether there is nothing in it."""
        return not any(cell.strip() for cell in self.cells)


def rows_of(text: str, delimiter: str, options: ImportOptions) -> Iterator[Row]:
    """Yield the rows of *text*, the header first, blank ones included.

    Raises:
        UnreadableList: A quote is open at the end, a cell is larger than
            :data:`~leads.importing.result.CELL_LIMIT`, or there are too many rows or columns.
    """
    _refuse_by_lines(text, options)
    lines: list[str] = []  # those of the row at hand
    reader = csv.reader(_kept(_lines(text), lines), delimiter=delimiter)
    begins = 1
    for count in range(options.rows_limit + 3):
        try:
            cells = next(reader)
        except csv.Error:
            raise _huge(begins) from None
        if cells == [_END]:
            return
        if any(_END in cell for cell in cells):
            raise _unclosed(f"a quote opened in line {begins} is never closed")
        if len(lines) > 1 and not _is_strict(lines, delimiter):
            raise _unclosed(
                f"a quote opened in or below line {begins} is closed only by one in the middle of "
                f"a cell in line {reader.line_num}"
            )
        lines.clear()
        _refuse_large(cells, begins)
        if count > options.rows_limit:  # the header is row 0
            raise _too_many_rows(options)
        yield Row(begins, tuple(cells))
        begins = reader.line_num + 1
    raise _too_many_rows(options)


def _lines(text: str) -> Iterator[str]:
    for line in io.StringIO(text, newline=""):
        yield line if line.endswith(("\n", "\r")) else line + "\n"
    yield _END


def _kept(lines: Iterator[str], here: list[str]) -> Iterator[str]:
    for line in lines:
        here.append(line)
        yield line


def _is_strict(lines: Sequence[str], delimiter: str) -> bool:
    """Return whether quotes stand only around cells, so that none has swallowed the row below."""
    try:
        return len(list(csv.reader(lines, delimiter=delimiter, strict=True))) == 1
    except csv.Error:
        return False


def _unclosed(found: str) -> UnreadableList:
    return UnreadableList(Unreadable.UNCLOSED_QUOTE, found, "every quote closed", _QUOTE_REMEDY)


def _refuse_by_lines(text: str, options: ImportOptions) -> None:
    """Refuse far too many rows by counting line ends, before any of them is read."""
    if '"' not in text and text.count("\n") > options.rows_limit + 1:
        raise _too_many_rows(options)


def _too_many_rows(options: ImportOptions) -> UnreadableList:
    return UnreadableList(
        Unreadable.TOO_LARGE,
        f"the file has more than {options.rows_limit:,} rows",
        f"at most {options.rows_limit:,}",
        "split the list into several files",
    )


def _refuse_large(cells: list[str], line: int) -> None:
    if len(cells) > COLUMNS_LIMIT:
        raise UnreadableList(
            Unreadable.TOO_MANY_COLUMNS,
            f"line {line} has {len(cells):,} columns",
            f"at most {COLUMNS_LIMIT:,}",
            "check the delimiter, or leave out columns",
        )
    if any(len(cell) > CELL_LIMIT for cell in cells):
        raise _huge(line)


def _huge(line: int) -> UnreadableList:
    return UnreadableList(
        Unreadable.HUGE_CELL,
        f"a cell in the row that begins in line {line} has more than {CELL_LIMIT:,} characters",
        "smaller cells",
        "shorten it; if it swallows the lines below, " + _QUOTE_REMEDY,
    )


def delimiter_of(text: str, options: ImportOptions) -> str:
    """Return what stands between the cells: the one that gives the most columns we know.

    Where the first row holds none, such as a title, those of the rows below it count; where there
    are none either, the one that cuts the first rows into the same number of cells wins.
    """
    if options.delimiter is not None:
        if len(options.delimiter) != 1 or options.delimiter in '"\r\n\0':
            raise UnreadableList(
                Unreadable.NO_HEADER,
                f"the delimiter {options.delimiter[:10]!r}",
                "one character such as , or ;",
                "correct it or leave it out",
            )
        return options.delimiter
    named = {name for names in options.mapping.values() for name in names}
    return max(DELIMITERS, key=lambda delimiter: _fitness(text, delimiter, named))


def _fitness(text: str, delimiter: str, named: set[str]) -> tuple[int, int, int, int]:
    head = text[: 256 * 1024]
    rows: list[list[str]] = []
    try:
        for cells in csv.reader(io.StringIO(head, newline=""), delimiter=delimiter):
            if any(cell.strip() for cell in cells) and not tells_delimiter(cells):
                rows.append(cells)
            if len(rows) >= _LINES_LOOKED_AT:
                break
    except csv.Error:
        return (-1, 0, 0, 0)
    if not rows:
        return (0, 0, 0, 0)
    known, *below = [
        sum(cell.strip() in named or recognised(cell) is not None for cell in cells)
        for cells in rows
    ]
    width = len(rows[0])
    alike = sum(len(cells) == width for cells in rows) if width > 1 else 0
    return (known, 0 if known else max(below, default=0), alike, width)


def tells_delimiter(cells: Sequence[str]) -> bool:
    """Return whether a row is the line ``sep=;`` some spreadsheets write first.

    >>> tells_delimiter(["sep=", ""]), tells_delimiter(["phone", "name"])
    (True, False)
    """
    return len(cells) <= 2 and "".join(cells).startswith("sep=")
