"""Facts must be readable and possible; a fact that is neither refuses the call.

Rule: a contradiction is never resolved in favour of calling.
"""

from collections.abc import Iterator
from datetime import datetime

from compliance.case import Case, or_passed
from compliance.facts import GateInput
from compliance.reason import Kind, Reason


def ask(case: Case) -> tuple[Reason, ...]:
    """Deny when a fact could not be read or contradicts another."""
    return or_passed("INPUT", _objections(case.facts), "all facts could be read")


def _objections(facts: GateInput) -> Iterator[Reason]:
    for problem in facts.unreadable:
        yield _deny(problem)
    for name in ("controller", "purpose"):
        if not getattr(facts.campaign, name).strip():
            yield _deny(f"campaign.{name}: is missing; nobody has consented to a call without it")
    callback = facts.callback
    if callback is not None and callback.slot_end < callback.slot_start:
        yield _deny("callback: the slot ends before it starts; correct the promise")
    statistics = facts.campaign.statistics
    if statistics is not None and not 0 <= statistics.abandoned <= statistics.live_answered:
        yield _deny("campaign.stats: abandoned calls must be between 0 and the live answers")
    for consent in facts.consents:
        if _before(consent.withdrawn_at, consent.given_at):
            yield _deny("consents: one was withdrawn before it was given; correct its dates")
        if _before(consent.renewed_at, consent.given_at):
            yield _deny("consents: one was renewed before it was given; correct its dates")

    withdrawals: dict[str, datetime | None] = {}
    for consent in facts.consents:
        said = withdrawals.setdefault(consent.id, consent.withdrawn_at)
        if consent.id and said != consent.withdrawn_at:
            yield _deny("consents: one stands here twice, and was withdrawn in one place only")


def _before(later: datetime | None, earlier: datetime | None) -> bool:
    return later is not None and earlier is not None and later < earlier


def _deny(detail: str) -> Reason:
    return Reason("INPUT_INVALID", Kind.DENY, "INPUT", "house.input", detail)
