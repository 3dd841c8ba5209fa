"""Which column holds which field.

    mapping file ─▶ by name   else ─▶ by the header's own words, in the languages of our clients

Rule: a field of one value has one column; a second column of that meaning is kept among the
further columns. The telephone field takes every column that fits, in the order of the file.
Columns that no rule names are kept too. Those that :mod:`~leads.importing.returning` adds to
rejected rows are passed over, so that a corrected file can be sent as it is.
"""

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

import yaml

from leads.importing.result import ImportOptions, Unreadable, UnreadableList
from leads.importing.synonyms import SYNONYMS

PHONE: Final = "phone"  #: the only field that may have several columns
FIELDS: Final = tuple(SYNONYMS)  #: every field a column may hold
PROBLEM_PREFIX: Final = "problem_"  #: of the columns added to rejected rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The header, understood. Numbers are places in the row, from 0."""

    header: tuple[str, ...]
    phones: tuple[int, ...]
    single: Mapping[str, int]  #: field -> place
    further: Mapping[int, str]  #: place -> the name under which the value is kept
    width: int  #: cells of a row, the columns passed over included

    @property
    def fields_of(self) -> dict[str, str]:
        """Return column -> field."""
        single = {self.header[place]: field for field, place in self.single.items()}
        return single | {self.header[place]: PHONE for place in self.phones}


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMapping:
    """What a mapping file says."""

    fields: Mapping[str, tuple[str, ...]]
    ignored: tuple[str, ...] = ()


class InvalidMapping(ValueError):
    """A mapping file cannot be used; the message names the file and the key."""


def folded(text: str) -> str:
    """Return a header's word without case, accents, signs and double spaces.

    >>> folded(" Nr_telefonu: "), folded("Telefón"), folded("GSM-№ 2")
    ('nr telefonu', 'telefon', 'gsm no 2')
    """
    plain = unicodedata.normalize("NFKD", text.casefold().replace("ł", "l").replace("№", "no"))
    letters = (c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return " ".join("".join(letters).split())


_BY_WORD: Final = {
    folded(synonym): field for field, synonyms in SYNONYMS.items() for synonym in synonyms
}
_ENUMERATED: Final = re.compile(r"(?P<word>.*?\D)\s*(?:no |nr )?\d{1,2}")


def recognised(name: str) -> str | None:
    """Return the field a column of this name holds, by its words alone.

    >>> recognised("Телефон 2"), recognised("E-mail"), recognised("Shoe size")
    ('phone', 'email', None)
    """
    word = folded(name)
    field = _BY_WORD.get(word)
    if field is None and (match := _ENUMERATED.fullmatch(word)):
        field = _BY_WORD.get(match["word"].strip())
        return field if field == PHONE else None
    return field


def understood(header: Sequence[str], options: ImportOptions) -> Columns:
    """Return which column holds what.

    Raises:
        UnreadableList: No column holds a telephone number, or a mapped column is not there.
    """
    names = tuple(name.strip().strip("\ufeff").strip() for name in header)
    phones, single, taken = _mapped(names, options)
    for place, name in enumerate(names):
        field = recognised(name)
        if place in taken or field is None:
            continue
        if field == PHONE and PHONE not in options.mapping:
            phones.append(place)
            taken.add(place)
        elif field != PHONE and field not in single:
            single[field] = place
            taken.add(place)
    if not phones:
        raise _without_phone(names)
    return Columns(
        header=names,
        phones=tuple(phones),
        single=single,
        further=_further(names, taken, options),
        width=len(names),
    )


def _mapped(
    names: tuple[str, ...], options: ImportOptions
) -> tuple[list[int], dict[str, int], set[int]]:
    places = {name: place for place, name in reversed(list(enumerate(names)))}
    phones: list[int] = []
    single: dict[str, int] = {}
    taken = {places[name] for name in options.ignored if name in places}
    taken |= {place for place, name in enumerate(names) if name.startswith(PROBLEM_PREFIX)}
    for field, columns in options.mapping.items():
        for column in columns:
            if column not in places:
                raise UnreadableList(
                    Unreadable.MAPPED_COLUMN_MISSING,
                    f"there is no column {column[:60]!r}, to which {field} is mapped",
                    "one of " + shown_names(names),
                    "correct the mapping",
                )
            taken.add(places[column])
            if field == PHONE:
                phones.append(places[column])
            else:
                single[field] = places[column]
    return phones, single, taken


def _further(names: tuple[str, ...], taken: set[int], options: ImportOptions) -> dict[int, str]:
    further: dict[int, str] = {}
    for place, name in enumerate(names):
        if place in taken or name in options.ignored:
            continue
        kept = name or f"column {place + 1}"
        while kept in further.values():
            kept += " (again)"
        further[place] = kept
    return further


def _without_phone(names: tuple[str, ...]) -> UnreadableList:
    if sum(any(c.isdigit() for c in name) and recognised(name) is None for name in names) * 2 > len(
        names
    ) or any(sum(c.isdigit() for c in name) >= 7 for name in names):
        return UnreadableList(
            Unreadable.NO_HEADER,
            "the first row looks like data",
            "a header with the names of the columns",
            "add a row such as phone,name,company at the top",
        )
    return UnreadableList(
        Unreadable.NO_PHONE_COLUMN,
        "no column for telephone numbers among " + shown_names(names),
        "a column called phone, telephone, mobile, телефон, telefon ...",
        "rename a column, check delimiter and encoding, or name the column in a mapping file",
    )


def shown_names(names: Sequence[str], limit: int = 12) -> str:
    """Return the names of columns, short enough for a message."""
    some = [repr(name if len(name) <= 30 else name[:27] + "...") for name in names[:limit]]
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(some) + more


class _Once(yaml.SafeLoader):
    """Reads YAML in which no key stands twice: the second would silently replace the first."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.YAMLError(f"{str(key)[:60]} stands there twice; write a list of columns")
        return super().construct_mapping(node, deep)


def mapping_from(text: str, file_name: str) -> ColumnMapping:
    """Read a mapping file: ``field: column`` or ``field: [column, column]``, TOML or YAML.

    ``ignore`` names columns that are not kept.

    Raises:
        InvalidMapping: Names the file, the key, what was found and what is expected.
    """
    try:
        found = tomllib.loads(text) if file_name.endswith(".toml") else yaml.load(text, _Once)
    except (tomllib.TOMLDecodeError, yaml.YAMLError, RecursionError, ValueError) as fault:
        raise InvalidMapping(f"{file_name}: {_first_line(fault)}") from None
    if not isinstance(found, dict):
        raise InvalidMapping(f"{file_name}: found no keys, expected lines such as phone: Telefon")
    fields: dict[str, tuple[str, ...]] = {}
    for key, value in found.items():
        if key not in (*FIELDS, "ignore"):
            near = get_close_matches(str(key)[:60], FIELDS, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            known = ", ".join((*FIELDS, "ignore"))
            raise InvalidMapping(f"{file_name}: unknown field {key!r}{hint} (known: {known})")
        columns = value if isinstance(value, list) else [value]
        if not columns or not all(isinstance(column, str) and column for column in columns):
            raise InvalidMapping(f"{file_name}: {key}: expected the name of a column, or a list")
        if len(columns) > 1 and key not in (PHONE, "ignore"):
            raise InvalidMapping(f"{file_name}: {key}: {len(columns)} columns, expected one")
        fields[key] = tuple(columns)
    return ColumnMapping(ignored=fields.pop("ignore", ()), fields=fields)


def _first_line(fault: BaseException) -> str:
    lines = str(fault).splitlines()
    return lines[0][:200] if lines else type(fault).__name__
