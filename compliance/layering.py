"""Below the country a layer may only tighten: subdivision, client, campaign.

Windows must be subsets, caps no higher over periods no shorter, regimes no looser, cool-downs no
shorter; registers and bans may be added. What loosens is refused when the bundle is loaded, with
the value and the layer named.

Rule: the one exception is a contested value (mark U) that a counsel's note names. The note then
appears on every decision that used it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import TypeVar

from compliance.assembling import WEEK, ban, cap, day_spans, merged_caps, regimes, register, spans
from compliance.profile import (
    Abandonment,
    Cap,
    Cooldowns,
    Day,
    Override,
    Regime,
    Register,
    Rules,
    Windows,
)
from compliance.schema import (
    AbandonPart,
    CallerIdPart,
    ConsentPart,
    CooldownsPart,
    OverlayPart,
    RefusalPart,
    WindowsPart,
)

T = TypeVar("T")


class LooserLayer(ValueError):
    """A layer below the country loosens a value."""

    def __init__(self, key: str, found: object, bound: object) -> None:
        super().__init__(
            f"{key}: {found} is looser than {bound}, and this layer may only tighten; tighten it, "
            "remove it, or, for a contested value, attach a counsel_note that names it"
        )
        self.key = key


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One overlay with its name and what it is allowed to loosen."""

    id: str  #: such as us.FL or client.acme
    part: OverlayPart
    loosenable: frozenset[str] = frozenset()  #: contested keys that a counsel's note names
    note: str | None = None  #: the note, to be shown on decisions


def tightened(rules: Rules, layer: Layer) -> Rules:
    """Return *rules* with *layer* applied.

    Raises:
        LooserLayer: A value of the layer is looser than what it would replace.
    """
    part, name = layer.part, layer.id
    used_notes: set[str] = set()

    def bounded(key: str, new: T, old: T, tighter: Callable[[T, T], bool]) -> T:
        if tighter(new, old):
            return new
        if key.split(".")[0] not in layer.loosenable:
            raise LooserLayer(key, _plain(new), _plain(old))
        used_notes.add(key)
        return new

    changed = replace(rules, layers=(*rules.layers, name))
    if part.windows is not None:
        changed = replace(changed, windows=_windows(part.windows, rules.windows, layer, bounded))
    if part.caps:
        changed = replace(changed, caps=_caps(part, rules, bounded))
    if part.cooldowns is not None or part.refusal is not None:
        cooldowns = _cooldowns(part.cooldowns, part.refusal, rules.cooldowns, name, bounded)
        changed = replace(changed, cooldowns=cooldowns)
    if part.abandon is not None:
        abandonment = _abandonment(part.abandon, rules.abandonment, name, bounded)
        changed = replace(changed, abandonment=abandonment)
    if part.consent is not None:
        changed = _consent(part.consent, changed, bounded)
    changed = _switches(part, changed, name, bounded)
    if used_notes and layer.note is not None:
        changed = replace(changed, counsel_notes=(*changed.counsel_notes, layer.note))
    return changed


def _windows(part: WindowsPart, old: Windows, layer: Layer, bounded: Callable[..., Day]) -> Windows:
    days = []
    for day in range(7):
        own = day_spans(part, day)
        key = f"windows.{WEEK[day]}"
        new = old.days[day] if own is None else spans(own)
        days.append(bounded(key, new, old.days[day], _within))
    holiday = old.holiday
    if part.holiday is not None:
        holiday = spans(part.holiday)
        bounds = old.days if old.holiday is None else (old.holiday,)
        for bound in bounds:
            bounded("windows.holiday", holiday, bound, _within)
    elif "holiday" in part.model_fields_set and old.holiday is not None:
        raise LooserLayer("windows.holiday", "null", _plain(old.holiday))
    eve = old.eve
    if part.eve is not None:
        eve = spans(part.eve)
        for bound in old.days if old.eve is None else (old.eve,):
            bounded("windows.eve", eve, bound, _within)
    if part.basis == "house" and old.basis != "house":  # a promised time lifts the house's hours
        raise LooserLayer("windows.basis", part.basis, old.basis)
    if part.override not in (None, "none", old.override.value):
        raise LooserLayer("windows.override", part.override, old.override.value)
    return Windows(
        basis=part.basis or old.basis,
        days=tuple(days),
        holiday=holiday,
        eve=eve,
        override=Override(part.override) if part.override else old.override,
        rule=f"{layer.id}.hours",
        sources=tuple(layer.part.sources) or old.sources,
    )


def _within(new: Day, old: Day) -> bool:
    """Whether every span of *new* lies inside one of *old*."""
    return all(any(a <= start and end <= b for a, b in old) for start, end in new)


def _caps(
    part: OverlayPart, rules: Rules, bounded: Callable[[str, Cap, Cap, Callable[..., bool]], Cap]
) -> tuple[Cap, ...]:
    known = {cap.id: cap for cap in rules.caps}
    new = [cap(each, tuple(part.sources) or rules.sources) for each in part.caps]
    for each in new:
        if each.id in known:
            bounded(f"caps.{each.id}", each, known[each.id], _cap_is_tighter)
    return merged_caps(rules.caps, new)


def _cap_is_tighter(new: Cap, old: Cap) -> bool:
    comparable = (new.rolling is None) == (old.rolling is None) and new.scope == old.scope
    longer = (new.rolling or timedelta()) >= (old.rolling or timedelta()) and (
        new.calendar_days or 0
    ) >= (old.calendar_days or 0)
    strict = ("conversations", "answered", "attempts")
    counts_more = strict.index(new.counts) >= strict.index(old.counts)
    return comparable and longer and counts_more and new.limit <= old.limit


def _cooldowns(
    part: CooldownsPart | None,
    refusal: RefusalPart | None,
    old: Cooldowns,
    name: str,
    bounded: Callable[..., timedelta],
) -> Cooldowns:
    new = replace(old, rule=f"{name}.cooldowns")
    if refusal is not None:
        if old.refusal_days is None or refusal.calendar_days < old.refusal_days:
            raise LooserLayer("refusal", refusal.calendar_days, old.refusal_days or old.refusal)
        new = replace(new, refusal_days=refusal.calendar_days, refusal_rule=f"{name}.refusal")
        new = replace(new, refusal_full_days=old.refusal_full_days or refusal.full_days)
    if part is None:
        return new
    if part.refusal_days is not None:
        if old.refusal is None:
            raise LooserLayer("cooldowns.refusal_days", part.refusal_days, "calendar days")
        days = timedelta(days=part.refusal_days)
        new = replace(new, refusal=bounded("cooldowns.refusal_days", days, old.refusal, _longer))
    if part.abandoned_hours is not None:
        hours = timedelta(hours=part.abandoned_hours)
        hours = bounded("cooldowns.abandoned_hours", hours, old.abandoned, _longer)
        new = replace(new, abandoned=hours)
    if part.amd_hours is not None:
        hours = timedelta(hours=part.amd_hours)
        new = replace(new, machine=bounded("cooldowns.amd_hours", hours, old.machine, _longer))
    guarantee = old.agent_guarantee_after_abandon or bool(part.agent_guarantee_after_abandon)
    return replace(new, agent_guarantee_after_abandon=guarantee)


def _longer(new: timedelta, old: timedelta) -> bool:
    return new >= old


def _abandonment(
    part: AbandonPart, old: Abandonment, name: str, bounded: Callable[..., Decimal]
) -> Abandonment:
    for key in ("window_hours", "window", "denominator", "clock_from", "info_message"):
        said = getattr(part, key)
        if said is not None and said != getattr(old, key):
            raise LooserLayer(f"abandon.{key}", said, f"{getattr(old, key)}, the country's own")
    new = replace(old, rule=f"{name}.abandon")
    if part.max_rate is not None:
        rate = Decimal(str(part.max_rate))
        rate = bounded("abandon.max_rate", rate, old.max_rate, lambda a, b: a <= b)
        new = replace(new, max_rate=rate)
    if part.max_seconds_to_agent is not None:
        seconds, bound = Decimal(str(part.max_seconds_to_agent)), old.max_seconds_to_agent
        seconds = bounded("abandon.max_seconds_to_agent", seconds, bound, lambda a, b: a <= b)
        new = replace(new, max_seconds_to_agent=seconds)
    if part.min_ring_seconds is not None:
        if part.min_ring_seconds < old.min_ring_seconds:
            found = part.min_ring_seconds
            raise LooserLayer("abandon.min_ring_seconds", found, old.min_ring_seconds)
        new = replace(new, min_ring_seconds=part.min_ring_seconds)
    return new


def _consent(part: ConsentPart, rules: Rules, bounded: Callable[..., Regime]) -> Rules:
    def stricter(new: Regime, old: Regime) -> bool:
        return new.strictness >= old.strictness

    live, automated = regimes(part, automated=False), regimes(part, automated=True)
    for subject, old in rules.live.items():
        bounded(f"consent.{subject.value}.live", live[subject], old, stricter)
    for subject, old in rules.automated.items():
        if not stricter(automated[subject], old):  # no note reaches it: Directive 2002/58/EC 13(1)
            key = f"consent.{subject.value}.automated"
            raise LooserLayer(key, _plain(automated[subject]), _plain(old))
    return replace(rules, live=live, automated=automated)


def _switches(part: OverlayPart, rules: Rules, name: str, bounded: Callable[..., object]) -> Rules:
    """Apply what can only be switched on: duties and bans are added, never taken away."""
    if part.auto_dial == "allowed" and not rules.automatic_dialing:
        raise LooserLayer("auto_dial", "allowed", "prohibited")
    changed = replace(
        rules,
        automatic_dialing=rules.automatic_dialing and part.auto_dial != "prohibited",
        recording_needs_consent=rules.recording_needs_consent
        or bool(part.recording and part.recording.all_party_consent),
        bans=(*rules.bans, *(ban(each, name) for each in part.bans)),
        registers=_registers(part, rules, name),
    )
    if part.cli is not None:
        changed = _caller_id(part.cli, changed)
    if part.consent_rules is not None:
        wanted, old = part.consent_rules, rules.consent
        ages = [age for age in (wanted.max_age_days, old.max_age_days) if age is not None]
        if wanted.max_age_days and old.max_age_days and wanted.max_age_days > old.max_age_days:
            raise LooserLayer("consent_rules.max_age_days", wanted.max_age_days, old.max_age_days)
        changed = replace(
            changed,
            consent=replace(
                old,
                max_age_days=min(ages, default=None),
                separate_document=old.separate_document or wanted.separate_document,
                bound_to_person=old.bound_to_person or wanted.bound_to_person,
            ),
        )
    return changed


def _registers(part: OverlayPart, rules: Rules, name: str) -> tuple[Register, ...]:
    known = {each.id for each in rules.registers}
    for each in part.registers:
        if each.id in known:
            raise LooserLayer(f"registers.{each.id}", "given again", "the country's own entry")
    new = (register(each, name, tuple(part.sources)) for each in part.registers)
    return (*rules.registers, *new)


def _caller_id(part: CallerIdPart, rules: Rules) -> Rules:
    old = rules.caller_id
    prefix = part.required_prefix or old.required_prefix
    if old.required_prefix and prefix and not prefix.startswith(old.required_prefix):
        raise LooserLayer("cli.required_prefix", prefix, old.required_prefix)
    return replace(
        rules,
        caller_id=replace(
            old,
            must_present=old.must_present or part.must_present,
            must_be_callable=old.must_be_callable or part.must_be_callable,
            required_prefix=prefix,
            forbidden_types=old.forbidden_types | frozenset(part.forbidden_types),
            label_required=old.label_required or part.label_required,
        ),
    )


def _plain(value: object) -> object:
    """Return *value* as a person wrote it."""
    if isinstance(value, Regime):
        return value.value
    if isinstance(value, tuple):
        return [f"{a // 60:02}:{a % 60:02}-{b // 60:02}:{b % 60:02}" for a, b in value]
    return value.limit if isinstance(value, Cap) else value
