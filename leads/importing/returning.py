"""Rows that were not accepted, as a file that can be corrected and sent again.

Rule: the client's own columns come back as they were, in UTF-8 with a byte order mark, which
every spreadsheet reads. What was wrong stands in columns of their own behind them, which the next
import passes over.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from leads.importing.columns import PROBLEM_PREFIX
from leads.importing.result import ImportResult, UnacceptedRow

PROBLEM_COLUMNS: Final = tuple(
    PROBLEM_PREFIX + name for name in ("line", "code", "column", "value", "text")
)


def rejected_csv(result: ImportResult) -> bytes:
    """Return the rejected rows of *result* as a file; duplicates are not among them."""
    return rows_csv(result.columns, result.rejected, delimiter=result.delimiter)


def rows_csv(
    columns: Sequence[str], rows: Iterable[UnacceptedRow], *, delimiter: str = ","
) -> bytes:
    """Return *rows* as a file under the header *columns*, with the problem columns behind."""
    kept = [place for place, name in enumerate(columns) if not name.startswith(PROBLEM_PREFIX)]
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow([*(columns[place] for place in kept), *PROBLEM_COLUMNS])
    for row in rows:
        cells = [row.cells[place] if place < len(row.cells) else "" for place in kept]
        writer.writerow([*cells, row.line, row.reason.value, row.column, row.value, row.sentence])
    return text.getvalue().encode("utf-8-sig")
