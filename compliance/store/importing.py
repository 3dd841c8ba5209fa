"""The consent columns of a list become consents.

Rule: a consent whose evidence is not there is stored all the same, without evidence, and the gate
refuses it: a bare "yes" proves nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from compliance.store.consent_row import NewConsent
from compliance.store.consents import record_consents
from leads.store.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedConsentRow:
    """The consent columns of one row of a list."""

    person_id: int
    evidence_reference: str = ""  #: name of the evidence as the list gives it
    given_at: datetime | None = None  #: None: missing or unreadable
    wording: str = ""
    purpose: str


async def record_imported_consents(
    connection: Connection,
    *,
    client_id: int,
    list_id: int,
    rows: Iterable[ImportedConsentRow],
    evidence: Mapping[str, bytes | None],
    now: datetime,
) -> int:
    """Record the consents of a list; return how many have evidence.

    Args:
        evidence: SHA-256 of each file a row refers to; None or absent: there is no such file.
    """
    consents = [
        NewConsent(
            client_id=client_id,
            person_id=row.person_id,
            purposes=(row.purpose,),
            method="import",
            given_at=row.given_at,
            list_id=list_id,
            wording=row.wording,
            evidence_reference=row.evidence_reference,
            evidence_sha256=evidence.get(row.evidence_reference),
        )
        for row in rows
    ]
    await record_consents(connection, consents, now=now)
    return sum(consent.evidence_sha256 is not None for consent in consents)
