"""Clients' lists, and the rows of them that did not become leads.

Rule: a row that was not accepted is kept, sealed, as it was sent, with its reason, until its list
is deleted, so that it can be shown, corrected and sent again.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import asyncpg

from leads.importing.result import Fate, ImportResult, Reason, UnacceptedRow
from leads.lead import ListId
from leads.sealing import of_row
from leads.store.connection import Connection, vault_of
from leads.store.faults import UnknownRow

_ROW: Final = "row"  #: what the sealed text is
_PAGE: Final = 5_000


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
        columns=["list_id", "line", "fate", "column_name", "reason", "sentence", "sealed"],
        records=[
            (
                found,
                row.line,
                row.fate.value,
                row.column,
                row.reason.value,
                row.sentence,
                sealed,
            )
            for row, sealed in zip(
                result.unaccepted, _sealed(connection, ListId(found), result), strict=True
            )
        ],
    )
    return ListId(found)


def _sealed(connection: Connection, list_id: ListId, result: ImportResult) -> list[bytes]:
    """Return the words of each row that was not accepted, each with a key of its own."""
    return vault_of(connection).seal(
        [
            (
                of_row(list_id, row.line),
                json.dumps({"value": row.value, "cells": row.cells}, ensure_ascii=False),
            )
            for row in result.unaccepted
        ],
        _ROW,
    )


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
        SELECT *
          FROM unaccepted_rows
         WHERE list_id = $1 AND ($2::text IS NULL OR fate = $2)
         ORDER BY line
        """,
        list_id,
        fate,
    )
    return tuple(row for _, row in _unaccepted(connection, rows))


async def rows_with_digits(
    connection: Connection, digits: Sequence[str]
) -> tuple[tuple[ListId, UnacceptedRow], ...]:
    """Return rows, of whichever list, with any of *digits* in a cell, whatever stands between.

    Every row is opened for that: there is no other way to find a number that nobody could read.
    """
    found: list[tuple[ListId, UnacceptedRow]] = []
    after = (0, 0)
    while True:
        rows = await connection.fetch(
            """
            SELECT *
              FROM unaccepted_rows
             WHERE sealed IS NOT NULL AND (list_id, line) > ($1, $2)
             ORDER BY list_id, line
             LIMIT $3
            """,
            *after,
            _PAGE,
        )
        found += [
            (list_id, row)
            for list_id, row in _unaccepted(connection, rows)
            if any(wanted in _digits(cell) for cell in row.cells for wanted in digits)
        ]
        if len(rows) < _PAGE:
            return tuple(found)
        after = (rows[-1]["list_id"], rows[-1]["line"])


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign in "0123456789")


async def erase_rows(connection: Connection, rows: Sequence[tuple[ListId, int]]) -> None:
    """Forget the cells of rows, named by list and line; their fate and reason stay."""
    await connection.execute(
        """
        UPDATE unaccepted_rows AS kept
           SET sealed = NULL
          FROM unnest($1::bigint[], $2::integer[]) AS erased (list_id, line)
         WHERE kept.list_id = erased.list_id AND kept.line = erased.line
        """,
        [list_id for list_id, _ in rows],
        [line for _, line in rows],
    )


async def erased_rows(connection: Connection) -> tuple[tuple[ListId, int], ...]:
    """Return list and line of every row that was erased."""
    rows = await connection.fetch(
        "SELECT list_id, line FROM unaccepted_rows WHERE sealed IS NULL ORDER BY list_id, line"
    )
    return tuple((ListId(row["list_id"]), row["line"]) for row in rows)


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


def _unaccepted(
    connection: Connection, rows: Sequence[asyncpg.Record]
) -> Iterator[tuple[ListId, UnacceptedRow]]:
    texts = vault_of(connection).unseal([row["sealed"] for row in rows], _ROW)
    for row, text in zip(rows, texts, strict=True):
        told: dict[str, Any] = {"value": "", "cells": []} if text is None else json.loads(text)
        yield (
            ListId(row["list_id"]),
            UnacceptedRow(
                line=row["line"],
                fate=Fate(row["fate"]),
                column=row["column_name"],
                value=told["value"],
                reason=Reason(row["reason"]),
                sentence=row["sentence"],
                cells=tuple(told["cells"]),
            ),
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
