"""Profile chain plus a trunk's own keys make the trunk; and every value can say where it is from.

    built-in defaults ◀── profile ◀── profile that extends it ◀── the trunk in the file

Rule: mappings are merged key by key, everything else (lists too) is replaced by the later layer.
An explicit ``null`` replaces as well: it takes a profile's value back to "not set".
"""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from sip_config.profile import Profile
from sip_config.secret import SecretReference
from sip_config.shape import nearest
from sip_config.trunk import Trunk
from sip_config.yaml_document import Path, Value

DEFAULT = "default"


class BadChain(ValueError):
    """A profile does not exist, or extends itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """Some keys of a trunk, and where they stand."""

    origin: str
    values: Mapping[str, Value]
    lines: Mapping[Path, int] = field(default_factory=dict)  #: path -> line in ``origin``

    def place(self, path: Path) -> str:
        """Return where *path*, or the nearest thing around it, stands."""
        for length in range(len(path), -1, -1):
            if (line := self.lines.get(path[:length])) is not None:
                return f"{self.origin}:{line}"
        return self.origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One value of a trunk and where it came from."""

    key: str  #: like ``limits.cps``
    value: object
    origin: str


def chain(profile_id: str, profiles: Mapping[str, Profile]) -> tuple[Profile, ...]:
    """Return the profiles that make up *profile_id*, the most general one first.

    Raises:
        BadChain: one does not exist, or they form a circle.
    """
    found: list[Profile] = []
    wanted: str | None = profile_id
    while wanted is not None:
        if any(profile.id == wanted for profile in found):
            circle = " extends ".join([*(p.id for p in found), wanted])
            raise BadChain(f"profiles form a circle: {circle}")
        if wanted not in profiles:
            alike = [name for name in profiles if wanted and wanted.lower() in name]
            near = nearest(wanted, profiles)
            meant = alike or ([near] if near else [])
            hint = f"; did you mean {' or '.join(map(repr, meant))}?" if meant else ""
            raise BadChain(
                f"there is no profile {wanted!r}{hint} (`dialer trunks profiles` lists them)"
            )
        found.append(profiles[wanted])
        wanted = profiles[wanted].facts.extends
    return tuple(reversed(found))


def layers_of(profiles: Sequence[Profile], own: Layer) -> list[Layer]:
    """Return the layers of a trunk whose own keys are *own*, the most general one first."""
    layers = [
        Layer(origin=f"profile {p.id}", values={"verified": p.facts.verified.value, **p.settings})
        for p in profiles
    ]
    return [*layers, own]


def merged(layers: Sequence[Layer]) -> dict[str, Value]:
    """Return the values of all *layers*, later ones winning."""
    result: dict[str, Value] = {}
    for layer in layers:
        result = _over(result, layer.values)
    return result


def explain(trunk: Trunk, layers: Sequence[Layer]) -> list[Explained]:
    """Return every value of *trunk* in the order of its keys, with its origin."""
    return [
        Explained(key=_dotted(path), value=value, origin=_origin(path, layers))
        for path, value in _leaves(trunk, ())
    ]


def _over(base: Mapping[str, Value], top: Mapping[str, Value]) -> dict[str, Value]:
    result = dict(base)
    for key, value in top.items():
        below = result.get(key)
        if isinstance(below, dict) and isinstance(value, dict):
            result[key] = _over(below, value)
        else:
            result[key] = value
    return result


def _leaves(value: object, path: Path) -> Iterator[tuple[Path, object]]:
    """Yield the values a layer can set one by one: lists and secrets are one value."""
    if (
        dataclasses.is_dataclass(value)
        and not isinstance(value, type)
        and not isinstance(value, SecretReference)
    ):
        for f in dataclasses.fields(value):
            yield from _leaves(getattr(value, f.name), (*path, f.name))
    else:
        yield path, shown(value)


def shown(value: object) -> object:
    """Return *value* as a person reads it; references to secrets show the place, not the text."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, SecretReference):
        return f"*** ({value})"
    if isinstance(value, tuple):
        return [shown(item) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            f.name: shown(item)
            for f in dataclasses.fields(value)
            if (item := getattr(value, f.name)) != f.default
        }
    return value


def _origin(path: Path, layers: Sequence[Layer]) -> str:
    """Return where the last layer that decides *path* stands."""
    for layer in reversed(layers):
        level: Value = dict(layer.values)
        for part in path:
            if not isinstance(level, dict):
                return layer.place(path)  # this layer replaced the whole mapping
            if part not in level:
                break
            level = level[str(part)]
        else:
            return layer.place(path)
    return DEFAULT


def _dotted(path: Path) -> str:
    return ".".join(str(part) for part in path)
