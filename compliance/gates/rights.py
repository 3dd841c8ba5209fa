"""What persons have asked for, and what must not be kept, comes before every ground for a call.

GDPR 17 (erasure), 18 (restriction), 21(2)-(3) (objection), 5(1)(e) (storage limit), 14(3)(a)
(notice within a month; counted here as 30 days). An objection beats every consent.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from compliance.case import Case, or_passed
from compliance.facts import GateInput, LeadFacts
from compliance.reason import Kind, Reason

GLOBAL: Final = "global"  #: scope of a suppression that binds every client
NOTICE_WITHIN: Final = timedelta(days=30)  #: inclusive
THIRD_PARTY: Final = "third_party"


def ask(case: Case) -> tuple[Reason, ...]:
    """Deny what the person has forbidden, and data that may not be used any more."""
    detail = "no objection, restriction, erasure or suppression is on file"
    return or_passed("RIGHTS", _objections(case.facts, case.now), detail)


def _objections(facts: GateInput, now: datetime) -> Iterator[Reason]:
    lead = facts.lead
    if lead.erased:
        yield _deny("DATA_ERASED", "gdpr.17", "the person's data were erased")
    if lead.restricted:
        yield _deny("PROCESSING_RESTRICTED", "gdpr.18", "processing is restricted for now")
    if lead.objected_at is not None and lead.objected_at <= now:
        detail = f"the person objected to marketing on {lead.objected_at:%Y-%m-%d}"
        yield _deny("OBJECTION_ART21", "gdpr.21", detail)
    for entry in facts.suppressions:
        if entry.match and entry.scope in (GLOBAL, facts.campaign.controller):
            whom = "anybody" if entry.scope == GLOBAL else "this client"
            yield _deny("SUPPRESSED_INTERNAL", "house.suppression", f"not to be called for {whom}")
    if lead.retention_until is not None and lead.retention_until <= now:
        detail = f"the data may not be used since {lead.retention_until:%Y-%m-%d}"
        yield _deny("RETENTION_EXPIRED", "gdpr.5.1.e", detail)
    if _notice_is_overdue(lead, now):
        detail = "data from a third party, and no notice was given within 30 days"
        yield _deny("NOTICE_ART14_OVERDUE", "gdpr.14", detail)


def _notice_is_overdue(lead: LeadFacts, now: datetime) -> bool:
    if lead.source != THIRD_PARTY:
        return False
    if lead.notice_at is not None and lead.notice_at <= now:
        return False
    return lead.obtained_at is None or now - lead.obtained_at > NOTICE_WITHIN


def _deny(code: str, rule: str, detail: str) -> Reason:
    return Reason(code, Kind.DENY, "RIGHTS", rule, detail)
