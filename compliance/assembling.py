"""From checked files to complete rules: the house layer fills what a country leaves silent.

    house ─▶ country          a key the country gives replaces the house's key;
                              a cap with a new id adds, with the same id replaces

Rule: nothing stays silent. What neither layer says gets the strict reading (closed, forbidden,
needed), never the convenient one.
"""

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from compliance.facts import Subject
from compliance.profile import (
    Abandonment,
    Ban,
    CallerIdRules,
    Cap,
    ConsentRules,
    Cooldowns,
    CustomerException,
    Day,
    Override,
    Regime,
    Register,
    Rules,
    Windows,
)
from compliance.schema import (
    AbandonPart,
    BanPart,
    CallerIdPart,
    CapPart,
    ConsentPart,
    ConsentRulesPart,
    CooldownsPart,
    CustomerExceptionPart,
    HousePart,
    ProfilePart,
    RefusalPart,
    RegisterPart,
    Spans,
    WindowsPart,
)

WEEK: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def complete(house: HousePart, profile: ProfilePart, sha256: str) -> Rules:
    """Return the rules of *profile* with the house's where it says nothing."""
    name, sources = profile.id, tuple(profile.sources)
    calendar = profile.calendar
    regional = isinstance(calendar, str) or (calendar is not None and calendar.regional)
    zones = tuple(ZoneInfo(zone) for zone in profile.tz)
    live, automated = (regimes(profile.consent, automated=way) for way in (False, True))
    return Rules(
        profile=name,
        sha256=sha256,
        country=profile.country,
        zones=zones,
        zone_names=frozenset(profile.tz),
        valid_from=profile.valid_from,
        valid_to=profile.valid_to,
        review_by=profile.review_by,
        calendar=calendar if isinstance(calendar, str) or calendar is None else calendar.code,
        regional_holidays=regional,
        live=live,
        automated=automated,
        country_live=live,
        country_automated=automated,
        consent=consent_rules(profile.consent_rules),
        customer_exception=customer_exception(profile.customer_exception),
        registers=tuple(register(part, name, sources) for part in profile.registers),
        automatic_dialing=profile.auto_dial == "allowed",
        windows=_windows(house, profile),
        caps=merged_caps(
            tuple(cap(part, ()) for part in house.caps),
            (cap(part, sources) for part in profile.caps),
        ),
        cooldowns=_cooldowns(house.cooldowns, profile),
        abandonment=_abandonment(house.abandon, profile),
        caller_id=caller_id(profile.cli, name),
        recording_needs_consent=bool(profile.recording and profile.recording.all_party_consent),
        localisation=bool(profile.transfer and profile.transfer.localisation),
        bans=tuple(ban(part, name) for part in profile.bans),
        slot_tolerance=timedelta(minutes=house.slot_tolerance_minutes),
        sources=sources,
    )


def spans(part: Spans) -> Day:
    """Return spans as minutes of the day.

    >>> spans([["09:00", "12:30"]])
    ((540, 750),)
    """
    return tuple((_minutes(start), _minutes(end)) for start, end in part)


def _minutes(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


def day_spans(part: WindowsPart, day: int) -> Spans | None:
    """Return what *part* says about weekday *day* (0: Monday); None: nothing."""
    own: Spans | None = getattr(part, WEEK[day])
    return part.mon_fri if own is None and day < 5 else own


def _windows(house: HousePart, profile: ProfilePart) -> Windows:
    part = profile.windows or house.windows
    from_house = profile.windows is None
    basis = "house" if from_house else part.basis or "statute"
    says_holiday = "holiday" in part.model_fields_set
    return Windows(
        basis=basis,
        days=tuple(spans(day_spans(part, day) or []) for day in range(7)),
        holiday=None if says_holiday and part.holiday is None else spans(part.holiday or []),
        eve=None if part.eve is None else spans(part.eve),
        override=Override(part.override or "none"),
        rule="house.hours" if from_house else f"{profile.id}.hours",
        sources=() if from_house else tuple(profile.sources),
    )


def regimes(part: ConsentPart, *, automated: bool) -> dict[Subject, Regime]:
    """Return the regime of each kind of subject."""
    pairs = {subject: getattr(part, subject.value) for subject in Subject}
    return {
        subject: Regime(pair.automated if automated else pair.live)
        for subject, pair in pairs.items()
    }


def consent_rules(part: ConsentRulesPart) -> ConsentRules:
    """Return what a consent must be."""
    return ConsentRules(
        max_age_days=part.max_age_days,
        separate_document=part.separate_document,
        bound_to_person=part.bound_to_person,
        evidence_retention_days=part.evidence_retention_days,
        evidence_clock=part.evidence_clock,
    )


def customer_exception(part: CustomerExceptionPart | None) -> CustomerException | None:
    """Return the own-customer exception, if there is one."""
    if part is None:
        return None
    return CustomerException(
        related_contract=part.related_contract,
        similar_products=part.similar_products,
        max_days_since_relation=part.max_days_since_relation,
        only_controllers=tuple(part.only_controllers),
    )


def register(part: RegisterPart, profile: str, sources: tuple[str, ...]) -> Register:
    """Return one register."""
    return Register(
        id=part.id,
        subjects=frozenset(Subject(name) for name in part.subjects),
        max_age_days=part.max_age_days,
        effective_days_of_month=tuple(part.effective_days_of_month),
        grace_days=part.grace_days,
        use_grace=part.use_grace,
        consent_override=part.consent_override,
        ebr_override=part.ebr_override,
        sector_choices=part.sector_choices,
        rule=f"{profile}.register.{part.id.lower()}",
        sources=sources,
    )


def cap(part: CapPart, sources: tuple[str, ...]) -> Cap:
    """Return one cap."""
    rolling = None
    if part.hours is not None:
        rolling = timedelta(hours=part.hours)
    elif part.days is not None:
        rolling = timedelta(days=part.days)
    return Cap(
        id=part.id,
        limit=part.max,
        rolling=rolling,
        calendar_days=part.calendar_days,
        counts=part.counts,
        scope=part.scope,
        sources=sources,
    )


def merged_caps(upper: Iterable[Cap], lower: Iterable[Cap]) -> tuple[Cap, ...]:
    """Return the caps of both layers; a cap of *lower* replaces one of the same id."""
    return tuple({**{c.id: c for c in upper}, **{c.id: c for c in lower}}.values())


def _cooldowns(house: CooldownsPart, profile: ProfilePart) -> Cooldowns:
    part = profile.cooldowns
    given = house.model_dump(exclude_none=True)
    if part is not None:
        given |= part.model_dump(exclude_none=True)
    rule = "house.cooldowns" if part is None else f"{profile.id}.cooldowns"
    refusal: RefusalPart | None = profile.refusal
    return Cooldowns(
        refusal=None if refusal else timedelta(days=given.get("refusal_days", 0)),
        refusal_days=refusal.calendar_days if refusal else None,
        refusal_full_days=refusal.full_days if refusal else False,
        abandoned=timedelta(hours=given.get("abandoned_hours", 0)),
        machine=timedelta(hours=given.get("amd_hours", 0)),
        agent_guarantee_after_abandon=given.get("agent_guarantee_after_abandon", False),
        rule=rule,
        refusal_rule=f"{profile.id}.refusal" if refusal else rule,
        sources=tuple(profile.sources) if part is not None or refusal else (),
    )


def _abandonment(house: AbandonPart, profile: ProfilePart) -> Abandonment:
    part = profile.abandon or house
    rate = part.max_rate if part.max_rate is not None else house.max_rate
    seconds = part.max_seconds_to_agent or house.max_seconds_to_agent
    ring = part.min_ring_seconds
    return Abandonment(
        max_rate=Decimal(str(rate or 0)),
        denominator=part.denominator or "live_answered",
        window_hours=part.window_hours,
        window=part.window,
        max_seconds_to_agent=Decimal(str(seconds or 0)),
        clock_from=part.clock_from or "answer",
        info_message=part.info_message or "required",
        min_ring_seconds=ring if ring is not None else house.min_ring_seconds or 15,
        report_retention_days=part.report_retention_days,
        rule=f"{profile.id}.abandon" if profile.abandon else "house.abandon",
        sources=tuple(profile.sources) if profile.abandon else (),
    )


def caller_id(part: CallerIdPart, profile: str) -> CallerIdRules:
    """Return what the caller ID must be."""
    return CallerIdRules(
        must_present=part.must_present,
        must_be_callable=part.must_be_callable,
        required_prefix=part.required_prefix,
        forbidden_types=frozenset(part.forbidden_types),
        label_required=part.label_required,
        rule=f"{profile}.cli",
    )


def ban(part: BanPart, profile: str) -> Ban:
    """Return one ban of a sector."""
    return Ban(
        sector=part.sector,
        since=part.since,
        until=part.until,
        exception=part.exception,
        rule=f"{profile}.ban.{part.sector}",
    )
