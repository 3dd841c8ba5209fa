"""Reading a whole list: the one entry to this package.

Rule: the first row with a number keeps it. A later row that shares any of its numbers, in this
list or with another list of the same client, is a duplicate and says of what.
"""

from collections.abc import Iterator, Set
from itertools import chain

from leads.importing.columns import PHONE, PROBLEM_PREFIX, Columns, recognised, understood
from leads.importing.decoding import decoded
from leads.importing.result import (
    AcceptedRow,
    Fate,
    ImportOptions,
    ImportResult,
    Reason,
    UnacceptedRow,
    Unreadable,
    UnreadableList,
)
from leads.importing.rows import read_row, rejected
from leads.importing.table import Row, delimiter_of, rows_of, tells_delimiter
from leads.phone import PhoneNumber


def read_list(
    content: bytes,
    options: ImportOptions | None = None,
    known: Set[PhoneNumber] = frozenset(),
) -> ImportResult:
    """Return every row of a client's file and its fate.

    Args:
        content: The file.
        options: What is known about it beside its bytes.
        known: Numbers on the client's other lists.

    Raises:
        UnreadableList: The file as a whole cannot be used; says what to do.
    """
    options = options or ImportOptions()
    text, encoding = decoded(content, options)
    text = text.removeprefix("\ufeff")
    delimiter = delimiter_of(text, options)
    all_rows = list(rows_of(text, delimiter, options))  # all: a fault far below costs nothing yet
    rows = _without_delimiter_line(iter(all_rows))
    header = next((row for row in rows if not row.blank), None)
    if header is None:
        raise _nothing_below("the file has no content")
    columns = _columns(header, all_rows, options)
    accepted: list[AcceptedRow] = []
    unaccepted: list[UnacceptedRow] = []
    seen: dict[PhoneNumber, int] = {}
    blank = 0
    for row in _after_one_header(rows, columns):
        if row.blank:
            blank += 1
            continue
        fate = _fate(row, columns, options, known, seen)
        if isinstance(fate, AcceptedRow):
            accepted.append(fate)
        else:
            unaccepted.append(fate)
    if not accepted and not unaccepted:
        raise _nothing_below("there is a header and no row below it")
    return ImportResult(
        encoding=encoding,
        delimiter=delimiter,
        columns=columns.header,
        fields_of=columns.fields_of,
        accepted=tuple(accepted),
        unaccepted=tuple(unaccepted),
        blank_lines=blank,
        total=len(accepted) + len(unaccepted),
    )


def _columns(header: Row, rows: list[Row], options: ImportOptions) -> Columns:
    """Return the header, understood; if it is not one, say where the header seems to be."""
    try:
        return understood(header.cells, options)
    except UnreadableList:
        for row in rows[:20]:
            if row.line > header.line and any(recognised(cell) == PHONE for cell in row.cells):
                raise UnreadableList(
                    Unreadable.NO_HEADER,
                    f"the first row is no header, and line {row.line} looks like one",
                    "the header in the first row",
                    f"delete what stands above line {row.line}",
                ) from None
        raise


def _without_delimiter_line(rows: Iterator[Row]) -> Iterator[Row]:
    """Pass over the line ``sep=;`` some spreadsheets write first."""
    first = next(rows, None)
    if first is not None and not tells_delimiter(first.cells):
        yield first
    yield from rows


def _after_one_header(rows: Iterator[Row], columns: Columns) -> Iterator[Row]:
    """Yield the rows below the header; refuse a second header right below the first.

    In a file of rejected rows that is sent again it is a rejected row like others.
    """
    first = next((row for row in rows if not row.blank), None)
    if first is None:
        return
    returned = any(name.startswith(PROBLEM_PREFIX) for name in columns.header)
    if _is_header(first, columns) and not returned:
        raise UnreadableList(
            Unreadable.TWO_HEADERS,
            f"line {first.line} is a second header",
            "one header, then rows",
            "delete one of the two",
        )
    yield from chain([first], rows)


def _is_header(row: Row, columns: Columns) -> bool:
    """Return whether *row* holds the names of columns where values belong."""
    cells = row.cells + ("",) * columns.width
    names = [recognised(cells[place]) for place in columns.phones]
    if any(name == PHONE for name in names):
        return True
    return [cell.strip() for cell in row.cells] == list(columns.header)


def _fate(
    row: Row,
    columns: Columns,
    options: ImportOptions,
    known: Set[PhoneNumber],
    seen: dict[PhoneNumber, int],
) -> AcceptedRow | UnacceptedRow:
    if _is_header(row, columns):
        return rejected(row, Reason.REPEATED_HEADER, "this is the header again; delete the row")
    read = read_row(row, columns, options)
    if isinstance(read, UnacceptedRow):
        return read
    numbers = [found.number for found in read.numbers]
    for number in numbers:
        if number in seen:
            sentence = f"shares a number with the row in line {seen[number]}"
            return duplicate(read, Reason.DUPLICATE_IN_LIST, sentence)
        if number in known:
            sentence = "shares a number with another list of this client"
            return duplicate(read, Reason.DUPLICATE_OF_CLIENT, sentence)
    seen.update(dict.fromkeys(numbers, read.line))
    return read


def duplicate(row: AcceptedRow, reason: Reason, sentence: str) -> UnacceptedRow:
    """Return a row that would be accepted, were it not known already."""
    return UnacceptedRow(
        line=row.line,
        fate=Fate.DUPLICATE,
        column="",
        value="",
        reason=reason,
        sentence=sentence,
        cells=row.cells,
    )


def _nothing_below(found: str) -> UnreadableList:
    return UnreadableList(
        Unreadable.NO_ROWS, found, "a header and at least one row", "export the list again"
    )
