"""A client's list into the database: leads, the rows that are none, and the consents it brings.

Rule: one transaction. Leads without the consents their rows claim, or consents without leads, are
never seen by anybody.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import structlog

from compliance.store.importing import ImportedConsentRow, record_imported_consents
from dialer.campaign import CampaignId
from dialer.database.campaigns import campaign_setup
from dialer.database.pool import Connection
from leads.importing import AcceptedRow, ImportOptions, ImportResult, read_list
from leads.store.importing import ImportedList, import_list, numbers_of_client

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import did."""

    list: ImportedList
    consents: int  #: rows that claim a consent
    proven: int  #: of these, with their evidence beside the list


async def read_for_client(
    connection: Connection, content: bytes, options: ImportOptions, *, client: int
) -> ImportResult:
    """Read a list, telling apart what stands on another list of *client*.

    Raises:
        UnreadableList: The file as a whole cannot be used; says what to do.
    """
    return read_list(content, options, await numbers_of_client(connection, client))


async def import_for_campaign(
    connection: Connection,
    campaign: CampaignId,
    result: ImportResult,
    *,
    name: str,
    file_name: str,
    content: bytes,
    evidence: Mapping[str, bytes | None],
    now: datetime,
) -> Imported:
    """Import a list that has been read, for *campaign* and its purpose.

    Args:
        evidence: SHA-256 of each piece of evidence a row names; ``None`` or absent: not there.

    Raises:
        HouseRefused: There is no such campaign.
    """
    setup = await campaign_setup(connection, campaign)
    async with connection.transaction():
        done = await import_list(
            connection,
            client=setup.client,
            campaign=campaign,
            name=name,
            file_name=file_name,
            file_sha256=sha256(content).digest(),
            result=result,
            now=now,
        )
        claimed = [
            ImportedConsentRow(
                person_id=lead.person,
                evidence_reference=lead.consent.evidence_reference,
                given_at=lead.consent.given_at,
                wording=lead.consent.wording,
                purpose=setup.purpose,
            )
            for lead in done.leads
            if lead.consent is not None
        ]
        proven = await record_imported_consents(
            connection,
            client_id=setup.client,
            list_id=done.list_id,
            rows=claimed,
            evidence=evidence,
            now=now,
        )
    log.info(
        "list_imported",
        list_id=done.list_id,
        accepted=len(done.result.accepted),
        rejected=len(done.result.rejected),
        duplicates=len(done.result.duplicates),
    )
    return Imported(list=done, consents=len(claimed), proven=proven)


def references_of(rows: tuple[AcceptedRow, ...]) -> frozenset[str]:
    """Return the names of the evidence that *rows* refer to."""
    return frozenset(
        row.consent.evidence_reference
        for row in rows
        if row.consent is not None and row.consent.evidence_reference
    )
