"""A mix of behaviour as a file (TOML) or as options of the command line.

::

    rings_out_after = 60.0
    [shares]                    # weights; a fate that is not named does not happen
    talks = 0.2
    no_answer = 0.8
    [ring_time]                 # any of the durations of Mix, in seconds
    median = 8.0
    [[rules]]                   # the first that fits wins
    suffix = "486"
    fate = "busy"
    [numbers]
    "+442079460123" = "machine"
"""

import tomllib
from dataclasses import fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

from dialer.simulation.network.behaviour import Fate, InvalidMix, Mix, Rule, Spread

_DURATIONS: Final = tuple(
    field.name for field in fields(Mix) if isinstance(getattr(Mix(), field.name), Spread)
)


def read_mix(file: Path) -> Mix:
    """Return the mix in *file*; what it does not say stays as by default.

    Raises:
        InvalidMix: the file cannot be read, or says something that is not understood.
    """
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as cause:
        raise InvalidMix(f"cannot read the mix {file}: {cause.strerror}") from cause
    except ValueError as cause:
        raise InvalidMix(f"the mix {file} is no TOML in UTF-8: {cause}") from cause
    try:
        return _mix(content)
    except InvalidMix as cause:
        raise InvalidMix(f"the mix {file}: {cause}") from cause


def rule_from(text: str) -> Rule:
    """Return the rule written as ``SUFFIX=FATE``; ``*`` is the suffix of every number.

    >>> rule_from("486=busy").suffix
    '486'

    Raises:
        InvalidMix: it is not written so, or there is no such fate.
    """
    suffix, equals, fate = text.partition("=")
    if not equals or not (suffix == "*" or suffix.isdigit()):
        raise InvalidMix(f"{text!r} is no rule; expected SUFFIX=FATE such as 486=busy or *=talks")
    return Rule(suffix="" if suffix == "*" else suffix, fate=_fate(fate, "a rule"))


def _mix(content: dict[str, object]) -> Mix:
    mix = Mix()
    for key, value in content.items():
        match key, value:
            case "shares", dict():
                shares = {_fate(k, "shares"): _number(v, k) for k, v in value.items()}
                mix = replace(mix, shares=MappingProxyType(shares))
            case "rules", list():
                mix = replace(mix, rules=tuple(_rule(entry) for entry in value))
            case "numbers", dict():
                numbers = {str(k): _fate(v, "numbers") for k, v in value.items()}
                mix = replace(mix, numbers=MappingProxyType(numbers))
            case "rings_out_after", int() | float():
                mix = replace(mix, rings_out_after=_number(value, key))
            case _, dict() if key in _DURATIONS:
                mix = _with_duration(mix, key, value)
            case _:
                known = ("shares", "rules", "numbers", "rings_out_after", *_DURATIONS)
                raise InvalidMix(f"{key} is not understood; expected {', '.join(known)}")
    return mix


def _with_duration(mix: Mix, key: str, value: dict[str, object]) -> Mix:
    spread = getattr(mix, key)
    for name, number in value.items():
        if name not in ("median", "sigma", "limit"):
            raise InvalidMix(f"{key}.{name} is not understood; expected median, sigma or limit")
        value[name] = _number(number, f"{key}.{name}")
    try:
        changed = replace(spread, **value)
        return replace(mix, **{key: changed})
    except InvalidMix as cause:
        raise InvalidMix(f"{key}: {cause}") from cause


def _rule(entry: object) -> Rule:
    if not isinstance(entry, dict) or set(entry) != {"suffix", "fate"}:
        raise InvalidMix("an entry of rules needs suffix and fate, and nothing else")
    return Rule(suffix=str(entry["suffix"]), fate=_fate(entry["fate"], "rules"))


def _fate(value: object, where: str) -> Fate:
    try:
        return Fate(str(value))
    except ValueError:
        raise InvalidMix(
            f"{where}: there is no fate {value!r}; expected one of {', '.join(Fate)}"
        ) from None


def _number(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
        raise InvalidMix(f"{where} is {value!r}; expected a number of 0 or more")
    return float(value)
