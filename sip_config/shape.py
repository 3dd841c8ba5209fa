"""What keys a configuration has: read from the value types, so that it is written down once.

Rule: the frozen dataclasses are the schema. The loader asks here for the nearest key to a
misspelt one, and the tables of ``docs/trunks.md`` are made from here.
"""

import dataclasses
import inspect
import re
import typing
from difflib import get_close_matches
from functools import cache

from sip_config.yaml_document import Path

_COMMENT = re.compile(r"#:\s*(.*)")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key of the file."""

    name: str
    type: object  #: the annotation, Annotated kept
    default: object  #: MISSING if the key is required
    comment: str


@cache
def keys_of(cls: type) -> tuple[Key, ...]:
    """Return the keys of a value type, in order, with the comments of its source."""
    hints = typing.get_type_hints(cls, include_extras=True)
    comments = _comments(cls)
    return tuple(
        Key(
            name=f.name,
            type=hints[f.name],
            default=f.default_factory()
            if f.default_factory is not dataclasses.MISSING
            else f.default,
            comment=comments.get(f.name, ""),
        )
        for f in dataclasses.fields(cls)
    )


def parts_of(annotation: object) -> tuple[type, ...]:
    """Return the value types inside an annotation: of ``tuple[Host, ...] | None``, ``Host``."""
    if isinstance(annotation, type) and dataclasses.is_dataclass(annotation):
        return (annotation,)
    return tuple(part for arg in typing.get_args(annotation) for part in parts_of(arg))


def keys_at(root: type, path: Path) -> tuple[str, ...]:
    """Return the keys that may stand at *path* below *root*; indices in it are passed over."""
    level: tuple[type, ...] = (root,)
    for part in path:
        if isinstance(part, int):
            continue
        inner = tuple(
            found
            for cls in level
            for key in keys_of(cls)
            if key.name == part
            for found in parts_of(key.type)
        )
        level = inner or level
    return tuple(key.name for cls in level for key in keys_of(cls))


def nearest(name: str, known: typing.Iterable[str]) -> str | None:
    """Return the known name that *name* was probably meant to be.

    >>> nearest("chanels", ["channels", "cps"])
    'channels'
    """
    found = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return found[0] if found else None


def _comments(cls: type) -> dict[str, str]:
    """Return field name -> ``#:`` comment, beside the field or on the lines after it."""
    comments: dict[str, str] = {}
    name: str | None = None
    for line in inspect.getsource(cls).splitlines():
        if start := re.match(r"    (\w+): ", line):
            name = start.group(1)
        elif re.match(r"    (def|@)", line):
            name = None
        if name and (comment := _COMMENT.search(line)):
            comments[name] = f"{comments.get(name, '')} {comment.group(1)}".strip()
    return comments
