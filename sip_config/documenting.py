"""The parts of ``docs/trunks.md`` that are made from the values themselves.

    python -m sip_config.documenting docs/trunks.md

Rule: keys, types, defaults and meanings come from the dataclasses and their comments, advice about
devices from the profiles. A test compares the page with what this module would write.
"""

import dataclasses
import inspect
import re
import sys
import types
import typing
from collections.abc import Iterator
from enum import Enum
from pathlib import Path

import annotated_types

from sip_config import notation
from sip_config.config import Site
from sip_config.profile import Profile, ProfileFacts
from sip_config.profiles_reading import shipped
from sip_config.resolving import chain, shown
from sip_config.secret import SecretReference
from sip_config.shape import Key, keys_of, parts_of
from sip_config.trunk import Trunk
from sip_config.uri import SipUri

#: Marks in the page between which the made parts stand.
PARTS = ("keys", "words", "profiles", "devices")

#: Types that are text of a certain form, by the identity of their annotation.
_NOTATIONS: dict[int, str] = {
    id(value): name
    for name, value in vars(notation).items()
    if typing.get_origin(value) is typing.Annotated
}


def rewritten(page: str) -> str:
    """Return *page* with its made parts as they should be.

    Raises:
        ValueError: the marks of a part are missing.
    """
    for part, text in zip(
        PARTS, (keys_text(), words_text(), profiles_text(), devices_text()), strict=True
    ):
        begin, end = f"<!-- made: {part} -->", f"<!-- end: {part} -->"
        pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
        if not pattern.search(page):
            raise ValueError(f"expected the marks {begin} and {end} in the page")
        made = f"{begin}\n{text.strip()}\n{end}"
        page = pattern.sub(lambda _, made=made: made, page)  # type: ignore[misc]  # bound default
    return page


def keys_text() -> str:
    """Return the tables of all keys."""
    return "\n".join(table(title, cls, prefix) for title, cls, prefix in _sections())


def table(title: str, cls: type, prefix: str = "") -> str:
    """Return the keys of one value type as a section with a table."""
    return "\n".join(
        (
            f"### {title}",
            "",
            "| key | what it takes | default | meaning |",
            "|---|---|---|---|",
            *(_row(key, prefix) for key in keys_of(cls)),
            "",
        )
    )


def words_text() -> str:
    """Return the words that keys take and what each means, where the code explains them."""
    lines: list[str] = []
    seen: set[type[Enum]] = set()
    for _, cls, _ in _sections():
        for key in keys_of(cls):
            for words in set(_enums(key.type)) - seen:
                seen.add(words)
                title = f"### `{key.name}`"
                if meanings := _meanings(words):
                    lines += [title, "", *(f"- `{w}`: {m}" for w, m in meanings.items()), ""]
    return "\n".join(lines)


def profiles_text() -> str:
    """Return the table of shipped profiles."""
    rows = [
        f"| `{p.id}` | {_cell(p.facts.title)} | {_cell(p.facts.ports)} | {_kind(p)} "
        f"| {p.facts.verified.value} |"
        for p in shipped().values()
    ]
    return "\n".join(
        ["| profile | for | ports | kind | verified |", "|---|---|---|---|---|", *rows]
    )


def devices_text() -> str:
    """Return a section per device family or carrier: what to know and what to set."""
    families: dict[str, list[Profile]] = {}
    for profile in shipped().values():
        families.setdefault(profile.origin, []).append(profile)
    return "\n".join(line for file in sorted(families) for line in _family(file, families[file]))


def _family(file: str, profiles: list[Profile]) -> Iterator[str]:
    yield f"### {file.removesuffix('.yaml').capitalize()}"
    yield ""
    for profile in profiles:
        facts = profile.facts
        if not facts.notes and not facts.set_on_box:
            continue
        yield f"**{facts.title}** (`{profile.id}`, {facts.ports})"
        yield ""
        yield from (f"- {note}" for note in facts.notes)
        yield from (f"- Set: {advice}" for advice in facts.set_on_box)
        yield ""


def _enums(annotation: object) -> Iterator[type[Enum]]:
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        yield annotation
    for part in typing.get_args(annotation):
        yield from _enums(part)


def _meanings(words: type[Enum]) -> dict[str, str]:
    """Return value -> comment of every member that has one."""
    found = re.finditer(r'^    (\w+) = "([^"]+)"  #: (.+)$', inspect.getsource(words), re.MULTILINE)
    return {match[2]: match[3] for match in found}


def _kind(profile: Profile) -> str:
    kinds = [p.settings["kind"] for p in chain(profile.id, shipped()) if "kind" in p.settings]
    return str(kinds[-1]) if kinds else ""


def _sections() -> Iterator[tuple[str, type, str]]:
    """Yield title, type and key prefix of every table, each type once, parents first."""
    seen: set[type] = set()
    waiting: list[tuple[str, type, str]] = [
        ("Top of the file", Site, ""),
        ("`trunks[]`", Trunk, ""),
        ("`profiles.*`: facts beside the keys of a trunk", ProfileFacts, ""),
    ]
    while waiting:
        title, cls, prefix = waiting.pop(0)
        if cls in seen:
            continue
        seen.add(cls)
        yield title, cls, prefix
        base = "" if cls is Site else f"{title.strip('`')}."
        if cls is ProfileFacts:
            continue
        for key in keys_of(cls):
            many = "[]" if "tuple" in _text(key.type, plain=True) else ""
            waiting += [(f"`{base}{key.name}{many}`", part, "") for part in parts_of(key.type)]


def _row(key: Key, prefix: str) -> str:
    default = "required" if key.default is dataclasses.MISSING else _default(key.default)
    return (
        f"| `{prefix}{key.name}` | {_cell(_text(key.type))} | {_cell(default)} "
        f"| {_cell(key.comment)} |"
    )


def _default(value: object) -> str:
    if value == {}:
        return "`{}`"
    plain = shown(value)
    if plain is None:
        return "null"
    if isinstance(plain, dict):
        return "its own"
    if isinstance(plain, bool):
        return str(plain).lower()
    if isinstance(plain, list) and plain and isinstance(plain[0], dict):
        return "one on the loopback address"
    if isinstance(plain, list):
        return f"`[{', '.join(str(item) for item in plain)}]`" if plain else "`[]`"
    return f'`"{plain}"`' if plain == "" else f"`{plain}`"


def _text(annotation: object, *, plain: bool = False) -> str:
    """Return an annotation as a person reads it."""
    if not plain and (name := _NOTATIONS.get(id(annotation))):
        return name.lower()
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        bounds = " ".join(filter(None, map(_bound, arguments[1:])))
        inner = _text(arguments[0], plain=plain)
        notation_name = next((n for i, n in _NOTATIONS.items() if i == id(annotation)), None)
        return notation_name.lower() if notation_name else f"{inner} {bounds}".strip()
    if origin in {typing.Union, types.UnionType}:
        return " or ".join(_text(part, plain=plain) for part in arguments)
    if origin is tuple:
        if plain:
            return "tuple"
        many = arguments[-1] is Ellipsis
        parts = [_text(part) for part in arguments if part is not Ellipsis]
        return f"list of {parts[0]}" if many else f"[{', '.join(parts)}]"
    if origin is typing.Literal:
        return " or ".join(map(str, arguments))
    return _name(annotation)


def _name(annotation: object) -> str:
    if annotation is type(None):
        return "null"
    if annotation is SipUri:
        return "SIP address"
    if annotation is SecretReference:
        return "secret"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return ", ".join(str(member.value) for member in annotation)
    if isinstance(annotation, type) and dataclasses.is_dataclass(annotation):
        return "keys"
    names = {"str": "text", "int": "whole number", "float": "number", "bool": "true or false"}
    name = getattr(annotation, "__name__", str(annotation))
    return names.get(name, "amount" if name == "Decimal" else name)


def _bound(metadata: object) -> str:
    match metadata:
        case annotated_types.Gt(gt=bound):
            return f"> {bound}"
        case annotated_types.Ge(ge=bound):
            return f">= {bound}"
        case annotated_types.Le(le=bound):
            return f"<= {bound}"
        case annotated_types.Len(min_length=fewest):
            return f"(at least {fewest})"
        case _:
            return ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(rewritten(path.read_text(encoding="utf-8")), encoding="utf-8")
