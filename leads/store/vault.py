"""The keys under which words about people are sealed: a file of its own, outside the database.

    owner ──▶ number, key        destroyed: the key is overwritten, owner and number stay,
                                 and the owner gets another key if there is something new to seal

Rule: a key is on disk before anything sealed with it leaves; a destroyed one is overwritten in
place (``secure_delete``) and never comes back. The file belongs to no backup that is kept for
long: whoever has an old copy of it can read old backups of the database.

SQLite, because several processes of one machine use it at once and it survives their deaths.
"""

import hmac
import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from leads.sealing import KEY_BYTES, Owner, key_of, seal, unseal

_NUMBER: Final = b"lookup:v1:"
_BUSY_SECONDS: Final = 10.0
_REMEMBERED: Final = 50_000  #: keys held in memory
_LARGEST: Final = 2_000  #: names per statement

_SHAPE: Final = """
CREATE TABLE IF NOT EXISTS vault (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1), id BLOB NOT NULL, lookup_key BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS keys (
  number INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT NOT NULL, key BLOB);
CREATE UNIQUE INDEX IF NOT EXISTS one_live_key_per_owner ON keys (owner) WHERE key IS NOT NULL;
"""


class UnusableVault(Exception):
    """The file of keys cannot be used, or is not the one of this database."""


class Vault:
    """Keys by owner. Make one with :meth:`opened` or, for tests, :meth:`in_memory`."""

    def __init__(self, connection: sqlite3.Connection, *, path: Path | None = None) -> None:
        self._connection = connection
        self._path = path
        self._keys: dict[int, AESGCM | None] = {}
        self._numbers: dict[Owner, int] = {}
        self._version = 0  #: of the file, as far as it was changed by others
        row = connection.execute("SELECT id, lookup_key FROM vault").fetchone()
        self.id = UUID(bytes=row[0])
        self._lookup_key: bytes = row[1]

    @classmethod
    def opened(cls, path: Path, make: Callable[[int], bytes] = os.urandom) -> "Vault":
        """Return the vault kept in *path*, made there, for us alone, on the very first start.

        Raises:
            UnusableVault: It is no vault, or cannot be read.
        """
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            connection = sqlite3.connect(
                path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            return cls(_shaped(connection, make), path=path)
        except (OSError, sqlite3.Error) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise UnusableVault(
                f"{path}: {reason}; restore the file from its backup: without its keys nothing "
                "about anybody can be read"
            ) from None

    @classmethod
    def in_memory(cls, make: Callable[[int], bytes] = os.urandom) -> "Vault":
        """Return a vault that is forgotten with the process."""
        connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        return cls(_shaped(connection, make))

    def close(self) -> None:
        """Forget the keys in memory."""
        self._keys.clear()
        self._connection.close()

    # --- Numbers -----------------------------------------------------------------------------

    def lookup(self, number: str) -> bytes:
        """Return the keyed hash under which an E.164 *number* is found."""
        return hmac.digest(self._lookup_key, _NUMBER + number.encode(), "sha256")

    # --- Words -------------------------------------------------------------------------------

    def seal(self, texts: Sequence[tuple[Owner, str]], label: str) -> list[bytes]:
        """Return each text sealed with its owner's key, made now if there is none.

        Raises:
            Unsealable: A text cannot be written as UTF-8.
        """
        numbers = self._numbered({owner for owner, _ in texts})
        return [
            seal(text, self._live(numbers[owner]), numbers[owner], label) for owner, text in texts
        ]

    def seal_one(self, owner: Owner, text: str, label: str) -> bytes:
        """Return one text sealed with its owner's key."""
        return self.seal([(owner, text)], label)[0]

    def unseal(self, sealed: Sequence[bytes | None], label: str) -> list[str | None]:
        """Return each text; None where there is none, or its key has been destroyed.

        Raises:
            UnusableVault: A key was never here: this is an older copy of the vault.
            Tampered: A text was changed or moved in the database.
        """
        self._notice_others()
        numbers = [None if one is None else key_of(one) for one in sealed]
        self._fetch({number for number in numbers if number is not None} - self._keys.keys())
        texts: list[str | None] = []
        for one, number in zip(sealed, numbers, strict=True):
            if one is None or number is None:
                texts.append(None)
                continue
            if number not in self._keys:
                raise UnusableVault(
                    f"{self._path}: key {number} is not in it; this copy is older than the "
                    "database: restore a newer one"
                )
            key = self._keys[number]
            texts.append(None if key is None else unseal(one, key, label))
        return texts

    def unseal_one(self, sealed: bytes | None, label: str) -> str | None:
        """Return one text; None where there is none, or its key has been destroyed."""
        return self.unseal([sealed], label)[0]

    def destroy(self, owners: Iterable[Owner]) -> int:
        """Destroy the keys of *owners* for good; return how many were not destroyed before."""
        destroyed = 0
        with self._connection:
            for some in _parts(sorted(set(owners))):
                rows = self._connection.execute(
                    "UPDATE keys SET key = NULL WHERE key IS NOT NULL "
                    "AND owner IN (SELECT value FROM json_each(?)) RETURNING number, owner",
                    (json.dumps(some),),
                ).fetchall()
                destroyed += len(rows)
                for number, owner in rows:
                    self._keys[number] = None
                    self._numbers.pop(Owner(owner), None)
        return destroyed

    # --- Keys --------------------------------------------------------------------------------

    def _live(self, number: int) -> AESGCM:
        key = self._keys[number]
        assert key is not None  # it was read as the live one of its owner
        return key

    def _numbered(self, owners: set[Owner]) -> dict[Owner, int]:
        """Return the number of each owner's key, with the keys in memory."""
        self._notice_others()
        missing = [owner for owner in sorted(owners) if owner not in self._numbers]
        if missing:
            self._read_owners(missing)
            new = [owner for owner in missing if owner not in self._numbers]
            if new:
                self._connection.execute("BEGIN IMMEDIATE")
                with self._connection:
                    self._connection.executemany(
                        "INSERT OR IGNORE INTO keys (owner, key) VALUES (?, ?)",
                        [(owner, os.urandom(KEY_BYTES)) for owner in new],
                    )
                self._read_owners(new)
        return {owner: self._numbers[owner] for owner in owners}

    def _read_owners(self, owners: Sequence[Owner]) -> None:
        for some in _parts(owners):
            for number, owner, key in self._connection.execute(
                "SELECT number, owner, key FROM keys "
                "WHERE key IS NOT NULL AND owner IN (SELECT value FROM json_each(?))",
                (json.dumps(some),),
            ):
                self._numbers[Owner(owner)] = number
                self._keys[number] = AESGCM(key)

    def _fetch(self, numbers: Iterable[int]) -> None:
        for some in _parts(sorted(numbers)):
            for number, key in self._connection.execute(
                "SELECT number, key FROM keys WHERE number IN (SELECT value FROM json_each(?))",
                (json.dumps(some),),
            ):
                self._keys[number] = None if key is None else AESGCM(key)

    def _notice_others(self) -> None:
        """Forget what is in memory when another process has changed the file, or it is too much."""
        [version] = self._connection.execute("PRAGMA data_version").fetchone()
        if version != self._version or len(self._keys) > _REMEMBERED:
            self._keys.clear()
            self._numbers.clear()
            self._version = version


def _shaped(connection: sqlite3.Connection, make: Callable[[int], bytes]) -> sqlite3.Connection:
    """Return *connection* with the tables in it, and the habits that let nothing linger."""
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.execute("PRAGMA synchronous = FULL")
    for statement in _SHAPE.split(";"):
        connection.execute(statement)
    connection.execute(
        "INSERT OR IGNORE INTO vault (only_row, id, lookup_key) VALUES (1, ?, ?)",
        (make(16), make(KEY_BYTES)),
    )
    return connection


def _parts(values: Sequence[object]) -> Iterable[Sequence[object]]:
    return (values[start : start + _LARGEST] for start in range(0, len(values), _LARGEST))
