"""Whether the keys at hand are those under which this database hashes numbers.

Rule: a database whose keys are missing or others is refused. A suppression that cannot be found is
a call to somebody who said no.
"""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from compliance.suppression import Keyring, load_keyring, load_or_make_keyring
from leads.store.connection import Connection


class ForeignKeyring(ValueError):
    """The keys at hand are not this database's."""

    def __init__(self, path: Path, key_id: str, found: str) -> None:
        super().__init__(
            f"{path}: the key {key_id!r} of this database {found}; restore the file from its "
            "backup: without its keys nobody can tell whom not to call"
        )


async def bound_keyring(
    connection: Connection, path: Path, *, make_key: Callable[[int], bytes], now: datetime
) -> Keyring:
    """Return the keys kept in *path*, made for a database that has none yet.

    Raises:
        ForeignKeyring: The database was used with keys that are not there, or are others.
        UnusableKeyring: The file cannot be used.
    """
    await check_keyring(connection, path)
    keyring = load_or_make_keyring(path, make_key)
    await connection.executemany(
        """
        INSERT INTO hashing_keys (key_id, fingerprint, first_seen_at) VALUES ($1, $2, $3)
            ON CONFLICT (key_id) DO NOTHING
        """,
        [(key_id, keyring.fingerprint(key_id), now) for key_id in sorted(keyring.keys)],
    )
    await check_keyring(connection, path)
    return keyring


async def check_keyring(connection: Connection, path: Path) -> None:
    """Refuse a file of keys that is not this database's; one that has none is content with any.

    Raises:
        ForeignKeyring: As :func:`bound_keyring`.
        UnusableKeyring: The file cannot be used.
    """
    rows = await connection.fetch("SELECT key_id, fingerprint FROM hashing_keys ORDER BY key_id")
    if not rows:
        return
    try:
        keyring = load_keyring(path)
    except FileNotFoundError:
        raise ForeignKeyring(path, rows[0]["key_id"], "is missing, with the whole file") from None
    for row in rows:
        if row["key_id"] not in keyring.keys:
            raise ForeignKeyring(path, row["key_id"], "is not in it")
        if keyring.fingerprint(row["key_id"]) != bytes(row["fingerprint"]):
            raise ForeignKeyring(path, row["key_id"], "is another one in it")
