"""YAML, read so that a configuration cannot mean something else than it says.

Differences from YAML as PyYAML reads it, each against a known trap:

- only ``true`` and ``false`` are booleans, so ``off`` is a word and ``NO`` is Norway;
- only plain decimal numbers are numbers, so ``+447…`` and ``0123`` stay text, ``22:30`` is a time;
- a key that stands twice is an error, and so are aliases, tags and control characters;
- every value knows its line.

Rule: bad text raises :class:`Unreadable` with a line, never anything else.
"""

import re
from dataclasses import dataclass, field
from typing import Final

import yaml

Scalar = str | int | float | bool | None
Value = Scalar | list["Value"] | dict[str, "Value"]
Path = tuple[str | int, ...]

#: A configuration is written by people; a larger file is something else.
SIZE_LIMIT: Final = 1_000_000
DEPTH_LIMIT: Final = 20

_INTEGER: Final = re.compile(r"-?(0|[1-9]\d{0,17})", re.ASCII)
_DECIMAL: Final = re.compile(r"-?(0|[1-9]\d{0,17})\.\d{1,18}", re.ASCII)
_PLAIN_TAG: Final = re.compile(
    r"tag:yaml\.org,2002:(str|int|float|bool|null|map|seq|timestamp|value|merge)"
)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\x85\u2028\u2029]")
_WORDS: Final[dict[str, bool | None]] = {"true": True, "false": False, "null": None, "~": None}


class Unreadable(ValueError):
    """The text is no document of this kind; ``line`` counts from 1, None if unknown."""

    def __init__(self, message: str, *, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a text says, and where it says it."""

    value: dict[str, Value]
    lines: dict[Path, int] = field(default_factory=dict)  #: path -> line of its key, from 1

    def line_of(self, path: Path) -> int | None:
        """Return the line of *path*, or of the nearest thing around it."""
        for length in range(len(path), 0, -1):
            if (line := self.lines.get(path[:length])) is not None:
                return line
        return None

    def lines_below(self, path: Path) -> dict[Path, int]:
        """Return the lines of everything at and below *path*, by the path from there."""
        depth = len(path)
        return {key[depth:]: line for key, line in self.lines.items() if key[:depth] == path}


def read(text: str) -> Document:
    """Return the document *text* contains.

    >>> read("country: NO\\nprack: off\\nline: +442079460123\\nports: [1, 2.5]").value
    {'country': 'NO', 'prack': 'off', 'line': '+442079460123', 'ports': [1, 2.5]}

    Raises:
        Unreadable: it is not YAML, or not a mapping, or uses what is refused here.
    """
    if len(text) > SIZE_LIMIT:
        raise Unreadable(f"the file has {len(text)} characters; expected {SIZE_LIMIT} at most")
    try:
        node = yaml.compose(text.removeprefix("\ufeff"), Loader=_Composer)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise Unreadable(f"not YAML: {error.problem or error.context}", line=line) from None
    except yaml.YAMLError as error:
        raise Unreadable(f"not YAML: {str(error).splitlines()[0]}") from None
    except RecursionError:
        raise Unreadable("nested far too deeply") from None
    if node is None:
        raise Unreadable("the file is empty; expected keys and values, like `country: GB`")
    lines: dict[Path, int] = {}
    value = _value(node, (), lines)
    if not isinstance(value, dict):
        raise Unreadable("expected a mapping with keys like version and trunks", line=1)
    return Document(value=value, lines=lines)


class _Composer(yaml.SafeLoader):
    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]  # stub lacks types
            raise yaml.composer.ComposerError(
                None, None, "aliases (*name) are not used here; profiles do this better", mark
            )
        return super().compose_node(parent, index)


def _value(node: yaml.Node, path: Path, lines: dict[Path, int]) -> Value:
    line = node.start_mark.line + 1
    lines.setdefault(path, line)
    if not _PLAIN_TAG.fullmatch(node.tag):
        raise Unreadable(f"the tag {node.tag!r} is not used here", line=line)
    if len(path) > DEPTH_LIMIT:
        raise Unreadable(f"nested deeper than {DEPTH_LIMIT} levels", line=line)
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, lines)
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*path, i), lines) for i, item in enumerate(node.value)]
    if not isinstance(node, yaml.ScalarNode):
        raise Unreadable("neither mapping, list nor text", line=line)
    return _scalar(node)


def _mapping(node: yaml.MappingNode, path: Path, lines: dict[Path, int]) -> dict[str, Value]:
    result: dict[str, Value] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            raise Unreadable("a key is a list or mapping; expected a word", line=line)
        key = str(key_node.value)
        if key in result:
            raise Unreadable(f"the key {key!r} stands twice in one mapping", line=line)
        if _CONTROL.search(key):
            raise Unreadable("a key contains a control character", line=line)
        lines[(*path, key)] = line
        result[key] = _value(value_node, (*path, key), lines)
    return result


def _scalar(node: yaml.ScalarNode) -> Scalar:
    text = str(node.value)
    line = node.start_mark.line + 1
    if _CONTROL.search(text):
        raise Unreadable("a value contains a line break or control character", line=line)
    if node.style is not None:
        return text
    if text == "":
        return None
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return float(text)
    return text
