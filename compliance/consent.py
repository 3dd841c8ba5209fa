"""Whether a consent record counts, and if not, why.

GDPR 4(11): freely given, specific, informed, unambiguous; 7(1): the controller must be able to
demonstrate it; 7(3): withdrawn at any time, as easily as given.

Rule: a record fails for the first of the reasons below, in this order. Any one valid record is
enough; with several failing records the first record's failure is the reason given.
"""

from datetime import datetime, timedelta
from typing import Final

from compliance.facts import CampaignFacts, ConsentFacts
from compliance.profile import ConsentRules

PHONE: Final = "phone"  #: the channel a consent must name for any kind of call

#: What each failure means, in plain words.
FAILURES: Final = {
    "CONSENT_CONTROLLER_MISMATCH": "the consent was given to another company",
    "CONSENT_PURPOSE_MISMATCH": "the consent does not cover this campaign's purpose",
    "CONSENT_CHANNEL_MISMATCH": "the consent does not cover telephone calls",
    "CONSENT_NOT_YET_GIVEN": "the consent has no date, or one that lies ahead",
    "CONSENT_WITHDRAWN": "the consent was withdrawn",
    "CONSENT_EXPIRED": "the consent has run out",
    "CONSENT_EVIDENCE_MISSING": "no stored evidence proves the consent",
    "CONSENT_FORM_INVALID": "the consent was not given in a document of its own",
    "CONSENT_AUTOMATED_MISSING": "the consent does not cover automated calls",
    "CONSENT_NOT_BOUND_TO_PERSON": "the consent is tied to a number only, not to a person",
}


def failure(
    consent: ConsentFacts, campaign: CampaignFacts, rules: ConsentRules, now: datetime
) -> str | None:
    """Return the code of why *consent* does not count at *now*, or None when it does."""
    if consent.controller != campaign.controller:
        return "CONSENT_CONTROLLER_MISMATCH"
    if campaign.purpose not in consent.purposes:
        return "CONSENT_PURPOSE_MISMATCH"
    if PHONE not in consent.channels:
        return "CONSENT_CHANNEL_MISMATCH"
    if consent.given_at is None or consent.given_at > now:
        return "CONSENT_NOT_YET_GIVEN"
    if consent.withdrawn_at is not None and consent.withdrawn_at <= now:
        return "CONSENT_WITHDRAWN"
    ends_at = expiry(consent, rules, now)
    if ends_at is not None and ends_at <= now:
        return "CONSENT_EXPIRED"
    if not (consent.evidence or "").strip():
        return "CONSENT_EVIDENCE_MISSING"
    if rules.separate_document and not consent.separate_document:
        return "CONSENT_FORM_INVALID"
    if campaign.channel.automated and not consent.automated:
        return "CONSENT_AUTOMATED_MISSING"
    if rules.bound_to_person and consent.bound_to != "person":
        return "CONSENT_NOT_BOUND_TO_PERSON"
    return None


def confirmed_at(consent: ConsentFacts, now: datetime) -> datetime | None:
    """Return when the consent was last given or renewed, as known at *now*."""
    given = [at for at in (consent.given_at, consent.renewed_at) if at is not None and at <= now]
    return max(given) if given else None


def expiry(consent: ConsentFacts, rules: ConsentRules, now: datetime) -> datetime | None:
    """Return when the consent ends by its own term or by age (exclusive); None: never."""
    ends = [consent.expires_at] if consent.expires_at is not None else []
    start = confirmed_at(consent, now)
    if rules.max_age_days is not None and start is not None:
        ends.append(start + timedelta(days=rules.max_age_days))
    return min(ends, default=None)


def withdrawn(consents: tuple[ConsentFacts, ...], campaign: CampaignFacts, now: datetime) -> bool:
    """Whether a consent to these calls was withdrawn: then no other ground may replace it."""
    return any(
        consent.controller == campaign.controller
        and campaign.purpose in consent.purposes
        and PHONE in consent.channels
        and consent.withdrawn_at is not None
        and consent.withdrawn_at <= now
        for consent in consents
    )
