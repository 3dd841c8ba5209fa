"""Which written cases decide by which rule, for the table in ``docs/compliance.md``.

Rule: a rule without a case is a mistake; a test says so.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from compliance.cases import merged, read
from compliance.decision import check
from compliance.loading import load
from compliance.profile import Bundle, Rules
from compliance.schema import FilePart, Marked, OverlayPart, ProfilePart

CASES: Final = Path(__file__).parent.parent / "tests" / "compliance"
#: Where rules come from that hold in every country, and how certain they are.
_EVERYWHERE: Final = {
    "gdpr": ("GDPR (EU) 2016/679", "M"),
    "eu": ("Regulation (EU) 2024/1689", "R"),
}
FILES: Final = ("decisions.json", "further_decisions.json")


def rules_of(bundle: Bundle) -> dict[str, tuple[str, ...]]:
    """Return every rule of the profiles by its name, with the keys of its sources."""
    found: dict[str, tuple[str, ...]] = {}
    for country in sorted(bundle.countries):
        for rules in bundle.versions(country, subdivision=None, controller="", campaign=""):
            for name, sources in _rules(rules):
                found[name] = () if name.startswith("house.") else sources
    for country, part in sorted(bundle.subdivisions):
        for rules in bundle.versions(country, subdivision=part, controller="", campaign=""):
            found[rules.windows.rule] = rules.windows.sources
            found |= {cap.id: cap.sources for cap in rules.caps if cap.id not in found}
    return dict(sorted(found.items()))


def _rules(rules: Rules) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield f"{rules.profile}.basis", rules.sources
    yield rules.windows.rule, rules.windows.sources
    for cap in rules.caps:
        yield cap.id, cap.sources
    yield rules.cooldowns.rule, rules.cooldowns.sources
    yield rules.cooldowns.refusal_rule, rules.cooldowns.sources
    yield rules.abandonment.rule, rules.abandonment.sources
    for register in rules.registers:
        yield register.rule, register.sources
    yield rules.caller_id.rule, rules.sources
    for ban in rules.bans:
        yield ban.rule, rules.sources
    for holds, name in (
        (not rules.automatic_dialing, "auto_dial"),
        (rules.recording_needs_consent, "recording"),
        (rules.localisation, "transfer"),
    ):
        if holds:
            yield f"{rules.profile}.{name}", rules.sources


def cases_of(bundle: Bundle) -> dict[str, tuple[str, ...]]:
    """Return the names of the cases that decide by each rule; an allowed call, by its basis."""
    found: dict[str, list[str]] = {}
    for name in FILES:
        content = json.loads((CASES / name).read_bytes())
        for case in content["cases"]:
            if "op" in case["input"]:
                continue
            for rule in _decided_by(content.get("defaults"), case, bundle):
                found.setdefault(rule, []).append(case["id"])
    return {rule: tuple(cases) for rule, cases in found.items()}


def _decided_by(defaults: object, case: Mapping[str, object], bundle: Bundle) -> set[str]:
    facts, now = read(merged(defaults, case["input"]), name=str(case["id"]))
    if now is None:
        return set()
    found = check(facts, bundle, now).evaluation
    rules = {reason.rule for reason in (*found.reasons, *found.notes, *found.limits)}
    if not found.reasons:
        rules |= {f"{profile}.basis" for profile, _ in found.profiles}
    return rules


def marks_of(parts: Iterable[FilePart]) -> dict[str, str]:
    """Return the mark of certainty of every rule whose value carries one, by the rule's name."""
    found: dict[str, str | None] = {}
    for part in parts:
        for profile in part.profiles:
            found |= _marks(profile.id, profile)
            for name, overlay in profile.subdivisions.items():
                found |= _marks(f"{profile.id}.{name}", overlay)
    return {rule: mark for rule, mark in found.items() if mark is not None}


def _marks(name: str, part: ProfilePart | OverlayPart) -> dict[str, str | None]:
    """Return the marks of what one profile or overlay says."""
    named: dict[str, Marked | None] = {
        "basis": part.consent,
        "hours": part.windows,
        "cooldowns": part.cooldowns,
        "refusal": part.refusal,
        "abandon": part.abandon,
        "cli": part.cli,
        "recording": part.recording,
        "transfer": part.transfer if isinstance(part, ProfilePart) else None,
    }
    own = part.c if isinstance(part, OverlayPart) else None
    return {
        **{f"{name}.{key}": each.c or own for key, each in named.items() if each is not None},
        **{cap.id: cap.c for cap in part.caps},
        **{f"{name}.register.{each.id.lower()}": each.c for each in part.registers},
        **{f"{name}.ban.{each.sector}": each.c for each in part.bans},
    }


def traced(parts: Sequence[FilePart]) -> Iterable[tuple[str, str, str, str, str]]:
    """Yield each rule with its sources, when they were read, its mark and its cases.

    A value without a mark of its own is as certain as the sources it was read in.
    """
    bundle = load()
    cases, rules, marks = cases_of(bundle), rules_of(bundle), marks_of(parts)
    table = {name: source for part in parts for name, source in part.sources.items()}
    for rule in sorted({*rules, *cases}):
        family = rule.split(".")[0]
        keys = rules.get(rule, ())
        read = {table[key].read_at.isoformat() for key in keys}
        marked = marks.get(rule) or "; ".join(sorted({table[key].certainty for key in keys}))
        title, elsewhere = _EVERYWHERE.get(family, ("house", "H"))
        yield (
            rule,
            ", ".join(keys) or title,
            ", ".join(sorted(read)),
            marked or elsewhere,
            " ".join(cases.get(rule, ())),
        )
