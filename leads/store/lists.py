"""Clients' lists, and the rows of them that did not become leads.

Rule: a row that was not accepted is kept as it was sent, with its reason, until its list is
deleted, so that it can be shown, corrected and sent again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from leads.importing.result import Fate, ImportResult, Reason, UnacceptedRow
from leads.lead import ListId
from leads.store.connection import Connection
from leads.store.faults import UnknownRow


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRow:
    """One imported list."""

    id: ListId
    client: int
    campaign: int
    name: str
    file_name: str
    file_sha256: bytes
    encoding: str
    delimiter: str
    columns: tuple[str, ...]
    imported_at: datetime
    rows_total: int
    rows_accepted: int
    rows_rejected: int
    rows_duplicate: int


async def add_list(
    connection: Connection,
    *,
    client: int,
    campaign: int,
    name: str,
    file_name: str,
    file_sha256: bytes,
    result: ImportResult,
    now: datetime,
) -> ListId:
    """Add a list and its rows that are not accepted."""
    found = await connection.fetchval(
        """
        INSERT INTO lists (client_id, campaign_id, name, file_name, file_sha256, encoding,
                           delimiter, columns, imported_at, rows_total, rows_accepted,
                           rows_rejected, rows_duplicate)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        RETURNING id
        """,
        client,
        campaign,
        name,
        file_name,
        file_sha256,
        result.encoding,
        result.delimiter,
        list(result.columns),
        now,
        result.total,
        len(result.accepted),
        len(result.rejected),
        len(result.duplicates),
    )
    await connection.copy_records_to_table(
        "unaccepted_rows",
        columns=["list_id", "line", "fate", "column_name", "value", "reason", "sentence", "cells"],
        records=[
            (
                found,
                row.line,
                row.fate.value,
                row.column,
                row.value,
                row.reason.value,
                row.sentence,
                list(row.cells),
            )
            for row in result.unaccepted
        ],
    )
    return ListId(found)


async def lists_of_client(connection: Connection, client: int) -> tuple[ListRow, ...]:
    """Return a client's lists, latest first."""
    rows = await connection.fetch(
        "SELECT * FROM lists WHERE client_id = $1 ORDER BY imported_at DESC, id DESC", client
    )
    return tuple(_list_row(row) for row in rows)


async def list_ids_of_client(connection: Connection, client: int) -> list[ListId]:
    """Return the ids of a client's lists."""
    rows = await connection.fetch("SELECT id FROM lists WHERE client_id = $1", client)
    return [ListId(row["id"]) for row in rows]


async def load_list(connection: Connection, list_id: ListId) -> ListRow:
    """Return one list.

    Raises:
        UnknownRow: There is no such list.
    """
    row = await connection.fetchrow("SELECT * FROM lists WHERE id = $1", list_id)
    if row is None:
        raise UnknownRow(f"there is no list {list_id}")
    return _list_row(row)


async def unaccepted_rows(
    connection: Connection, list_id: ListId, *, fate: Fate | None = None
) -> tuple[UnacceptedRow, ...]:
    """Return the rows of a list that did not become leads, in the order of the file."""
    rows = await connection.fetch(
        """
        SELECT line, fate, column_name, value, reason, sentence, cells
          FROM unaccepted_rows
         WHERE list_id = $1 AND ($2::text IS NULL OR fate = $2)
         ORDER BY line
        """,
        list_id,
        fate,
    )
    return tuple(_unaccepted(row) for row in rows)


async def rows_with_digits(
    connection: Connection, digits: Sequence[str]
) -> tuple[tuple[ListId, UnacceptedRow], ...]:
    """Return rows, of whichever list, with any of *digits* in a cell, whatever stands between."""
    rows = await connection.fetch(
        """
        SELECT *
          FROM unaccepted_rows
         WHERE EXISTS (
               SELECT
                 FROM unnest(cells) AS cell, unnest($1::text[]) AS wanted
                WHERE strpos(regexp_replace(cell, '[^0-9]', '', 'g'), wanted) > 0)
         ORDER BY list_id, line
        """,
        digits,
    )
    return tuple((ListId(row["list_id"]), _unaccepted(row)) for row in rows)


async def erase_rows(connection: Connection, rows: Sequence[tuple[ListId, int]]) -> None:
    """Forget the cells of rows, named by list and line; their fate and reason stay."""
    await connection.execute(
        """
        UPDATE unaccepted_rows AS kept
           SET value = '', cells = '{}'
          FROM unnest($1::bigint[], $2::integer[]) AS erased (list_id, line)
         WHERE kept.list_id = erased.list_id AND kept.line = erased.line
        """,
        [list_id for list_id, _ in rows],
        [line for _, line in rows],
    )


async def reasons_of(connection: Connection, lists: Sequence[ListId]) -> dict[Reason, int]:
    """Return how many rows of *lists* were not accepted, by reason."""
    rows = await connection.fetch(
        """
        SELECT reason, count(*) AS rows
          FROM unaccepted_rows
         WHERE list_id = ANY($1::bigint[])
         GROUP BY reason
        """,
        lists,
    )
    return {Reason(row["reason"]): row["rows"] for row in rows}


def _unaccepted(row: asyncpg.Record) -> UnacceptedRow:
    return UnacceptedRow(
        line=row["line"],
        fate=Fate(row["fate"]),
        column=row["column_name"],
        value=row["value"],
        reason=Reason(row["reason"]),
        sentence=row["sentence"],
        cells=tuple(row["cells"]),
    )


def _list_row(row: asyncpg.Record) -> ListRow:
    return ListRow(
        id=ListId(row["id"]),
        client=row["client_id"],
        campaign=row["campaign_id"],
        name=row["name"],
        file_name=row["file_name"],
        file_sha256=row["file_sha256"],
        encoding=row["encoding"],
        delimiter=row["delimiter"],
        columns=tuple(row["columns"]),
        imported_at=row["imported_at"],
        rows_total=row["rows_total"],
        rows_accepted=row["rows_accepted"],
        rows_rejected=row["rows_rejected"],
        rows_duplicate=row["rows_duplicate"],
    )
