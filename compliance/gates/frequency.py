"""How often one person may be tried in a period.

France: Code de la consommation D223-9 (four attempts in 30 calendar days); Directive 2005/29/EC,
Annex I no. 26 (persistent calls are an unfair practice). Attempts count, not only answered calls.

Rule: an attempt dated ahead counts as one of this moment; a clock that jumped frees nobody.
"""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from compliance.case import Case, Ground, or_passed
from compliance.facts import ANSWERED, CONVERSATIONS, EarlierAttempt
from compliance.profile import Cap
from compliance.reason import Kind, Reason


def ask(case: Case) -> tuple[Reason, ...]:
    """Defer until the oldest attempts have left the period."""
    return or_passed("FREQUENCY", _objections(case), "fewer attempts than any cap allows")


def _objections(case: Case) -> Iterator[Reason]:
    seen: set[tuple[str, datetime]] = set()
    for ground in case.grounds:
        if ground.callback:
            continue
        for cap in ground.place.rules.caps:
            until = free_at(cap, case.facts.history, case.number.e164, ground, case.now)
            if until is None or (cap.id, until) in seen:
                continue
            seen.add((cap.id, until))
            detail = f"{cap.limit} {cap.counts} in the period are reached"
            yield Reason(cap.code, Kind.DEFER, "FREQUENCY", cap.id, detail, cap.sources, until)


def free_at(
    cap: Cap, history: tuple[EarlierAttempt, ...], number: str, ground: Ground, now: datetime
) -> datetime | None:
    """Return when *cap* allows one more attempt; None: now."""
    leaving = sorted(
        leaves
        for attempt in history
        if _counts(cap, attempt, number)
        and (leaves := _leaves_at(cap, attempt.at, ground.place.zones)) > now
    )
    if len(leaving) < cap.limit:
        return None
    if cap.limit == 0:
        return leaving[-1] if leaving else None
    return leaving[len(leaving) - cap.limit]


def _counts(cap: Cap, attempt: EarlierAttempt, number: str) -> bool:
    if not attempt.counts:
        return False
    if cap.counts == "answered" and attempt.outcome not in ANSWERED:
        return False
    if cap.counts == "conversations" and attempt.outcome not in CONVERSATIONS:
        return False
    return cap.scope != "number" or attempt.number is None or attempt.number == number


def _leaves_at(cap: Cap, at: datetime, zones: tuple[ZoneInfo, ...]) -> datetime:
    if cap.rolling is not None:
        return at + cap.rolling
    assert cap.calendar_days is not None  # the schema gives every cap exactly one period
    return max(start_of_day(at, cap.calendar_days, zone) for zone in zones)


def start_of_day(at: datetime, days_later: int, zone: ZoneInfo) -> datetime:
    """Return the first instant of the local day *days_later* days after the day of *at*."""
    day = at.astimezone(zone).date() + timedelta(days=days_later)
    return datetime.combine(day, time(), zone)
