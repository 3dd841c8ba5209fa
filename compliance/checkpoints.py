"""Signed checkpoints of the decision chains, in a file the database cannot rewrite.

    one line, one checkpoint:  {"at":…,"client":…,"head":…,"number":…,"signature":…}

Rule: the file only grows, each line is on disk before the next thing happens, and the signing key
lies beside it readable by us alone. Copy both off the machine: whoever holds the machine and the
key can still forge, whoever holds only the database cannot.
"""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from compliance.verifying import Checkpoint, read_checkpoint


class UnusableCheckpoints(ValueError):
    """The file of checkpoints or the key beside it cannot be used."""


def load_or_make_signing_key(path: Path) -> Ed25519PrivateKey:
    """Return the key kept in *path*, made there on the very first start.

    Raises:
        UnusableCheckpoints: The file holds no key.
    """
    try:
        return Ed25519PrivateKey.from_private_bytes(path.read_bytes())
    except FileNotFoundError:
        pass
    except (ValueError, OSError):
        message = f"{path}: holds no signing key; restore it from its backup"
        raise UnusableCheckpoints(message) from None
    key = Ed25519PrivateKey.generate()
    partial = path.with_name(path.name + ".partial")
    partial.unlink(missing_ok=True)
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()))
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    return key


def append_checkpoints(path: Path, checkpoints: Iterable[Checkpoint]) -> None:
    """Add *checkpoints* to the file; they are on disk when this returns."""
    lines = "".join(point.line() + "\n" for point in checkpoints)
    if not lines:
        return
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "a", encoding="utf-8") as file:
        file.write(lines)
        file.flush()
        os.fsync(file.fileno())


def read_checkpoints(path: Path) -> Sequence[Checkpoint]:
    """Return all checkpoints of the file; none when there is no file yet.

    A last line without its end was cut off by a crash and is passed over.

    Raises:
        UnusableCheckpoints: A line in the middle is no checkpoint.
    """
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return ()
    found = []
    for number, line in enumerate(text.splitlines(keepends=True), start=1):
        if not line.endswith("\n"):
            continue
        try:
            found.append(read_checkpoint(line))
        except ValueError as error:
            raise UnusableCheckpoints(f"{path}: line {number}: {error}") from None
    return tuple(found)
