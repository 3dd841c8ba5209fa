"""The file of a recording as it lies on disk: grows while the call goes on, open or sealed.

    open      the Ogg stream, nothing else
    sealed    mark | length, envelope | length, record | length, record | ...     (lengths 4 bytes)

Each recording has a key of its own, and lies sealed in the file's envelope with a key of the
vault; destroying that one makes every copy of the recording unreadable. A record is AES-256-GCM
of what was appended at once (NIST SP 800-38D), its nonce its number and whether it is the last
(STREAM; Hoang, Reyhanitabar, Rogaway, Vizár 2015): none can be changed, moved, or cut off unseen.

Rule: only appended to. What could not be written whole is taken back, so the file ends with
something whole as far as we can help it.
"""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES: Final = 32
_MARK: Final = b"callwright sealed audio 1\n"
_LENGTH: Final = struct.Struct(">I")
_TAG: Final = 16


class Unreadable(ValueError):
    """The file is no recording, or not the one that was written. Says what was found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioKey:
    """What one recording is sealed with."""

    key: bytes = field(repr=False)
    envelope: bytes = field(repr=False)  #: the key, itself sealed: goes into the file


class KeyRing(Protocol):
    """Where keys of recordings come from."""

    def new(self, recording: str) -> AudioKey:
        """Return a key for a recording that is about to be written."""

    def opened(self, envelope: bytes) -> bytes | None:
        """Return the key in an envelope; ``None`` when it has been destroyed."""


class AudioWriter:
    """Appends to one new file; begins it anew if it is there.

    Raises:
        OSError: the disk is full or otherwise unwilling. Everything may be tried again.
    """

    def __init__(self, path: Path, key: AudioKey | None = None) -> None:
        self._seal = None if key is None else AESGCM(key.key)
        self._records = 0
        self._size = 0
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
        self._file = os.open(path, flags, 0o600)
        try:
            if key is not None:
                self._append(_MARK + _LENGTH.pack(len(key.envelope)) + key.envelope)
        except OSError:
            self.close()
            raise

    def write(self, data: bytes, *, is_last: bool = False) -> None:
        """Append *data*, whole or not at all."""
        if self._seal is not None:
            sealed = self._seal.encrypt(_nonce(self._records, is_last), data, None)
            data = _LENGTH.pack(len(sealed)) + sealed
        self._append(data)
        self._records += 1

    def sync(self) -> None:
        """Wait until everything is on the disk, and close."""
        try:
            os.fsync(self._file)
        finally:
            self.close()

    def close(self) -> None:
        """Close; what was written stays as it is."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _append(self, data: bytes) -> None:
        done = 0
        try:
            while done < len(data):
                done += os.write(self._file, data[done:])
        except OSError:
            os.ftruncate(self._file, self._size)
            os.lseek(self._file, self._size, os.SEEK_SET)
            raise
        self._size += len(data)


def envelope_of(path: Path) -> bytes | None:
    """Return the sealed key of a sealed recording; ``None`` when it lies open.

    Raises:
        OSError: it cannot be read.
        Unreadable: it is no recording.
    """
    with path.open("rb") as file:
        head = file.read(len(_MARK) + _LENGTH.size)
        if not head.startswith(_MARK):
            return None
        return file.read(*_LENGTH.unpack(head[len(_MARK) :]))


def audio_of(path: Path, key: bytes | None, *, is_whole: bool = True) -> bytes:
    """Return the Ogg stream in *path*.

    Args:
        key: Of a sealed recording.
        is_whole: It is finished, so its last record must be there; else what is there will do.

    Raises:
        OSError: it cannot be read.
        Unreadable: it was changed or cut off, or the key is another's.
    """
    content = path.read_bytes()
    if not content.startswith(_MARK):
        return content
    if key is None:
        raise Unreadable("the recording is sealed and its key is not there")
    seal, parts, ended = AESGCM(key), [], False
    for number, record in enumerate(_records(content)):
        try:
            parts.append(seal.decrypt(_nonce(number, False), record, None))
        except InvalidTag:
            try:
                parts.append(seal.decrypt(_nonce(number, True), record, None))
            except InvalidTag:
                raise Unreadable("the recording was changed, or the key is another's") from None
            ended = True
            break
    if is_whole and not ended:
        raise Unreadable("the recording is cut off: its last record is missing")
    return b"".join(parts)


def _records(content: bytes) -> Iterator[bytes]:
    start = len(_MARK)
    start += _LENGTH.size + _LENGTH.unpack_from(content, start)[0]
    while start + _LENGTH.size <= len(content):
        [size] = _LENGTH.unpack_from(content, start)
        start += _LENGTH.size
        if size < _TAG or start + size > len(content):
            return  # being written at this moment, or cut off: the caller knows which
        yield content[start : start + size]
        start += size


def _nonce(number: int, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes((is_last,))
