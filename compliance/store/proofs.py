"""What consents are proven by: the wordings people agreed to, and evidence by its content's hash.

Names the tables ``consent_wordings`` and ``evidence_objects`` alone.

Rule: a wording is stored once; evidence is known by the SHA-256 of its content. The name under
which it came may hold a person's, and is kept, sealed, with the consent alone.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256

from leads.store.connection import Connection


async def store_wordings(connection: Connection, texts: Iterable[str]) -> dict[str, int]:
    """Return the id of each of *texts*, stored now if it is new."""
    by_hash = {sha256(text.encode()).digest(): text for text in sorted(texts)}
    if not by_hash:
        return {}
    await connection.execute(
        """
        INSERT INTO consent_wordings (sha256, text)
        SELECT * FROM unnest($1::bytea[], $2::text[])
            ON CONFLICT (sha256) DO NOTHING
        """,
        list(by_hash),
        list(by_hash.values()),
    )
    rows = await connection.fetch(
        "SELECT id, sha256 FROM consent_wordings WHERE sha256 = ANY($1::bytea[])", list(by_hash)
    )
    return {by_hash[bytes(row["sha256"])]: row["id"] for row in rows}


async def store_wording(connection: Connection, text: str) -> int:
    """Return the id of *text* among the wordings, stored now if it is new."""
    return (await store_wordings(connection, [text]))[text]


async def wordings(connection: Connection, ids: Iterable[int | None]) -> dict[int, str]:
    """Return the texts of wordings by their ids."""
    rows = await connection.fetch(
        "SELECT id, text FROM consent_wordings WHERE id = ANY($1::bigint[])",
        [one for one in ids if one is not None],
    )
    return {row["id"]: row["text"] for row in rows}


async def store_evidence(connection: Connection, hashes: Iterable[bytes], *, now: datetime) -> None:
    """Remember evidence by the hashes of its content."""
    await connection.execute(
        """
        INSERT INTO evidence_objects (sha256, stored_at)
        SELECT hash, $2 FROM unnest($1::bytea[]) AS hash
            ON CONFLICT (sha256) DO NOTHING
        """,
        sorted(hashes),
        now,
    )


async def drop_evidence(connection: Connection, hashes: Sequence[bytes]) -> None:
    """Forget evidence that no consent refers to any more."""
    await connection.execute("DELETE FROM evidence_objects WHERE sha256 = ANY($1::bytea[])", hashes)
