"""Ogg pages that carry Opus (RFC 3533, RFC 7845): made, and read back.

    OpusHead | OpusTags | page, page, page ...      each page whole packets, about a second

Rule: pure, bytes in and bytes out. A packet never goes over the end of a page, so every page that
is whole can be played, whatever became of the rest of the file.
"""

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

GRANULES: Final = 48_000  #: a second in an Opus page's position, whatever the rate of the audio
MOST_SEGMENTS: Final = 255  #: of a page, each up to 255 bytes

_HEAD: Final = struct.Struct("<4sBBqIIIB")
_FIRST, _LAST = 2, 4
_BACKWARDS: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class BrokenPage(ValueError):
    """The bytes are no whole page of ours. Says what was found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page."""

    packets: tuple[bytes, ...]
    position: int  #: 1/48000 s that can be decoded up to its end, what is skipped included
    number: int
    is_last: bool
    size: int  #: bytes


def opus_head(*, channels: int, rate: int, skip: int) -> bytes:
    """Return the packet that begins a stream.

    Args:
        rate: Of the audio before it was coded, Hz; for information only.
        skip: 1/48000 s at the start that are the coder's own and are not played.
    """
    return struct.pack("<8sBBHIhB", b"OpusHead", 1, channels, skip, rate, 0, 0)


def opus_tags(vendor: str) -> bytes:
    """Return the packet that follows: who made it, and no comments: they would be about people."""
    name = vendor.encode()
    return struct.pack(f"<8sI{len(name)}sI", b"OpusTags", len(name), name, 0)


def page(
    packets: Sequence[bytes], *, position: int, stream: int, number: int, is_last: bool = False
) -> bytes:
    """Return one page.

    Raises:
        ValueError: the packets do not fit into one.
    """
    table = bytearray()
    for packet in packets:
        whole, rest = divmod(len(packet), 255)
        table += b"\xff" * whole + bytes((rest,))
    if len(table) > MOST_SEGMENTS:
        raise ValueError(f"{len(table)} segments do not fit into a page of {MOST_SEGMENTS}")
    flags = (_FIRST if number == 0 else 0) | (_LAST if is_last else 0)
    fields = (b"OggS", 0, flags, position, stream, number)
    content = b"".join((bytes(table), *packets))
    checksum = crc(_HEAD.pack(*fields, 0, len(table)) + content)
    return _HEAD.pack(*fields, checksum, len(table)) + content


def pages(data: bytes) -> Iterator[Page]:
    """Yield the pages that *data* consists of.

    Raises:
        BrokenPage: something is no whole page, or pages are missing or changed.
    """
    start, expected = 0, 0
    while start < len(data):
        one = _page_at(data, start, expected)
        yield one
        start += one.size
        expected += 1


def _page_at(data: bytes, start: int, expected: int) -> Page:
    if len(data) - start < _HEAD.size:
        raise BrokenPage(f"page {expected} is cut off")
    mark, _, flags, position, _, number, checksum, count = _HEAD.unpack_from(data, start)
    if mark != b"OggS" or number != expected:
        raise BrokenPage(f"where page {expected} should be is something else")
    table = data[start + _HEAD.size : start + _HEAD.size + count]
    size = _HEAD.size + count + sum(table)
    whole = bytearray(data[start : start + size])
    whole[22:26] = bytes(4)
    if len(whole) != size or crc(bytes(whole)) != checksum:
        raise BrokenPage(f"page {expected} is cut off or was changed")
    return Page(
        packets=tuple(_packets(bytes(whole[_HEAD.size + count :]), table)),
        position=position,
        number=number,
        is_last=bool(flags & _LAST),
        size=size,
    )


def _packets(content: bytes, table: bytes) -> Iterator[bytes]:
    start = end = 0
    for segment in table:
        end += segment
        if segment < 255:
            yield content[start:end]
            start = end


def crc(data: bytes) -> int:
    """Return Ogg's checksum: CRC-32 of polynomial 04c11db7, not reflected, from and to zero.

    zlib has the reflected one, and is C: what goes in and what comes out is turned around.

    >>> hex(crc(b"123456789"))
    '0x89a1897f'
    """
    turned = zlib.crc32(data.translate(_BACKWARDS), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{turned:032b}"[::-1], 2)
