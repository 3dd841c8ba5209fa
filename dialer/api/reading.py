"""What a request carries, read with limits: JSON bodies, query parameters, uploads.

Rule: whatever bytes arrive, the answer is a value of the model asked for or a
:class:`~dialer.api.problem.Problem` that names the field, what kind of thing was found and what is
expected. The value found is not repeated: it may be personal.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from dialer.api.problem import Problem

JSON_LIMIT: Final = 256 * 1024  #: bytes
DEPTH_LIMIT: Final = 24
_ROOM: Final = 64 * 1024

M = TypeVar("M", bound=BaseModel)


async def body_of(request: web.Request, limit: int) -> bytes:
    """Return the whole body.

    Raises:
        Problem: It has more than *limit* bytes.
    """
    too_large = Problem(
        413, "too-large", f"the body is larger than the {limit:,} bytes this address takes"
    )
    if request.content_length is not None and request.content_length > limit:
        raise too_large
    body = bytearray()
    async for part in request.content.iter_chunked(_ROOM):
        body += part
        if len(body) > limit:
            raise too_large
    return bytes(body)


async def read_json(request: web.Request, model: type[M]) -> M:
    """Return the JSON body as a *model*."""
    if request.content_type != "application/json":
        raise Problem(415, "not-json", f"found {request.content_type}, expected application/json")
    text = _decoded(await body_of(request, JSON_LIMIT))
    found = _parsed(text)
    return _checked(found, lambda: model.model_validate_json(text))


def read_query(request: web.Request, model: type[M]) -> M:
    """Return the query parameters as a *model*."""
    found: dict[str, str] = {}
    for name, value in request.query.items():
        if name in found:
            raise _unfit([(name, "two values", "one")])
        if not _storable(name) or not _storable(value):
            raise Problem(400, "not-utf-8", "a query parameter is not text in UTF-8")
        found[name] = value
    return _checked(found, lambda: model.model_validate_strings(found, strict=False))


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Problem(
            400, "not-utf-8", f"byte {error.start} is not UTF-8; send JSON in UTF-8"
        ) from None


def _parsed(text: str) -> Any:
    try:
        found = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_no_repetition)
    except Problem:
        raise
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise Problem(400, "not-json", f"{error.msg} at {place}") from None
    except (RecursionError, ValueError):
        raise Problem(400, "not-json", "too deep, or a number with too many digits") from None
    _walk(found)
    return found


def _no_constant(name: str) -> float:
    raise Problem(400, "not-json", f"{name} is no JSON number")


def _no_repetition(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Problem(400, "not-json", "an object has a key twice")
    return found


def _walk(found: Any) -> None:
    """Refuse what is too deep and texts no database takes."""
    level = [found]
    for _ in range(DEPTH_LIMIT):
        below: list[Any] = []
        for each in level:
            match each:
                case dict():
                    below += each.keys()
                    below += each.values()
                case list():
                    below += each
                case str() if not _storable(each):
                    detail = "a text has a NUL or half a surrogate pair"
                    raise Problem(422, "unstorable", detail)
        if not below:
            return
        level = below
    raise Problem(400, "not-json", f"deeper than {DEPTH_LIMIT} levels")


def _storable(text: str) -> bool:
    return "\x00" not in text and not any("\ud800" <= sign <= "\udfff" for sign in text)


def _checked(found: Any, check: Callable[[], M]) -> M:
    try:
        return check()
    except ValidationError as error:
        raise _unfit(
            [
                (
                    ".".join(str(part) for part in each["loc"]),
                    _kind_at(found, each["loc"]),
                    _expected(each["type"], each["msg"]),
                )
                for each in error.errors(
                    include_url=False, include_context=False, include_input=False
                )
            ]
        ) from None


def _unfit(errors: Sequence[tuple[str, str, str]]) -> Problem:
    field, found, expected = errors[0]
    place = field or "the body"
    return Problem(
        422,
        "invalid",
        f"{place}: found {found}, expected {expected}",
        errors=[
            {"field": field, "found": found, "expected": expected}
            for field, found, expected in errors[:50]
        ],
    )


def _expected(kind: str, message: str) -> str:
    match kind:
        case "missing":
            return "a value"
        case "extra_forbidden":
            return "no such field"
        case _:
            plain = message.removeprefix("Value error, ").removeprefix("Input should be ")
            return plain.removeprefix("Value should be ")


def _kind_at(found: Any, place: Sequence[int | str]) -> str:
    """Return what kind of value stands at *place*, never the value."""
    for part in place:
        match found, part:
            case dict(), _ if part in found:
                found = found[part]
            case list(), int() if part < len(found):
                found = found[part]
            case dict(), _:
                return "nothing"
    match found:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return f"a text of {len(found)} characters"
        case list():
            return f"a list of {len(found)}"
        case _:
            return "an object"
