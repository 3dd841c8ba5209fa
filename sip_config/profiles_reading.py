"""Profiles out of documents: the ones shipped with the program, and those of a file."""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources

from sip_config.profile import FACT_KEYS, Profile, ProfileFacts
from sip_config.shape import keys_of, nearest
from sip_config.trunk import Trunk
from sip_config.validating import Invalid, validated
from sip_config.yaml_document import Path, Value, read

#: Completes a profile so that its values can be checked without a trunk.
_A_TRUNK: dict[str, Value] = {"id": "any", "kind": "itsp", "hosts": [{"uri": "sip:127.0.0.1"}]}

#: Keys that only a trunk itself can have.
_TRUNK_ONLY = frozenset({"id", "profile"})


@cache
def shipped() -> Mapping[str, Profile]:
    """Return the profiles that come with the program.

    Raises:
        Invalid: one of them is wrong; a defect of the program, found by its tests.
    """
    profiles: dict[str, Profile] = {}
    folder = resources.files("sip_config") / "profiles"
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if not file.name.endswith(".yaml"):
            continue
        for profile_id, value in read(file.read_text(encoding="utf-8")).value.items():
            profiles[profile_id] = profile_of(profile_id, value, origin=file.name, is_shipped=True)
    return profiles


def profile_of(profile_id: str, value: Value, *, origin: str, is_shipped: bool = False) -> Profile:
    """Return the profile *value* describes.

    Raises:
        Invalid: it does not fit; paths begin below the profile.
    """
    if not isinstance(value, dict):
        raise Invalid([((), "expected a mapping of keys")])
    facts = {key: entry for key, entry in value.items() if key in FACT_KEYS}
    settings = {key: entry for key, entry in value.items() if key not in FACT_KEYS}
    complaints = _complaints(settings)
    try:
        read_facts = validated(ProfileFacts, facts)
    except Invalid as invalid:
        complaints += invalid.complaints
    if complaints:
        raise Invalid(complaints)
    return Profile(
        id=profile_id, facts=read_facts, settings=settings, origin=origin, shipped=is_shipped
    )


def _complaints(settings: Mapping[str, Value]) -> list[tuple[Path, str]]:
    complaints: list[tuple[Path, str]] = [
        ((key,), "a profile cannot set this; it belongs to a trunk")
        for key in sorted(_TRUNK_ONLY & settings.keys())
    ]
    known = {key.name for key in keys_of(Trunk)}
    complaints += [
        ((key,), _unknown(key, known | FACT_KEYS)) for key in sorted(settings.keys() - known)
    ]
    rest = {key: value for key, value in settings.items() if key in known - _TRUNK_ONLY}
    try:
        validated(Trunk, {**_A_TRUNK, **rest})
    except Invalid as invalid:
        complaints += invalid.complaints
    return complaints


def _unknown(key: str, known: Iterable[str]) -> str:
    near = nearest(key, known)
    return f"unknown key; did you mean {near!r}?" if near else "unknown key in a profile"
