"""What the words of programs (outcomes, dispositions, reasons, codes) mean to a client.

Rule: for people only. Programs read the codes; a code without words here is shown as it is.
"""

from collections.abc import Mapping
from typing import Final

_OUTCOMES: Final = {
    "answered": "answered",
    "no_answer": "rang, nobody answered",
    "busy": "engaged",
    "invalid_number": "no such number",
    "unavailable": "switched off or out of reach",
    "rejected": "declined",
    "blocked_caller_id": "our number is blocked",
    "congestion": "network congested",
    "trunk_auth": "network did not accept us",
    "trunk_rate": "network was too busy for us",
    "trunk_down": "network did not react",
    "media": "no sound in common",
    "protocol": "network misunderstood",
    "cancelled": "given up by us",
    "lost": "interrupted",
    "open": "not over yet",
}
_DISPOSITIONS: Final = {
    "meeting_booked": "meeting booked",
    "callback": "call again at an agreed time",
    "qualified": "fits, without a meeting",
    "hot_transfer": "handed over in the call",
    "not_qualified": "does not fit",
    "not_interested": "not interested",
    "do_not_call": "wants no more calls",
    "wrong_person": "not the right person",
    "wrong_number": "wrong number",
    "language_barrier": "no common language",
    "answering_machine": "answering machine",
    "hung_up": "hung up at once",
    "silence": "nobody spoke",
    "no_disposition": "not recorded",
}
_RING_BACKS: Final = {
    "agent": "spoke with an agent",
    "call_back": "asked to be called",
    "left_alone": "asked not to be called again",
    "announced": "heard who had called",
    "turned_away": "called another number of ours",
    "rang_back": "called us back",
}
_ROWS: Final = {
    "number_missing": "no telephone number",
    "number_unreadable": "number cannot be read",
    "number_rounded": "number rounded by a spreadsheet",
    "number_without_country": "number without a country",
    "number_too_short": "number too short",
    "number_too_long": "number too long",
    "number_not_in_plan": "no such number range",
    "country_unknown": "country unknown",
    "too_many_cells": "more cells than columns",
    "repeated_header": "the header again",
    "duplicate_in_list": "twice in the list",
    "duplicate_of_client": "on an earlier list",
    "same_person": "another number of the same person",
}
_REFUSALS: Final = {
    "CONSENT_REQUIRED": "no consent",
    "CONSENT_EVIDENCE_MISSING": "consent without proof",
    "CONSENT_NOT_YET_GIVEN": "consent without a valid date",
    "CONSENT_WITHDRAWN": "consent withdrawn",
    "CONSENT_EXPIRED": "consent has expired",
    "CONSENT_PURPOSE_MISMATCH": "consent for another purpose",
    "CONSENT_CONTROLLER_MISMATCH": "consent given to somebody else",
    "CONSENT_CHANNEL_MISMATCH": "consent not for telephone calls",
    "CONSENT_FORM_INVALID": "consent in a form that is not valid",
    "CONSENT_AUTOMATED_MISSING": "consent not for automated calls",
    "CONSENT_NOT_BOUND_TO_PERSON": "consent not of this person",
    "PRESUMED_CONSENT_UNDOCUMENTED": "presumed consent not documented",
    "SPECIAL_CATEGORY_NO_EXPLICIT_CONSENT": "sensitive data without explicit consent",
    "BASIS_LIA_MISSING": "interests not weighed (GDPR 6)",
    "BASIS_RELATION_TOO_OLD": "customer too long ago",
    "NOTICE_ART14_OVERDUE": "not informed in time (GDPR 14)",
    "REGISTER_LISTED": "on a register of objections",
    "REGISTER_NOT_CHECKED": "register of objections not asked",
    "REGISTER_STALE": "register of objections out of date",
    "SUPPRESSED_INTERNAL": "asked not to be called",
    "OBJECTION_ART21": "has objected (GDPR 21)",
    "PROCESSING_RESTRICTED": "data restricted on request",
    "DATA_ERASED": "data erased on request",
    "RETENTION_EXPIRED": "data kept too long",
    "OUTSIDE_HOURS": "outside calling hours there",
    "NO_COMMON_WINDOW": "no hour allowed in every possible place",
    "COOLDOWN_REFUSAL": "refused not long ago",
    "COOLDOWN_ABANDONED": "heard silence not long ago",
    "COOLDOWN_AMD": "answering machine not long ago",
    "COUNTRY_NO_PROFILE": "country not set up",
    "JURISDICTION_MISMATCH": "country and number do not agree",
    "SECTOR_BANNED": "offers of this kind are banned there",
    "AUTODIAL_PROHIBITED": "automatic dialing is banned there",
    "NUMBER_INVALID": "number not valid",
    "NUMBER_CLASS_FORBIDDEN": "kind of number that is not called",
    "ABANDON_RATE_EXCEEDED": "too many calls without an agent lately",
}
WORDS: Final[Mapping[str, str]] = {
    **_OUTCOMES,
    **_DISPOSITIONS,
    **_RING_BACKS,
    **_ROWS,
    **_REFUSALS,
}


def worded(code: str) -> str:
    """Return a program's word as a person would say it.

    >>> worded("busy"), worded("CONSENT_EVIDENCE_MISSING"), worded("DATA_LOCALISATION")
    ('engaged', 'consent without proof', 'data localisation')
    """
    return WORDS.get(code) or code.replace("_", " ").lower()
