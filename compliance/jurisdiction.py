"""Whose law applies to a call, and what time it is there.

The lead's country and the number's country are both asked, and every objection counts. The
version of a profile is the one in force on the day of the call at the place called.

Zones: the lead's own; else the only one the number library gives, if the profile lists it; else
every zone of the profile, and all of them must be open. A fixed line whose only library zone
keeps another time than the lead's zone adds that zone.

Rule: the library's zones are trusted only where the profile lists them. It places Kaliningrad
in Bucharest, and gives sixteen zones for a Russian mobile.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from compliance.calendar import is_holiday
from compliance.facts import GateInput
from compliance.number import NumberFacts
from compliance.profile import Bundle, Day, Rules

_ZONE_NAMES: Final = frozenset(available_timezones())
_HALF_A_YEAR: Final = timedelta(days=182)


@dataclass(frozen=True, slots=True, kw_only=True)
class Jurisdiction:
    """One set of rules that applies, and the places it looks at."""

    rules: Rules
    versions: tuple[Rules, ...]  #: of the same country, for days to come
    zones: tuple[ZoneInfo, ...]
    subdivision: str | None
    zone_note: str | None = None  #: code of a note on how the zones were found

    def rules_on(self, day: date) -> Rules:
        """Return the version in force on *day*, else the one that decides now."""
        if self.rules.in_force(day):
            return self.rules
        return next((version for version in self.versions if version.in_force(day)), self.rules)

    def spans_on(self, day: date) -> Day:
        """Return the open minutes of the local *day*."""
        rules = self.rules_on(day)

        def on_holiday(some_day: date) -> bool:
            if rules.calendar is None:
                return False
            region = self.subdivision if rules.regional_holidays else None
            return is_holiday(rules.calendar, region, some_day)

        return rules.windows.on(day, on_holiday)


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """All jurisdictions of a call, and the countries that have none."""

    country: str | None  #: the lead's, else the number's
    from_number: bool
    mismatch: bool
    jurisdictions: tuple[Jurisdiction, ...]
    without_profile: tuple[str, ...]
    not_in_force: tuple[str, ...]


def find_places(
    gate_input: GateInput, number: NumberFacts, bundle: Bundle, now: datetime
) -> Places:
    """Return whose law applies to the call at *now*."""
    lead_country = _iso(gate_input.lead.country)
    country = lead_country or number.country
    asked = [country] if country else []
    mismatch = bool(lead_country and number.country and lead_country != number.country)
    if mismatch and number.country:
        asked.append(number.country)
    found: list[Jurisdiction] = []
    without_profile: list[str] = []
    not_in_force: list[str] = []
    for name in asked:
        subdivision = _iso(gate_input.lead.subdivision) if name == country else None
        versions = bundle.versions(
            name,
            subdivision=subdivision,
            controller=gate_input.campaign.controller,
            campaign=gate_input.campaign.id,
        )
        here = _in_force(versions, gate_input, number, now, subdivision, home=name == country)
        found += here
        if not versions:
            without_profile.append(name)
        elif not here:
            not_in_force.append(name)
    return Places(
        country=country,
        from_number=lead_country is None and country is not None,
        mismatch=mismatch,
        jurisdictions=tuple(found),
        without_profile=tuple(without_profile),
        not_in_force=tuple(not_in_force),
    )


def _in_force(
    versions: tuple[Rules, ...],
    gate_input: GateInput,
    number: NumberFacts,
    now: datetime,
    subdivision: str | None,
    *,
    home: bool,
) -> list[Jurisdiction]:
    found = []
    for rules in versions:
        zones, note = _zones(rules, gate_input.lead.time_zone, number, now, home=home)
        if any(rules.in_force(now.astimezone(zone).date()) for zone in zones):
            found.append(
                Jurisdiction(
                    rules=rules,
                    versions=versions,
                    zones=zones,
                    subdivision=subdivision,
                    zone_note=note,
                )
            )
    return found


def _zones(
    rules: Rules, lead_zone: str | None, number: NumberFacts, now: datetime, *, home: bool
) -> tuple[tuple[ZoneInfo, ...], str | None]:
    hint = number.single_zone
    if hint is not None and hint not in rules.zone_names:
        hint = None
    zone = _zone(lead_zone) if home or lead_zone in rules.zone_names else None
    if zone is not None:
        if hint is not None and number.kind == "FIXED_LINE" and _differ(zone, ZoneInfo(hint), now):
            return (zone, ZoneInfo(hint)), "TIMEZONE_CONFLICT_BOTH"
        return (zone,), None
    if hint is not None and not (home and lead_zone):
        return (ZoneInfo(hint),), None
    return rules.zones, "TIMEZONE_UNKNOWN_ALL_CANDIDATES" if len(rules.zones) > 1 else None


def _zone(name: str | None) -> ZoneInfo | None:
    return ZoneInfo(name) if name in _ZONE_NAMES and name else None


def _differ(one: ZoneInfo, other: ZoneInfo, now: datetime) -> bool:
    """Whether the zones keep different time now or half a year from now."""
    return any(
        at.astimezone(one).utcoffset() != at.astimezone(other).utcoffset()
        for at in (now, now + _HALF_A_YEAR)
    )


@lru_cache(maxsize=1024)
def _iso(text: str | None) -> str | None:
    return text.strip().upper() or None if text else None
