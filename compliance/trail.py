"""The decision record: every decision appended, each bound to the one before it.

    entry n   canonical JSON of what was decided, why, and under which rules and libraries
    hash n    SHA-256(hash n-1, entry n)
    checkpoint  every so often: client, n, hash n, signed (Ed25519) and kept outside the database

A chain alone does not protect against rewriting all of it; the checkpoint does.

Rule: an entry holds no personal data. It names the person by a keyed reference, and the input by
a salted commitment; the input itself lies beside the chain, so that erasing it breaks nothing.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from compliance.decision import Eligible, GateInput, Permit, Reason, Refused
from compliance.profile import Bundle
from compliance.writing import canonical, written

#: What the first entry of a chain follows.
GENESIS: Final = bytes(32)

Decision = Permit | Eligible | Refused


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # run from a source tree that was never installed
        return "source"


VERSIONS: Final[Mapping[str, str]] = {
    name: _version(name) for name in ("callwright", "holidays", "phonenumbers", "tzdata")
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """One decision on its way into the trail."""

    client_id: int
    campaign_id: int
    person_id: int
    facts: GateInput
    decision: Decision
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One link of a client's chain, as stored."""

    client_id: int
    number: int  #: from 1
    entry: str  #: canonical JSON
    previous: bytes
    hash: bytes
    verdict: str = ""  #: columns beside the entry, which must agree with it
    primary_code: str = ""
    subject: str = ""


def described(decided: Decided, *, subject: str, bundle: Bundle, salt: bytes) -> dict[str, object]:
    """Return the content of the entry for *decided*."""
    decision, evaluation = decided.decision, decided.decision.evaluation
    refused = decision if isinstance(decision, Refused) else None
    permit = decision if isinstance(decision, Permit) else None
    return {
        "at": instant(decided.at),
        "verdict": decision.verdict,
        "primary": refused.primary if refused else "",
        "stage": "screen" if not decided.facts.attempt else "permit",
        "attempt": decided.facts.attempt,
        "campaign": decided.campaign_id,
        "subject": subject,
        "lab": decided.facts.approved is None,
        "reasons": [in_json(reason) for reason in evaluation.reasons],
        "notes": [in_json(reason) for reason in (*evaluation.notes, *evaluation.limits)],
        "passed": {reason.gate: reason.detail for reason in evaluation.passed},
        "obligations": list(decision.obligations),
        "dial_modes": sorted(evaluation.dial_modes),
        "defer_until": instant(refused.defer_until) if refused and refused.defer_until else None,
        "wait_for": list(refused.wait_for) if refused else [],
        "expires_at": instant(permit.expires_at) if permit else None,
        "consents": list(evaluation.consents),
        "profiles": [{"id": name, "sha256": digest} for name, digest in evaluation.profiles],
        "bundle_sha256": bundle.sha256,
        "versions": dict(VERSIONS),
        "input_commitment": commitment(salt, canonical(written(decided.facts, decided.at))),
    }


def in_json(reason: Reason) -> dict[str, object]:
    """Return one finding as the record holds it."""
    content: dict[str, object] = {
        "code": reason.code,
        "kind": reason.kind.value,
        "gate": reason.gate,
        "rule": reason.rule,
        "detail": reason.detail,
    }
    if reason.sources:
        content["sources"] = list(reason.sources)
    if reason.until is not None:
        content["until"] = instant(reason.until)
    if reason.wait_for is not None:
        content["wait_for"] = reason.wait_for
    return content


def instant(at: datetime) -> str:
    """Return *at* (UTC) as the record spells it."""
    return at.isoformat().replace("+00:00", "Z")


def commitment(salt: bytes, text: str) -> str:
    """Return what an entry says about its input: provable with the salt, meaningless without."""
    return hashlib.sha256(salt + text.encode()).hexdigest()


def link(previous: bytes, entry: str) -> bytes:
    """Return the hash of *entry* following *previous*."""
    return hashlib.sha256(previous + entry.encode()).digest()


def primary_code(decision: Decision) -> str:
    """Return the code that weighed most; empty when allowed."""
    return decision.primary if isinstance(decision, Refused) else ""
