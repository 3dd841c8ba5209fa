"""Codes of decisions, said of leads in the words of people who do not know them, and what to do.

Rule: every code that can stop a call has words of its own.
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
    "GATE_FAULT": "could not be decided: a fault of the program, see its log",
    "NUMBER_MALFORMED": "have a number that cannot be read",
    "NUMBER_INVALID": "have a number that does not exist",
    "NUMBER_EMERGENCY": "have an emergency number",
    "NUMBER_SHORT_CODE": "have a short code instead of a number",
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
    "CONSENT_AUTOMATED_MISSING": "consented, but not to automated calls",
    "CONSENT_NOT_BOUND_TO_PERSON": "have a consent that is tied to a number, not to a person",
    "BASIS_CONTRACT_NOT_RELATED": "have a contract to which the offer does not belong",
    "BASIS_NOT_SIMILAR": "are own customers, but bought nothing similar",
    "BASIS_RELATION_TOO_OLD": "were own customers too long ago",
    "SPECIAL_CATEGORY_NO_EXPLICIT_CONSENT": "have given no consent that names a special category",
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
    "OPTOUT_MECHANISM_MISSING": "would hear a message that offers no way to object",
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

#: What a person can do about a code, in words; codes without one wait for time or stay as they are.
REMEDIES: Final[Mapping[str, str]] = {
    "CONSENT_EVIDENCE_MISSING": "attest the list, or bring the evidence",
    "CONSENT_REQUIRED": "bring consents with evidence, or attest the list",
    "CONSENT_NOT_YET_GIVEN": "bring the dates on which consent was given",
    "CONSENT_EXPIRED": "ask for renewed consent",
    "CONSENT_PURPOSE_MISMATCH": "correct the campaign's purpose, or ask for consent to it",
    "BASIS_LIA_MISSING": "write and sign the balancing test for this country and purpose",
    "PRESUMED_CONSENT_UNDOCUMENTED": "document why consent may be presumed",
    "POLICY_UNVERIFIED": "have the country's profile read and approved",
    "POLICY_NOT_IN_FORCE": "write the version of the country's profile that holds today",
    "COUNTRY_NO_PROFILE": "write a profile for this country, and have it approved",
    "REGISTER_NOT_CHECKED": "import the register",
    "REGISTER_STALE": "import the register anew",
    "NOTICE_ART14_OVERDUE": "send the notice about where the data come from, and record it",
    "CONSENT_FORM_INVALID": "ask for consent in a document of its own",
    "CONSENT_AUTOMATED_MISSING": "ask for consent to automated calls, or let people speak",
    "CONSENT_NOT_BOUND_TO_PERSON": "show who gave the consent, not only from which number",
    "SPECIAL_CATEGORY_NO_EXPLICIT_CONSENT": "ask for consent that names the special category",
    "OPTOUT_MECHANISM_MISSING": "offer a way to object in the message",
    "AGENT_GUARANTEE_REQUIRED": "run the campaign in preview mode",
    "CLI_LABEL_MISSING": "sign the contract that shows the caller's name",
    "CLI_NOT_CALLABLE": "use a caller ID that can be called back",
    "CLI_PREFIX_REQUIRED": "use a caller ID with the prefix of the country",
    "CLI_TYPE_FORBIDDEN": "use a caller ID that is no mobile number",
    "CLI_WITHHELD": "show the caller ID",
    "AUTODIAL_PROHIBITED": "run the campaign in preview mode",
    "ABANDON_RATE_EXCEEDED": "wait, or run the campaign in preview mode",
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
