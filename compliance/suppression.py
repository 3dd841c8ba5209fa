"""Keyed hashes of telephone numbers: how a number is remembered after it was erased.

    HMAC-SHA-256(key, "e164:v1:" + number)

A key and not a salt: the numbers of a country fall to trying them all within seconds, and a salt
of its own for each row could not be looked up. The key is kept outside the database. Keys have
versions; a number is looked up under every live key, because the plain number needed for
re-hashing old entries is gone.

Rule: a hash is still personal data (pseudonymous); it appears in exports.
"""

import hashlib
import hmac
import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

KEY_BYTES: Final = 32
_NUMBER: Final = b"e164:v1:"
_PERSON: Final = b"person:v1:"
_FINGERPRINT: Final = b"fingerprint:v1"


class Reach(StrEnum):
    """Whom one entry protects."""

    NUMBER = "number"  #: this number
    PERSON = "person"  #: everybody who has this number, at all their numbers


class Why(StrEnum):
    """Why somebody is not to be called."""

    OBJECTION = "objection"
    WRONG_NUMBER = "wrong_number"
    REGISTER = "register"
    LITIGATION = "litigation"
    DECEASED = "deceased"
    MINOR = "minor"
    CLIENT_LIST = "client_list"
    EARLIER_DIALER = "earlier_dialer"


class UnusableKeyring(ValueError):
    """The file of keys cannot be used. The message names no key."""

    def __init__(self, path: Path, found: str) -> None:
        super().__init__(
            f"{path}: {found}; restore the file from its backup: without its keys nobody can "
            "tell whom not to call"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyring:
    """All live keys by their id. New entries are made under *active*."""

    active: str
    keys: Mapping[str, bytes] = field(repr=False)

    def __post_init__(self) -> None:
        if self.active not in self.keys:
            raise ValueError(f"the active key {self.active!r} is not among the keys")
        if any(len(key) < KEY_BYTES for key in self.keys.values()):
            raise ValueError(f"a key is shorter than {KEY_BYTES} bytes")

    def digest(self, number: str, key_id: str | None = None) -> bytes:
        """Return the hash of an E.164 *number* under one key (the active one)."""
        return hmac.digest(self.keys[key_id or self.active], _NUMBER + number.encode(), "sha256")

    def digests(self, number: str) -> dict[bytes, str]:
        """Return the hashes of *number* under every live key, with the keys' ids."""
        return {self.digest(number, key_id): key_id for key_id in self.keys}

    def fingerprint(self, key_id: str) -> bytes:
        """Return what tells a key from others without telling the key."""
        return hmac.digest(self.keys[key_id], _FINGERPRINT, "sha256")

    def subject(self, person: int) -> str:
        """Return the reference under which decisions speak of a person.

        Always under the oldest key, so that a person's decisions stay together.
        """
        key_id = min(self.keys)
        message = _PERSON + str(person).encode()
        return f"{key_id}:{hmac.new(self.keys[key_id], message, hashlib.sha256).hexdigest()[:32]}"

    def rotated(self, key_id: str, key: bytes) -> "Keyring":
        """Return a keyring with a new active key; the old ones stay live for look-ups."""
        if key_id in self.keys:
            raise ValueError(f"there is a key {key_id!r} already; name the new one differently")
        return Keyring(active=key_id, keys={**self.keys, key_id: key})


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A live suppression whose hash equals one of the numbers asked about."""

    hash: bytes
    key_id: str
    client_id: int | None  #: None: global
    reach: Reach


def protects(
    entry: Entry, *, dialled: Iterable[bytes], of_person: Iterable[bytes], client_id: int
) -> bool:
    """Whether *entry* forbids a call of *client_id* to the dialled number.

    Args:
        dialled: Hashes of the number that would be dialled.
        of_person: Hashes of all numbers of the person.
    """
    if entry.client_id not in (None, client_id):
        return False
    if entry.hash in set(dialled):
        return True
    return entry.reach is Reach.PERSON and entry.hash in set(of_person)


def load_keyring(path: Path) -> Keyring:
    """Return the keys kept in *path*.

    Raises:
        UnusableKeyring: It cannot be read, or is not what :func:`keep_keyring` wrote.
        FileNotFoundError: There is none yet.
    """
    try:
        content = json.loads(path.read_bytes())
        keys = {name: bytes.fromhex(key) for name, key in content["keys"].items()}
        return Keyring(active=content["active"], keys=keys)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise UnusableKeyring(path, error.strerror or "cannot be read") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UnusableKeyring(path, "is not a file of keys") from None


def keep_keyring(path: Path, keyring: Keyring) -> None:
    """Write *keyring* so that only we can read it, all or nothing."""
    content = {
        "active": keyring.active,
        "keys": {name: key.hex() for name, key in keyring.keys.items()},
    }
    partial = path.with_name(path.name + ".partial")
    partial.unlink(missing_ok=True)
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(content, file)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def load_or_make_keyring(path: Path, make_key: Callable[[int], bytes]) -> Keyring:
    """Return the keys kept in *path*, made and kept there on the very first start."""
    try:
        return load_keyring(path)
    except FileNotFoundError:
        keyring = Keyring(active="k1", keys={"k1": make_key(KEY_BYTES)})
        keep_keyring(path, keyring)
        return keyring
