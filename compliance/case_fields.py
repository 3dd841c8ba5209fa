"""The names of the fields of a gate case, to tell a misspelt one from one that is not there.

Rule: only names; what a field means and how it is read is for :mod:`compliance.cases`.
"""

from collections.abc import Mapping
from typing import Final

#: The fields of an input; a list stands for each of its objects, None for anything inside.
KNOWN: Final[Mapping[str, object]] = {
    **dict.fromkeys(("now", "planned_at", "attempt", "policy_bundle_verified")),
    **dict.fromkeys(("approved_profiles", "recording_consent", "registers")),
    "phone": dict.fromkeys(("raw", "region_hint")),
    "lead": {
        **dict.fromkeys(("id", "country", "subdivision", "timezone", "subject", "age", "phones")),
        **dict.fromkeys(("deceased", "erased", "restricted", "objected_at", "retention_until")),
        **dict.fromkeys(("source", "obtained_at", "art14_notice_at", "lia_id", "ebr")),
        **dict.fromkeys(("presumed_consent_documented", "special_category", "stored_in")),
        "relation": dict.fromkeys(("last_at", "offer_similar", "contract_active", "offer_related")),
    },
    "campaign": {
        **dict.fromkeys(("id", "controller", "controller_kind", "purpose", "sector", "channel")),
        **dict.fromkeys(("dial_mode", "recording", "optout_in_message", "special_category")),
        "stats": dict.fromkeys(("live_answered", "abandoned")),
        "cli": dict.fromkeys(("e164", "presented", "callable", "label_contract")),
    },
    "consents": {
        **dict.fromkeys(("id", "controller", "purposes", "channels", "given_at", "renewed_at")),
        **dict.fromkeys(("expires_at", "withdrawn_at", "evidence", "automated", "bound_to")),
        **dict.fromkeys(("separate_document", "explicit_special", "sectors", "out_of_hours")),
    },
    "callback": dict.fromkeys(("controller", "evidence", "slot_start", "slot_end")),
    "overrides": dict.fromkeys(("use_grace",)),
    "suppressions": dict.fromkeys(("match", "scope", "kind", "key_id")),
    "history": dict.fromkeys(("at", "outcome", "attempt", "phone")),
}


def unknown_fields(content: object, known: object = KNOWN, path: str = "") -> list[str]:
    """Return the fields of an input that mean nothing to the gate, such as misspelt ones.

    >>> unknown_fields({"now": "", "lead": {"ages": 17}, "supressions": []})
    ['lead.ages', 'supressions']
    """
    if not isinstance(known, dict):
        return []
    if isinstance(content, list):
        several = [unknown_fields(item, known, f"{path}[{n}]") for n, item in enumerate(content)]
        return [name for names in several for name in names]
    found = []
    for key, value in content.items() if isinstance(content, dict) else ():
        name = f"{path}.{key}" if path else str(key)
        found += unknown_fields(value, known[key], name) if key in known else [name]
    return found
