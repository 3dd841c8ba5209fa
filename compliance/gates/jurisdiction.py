"""Says whose law was applied and how the place and its time were found. It denies nothing itself.

House rule: the lead's country and the number's country are both asked; the strictest wins.
"""

from collections.abc import Iterator

from compliance.case import Case, or_passed
from compliance.reason import Kind, Reason


def ask(case: Case) -> tuple[Reason, ...]:
    """Note every assumption made about country and time zone."""
    countries = " and ".join(ground.place.rules.country for ground in case.grounds)
    return or_passed("JURISDICTION", _notes(case), f"law applied: {countries or 'none'}")


def _notes(case: Case) -> Iterator[Reason]:
    places = case.places
    if places.from_number:
        yield _note("COUNTRY_FROM_NUMBER", f"the country {places.country} follows from the number")
    if places.mismatch:
        detail = f"lead in {places.country}, number of {case.number.country}: both laws apply"
        yield _note("JURISDICTION_MISMATCH", detail)
    for ground in case.grounds:
        place = ground.place
        names = ", ".join(zone.key for zone in place.zones)
        if place.zone_note == "TIMEZONE_UNKNOWN_ALL_CANDIDATES":
            yield _note(place.zone_note, f"time zone unknown: all of {names} must be open")
        elif place.zone_note is not None:
            yield _note(place.zone_note, f"lead and number disagree: {names} must both be open")


def _note(code: str, detail: str) -> Reason:
    return Reason(code, Kind.NOTE, "JURISDICTION", "house.jurisdiction", detail)
