"""Codes of decisions, said of leads in the words of people who do not know them.

Rule: a code that is not here is still said, with its underscores taken out.
"""

from collections.abc import Mapping
from typing import Final

#: What a code says of leads, in words that follow a count of them.
WORDS: Final[Mapping[str, str]] = {
    "rejected_or_duplicate": "rows rejected or given twice",
    "INPUT_INVALID": "have facts that cannot be read",
    "POLICY_UNVERIFIED": "are of a country whose rules nobody has approved",
    "POLICY_NOT_IN_FORCE": "are of a country without rules for this day",
    "COUNTRY_NO_PROFILE": "are of a country without rules",
    "NUMBER_INVALID": "have a number that does not exist",
    "NUMBER_CLASS_FORBIDDEN": "have a number of a class that is never dialled",
    "CONSENT_REQUIRED": "have no consent on file",
    "CONSENT_EVIDENCE_MISSING": "lack evidence of their consent",
    "CONSENT_NOT_YET_GIVEN": "have a consent without a date, or dated ahead",
    "CONSENT_EXPIRED": "have a consent that ran out",
    "CONSENT_WITHDRAWN": "have withdrawn their consent",
    "CONSENT_CONTROLLER_MISMATCH": "consented to another company",
    "CONSENT_PURPOSE_MISMATCH": "consented to another purpose",
    "CONSENT_CHANNEL_MISMATCH": "consented, but not to telephone calls",
    "CONSENT_FORM_INVALID": "consented, but not in the form the country wants",
    "BASIS_LIA_MISSING": "need a written balancing test",
    "PRESUMED_CONSENT_UNDOCUMENTED": "might be presumed to consent, but why is not documented",
    "OBJECTION_ART21": "have objected",
    "SUPPRESSED_INTERNAL": "are not to be called",
    "DATA_ERASED": "were erased",
    "PROCESSING_RESTRICTED": "are restricted",
    "RETENTION_EXPIRED": "have data that are too old to be used",
    "NOTICE_ART14_OVERDUE": "were not told where their data come from",
    "REGISTER_LISTED": "are listed in a register of objections",
    "REGISTER_NOT_CHECKED": "were not compared with a register",
    "REGISTER_STALE": "were compared with a register too long ago",
    "SECTOR_BANNED": "are of a country where this trade may not call",
    "AUTODIAL_PROHIBITED": "are of a country where no machine may dial",
    "AGENT_GUARANTEE_REQUIRED": "may only be called with an agent waiting",
    "DATA_LOCALISATION": "have data that must be stored in their country",
    "CLI_NOT_CALLABLE": "need a caller ID that can be called back",
    "CLI_PREFIX_REQUIRED": "need a caller ID with the prefix of their country",
    "CLI_TYPE_FORBIDDEN": "need a caller ID that is no mobile number",
    "CLI_WITHHELD": "need a caller ID that is shown",
    "CLI_LABEL_MISSING": "need a contract that shows the caller's name",
    "OUTSIDE_HOURS": "are outside calling hours now",
    "NO_COMMON_WINDOW": "are in zones that are never open together",
    "COOLDOWN_REFUSAL": "said no not long ago",
    "COOLDOWN_ABANDONED": "were abandoned not long ago",
    "COOLDOWN_AMD": "were answered by a machine not long ago",
    "ABANDON_RATE_EXCEEDED": "wait for the abandon rate to come down",
    "MINOR": "are minors",
    "DECEASED": "have died",
}


def said_of_leads(code: str) -> str:
    """Return *code* in words that follow a count of leads.

    >>> said_of_leads("CAP_HOUSE_DAY"), said_of_leads("booked")
    ('were tried as often as allowed (house day)', 'booked')
    """
    if code.startswith("CAP_"):
        cap = code.removeprefix("CAP_").replace("_", " ").lower()
        return f"were tried as often as allowed ({cap})"
    return WORDS.get(code, code.replace("_", " ").lower())
