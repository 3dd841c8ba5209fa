"""One consent as it is written into its table, and as the gate sees it when it is read.

Rule: no SQL here; :mod:`compliance.store.consents` reads and writes the rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from compliance.facts import ConsentFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class NewConsent:
    """A consent to be recorded, from wherever it came."""

    client_id: int
    person_id: int
    purposes: tuple[str, ...]
    method: str  #: web | paper | voice | import
    given_at: datetime | None
    list_id: int | None = None
    channels: tuple[str, ...] = ("phone",)
    automated: bool = False
    explicit_special: bool = False
    sectors: tuple[str, ...] = ()
    out_of_hours: bool = False
    separate_document: bool = False
    bound_to: str = "person"
    language: str = ""
    wording: str = ""
    evidence_reference: str = ""
    evidence_sha256: bytes | None = None
    expires_at: datetime | None = None


COLUMNS = (
    *("id", "client_id", "person_id", "list_id", "purposes", "channels", "automated"),
    *("explicit_special", "sectors", "out_of_hours", "separate_document", "bound_to"),
    *("language", "wording_id", "method", "reference", "evidence_sha256", "given_at"),
    *("expires_at", "recorded_at"),
)


def consent_row(
    number: int,
    consent: NewConsent,
    wordings: Mapping[str, int],
    reference: bytes | None,
    now: datetime,
) -> tuple[object, ...]:
    """Return the values of :data:`COLUMNS` for a consent with the id *number*."""
    return (
        number,
        consent.client_id,
        consent.person_id,
        consent.list_id,
        list(consent.purposes),
        list(consent.channels),
        consent.automated,
        consent.explicit_special,
        list(consent.sectors),
        consent.out_of_hours,
        consent.separate_document,
        consent.bound_to,
        consent.language,
        wordings.get(consent.wording),
        consent.method,
        reference,
        consent.evidence_sha256,
        consent.given_at,
        consent.expires_at,
        now,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredConsent:
    """A consent as the gate sees it, with what only the store knows."""

    person_id: int
    attestation_id: int | None
    facts: ConsentFacts  #: evidence is that of its own; an attestation is added by gathering


def stored(row: asyncpg.Record, controller: str) -> StoredConsent:
    """Return a row, with what its events add up to, as the gate sees it."""
    proof = row["evidence_sha256"]
    return StoredConsent(
        person_id=row["person_id"],
        attestation_id=row["attestation_id"],
        facts=ConsentFacts(
            id=str(row["id"]),
            controller=controller,
            purposes=tuple(row["purposes"]),
            channels=tuple(row["channels"]),
            given_at=row["given_at"],
            renewed_at=row["renewed_at"],
            expires_at=row["expires_at"],
            withdrawn_at=row["withdrawn_at"],
            evidence=None if proof is None else f"sha256:{proof.hex()}",
            automated=row["automated"],
            separate_document=row["separate_document"],
            bound_to=row["bound_to"],
            explicit_special=row["explicit_special"],
            sectors=tuple(row["sectors"]),
            out_of_hours=row["out_of_hours"],
        ),
    )
