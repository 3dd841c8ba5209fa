"""No calls outside the hours of the day at the place called; holidays have hours of their own.

Spans are half-open, in local time, and every candidate zone must be open. A time the lead asked
for lifts house hours always, statutory hours only where the law says so (France: Code de la
consommation L223-1, "at a date and time precisely specified").
"""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from compliance.case import Case, Ground, or_passed
from compliance.hours import is_open
from compliance.profile import Override
from compliance.reason import Kind, Reason


def ask(case: Case) -> tuple[Reason, ...]:
    """Defer a call at a place that is closed now."""
    return or_passed("HOURS", _findings(case), "the place called is open")


def _findings(case: Case) -> Iterator[Reason]:
    for ground in case.grounds:
        closed = [z for z in ground.place.zones if not is_open(ground.place, z, case.now)]
        if not closed or is_lifted(ground):
            continue
        windows = ground.place.rules.windows
        times = ", ".join(_local(case.now, zone) for zone in closed)
        yield Reason(
            "OUTSIDE_HOURS",
            Kind.DEFER,
            "HOURS",
            windows.rule,
            f"outside calling hours: {times}",
            windows.sources,
        )
        if ground.callback and windows.basis != "house":
            yield Reason(
                "CALLBACK_SLOT_OUTSIDE_STATUTORY_HOURS",
                Kind.NOTE,
                "HOURS",
                windows.rule,
                "the promised time lies outside statutory hours: offer another one",
                windows.sources,
            )


def is_lifted(ground: Ground) -> bool:
    """Whether hours do not bind this call in the jurisdiction."""
    windows = ground.place.rules.windows
    if ground.callback and (windows.basis == "house" or windows.override is not Override.NONE):
        return True
    return is_lifted_by_consent(ground)


def is_lifted_by_consent(ground: Ground) -> bool:
    """Whether a consent covers calls outside hours, whenever they are made."""
    if ground.place.rules.windows.override is not Override.EXPRESS_CONSENT:
        return False
    return any(consent.out_of_hours for consent in ground.valid)


def _local(now: datetime, zone: ZoneInfo) -> str:
    return f"{now.astimezone(zone):%a %H:%M} in {zone.key}"
