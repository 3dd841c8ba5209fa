"""Gate input as JSON: the inverse of :mod:`compliance.cases`, so that a decision can be replayed.

Rule: what is written and read again decides the same, to the byte. Absent facts are left out.
"""

import json
from collections.abc import Mapping, Set
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from uuid import UUID

from compliance.decision import (
    CallbackFacts,
    CampaignFacts,
    ConsentFacts,
    GateInput,
    LeadFacts,
    RegisterAnswer,
)

Json = dict[str, object]


def canonical(content: object) -> str:
    """Return *content* as JSON in its one canonical spelling (keys sorted, no spaces, UTF-8).

    >>> canonical({"b": 1, "a": "é"})
    '{"a":"é","b":1}'
    """
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def plain(value: object) -> object:
    """Return *value* in JSON's own types: instants in UTC, bytes in hexadecimal.

    >>> plain({"at": datetime(2026, 11, 23, 8, tzinfo=UTC), "sha256": b"\\x01"})
    {'at': '2026-11-23T08:00:00Z', 'sha256': '01'}
    """
    match value:
        case None | bool() | int() | float():
            return value
        case Enum():
            return plain(value.value)
        case str():
            return str(value)
        case bytes():
            return value.hex()
        case datetime():
            return _instant(value)
        case Decimal() | UUID():
            return str(value)
        case Mapping():
            return {str(plain(key)): plain(one) for key, one in value.items()}
        case Set():
            return sorted(str(plain(one)) for one in value)
        case list() | tuple():
            return [plain(one) for one in value]
        case _ if is_dataclass(value):
            return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
        case _:
            return str(value)


def written(facts: GateInput, now: datetime) -> Json:
    """Return *facts*, asked about at *now*, in the public form of gate cases."""
    return _given(
        {
            "now": _instant(now),
            "attempt": facts.attempt,
            "policy_bundle_verified": facts.bundle_verified,
            "approved_profiles": None if facts.approved is None else sorted(facts.approved),
            "phone": _given({"raw": facts.number, "region_hint": facts.region_hint}),
            "lead": _lead(facts.lead),
            "campaign": _campaign(facts.campaign),
            "consents": [_consent(consent) for consent in facts.consents],
            "recording_consent": facts.recording_consent,
            "callback": None if facts.callback is None else _callback(facts.callback),
            "registers": {answer.register: _register(answer) for answer in facts.registers},
            "overrides": {"use_grace": facts.use_grace},
            "suppressions": [
                _given({"match": s.match, "scope": s.scope, "kind": s.kind, "key_id": s.key_id})
                for s in facts.suppressions
            ],
            "history": [
                _given(
                    {
                        "at": _instant(a.at),
                        "outcome": a.outcome,
                        "attempt": a.counts,
                        "phone": a.number,
                    }
                )
                for a in facts.history
            ],
        }
    )


def _lead(lead: LeadFacts) -> Json:
    relation = lead.relation
    return _given(
        {
            "id": lead.id,
            "country": lead.country,
            "subdivision": lead.subdivision,
            "timezone": lead.time_zone,
            "subject": lead.subject,
            "age": lead.age,
            "deceased": lead.deceased,
            "erased": lead.erased,
            "restricted": lead.restricted,
            "objected_at": _instant(lead.objected_at),
            "retention_until": _instant(lead.retention_until),
            "source": lead.source,
            "obtained_at": _instant(lead.obtained_at),
            "art14_notice_at": _instant(lead.notice_at),
            "lia_id": lead.balancing_test,
            "presumed_consent_documented": lead.presumed_consent_documented,
            "relation": None
            if relation is None
            else _given(
                {
                    "last_at": _instant(relation.last_at),
                    "contract_active": relation.contract_active,
                    "offer_similar": relation.offer_similar,
                    "offer_related": relation.offer_related,
                }
            ),
            "ebr": lead.established_business_relationship,
            "special_category": lead.special_category,
            "stored_in": lead.stored_in,
        }
    )


def _campaign(campaign: CampaignFacts) -> Json:
    statistics, caller = campaign.statistics, campaign.caller_id
    return _given(
        {
            "id": campaign.id,
            "controller": campaign.controller,
            "controller_kind": campaign.controller_kind,
            "purpose": campaign.purpose,
            "sector": campaign.sector,
            "channel": campaign.channel.value,
            "dial_mode": campaign.dial_mode.value,
            "recording": campaign.recording,
            "optout_in_message": campaign.opt_out_in_message,
            "special_category": campaign.special_category,
            "stats": None
            if statistics is None
            else {"live_answered": statistics.live_answered, "abandoned": statistics.abandoned},
            "cli": _given(
                {
                    "e164": caller.number,
                    "presented": caller.presented,
                    "callable": caller.callable,
                    "label_contract": caller.label_contract,
                }
            ),
        }
    )


def _consent(consent: ConsentFacts) -> Json:
    return _given(
        {
            "id": consent.id,
            "controller": consent.controller,
            "purposes": list(consent.purposes),
            "channels": list(consent.channels),
            "given_at": _instant(consent.given_at),
            "renewed_at": _instant(consent.renewed_at),
            "expires_at": _instant(consent.expires_at),
            "withdrawn_at": _instant(consent.withdrawn_at),
            "evidence": consent.evidence,
            "automated": consent.automated,
            "separate_document": consent.separate_document,
            "bound_to": consent.bound_to,
            "explicit_special": consent.explicit_special,
            "sectors": list(consent.sectors),
            "out_of_hours": consent.out_of_hours,
        }
    )


def _callback(callback: CallbackFacts) -> Json:
    return _given(
        {
            "controller": callback.controller,
            "slot_start": _instant(callback.slot_start),
            "slot_end": _instant(callback.slot_end),
            "evidence": callback.evidence,
        }
    )


def _register(answer: RegisterAnswer) -> Json:
    return _given(
        {
            "as_of": _instant(answer.as_of),
            "listed": answer.listed,
            "listed_at": _instant(answer.listed_at),
            "allowed_sectors": list(answer.allowed_sectors),
        }
    )


def _given(content: Mapping[str, object]) -> Json:
    return {key: value for key, value in content.items() if value is not None}


def _instant(at: datetime | None) -> str | None:
    if at is None:
        return None
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
