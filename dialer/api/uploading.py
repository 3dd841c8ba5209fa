"""Lists and the evidence beside them, as a browser or a program uploads them.

    Content-Type: text/csv               the list alone
    Content-Type: multipart/form-data    a part `list`, and any number of parts `evidence`

Rule: an upload is read with limits, part by part; what is too large is refused before it is held.
Evidence is kept under the hash of its content, written whole or not at all.
"""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final
from uuid import uuid4

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from dialer.api.problem import Problem
from dialer.api.reading import body_of
from dialer.places import private_directory
from leads.importing.result import BYTES_LIMIT

PARTS_LIMIT: Final = 1_000
#: Bytes of all parts together.
UPLOAD_LIMIT: Final = BYTES_LIMIT
_NAME_LIMIT: Final = 255
#: How aiohttp says that parts, their headers or their encodings are none.
_BROKEN_PARTS: Final = (ValueError, AssertionError, RuntimeError, HttpProcessingError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """What was uploaded."""

    content: bytes
    file_name: str
    evidence: Mapping[str, bytes] = field(default_factory=dict)  #: by file name

    @property
    def hashes(self) -> dict[str, bytes | None]:
        """SHA-256 of each piece of evidence."""
        return {name: sha256(content).digest() for name, content in self.evidence.items()}


async def uploaded(request: web.Request) -> Upload:
    """Return what *request* uploads.

    Raises:
        Problem: It is no list, or is too large.
    """
    if request.content_type != "multipart/form-data":
        if request.content_type not in ("text/csv", "text/plain", "application/octet-stream"):
            raise Problem(
                415,
                "not-a-list",
                f"found {request.content_type}, expected text/csv or multipart/form-data",
            )
        return Upload(content=await body_of(request, UPLOAD_LIMIT), file_name="list.csv")
    try:
        return await _parts(request)
    except _BROKEN_PARTS:
        raise Problem(
            400, "not-multipart", "the parts of the upload cannot be told apart"
        ) from None


async def _parts(request: web.Request) -> Upload:
    content: bytes | None = None
    file_name = "list.csv"
    evidence: dict[str, bytes] = {}
    left = UPLOAD_LIMIT
    reader = await request.multipart()
    for _ in range(PARTS_LIMIT):
        part = await reader.next()
        if part is None:
            break
        if not isinstance(part, BodyPartReader) or part.name not in ("list", "evidence"):
            raise Problem(422, "invalid", "found a part of another name, expected list or evidence")
        read = await _content(part, left)
        left -= len(read)
        name = _file_name(part)
        if part.name == "list":
            content, file_name = read, name or file_name
        elif name:
            evidence[name] = read
    else:
        raise Problem(413, "too-large", f"more than {PARTS_LIMIT} parts")
    if content is None:
        raise Problem(422, "invalid", "found no part named list, expected the file of the list")
    return Upload(content=content, file_name=file_name, evidence=evidence)


async def _content(part: BodyPartReader, limit: int) -> bytes:
    content = bytearray()
    while chunk := await part.read_chunk():
        content += part.decode(chunk)
        if len(content) > limit:
            raise Problem(413, "too-large", f"more than {UPLOAD_LIMIT:,} bytes in all")
    return bytes(content)


def _file_name(part: BodyPartReader) -> str:
    """Return the plain name of the part's file; a path before it is not ours to know."""
    name = (part.filename or "").replace("\\", "/").rpartition("/")[2]
    return name if len(name) <= _NAME_LIMIT and name.isprintable() else ""


async def keep_evidence(directory: Path, evidence: Mapping[str, bytes]) -> None:
    """Write every piece of evidence under the hash of its content."""
    for content in evidence.values():
        await asyncio.to_thread(_keep, directory, content)


def _keep(directory: Path, content: bytes) -> None:
    target = private_directory(directory) / sha256(content).hexdigest()
    if target.exists():
        return
    unfinished = directory / f".{uuid4().hex}.tmp"
    with unfinished.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(target)
