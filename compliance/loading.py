"""From a directory of profile files to a bundle, or to a list of everything wrong with it.

Rule: a bundle with any error is not loaded at all. Every problem names the file, the key, what
was found, and what to do.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Final
from zoneinfo import available_timezones

import yaml
from pydantic import BaseModel, ValidationError

from compliance.assembling import complete
from compliance.calendar import knows_country
from compliance.layering import Layer, LooserLayer, tightened
from compliance.profile import Bundle, Rules
from compliance.schema import (
    SCHEMA,
    FilePart,
    HousePart,
    LayerPart,
    OverlayPart,
    ProfilePart,
    SourcePart,
)

#: The profiles that ship with the program: drafts until a person approves them.
SHIPPED: Final = Path(__file__).parent / "profiles"


class UnusableProfiles(ValueError):
    """The bundle cannot be used; each problem names file, key and remedy."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A part and the file it stands in."""

    file: str
    house: HousePart | None
    profiles: tuple[ProfilePart, ...]
    layers: tuple[LayerPart, ...]
    sources: Mapping[str, SourcePart]


def load(directory: Path = SHIPPED) -> Bundle:
    """Return the bundle of all ``*.yaml`` files in *directory* (or of that one file).

    Raises:
        UnusableProfiles: Anything is missing, malformed, contradictory, or loosens a layer.
    """
    problems: list[str] = []
    found = [part for path in _files(directory) if (part := _read(path, problems)) is not None]
    if problems:
        raise UnusableProfiles(problems)
    house = _house(found, directory)
    profiles = [(part.file, profile) for part in found for profile in part.profiles]
    layers = [(part.file, layer) for part in found for layer in part.layers]
    problems += _contradictions(profiles)
    problems += _unknown_names(house, profiles, found)
    problems += _idle_layers(layers, frozenset(profile.country for _, profile in profiles))
    if problems:
        raise UnusableProfiles(problems)
    resolver = _Resolver(house, [p for _, p in profiles], [layer for _, layer in layers])
    problems += resolver.problems(dict(_where(profiles, layers)))
    if problems:
        raise UnusableProfiles(problems)
    content = [house, *(p for _, p in profiles), *(layer for _, layer in layers)]
    return Bundle(
        sha256=_digest(sorted(_canonical(part) for part in content)),
        resolve=resolver.resolve,
        texts=resolver.texts(),
        sources={name: _content(s) for part in found for name, s in part.sources.items()},
        countries=frozenset(profile.country for _, profile in profiles),
        subdivisions=frozenset((p.country, name) for _, p in profiles for name in p.subdivisions),
    )


def _files(directory: Path) -> list[Path]:
    if directory.is_file():
        return [directory]
    if not directory.is_dir():
        raise UnusableProfiles([f"{directory}: no such directory; name one with *.yaml files"])
    files = sorted([*directory.glob("*.yaml"), *directory.glob("*.yml")])
    if not files:
        raise UnusableProfiles([f"{directory}: holds no *.yaml file; put profile files there"])
    return files


class _StrictLoader(yaml.SafeLoader):
    """YAML in which a key given twice is an error, not a silent choice of the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"key {key.value!r} is given twice", key.start_mark
                    )
                seen.add(key.value)
        return dict(super().construct_mapping(node, deep))

    def construct_yaml_timestamp(self, node: yaml.ScalarNode) -> date:
        try:
            return super().construct_yaml_timestamp(node)
        except ValueError as error:
            message = f"{node.value!r} is no date ({error})"
            raise yaml.constructor.ConstructorError(None, None, message, node.start_mark) from None


_StrictLoader.add_constructor("tag:yaml.org,2002:timestamp", _StrictLoader.construct_yaml_timestamp)


def _read(path: Path, problems: list[str]) -> _Found | None:
    name = path.name
    try:
        content = yaml.load(path.read_text("utf-8"), Loader=_StrictLoader)
        part = FilePart.model_validate(content)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "is not UTF-8 text"
        problems.append(f"{name}: {reason}; make the file readable UTF-8 YAML")
    except ValidationError as error:
        problems.extend(f"{name}: {problem}" for problem in _in_words(error, content))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        problems.append(f"{name}: is not valid YAML: {_one_line(error)}; correct it there")
    else:
        return _Found(
            file=name,
            house=part.house,
            profiles=tuple(part.profiles),
            layers=tuple(part.layers),
            sources=part.sources,
        )
    return None


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _in_words(error: ValidationError, content: object) -> Iterator[str]:
    for problem in error.errors(include_url=False, include_context=False):
        key = _key(problem["loc"], content)
        if problem["type"] == "missing":
            yield f"{key}: is missing; add it"
        elif key == "the file":
            yield f"the file: holds no profile; begin with schema: {SCHEMA}"
        elif problem["type"] == "extra_forbidden":
            yield f"{key}: is not a known key; correct its spelling or remove it"
        else:
            found = repr(problem["input"])
            shown = found if len(found) <= 60 else found[:57] + "..."
            expected = problem["msg"].removeprefix("Value error, ")
            yield f"{key}: found {shown}; {expected[0].lower()}{expected[1:]}"


def _key(location: tuple[int | str, ...], content: object) -> str:
    """Return the path of a key, with profiles named by their id instead of their position."""
    path = ""
    for step in location:
        content = _inside(content, step)
        if isinstance(step, int):
            name = content.get("id", step) if isinstance(content, dict) else step
            path += f"[{name}]"
        else:
            path += f".{step}" if path else step
    return path or "the file"


def _inside(content: object, step: int | str) -> object:
    if isinstance(content, dict):
        return content.get(step)
    if isinstance(content, list) and isinstance(step, int) and step < len(content):
        return content[step]
    return None


def _house(found: Sequence[_Found], directory: Path) -> HousePart:
    houses = [(part.file, part.house) for part in found if part.house is not None]
    if len(houses) != 1:
        where = ", ".join(file for file, _ in houses) or "no file"
        message = f"{directory}: house: expected in exactly one file, found in {where}"
        raise UnusableProfiles([f"{message}; keep one house layer"])
    house = houses[0][1]
    assert house is not None  # only those were kept
    return house


def _contradictions(profiles: Sequence[tuple[str, ProfilePart]]) -> Iterator[str]:
    """Yield what profiles say against themselves or each other about their validity."""
    seen: dict[str, str] = {}
    for file, profile in profiles:
        if profile.id in seen:
            yield f"{file}: profiles[{profile.id}].id: also in {seen[profile.id]}; rename one"
        seen[profile.id] = file
        if profile.valid_to is not None and profile.valid_to < profile.valid_from:
            yield f"{file}: profiles[{profile.id}].valid_to: before valid_from; correct it"
    ordered = sorted(profiles, key=lambda pair: (pair[1].country, pair[1].valid_from))
    for (_, earlier), (file, later) in pairwise(ordered):
        if earlier.country != later.country:
            continue
        if earlier.valid_to is None or earlier.valid_to >= later.valid_from:
            yield (
                f"{file}: profiles[{later.id}].valid_from: {later.valid_from} overlaps with "
                f"{earlier.id}; give {earlier.id} a valid_to before that day"
            )


def _unknown_names(
    house: HousePart, profiles: Sequence[tuple[str, ProfilePart]], found: Sequence[_Found]
) -> Iterator[str]:
    """Yield zones, calendars and sources that exist nowhere."""
    zones = available_timezones()
    sources = frozenset[str]().union(*(part.sources for part in found))
    for file, profile in profiles:
        at = f"{file}: profiles[{profile.id}]"
        for zone in profile.tz:
            if zone not in zones:
                yield f"{at}.tz: found {zone!r}; give IANA names such as Europe/Warsaw"
        code = profile.calendar if isinstance(profile.calendar, str) else None
        if profile.calendar is not None and code is None:
            code = getattr(profile.calendar, "code", None)
        windows = profile.windows or house.windows
        if code is None and (windows.holiday is not None or windows.eve is not None):
            yield f"{at}.calendar: is missing, but holidays have hours of their own; name one"
        elif code is not None and not knows_country(code):
            yield f"{at}.calendar: found {code!r}; the holiday library has no such country"
        for kind, ids in (("caps", profile.caps), ("registers", profile.registers)):
            for twice in _given_twice(each.id for each in ids):
                yield f"{at}.{kind}: found {twice!r} twice; keep the one that is meant"
        for source in profile.sources:
            if sources and source not in sources:
                yield f"{at}.sources: found {source!r}; add it to the table of sources"


def _idle_layers(
    layers: Sequence[tuple[str, LayerPart]], countries: frozenset[str]
) -> Iterator[str]:
    """Yield layers and notes that would never do anything."""
    for file, layer in layers:
        at = f"{file}: layers[{layer.id}]"
        if layer.country is not None and layer.country not in countries:
            yield f"{at}.country: found {layer.country!r}; no profile is of that country"
        for value in layer.counsel_note.values if layer.counsel_note else ():
            if value not in OverlayPart.model_fields:
                yield f"{at}.counsel_note.values: found {value!r}; name a key such as consent"


def _given_twice(names: Iterable[str]) -> list[str]:
    counted = Counter(names)
    return [name for name, count in counted.items() if count > 1]


def _where(
    profiles: Sequence[tuple[str, ProfilePart]], layers: Sequence[tuple[str, LayerPart]]
) -> Iterator[tuple[str, str]]:
    for file, profile in profiles:
        yield profile.id, f"{file}: profiles[{profile.id}].subdivisions"
    for file, layer in layers:
        yield layer.id, f"{file}: layers[{layer.id}]"


class _Resolver:
    """Finds the complete rules for a country, subdivision, client and campaign."""

    def __init__(
        self, house: HousePart, profiles: Iterable[ProfilePart], layers: Sequence[LayerPart]
    ) -> None:
        ordered = sorted(profiles, key=lambda profile: profile.valid_from)
        fingerprint = _canonical(house)
        self._profiles = [
            (profile, complete(house, profile, _digest([fingerprint, _canonical(profile)])))
            for profile in ordered
        ]
        self._layers = sorted(layers, key=lambda layer: (layer.level == "campaign", layer.id))
        self.resolve = lru_cache(maxsize=4096)(self._resolve)

    def _resolve(
        self, country: str, subdivision: str | None, controller: str, campaign: str
    ) -> tuple[Rules, ...]:
        found = []
        for profile, rules in self._profiles:
            if profile.country != country:
                continue
            overlay = profile.subdivisions.get(subdivision or "")
            if overlay is not None:
                rules = tightened(rules, Layer(id=f"{profile.id}.{subdivision}", part=overlay))
            for layer in self._layers:
                name = controller if layer.level == "client" else campaign
                if layer.name == name and layer.country in (None, country):
                    rules = tightened(rules, _layer(layer, profile))
            found.append(rules)
        return tuple(found)

    def texts(self) -> dict[str, Mapping[str, object]]:
        """Return what each profile says, by its content hash."""
        return {rules.sha256: _content(profile) for profile, rules in self._profiles}

    def problems(self, where: dict[str, str]) -> Iterator[str]:
        """Apply every layer once to everything it could meet; yield what loosens."""
        for profile, rules in self._profiles:
            bases = [rules]
            for name, overlay in profile.subdivisions.items():
                try:
                    bases.append(tightened(rules, Layer(id=f"{profile.id}.{name}", part=overlay)))
                except LooserLayer as error:
                    yield f"{where[profile.id]}.{name}.{error}"
            for layer in self._layers:
                if layer.country not in (None, profile.country):
                    continue
                try:
                    bases = [tightened(base, _layer(layer, profile)) for base in bases]
                except LooserLayer as error:
                    yield f"{where[layer.id]}.{error} (against profile {profile.id})"


def _layer(part: LayerPart, profile: ProfilePart) -> Layer:
    note = part.counsel_note
    if note is None:
        return Layer(id=part.id, part=part)
    contested = {key for key in note.values if getattr(_value(profile, key), "contested", False)}
    text = f"counsel's note of {note.at} by {note.by} for {part.id}: {note.note}"
    return Layer(id=part.id, part=part, loosenable=frozenset(contested), note=text)


def _value(profile: ProfilePart, key: str) -> object:
    return getattr(profile, key, None)


def _content(part: BaseModel) -> dict[str, object]:
    return part.model_dump(mode="json", by_alias=True, exclude_unset=True)


def _canonical(part: BaseModel) -> str:
    return json.dumps(_content(part), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _digest(texts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()
