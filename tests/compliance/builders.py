"""Gate inputs for tests: a test names only what it is about."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from compliance.decision import (
    CallerIdFacts,
    CampaignFacts,
    ConsentFacts,
    DialMode,
    GateInput,
    LeadFacts,
    Subject,
)

#: A Monday, 10:00 in London, 12:00 in Sofia.
MONDAY = datetime(2026, 11, 23, 10, tzinfo=UTC)


def a_consent(**changes: Any) -> ConsentFacts:
    consent = ConsentFacts(
        id="c1",
        controller="acme",
        purposes=("sales",),
        channels=("phone",),
        given_at=MONDAY - timedelta(days=30),
        evidence="ev-1",
        separate_document=True,
        bound_to="person",
    )
    return replace(consent, **changes)


def a_campaign(**changes: Any) -> CampaignFacts:
    campaign = CampaignFacts(
        id="7",
        controller="acme",
        purpose="sales",
        dial_mode=DialMode.PREVIEW,
        caller_id=CallerIdFacts(number="+442079460999", presented=True, callable=True),
    )
    return replace(campaign, **changes)


def a_lead(**changes: Any) -> LeadFacts:
    return replace(LeadFacts(id=1, country="BG", subject=Subject.CONSUMER), **changes)


def an_input(
    lead: dict[str, Any] | None = None, campaign: dict[str, Any] | None = None, **changes: Any
) -> GateInput:
    """A call to Bulgaria that nothing stands against."""
    given = GateInput(
        attempt="a1",
        lead=a_lead(**(lead or {})),
        campaign=a_campaign(**(campaign or {})),
        number="+359888123456",
        consents=(a_consent(),),
    )
    return replace(given, **changes)
