"""The decision trail in PostgreSQL: one chain per client, appended under the chain's lock.

Rule: the tables refuse UPDATE and DELETE; only the inputs beside the chain can be erased. The
chain's lock is taken last in any transaction, and short.
"""

import secrets
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import asyncpg

from compliance.profile import Bundle
from compliance.suppression import Keyring
from compliance.trail import GENESIS, Decided, Entry, described, link, primary_code
from compliance.writing import canonical, written
from leads.lead import LeadId
from leads.sealing import Owner, Tampered, of_lead
from leads.store.connection import Connection, vault_of

_SALT_BYTES = 16
_PAGE = 1000
_INPUT = "input"  #: what the sealed text is


async def record_decisions(
    connection: Connection,
    decided: Sequence[Decided],
    *,
    bundle: Bundle,
    keyring: Keyring,
    make_salt: Callable[[int], bytes] = secrets.token_bytes,
) -> None:
    """Append *decided* to their clients' chains, in the order given."""
    ordered = sorted(decided, key=lambda one: one.client_id)
    async with connection.transaction():
        for client_id, of_client in groupby(ordered, key=lambda one: one.client_id):
            await _append(connection, client_id, list(of_client), bundle, keyring, make_salt)


async def _append(
    connection: Connection,
    client_id: int,
    decided: Sequence[Decided],
    bundle: Bundle,
    keyring: Keyring,
    make_salt: Callable[[int], bytes],
) -> None:
    length, head = await _hold_chain(connection, client_id)
    entries: list[tuple[object, ...]] = []
    inputs: list[tuple[object, ...]] = []
    texts: list[tuple[Owner, str]] = []
    for one in decided:
        salt, subject = make_salt(_SALT_BYTES), keyring.subject(one.person_id)
        entry = canonical(described(one, subject=subject, bundle=bundle, salt=salt))
        previous, head, length = head, link(head, entry), length + 1
        code = primary_code(one.decision)
        verdict = one.decision.verdict
        entries.append(
            (
                *(client_id, length, one.at, one.campaign_id, subject, verdict, code, entry),
                *(previous, head),
            )
        )
        text = canonical(written(one.facts, one.at))
        inputs.append((client_id, length, one.person_id, salt))
        texts.append((of_lead(LeadId(one.facts.lead.id)), text))
    await connection.copy_records_to_table("decisions", columns=_COLUMNS, records=entries)
    await connection.copy_records_to_table(
        "decision_inputs",
        columns=("client_id", "number", "person_id", "salt", "sealed"),
        records=[
            (*row, sealed)
            for row, sealed in zip(inputs, vault_of(connection).seal(texts, _INPUT), strict=True)
        ],
    )
    await connection.execute(
        "UPDATE decision_chains SET length = $2, head = $3 WHERE client_id = $1",
        client_id,
        length,
        head,
    )


_COLUMNS = (
    *("client_id", "number", "at", "campaign_id", "subject", "verdict", "primary_code"),
    *("entry", "previous", "hash"),
)


async def _hold_chain(connection: Connection, client_id: int) -> tuple[int, bytes]:
    row = await connection.fetchrow(
        "SELECT length, head FROM decision_chains WHERE client_id = $1 FOR UPDATE", client_id
    )
    if row is None:
        await connection.execute(
            "INSERT INTO decision_chains (client_id, head) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            client_id,
            GENESIS,
        )
        return await _hold_chain(connection, client_id)
    return row["length"], bytes(row["head"])


async def chain_heads(connection: Connection) -> dict[int, tuple[int, bytes]]:
    """Return client -> (number, hash) of the last entry of each chain, for checkpoints."""
    rows = await connection.fetch("SELECT client_id, length, head FROM decision_chains")
    return {row["client_id"]: (row["length"], bytes(row["head"])) for row in rows}


async def entries_of(connection: Connection, client_id: int) -> AsyncIterator[Entry]:
    """Yield a client's chain from its beginning, page by page."""
    after = -(2**62)
    while True:
        rows = await connection.fetch(
            "SELECT * FROM decisions WHERE client_id = $1 AND number > $2 ORDER BY number LIMIT $3",
            client_id,
            after,
            _PAGE,
        )
        for row in rows:
            yield _entry(row)
        if len(rows) < _PAGE:
            return
        after = rows[-1]["number"]


def _entry(row: asyncpg.Record) -> Entry:
    return Entry(
        client_id=row["client_id"],
        number=row["number"],
        entry=row["entry"],
        previous=bytes(row["previous"]),
        hash=bytes(row["hash"]),
        verdict=row["verdict"],
        primary_code=row["primary_code"],
        subject=row["subject"],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionCounts:
    """How often a campaign's calls were decided on, and how."""

    permitted: int
    refused: dict[str, int]  #: by the code that weighed most


async def count_decisions(connection: Connection, campaign: int) -> DecisionCounts:
    """Count the decisions on calls of *campaign*."""
    rows = await connection.fetch(
        """
        SELECT verdict = 'allow' AS permitted, primary_code, count(*) AS decisions
          FROM decisions
         WHERE campaign_id = $1
         GROUP BY 1, 2
        """,
        campaign,
    )
    return DecisionCounts(
        permitted=sum(row["decisions"] for row in rows if row["permitted"]),
        refused={row["primary_code"]: row["decisions"] for row in rows if not row["permitted"]},
    )


async def permitted_attempts(connection: Connection, campaign: int) -> frozenset[str]:
    """Return the names of the attempts the trail has a permit for, as the permits name them."""
    rows = await connection.fetch(
        """
        SELECT entry::jsonb ->> 'attempt' AS attempt
          FROM decisions
         WHERE campaign_id = $1 AND verdict = 'allow'
        """,
        campaign,
    )
    return frozenset(row["attempt"] for row in rows if row["attempt"])


async def decisions_about(
    connection: Connection,
    person_id: int,
    *,
    keyring: Keyring,
    client_id: int | None = None,
    limit: int = 100,
) -> list[Entry]:
    """Return the latest decisions about a person, newest first.

    Args:
        client_id: Only on calls of this client; None: of all.
    """
    rows = await connection.fetch(
        """
        SELECT *
          FROM decisions
         WHERE subject = $1 AND ($2::bigint IS NULL OR client_id = $2)
         ORDER BY at DESC, number DESC
         LIMIT $3
        """,
        keyring.subject(person_id),
        client_id,
        limit,
    )
    return [_entry(row) for row in rows]


async def input_of(connection: Connection, client_id: int, number: int) -> tuple[bytes, str] | None:
    """Return salt and input of a decision; None: erased."""
    row = await connection.fetchrow(
        "SELECT salt, sealed FROM decision_inputs WHERE client_id = $1 AND number = $2",
        client_id,
        number,
    )
    text = None if row is None else vault_of(connection).unseal_one(row["sealed"], _INPUT)
    return None if row is None or text is None else (bytes(row["salt"]), text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """An entry with the input beside it."""

    entry: Entry
    salt: bytes = b""
    text: str | None = None  #: None: erased, or not to be opened
    tampered: bool = False  #: it is not what was sealed here


async def entries_with_inputs(connection: Connection, client_id: int) -> AsyncIterator[Stored]:
    """Yield a client's chain from its beginning, each entry with its input if there is one."""
    page: list[Entry] = []
    async for entry in entries_of(connection, client_id):
        page.append(entry)
        if len(page) == _PAGE:
            for stored in await _with_inputs(connection, client_id, page):
                yield stored
            page = []
    for stored in await _with_inputs(connection, client_id, page):
        yield stored


async def _with_inputs(
    connection: Connection, client_id: int, page: Sequence[Entry]
) -> list[Stored]:
    rows = await connection.fetch(
        """
        SELECT number, salt, sealed
          FROM decision_inputs
         WHERE client_id = $1 AND number = ANY($2::bigint[])
        """,
        client_id,
        [entry.number for entry in page],
    )
    found = {row["number"]: row for row in rows}
    vault, stored = vault_of(connection), []
    for entry in page:
        row = found.get(entry.number)
        try:
            text = None if row is None else vault.unseal_one(row["sealed"], _INPUT)
        except Tampered:
            stored.append(Stored(entry=entry, tampered=True))
        else:
            salt = b"" if row is None else bytes(row["salt"])
            stored.append(Stored(entry=entry, salt=salt, text=text))
    return stored


async def erase_inputs(
    connection: Connection, people: Iterable[int], *, client_id: int | None = None
) -> int:
    """Delete the inputs of decisions about *people*; the chain stays whole. Return how many.

    Args:
        client_id: Only of decisions on calls of this client; None: of all.
    """
    rows = await connection.fetch(
        """
        DELETE FROM decision_inputs
         WHERE person_id = ANY($1::bigint[]) AND ($2::bigint IS NULL OR client_id = $2)
        RETURNING number
        """,
        list(people),
        client_id,
    )
    return len(rows)


async def inputs_before(connection: Connection, cutoff: datetime) -> list[tuple[int, int, int]]:
    """Return client, number and person of the decisions before *cutoff* whose input is kept."""
    rows = await connection.fetch(
        """
        SELECT i.client_id, i.number, i.person_id
          FROM decision_inputs i JOIN decisions d USING (client_id, number)
         WHERE d.at < $1
         ORDER BY i.client_id, i.number
        """,
        cutoff,
    )
    return [(row["client_id"], row["number"], row["person_id"]) for row in rows]


async def drop_inputs(connection: Connection, decisions: Sequence[tuple[int, int]]) -> int:
    """Delete the inputs of decisions named by client and number; return how many there were."""
    rows = await connection.fetch(
        """
        DELETE FROM decision_inputs AS kept
         USING unnest($1::bigint[], $2::bigint[]) AS old (client_id, number)
         WHERE kept.client_id = old.client_id AND kept.number = old.number
        RETURNING kept.number
        """,
        [client for client, _ in decisions],
        [number for _, number in decisions],
    )
    return len(rows)
