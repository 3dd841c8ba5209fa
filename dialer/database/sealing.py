"""The vault of an installation: opened, bound to its database, and what is plain there sealed.

    state_dir/keys/people.sqlite        one vault, one database: the database remembers which

Rule: a database whose vault is another one is refused, because what is sealed with keys that are
lost is lost.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dialer.database.outbox import own_key
from dialer.database.pool import Connection
from dialer.places import private_directory
from leads.lead import LeadId, ListId, PersonId
from leads.sealing import Owner, of_consents, of_lead, of_person, of_row
from leads.store.connection import vault_of
from leads.store.vault import UnusableVault, Vault

#: The migration between whose halves :func:`seal_what_is_plain` runs.
MIGRATION: Final = 5
_BATCH: Final = 5_000


def vault_file(state_dir: Path) -> Path:
    """Return where the vault of an installation is."""
    return state_dir / "keys" / "people.sqlite"


def open_vault(state_dir: Path) -> Vault:
    """Return the vault of an installation.

    Raises:
        UnusableVault: It cannot be used.
        UnusableDirectory: The directory of keys is not ours alone.
    """
    return Vault.opened(private_directory(vault_file(state_dir).parent) / "people.sqlite")


async def bind(connection: Connection) -> None:
    """Make sure that the connection's vault is the one of its database; the first one is.

    Raises:
        UnusableVault: It is another one's.
    """
    vault = vault_of(connection)
    known = await connection.fetchval(
        "UPDATE sealing SET vault = coalesce(vault, $1) RETURNING vault", vault.id
    )
    if known != vault.id:
        raise UnusableVault(
            "the people in this database are sealed with the keys of another vault; restore "
            "keys/people.sqlite of the state directory from its backup"
        )


# --- Once: what was stored plain ----------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plain:
    """Columns that were plain, and how they become one sealed column."""

    table: str
    key: tuple[str, ...]
    reads: str  #: what is selected besides the key, and from where
    column: str  #: that is written
    label: str
    owner: Callable[[Mapping[str, Any]], Owner]
    text: Callable[[Mapping[str, Any]], str | None]


_PLAIN: Final = (
    _Plain(
        table="person_numbers",
        key=("id",),
        reads="person_id, number FROM person_numbers AS t",
        column="sealed",
        label="number",
        owner=lambda row: of_person(PersonId(row["person_id"])),
        text=lambda row: row["number"],
    ),
    _Plain(
        table="leads",
        key=("id",),
        reads="company, name, email, city, fields FROM leads AS t",
        column="details",
        label="details",
        owner=lambda row: of_lead(LeadId(row["id"])),
        text=lambda row: json.dumps(
            {name: row[name] for name in ("company", "name", "email", "city", "fields")},
            ensure_ascii=False,
        ),
    ),
    _Plain(
        table="unaccepted_rows",
        key=("list_id", "line"),
        reads="value, cells FROM unaccepted_rows AS t",
        column="sealed",
        label="row",
        owner=lambda row: of_row(ListId(row["list_id"]), row["line"]),
        text=lambda row: (
            json.dumps({"value": row["value"], "cells": list(row["cells"])}, ensure_ascii=False)
            if row["cells"]
            else None
        ),
    ),
    _Plain(
        table="dispositions",
        key=("attempt_id",),
        reads="t.note, a.lead_id FROM dispositions AS t JOIN attempts a ON a.id = t.attempt_id",
        column="sealed",
        label="note",
        owner=lambda row: of_lead(LeadId(row["lead_id"])),
        text=lambda row: row["note"] or None,
    ),
    _Plain(
        table="answers",
        key=("attempt_id", "question"),
        reads="t.value, a.lead_id FROM answers AS t JOIN attempts a ON a.id = t.attempt_id",
        column="sealed",
        label="answer",
        owner=lambda row: of_lead(LeadId(row["lead_id"])),
        text=lambda row: json.dumps(row["value"], ensure_ascii=False),
    ),
    _Plain(
        table="decision_inputs",
        key=("client_id", "number"),
        reads="input FROM decision_inputs AS t",
        column="sealed",
        label="input",
        owner=lambda row: of_lead(LeadId(json.loads(row["input"])["lead"]["id"])),
        text=lambda row: row["input"],
    ),
    _Plain(
        table="consents",
        key=("id",),
        reads="person_id, client_id, evidence_reference FROM consents AS t",
        column="reference",
        label="reference",
        owner=lambda row: of_consents(row["person_id"], row["client_id"]),
        text=lambda row: row["evidence_reference"] or None,
    ),
    _Plain(
        table="outbox",
        key=("id",),
        reads="kind, file_name, content, (SELECT lead_id FROM meetings "
        "WHERE starts_with(t.file_name, uid::text)) AS lead_id FROM outbox AS t",
        column="sealed",
        label="content",
        owner=lambda row: (
            own_key(row["kind"], row["file_name"])
            if row["lead_id"] is None
            else of_lead(LeadId(row["lead_id"]))
        ),
        text=lambda row: row["content"] or None,
    ),
)


async def seal_what_is_plain(connection: Connection) -> None:
    """Seal what an earlier version stored plain; in the migration's transaction."""
    for plain in _PLAIN:
        key = ", ".join(f"t.{name}" for name in plain.key)
        rows = await connection.fetch(f"SELECT {key}, {plain.reads} ORDER BY {key} LIMIT {_BATCH}")
        while rows:
            await _seal(connection, plain, [dict(row) for row in rows])
            last = [rows[-1][name] for name in plain.key]
            after = ", ".join(f"${place}" for place in range(1, len(last) + 1))
            rows = await connection.fetch(
                f"SELECT {key}, {plain.reads} WHERE ({key}) > ({after}) "
                f"ORDER BY {key} LIMIT {_BATCH}",
                *last,
            )
    rows = await connection.fetch(f"SELECT id, number FROM {_PLAIN[0].table} WHERE number <> ''")
    vault = vault_of(connection)
    await connection.executemany(
        f"UPDATE {_PLAIN[0].table} SET lookup = $2 WHERE id = $1",
        [(row["id"], vault.lookup(row["number"])) for row in rows],
    )


async def _seal(connection: Connection, plain: _Plain, rows: Sequence[Mapping[str, Any]]) -> None:
    found = [(row, text) for row in rows if (text := plain.text(row)) is not None]
    sealed = vault_of(connection).seal(
        [(plain.owner(row), text) for row, text in found], plain.label
    )
    where = " AND ".join(f"{name} = ${place}" for place, name in enumerate(plain.key, start=2))
    await connection.executemany(
        f"UPDATE {plain.table} SET {plain.column} = $1 WHERE {where}",
        [
            (one, *(row[name] for name in plain.key))
            for one, (row, _) in zip(sealed, found, strict=True)
        ],
    )
