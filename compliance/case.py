"""One question to the gate, prepared once so that every gate can look at it.

Rule: nothing is decided here. Gates read a :class:`Case`; none of them changes it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from compliance.consent import failure
from compliance.facts import ConsentFacts, GateInput, Subject
from compliance.jurisdiction import Jurisdiction, Places, find_places
from compliance.number import NumberFacts, examine
from compliance.profile import Bundle
from compliance.reason import Kind, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A jurisdiction, with what the consents on file are worth in it."""

    place: Jurisdiction
    valid: tuple[ConsentFacts, ...]
    first_failure: str | None  #: why the first failing record fails; None: no record on file
    callback: bool  #: the lead asked to be called now


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """The input with its number examined and its jurisdictions found."""

    facts: GateInput
    now: datetime  #: UTC
    number: NumberFacts
    places: Places
    grounds: tuple[Ground, ...]
    subject: Subject  #: consumer when unknown

    @property
    def automatic(self) -> bool:
        """Whether the call would be placed without an agent guaranteed."""
        return not self.facts.campaign.dial_mode.guarantees_agent


def prepare(facts: GateInput, bundle: Bundle, now: datetime) -> Case:
    """Look at the number, the countries and the consents of *facts* as they are at *now*."""
    region = facts.region_hint or facts.lead.country
    number = examine(facts.number, region.strip().upper() if region else None)
    places = find_places(facts, number, bundle, now)
    grounds = tuple(_ground(facts, place, now) for place in places.jurisdictions)
    return Case(
        facts=facts,
        now=now,
        number=number,
        places=places,
        grounds=grounds,
        subject=facts.lead.subject or Subject.CONSUMER,
    )


def _ground(facts: GateInput, place: Jurisdiction, now: datetime) -> Ground:
    failures = [
        (consent, failure(consent, facts.campaign, place.rules.consent, now))
        for consent in facts.consents
    ]
    return Ground(
        place=place,
        valid=tuple(consent for consent, code in failures if code is None),
        first_failure=next((code for _, code in failures if code is not None), None),
        callback=_asked_for(facts, place, now),
    )


def _asked_for(facts: GateInput, place: Jurisdiction, now: datetime) -> bool:
    """Whether the lead asked for a live call at this time, and it can be proved."""
    callback = facts.callback
    if callback is None or not (callback.evidence or "").strip():
        return False
    if facts.campaign.channel.automated:
        return False
    tolerance = place.rules.slot_tolerance
    return (
        callback.controller == facts.campaign.controller
        and callback.slot_start <= callback.slot_end
        and callback.slot_start - tolerance <= now <= callback.slot_end + tolerance
    )


@lru_cache(maxsize=4096)
def passed(gate: str, detail: str) -> tuple[Reason]:
    """Return the finding of a gate that has nothing against the call."""
    return (Reason(gate, Kind.PASSED, gate, "", detail),)


def or_passed(gate: str, found: Iterable[Reason], detail: str) -> tuple[Reason, ...]:
    """Return what was *found*, and that the gate agreed when no finding stands in the way."""
    reasons = tuple(found)
    for reason in reasons:
        if reason.kind is Kind.DENY or reason.kind is Kind.DEFER:
            return reasons
    return reasons + passed(gate, detail)
