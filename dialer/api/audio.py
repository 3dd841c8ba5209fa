"""A recording as an HTTP answer: whole or a range (RFC 9110, section 14), open or sealed, also
while its call goes on.

Rule: what is sealed on disk is opened in memory and never written anywhere else.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

from aiohttp import web

from dialer.api.problem import Problem, not_found
from dialer.telephony.audio_file import Unreadable, audio_of, envelope_of

_HEADERS: Final = {"Content-Type": "audio/ogg", "Cache-Control": "private, no-store"}


async def audio_answer(
    request: web.Request, path: Path, opened: Callable[[bytes], bytes | None], *, grows: bool
) -> web.StreamResponse:
    """Return what is asked for of a recording.

    Args:
        opened: Returns the key in an envelope, ``None`` when it has been destroyed.
        grows: The call goes on; what is there by now is sent.

    Raises:
        Problem: the file is not there, was changed, or its key has been destroyed.
    """
    try:
        envelope = await asyncio.to_thread(envelope_of, path)
        if envelope is None and not grows:
            return web.FileResponse(path, headers=_HEADERS)
        key = None if envelope is None else opened(envelope)
        if envelope is not None and key is None:
            raise not_found("the recording was erased: its key has been destroyed")
        content = await asyncio.to_thread(audio_of, path, key, is_whole=not grows)
    except OSError:
        raise not_found("the recording is on record, but its file is not there") from None
    except Unreadable as error:
        raise Problem(500, "recording-damaged", f"{error}; restore it from a backup") from None
    return _part(request, content)


def _part(request: web.Request, content: bytes) -> web.Response:
    size = len(content)
    headers = _HEADERS | {"Accept-Ranges": "bytes"}
    try:
        wanted = request.http_range
    except ValueError:
        return web.Response(status=416, headers={"Content-Range": f"bytes */{size}"})
    if wanted.start is None and wanted.stop is None:
        return web.Response(body=content, headers=headers)
    start, stop, _ = wanted.indices(size)
    if start >= stop:
        return web.Response(status=416, headers={"Content-Range": f"bytes */{size}"})
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    return web.Response(status=206, body=content[start:stop], headers=headers)
