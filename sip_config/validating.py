"""Values from a file become value types, and pydantic's complaints become sentences for people.

Rule: the one place that runs pydantic. Validation is strict (no text where a number belongs), and
unknown keys are refused.
"""

import json
import re
from collections.abc import Sequence
from typing import Any, Final, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from sip_config.shape import keys_at, nearest
from sip_config.yaml_document import Path, Value

T = TypeVar("T")

#: What stands under these keys is not repeated in a message.
_SECRET_KEYS = frozenset({"password", "key_password", "value"})
_NO_SECRETS_HERE = (
    "secrets are not written into this file; expected {env: NAME}, {file: PATH} or {name: X}"
)


class Invalid(ValueError):
    """Some values do not fit; ``complaints`` holds path and sentence of each."""

    def __init__(self, complaints: Sequence[tuple[Path, str]]) -> None:
        super().__init__("; ".join(message for _, message in complaints))
        self.complaints = tuple(complaints)


def validated(cls: type[T], value: Value) -> T:
    """Return *value* as a *cls*.

    Raises:
        Invalid: it does not fit.
    """
    try:
        return _adapter(cls).validate_json(json.dumps(value), strict=True, extra="forbid")
    except ValidationError as error:
        complaints: dict[Path, str] = {}
        for detail in error.errors(include_url=False):
            path = _path(detail["loc"], value, detail["type"])
            if _is_echo(detail):
                continue
            complaints.setdefault(path, _sentence(cls, detail, path))
        raise Invalid(tuple(complaints.items())) from None


_ADAPTERS: Final[dict[type, TypeAdapter[Any]]] = {}  # Any: one type per entry


def _adapter(cls: type[T]) -> TypeAdapter[T]:
    if cls not in _ADAPTERS:
        _ADAPTERS[cls] = TypeAdapter(cls)
    return _ADAPTERS[cls]


def _path(loc: tuple[int | str, ...], value: Value, detail_type: str) -> Path:
    """Return *loc* without the names of union members pydantic puts between the keys."""
    path: list[str | int] = []
    level: Value = value
    for position, part in enumerate(loc):
        last = position == len(loc) - 1
        if isinstance(level, dict) and isinstance(part, str):
            if part in level:
                level = level[part]
            elif not last or detail_type == "string_type":
                continue  # the name of a union member
            path.append(part)
        elif isinstance(level, list) and isinstance(part, int):
            level = level[part] if part < len(level) else None
            path.append(part)
    return tuple(path)


def _is_echo(detail: ErrorDetails) -> bool:
    """Whether a complaint only repeats another one.

    A list whose entries do not fit is also called too short, and a mapping that may stand instead
    of text is also called no text.
    """
    found = detail["input"]
    return (detail["type"] == "too_short" and bool(found)) or (
        detail["type"] == "string_type" and isinstance(found, dict) and "str" in detail["loc"]
    )


def _sentence(cls: type, detail: ErrorDetails, path: Path) -> str:
    found = detail["input"]
    secret = bool(path) and path[-1] in _SECRET_KEYS
    match detail["type"]:
        case "unexpected_keyword_argument":
            return _unknown(cls, path)
        case "missing":
            return "missing; this key is required"
        case "dataclass_type" if secret:
            return _NO_SECRETS_HERE
        case "dataclass_type" | "dict_type":
            return f"found {_quoted(found)}, expected a mapping of keys"
        case "tuple_type":
            return f"found {_quoted(found)}, expected a list like [a, b]"
        case "too_short" | "too_long":
            context = detail.get("ctx", {})
            expected = context.get("min_length", context.get("max_length"))
            return f"found {context.get('actual_length')} entries, expected {expected}"
        case "string_too_short" | "string_too_long":
            context = detail.get("ctx", {})
            most, least = context.get("max_length"), context.get("min_length")
            expected = f"at most {most}" if most is not None else f"at least {least}"
            return f"found {_quoted(found)}, expected {expected} characters"
        case "string_type" if isinstance(found, int | float):
            return f"found the number {found}, expected text; put it in quotes"
        case "value_error":
            reason = str(detail.get("ctx", {}).get("error", detail["msg"]))
            if secret or repr(found) in reason or not isinstance(found, str):
                return reason
            return f"found {_quoted(found)}, {reason}"
        case "int_type" | "float_type" | "decimal_type":
            return f"found {_quoted(found)}, expected a number"
        case "enum" if isinstance(found, str) and (near := nearest(found, _words(detail))):
            return f"found {_quoted(found)}; did you mean {near!r}?"
        case _:
            expected = detail["msg"].replace("Input should be ", "").replace("a valid ", "a ")
            return (
                f"expected {expected}" if secret else f"found {_quoted(found)}, expected {expected}"
            )


def _words(detail: ErrorDetails) -> list[str]:
    """Return the words an enumeration takes, out of pydantic's text about them."""
    return re.findall(r"'([^']+)'", str(detail.get("ctx", {}).get("expected", "")))


def _unknown(cls: type, path: Path) -> str:
    name = str(path[-1])
    known = keys_at(cls, path[:-1])
    if near := nearest(name, known):
        return f"unknown key; did you mean {near!r}?"
    return f"unknown key; expected one of {', '.join(known)}"


def _quoted(value: Any) -> str:  # Any: pydantic types its input so
    """Return *value* short enough for a message."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."
