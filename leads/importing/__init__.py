"""From a client's file to leads, and to rejected rows each with its reason.

    bytes ─decoding─▶ text ─table─▶ header and rows ─columns─▶ fields ─rows─▶ accepted | rejected
                                                                     └─reading─▶ duplicates, counts

Rule: a file is either unreadable, and then nothing of it is used (:class:`UnreadableList` says
what was found, what is expected and what to do), or every one of its rows has exactly one fate:
accepted, rejected or duplicate. Nothing is dropped without a trace.

    decoding    bytes -> text: BOM, UTF-8, else a single-byte encoding of the countries meant
    guessing    which single-byte encoding, told by the words
    table       text -> header and rows: delimiter, quotes, line numbers
    columns     header -> which column holds which field; mapping files
    words       countries, languages and kinds of subject as people write them
    rows        one row -> an accepted row or its problem
    reading     all of it: :func:`read_list`
    returning   rejected rows -> a file that can be corrected and sent again
"""

from leads.importing.columns import ColumnMapping, InvalidMapping, mapping_from
from leads.importing.reading import read_list
from leads.importing.result import (
    AcceptedRow,
    Fate,
    ImportedConsent,
    ImportOptions,
    ImportResult,
    Reason,
    UnacceptedRow,
    Unreadable,
    UnreadableList,
    Warned,
)
from leads.importing.returning import rejected_csv, rows_csv

__all__ = [
    "AcceptedRow",
    "ColumnMapping",
    "Fate",
    "ImportOptions",
    "ImportResult",
    "ImportedConsent",
    "InvalidMapping",
    "Reason",
    "UnacceptedRow",
    "Unreadable",
    "UnreadableList",
    "Warned",
    "mapping_from",
    "read_list",
    "rejected_csv",
    "rows_csv",
]
