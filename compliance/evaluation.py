"""Asks every gate about one case, and finds the earliest time at which all conditions hold.

Rule: a pure function of input, bundle and time. The same three give the same evaluation, to the
byte, so that a decision can be replayed years later.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from compliance.case import Case, prepare
from compliance.facts import GUARANTEED, DialMode, GateInput
from compliance.gates import GATES
from compliance.gates.hours import is_lifted, is_lifted_by_consent
from compliance.hours import closes_at, next_opening
from compliance.profile import Bundle
from compliance.reason import Kind, Reason

_ALL_MODES: Final = frozenset(DialMode)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What the gates found, sorted by what it does."""

    number: str  #: E.164; empty when it cannot be read
    reasons: tuple[Reason, ...]  #: denials, then deferrals, each in the order of the gates
    notes: tuple[Reason, ...]
    limits: tuple[Reason, ...]  #: what bars dial modes without a guaranteed agent
    passed: tuple[Reason, ...]
    dial_modes: frozenset[DialMode]  #: modes in which the call could be placed
    defer_until: datetime | None
    wait_for: tuple[str, ...]
    ends_at: datetime | None  #: when an agreed call stops being allowed, if that is known
    profiles: tuple[tuple[str, str], ...]  #: id and content hash of the profiles used
    consents: tuple[str, ...] = ()  #: ids of those that count in every country asked

    @staticmethod
    def of(denial: Reason) -> "Evaluation":
        """Return the evaluation of a case that could not be asked at all."""
        return Evaluation(
            number="",
            reasons=(denial,),
            notes=(),
            limits=(),
            passed=(),
            dial_modes=frozenset(),
            defer_until=None,
            wait_for=(),
            ends_at=None,
            profiles=(),
        )

    def with_denials(self, denials: Iterable[Reason]) -> "Evaluation":
        """Return this evaluation with *denials* before everything else."""
        return replace(self, reasons=(*denials, *self.reasons), defer_until=None)


def evaluate(facts: GateInput, bundle: Bundle, now: datetime) -> Evaluation:
    """Ask every gate about *facts* at *now* (UTC)."""
    case = prepare(facts, bundle, now)
    found = [reason for gate in GATES for reason in gate(case)]
    denials = [reason for reason in found if reason.kind is Kind.DENY]
    deferrals = [reason for reason in found if reason.kind is Kind.DEFER]
    limits = tuple(reason for reason in found if reason.kind is Kind.LIMIT)
    defer_until: datetime | None = None
    if deferrals and not denials:
        defer_until, deferrals, denials = _solve(case, deferrals)
    return Evaluation(
        number=case.number.e164,
        reasons=(*denials, *deferrals),
        notes=tuple(reason for reason in found if reason.kind is Kind.NOTE),
        limits=limits,
        passed=tuple(reason for reason in found if reason.kind is Kind.PASSED),
        dial_modes=GUARANTEED if limits else _ALL_MODES,
        defer_until=defer_until,
        wait_for=tuple(dict.fromkeys(r.wait_for for r in deferrals if r.wait_for)),
        ends_at=None if denials or deferrals else _ends_at(case),
        profiles=tuple((g.place.rules.profile, g.place.rules.sha256) for g in case.grounds),
        consents=_counting(case),
    )


def _counting(case: Case) -> tuple[str, ...]:
    """Return the consents on which the call could be made."""
    valid = [{consent.id for consent in ground.valid} for ground in case.grounds]
    return tuple(c.id for c in case.facts.consents if valid and all(c.id in ids for ids in valid))


def _solve(
    case: Case, deferrals: list[Reason]
) -> tuple[datetime | None, list[Reason], list[Reason]]:
    """Find when caps and cool-downs have ended and every place is open.

    Returns:
        That time (None: nothing here is bound to time), the deferrals, and a denial if the
        places are never open together.
    """
    timed = [reason for reason in deferrals if reason.wait_for is None]
    if not timed:
        return None, deferrals, []
    start = max([reason.until for reason in timed if reason.until is not None], default=case.now)
    places = [ground.place for ground in case.grounds if not is_lifted_by_consent(ground)]
    until = next_opening(places, max(start, case.now))
    if until is None:
        names = " and ".join(zone.key for place in places for zone in place.zones)
        detail = f"there is no time at which all of {names} are open"
        never = Reason("NO_COMMON_WINDOW", Kind.DENY, "HOURS", "house.hours", detail)
        return None, deferrals, [never]
    return until, deferrals, []


def _ends_at(case: Case) -> datetime | None:
    """Return the earliest closing time among the places of an agreed call."""
    ends = [
        end.astimezone(UTC)
        for ground in case.grounds
        if not is_lifted(ground)
        for zone in ground.place.zones
        if (end := closes_at(ground.place, zone, case.now)) is not None
    ]
    return min(ends, default=None)
