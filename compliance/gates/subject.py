"""Minors and the dead are not called; a person of unknown kind is a consumer.

GDPR, recital 38 (children); house rule for the age of 18.
"""

from collections.abc import Iterator
from typing import Final

from compliance.case import Case, or_passed
from compliance.reason import Kind, Reason

ADULT_AGE: Final = 18  #: years


def ask(case: Case) -> tuple[Reason, ...]:
    """Deny by age or death; note an assumed kind of subject."""
    return or_passed("SUBJECT", _findings(case), f"called as {case.subject.value}")


def _findings(case: Case) -> Iterator[Reason]:
    lead = case.facts.lead
    if lead.subject is None:
        detail = "whether this is a consumer or a company is unknown: treated as a consumer"
        yield _found("SUBJECT_UNKNOWN_TREATED_AS_CONSUMER", Kind.NOTE, "house.subject", detail)
    if lead.age is not None and lead.age < ADULT_AGE:
        yield _found("MINOR", Kind.DENY, "house.minor", f"younger than {ADULT_AGE}")
    if lead.deceased:
        yield _found("DECEASED", Kind.DENY, "house.deceased", "the person has died")


def _found(code: str, kind: Kind, rule: str, detail: str) -> Reason:
    return Reason(code, kind, "SUBJECT", rule, detail)
