"""The files of a list on disk: the list itself, and the evidence of consent beside it.

Rule: a reference in a client's list is a name, never a path. Whatever leads out of the list's own
folder, by ``..``, by a slash or by a symbolic link, is no evidence.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from leads.importing.result import BYTES_LIMIT, Unreadable, UnreadableList

EVIDENCE_FOLDER: Final = "evidence"  #: beside the list; the list's own folder is looked at too
EVIDENCE_LIMIT: Final = 64 * 1024 * 1024  #: bytes


def read_list_file(path: Path, *, bytes_limit: int = BYTES_LIMIT) -> bytes:
    """Return the bytes of a list, without reading a file that is too large.

    Raises:
        UnreadableList: There is no such file, or it is too large.
    """
    try:
        size = path.stat().st_size
        if size <= bytes_limit:
            return path.read_bytes()
    except OSError as fault:
        raise UnreadableList(
            Unreadable.EMPTY,
            f"{path.name} cannot be read ({fault.strerror or type(fault).__name__})",
            "a file",
            "check the path and its permissions",
        ) from None
    raise UnreadableList(
        Unreadable.TOO_LARGE,
        f"{path.name} has {size:,} bytes",
        f"at most {bytes_limit:,}",
        "split the list into several files",
    )


def evidence_hashes(list_path: Path, references: Iterable[str]) -> dict[str, bytes | None]:
    """Return the SHA-256 of each piece of evidence that lies beside the list, else ``None``.

    Args:
        list_path: The list's file; evidence lies in its folder or in ``evidence/`` below it.
        references: What the rows name; each is looked at once.
    """
    folders = (list_path.parent / EVIDENCE_FOLDER, list_path.parent)
    return {reference: _hash(reference, folders) for reference in set(references)}


def _hash(reference: str, folders: Iterable[Path]) -> bytes | None:
    if not _is_name(reference):
        return None
    for folder in folders:
        path = folder / reference
        try:
            if path.is_symlink() or not path.is_file() or path.stat().st_size > EVIDENCE_LIMIT:
                continue
            content = path.read_bytes()
        except OSError:
            continue
        if content:
            return hashlib.sha256(content).digest()
    return None


def _is_name(reference: str) -> bool:
    plain = reference not in ("", ".", "..") and not reference.startswith(".")
    return plain and not any(sign in reference for sign in "/\\\0") and len(reference) <= 255
