"""The answer to "may we place this call now?".

    facts ──check──▶ Permit     one attempt, these dial modes, until it expires
                └──▶ Refused    all reasons, and when or after what to ask again

No permit, no call: the engine dials permits, not leads, and only :func:`check` makes them.
A refusal is an ordinary value, not an exception: refusing is what this package is for.

Rule: :func:`check` is pure, asks every gate, raises nothing, and never allows by default.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from compliance.evaluation import Evaluation, evaluate
from compliance.facts import (
    AbandonStatistics,
    CallbackFacts,
    CallerIdFacts,
    CampaignFacts,
    Channel,
    ConsentFacts,
    DialMode,
    EarlierAttempt,
    GateInput,
    LeadFacts,
    RegisterAnswer,
    Relation,
    Subject,
    SuppressionMatch,
)
from compliance.profile import Bundle
from compliance.reason import Kind, Reason, codes

__all__ = [
    "AbandonStatistics",
    "Bundle",
    "CallbackFacts",
    "CallerIdFacts",
    "CampaignFacts",
    "Channel",
    "ConsentFacts",
    "DialMode",
    "EarlierAttempt",
    "Eligible",
    "Evaluation",
    "GateInput",
    "Kind",
    "LeadFacts",
    "Permit",
    "Reason",
    "Refused",
    "RegisterAnswer",
    "Relation",
    "Subject",
    "SuppressionMatch",
    "check",
    "screen",
]

#: How long a permit may be used (inclusive of the start, not of the end).
PERMIT_LIFE: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """Every gate agreed to one attempt to call one number. Made by :func:`check` alone."""

    attempt: str
    lead_id: int
    number: str  #: E.164
    dial_modes: frozenset[DialMode]  #: modes in which this call may be placed
    obligations: tuple[str, ...]  #: codes of notes the call must honour
    granted_at: datetime
    expires_at: datetime  #: exclusive
    evaluation: Evaluation

    @property
    def verdict(self) -> str:
        return "allow"

    def is_usable(self, now: datetime) -> bool:
        """Whether the call may still leave the house at *now*; else DECISION_STALE."""
        return self.granted_at <= now < self.expires_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Eligible:
    """Every gate agreed at a first look. Nothing may be dialled on it: ask again for a permit."""

    lead_id: int
    number: str  #: E.164
    dial_modes: frozenset[DialMode]
    obligations: tuple[str, ...]
    decided_at: datetime
    evaluation: Evaluation

    @property
    def verdict(self) -> str:
        return "allow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """At least one gate objected; all objections are kept."""

    attempt: str
    lead_id: int
    reasons: tuple[Reason, ...]  #: primary first; denials before deferrals
    obligations: tuple[str, ...]
    defer_until: datetime | None  #: earliest time at which all time-bound conditions hold
    wait_for: tuple[str, ...]  #: events to wait for
    decided_at: datetime
    evaluation: Evaluation

    @property
    def verdict(self) -> str:
        """``deny`` or ``defer``."""
        return self.reasons[0].kind.value

    @property
    def primary(self) -> str:
        """The code of the reason that weighs most."""
        return self.reasons[0].code


def check(gate_input: GateInput, bundle: Bundle, now: datetime) -> Permit | Refused:
    """Decide whether the attempt *gate_input* names may be made at *now*.

    The final check: made under the person's row lock, in the transaction that opens the attempt.
    """
    evaluation = _guarded(gate_input, bundle, now, _attempt_is_named)
    if evaluation.reasons:
        return _refused(gate_input, evaluation, now)
    expires_at = now + PERMIT_LIFE
    if evaluation.ends_at is not None:
        expires_at = min(expires_at, evaluation.ends_at)
    return Permit(
        attempt=gate_input.attempt,
        lead_id=gate_input.lead.id,
        number=evaluation.number,
        dial_modes=evaluation.dial_modes,
        obligations=codes(evaluation.notes),
        granted_at=now,
        expires_at=expires_at,
        evaluation=evaluation,
    )


def screen(gate_input: GateInput, bundle: Bundle, now: datetime) -> Eligible | Refused:
    """Ask every gate once, for the hopper's first pass; opens nothing and permits nothing."""
    evaluation = _guarded(gate_input, bundle, now)
    if evaluation.reasons:
        return _refused(gate_input, evaluation, now)
    return Eligible(
        lead_id=gate_input.lead.id,
        number=evaluation.number,
        dial_modes=evaluation.dial_modes,
        obligations=codes(evaluation.notes),
        decided_at=now,
        evaluation=evaluation,
    )


def _refused(gate_input: GateInput, evaluation: Evaluation, now: datetime) -> Refused:
    return Refused(
        attempt=gate_input.attempt,
        lead_id=gate_input.lead.id,
        reasons=evaluation.reasons,
        obligations=codes(evaluation.notes),
        defer_until=evaluation.defer_until,
        wait_for=evaluation.wait_for,
        decided_at=now,
        evaluation=evaluation,
    )


def _attempt_is_named(gate_input: GateInput) -> Reason | None:
    if gate_input.attempt:
        return None
    return _fault("the attempt to be opened has no name: open it under one and ask again")


def _guarded(
    gate_input: GateInput,
    bundle: Bundle,
    now: datetime,
    *further: Callable[[GateInput], Reason | None],
) -> Evaluation:
    """Evaluate; whatever goes wrong inside is a denial that says so, never a call."""
    try:
        if now.tzinfo is None:
            return Evaluation.of(_fault("the time of the decision has no zone: give UTC"))
        objections = [reason for ask in further if (reason := ask(gate_input))]
        evaluation = evaluate(gate_input, bundle, now.astimezone(UTC))
        return evaluation.with_denials(objections) if objections else evaluation
    except Exception as error:
        return Evaluation.of(_fault(f"the gate failed ({type(error).__name__})", "GATE_FAULT"))


def _fault(detail: str, code: str = "INPUT_INVALID") -> Reason:
    return Reason(code, Kind.DENY, "INPUT", "house.input", detail)
