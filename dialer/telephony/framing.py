"""The frames on the socket between core and worker, and strict reading of what they hold.

    frame = length (4 bytes, big-endian, at most 1 MiB) + that many bytes of JSON, one object

Rule: nothing is guessed. A frame that is too long, is not JSON, misses a field, has one too many
or one of another type raises :class:`ProtocolError`, which names the field and never its value:
values may be telephone numbers. After such an error the connection is closed; a stream that was
misread once cannot be trusted to be in step.
"""

import json
import types
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from typing import Any, Final, TypeVar, Union, get_args, get_origin, get_type_hints

LONGEST_FRAME: Final = 1 << 20  #: bytes of JSON in one frame
_PREFIX: Final = 4

Value = TypeVar("Value")


class ProtocolError(ValueError):
    """The other side sent something that is not the protocol."""


def frame(content: Mapping[str, Any]) -> bytes:
    """Return *content* as one frame.

    >>> frame({"type": "heartbeat"})
    b'\\x00\\x00\\x00\\x14{"type":"heartbeat"}'

    Raises:
        ProtocolError: it would be longer than :data:`LONGEST_FRAME`.
    """
    body = json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()
    if len(body) > LONGEST_FRAME:
        raise ProtocolError(
            f"a frame of {len(body)} bytes is too long: at most {LONGEST_FRAME}; send less at once"
        )
    return len(body).to_bytes(_PREFIX, "big") + body


class FrameReader:
    """Cuts a stream of bytes into frames; knows no socket."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[dict[str, Any]]:
        """Yield every frame that *data* completes.

        Raises:
            ProtocolError: the stream is out of step or not the protocol.
        """
        self._buffer += data
        while len(self._buffer) >= _PREFIX:
            length = int.from_bytes(self._buffer[:_PREFIX], "big")
            if length > LONGEST_FRAME:
                raise ProtocolError(
                    f"a frame claims {length} bytes, at most {LONGEST_FRAME} are allowed; "
                    "is something else talking on this socket?"
                )
            if len(self._buffer) < _PREFIX + length:
                return
            body = bytes(self._buffer[_PREFIX : _PREFIX + length])
            del self._buffer[: _PREFIX + length]
            yield _parse(body)


def _parse(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(
            f"a frame of {len(body)} bytes is not JSON ({type(error).__name__})"
        ) from None
    if not isinstance(content, dict):
        raise ProtocolError(f"a frame must be a JSON object, found {type(content).__name__}")
    return content


def to_plain(value: Any) -> Any:
    """Return a dataclass, and all it holds, as JSON's own types."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [to_plain(item) for item in value]
    return value


_HINTS: Final[dict[type, dict[str, Any]]] = {}  # worked out once a class; it is slow


def _hints(wanted: type) -> dict[str, Any]:
    if wanted not in _HINTS:
        _HINTS[wanted] = get_type_hints(wanted)
    return _HINTS[wanted]


def from_plain(wanted: type[Value], content: Any, where: str) -> Value:
    """Return *content* as the dataclass *wanted*; *where* is how errors name it.

    Raises:
        ProtocolError: a field is missing, unknown, of another type or refused by *wanted*.
    """
    if not isinstance(content, dict):
        raise ProtocolError(f"{where}: expected an object, found {type(content).__name__}")
    hints = _hints(wanted)
    if unknown := sorted(content.keys() - hints.keys()):
        raise ProtocolError(f"{where}: unknown field {unknown[0]!r}; known: {sorted(hints)}")
    values: dict[str, Any] = {}
    for field in fields(wanted):  # type: ignore[arg-type]  # every caller passes a dataclass
        if field.name in content:
            values[field.name] = read(
                hints[field.name], content[field.name], f"{where}.{field.name}"
            )
        elif field.default is MISSING:
            raise ProtocolError(f"{where}: field {field.name!r} is missing")
    try:
        return wanted(**values)
    except ValueError as error:
        raise ProtocolError(f"{where}: {error}") from None


def read(hint: Any, content: Any, where: str) -> Any:
    """Return *content* as the type *hint*: plain, optional, tuple, enum or dataclass."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        if content is None and type(None) in get_args(hint):
            return None
        [hint] = [choice for choice in get_args(hint) if choice is not type(None)]
        return read(hint, content, where)
    if origin is tuple:
        if not isinstance(content, list):
            raise ProtocolError(f"{where}: expected a list, found {type(content).__name__}")
        item = get_args(hint)[0]
        return tuple(read(item, part, f"{where}[{i}]") for i, part in enumerate(content))
    if is_dataclass(hint):
        return from_plain(hint, content, where)  # type: ignore[arg-type]  # a type, not a value
    if issubclass(hint, StrEnum):
        return _word(hint, content, where)
    if hint is float and type(content) is int:
        return float(content)
    if type(content) is not hint:
        raise ProtocolError(f"{where}: expected {hint.__name__}, found {type(content).__name__}")
    return content


def _word(words: type[StrEnum], content: Any, where: str) -> StrEnum:
    try:
        return words(content)
    except ValueError:
        raise ProtocolError(
            f"{where}: not one of {', '.join(word.value for word in words)}"
        ) from None
