"""A small list of a client, and the places where its files lie."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from dialer.campaign import CampaignId, ClientId
from dialer.database import campaigns, house
from dialer.database.importing import Imported, import_for_campaign
from dialer.rights.subject import Places
from leads.importing import ImportOptions, read_list
from leads.lead import PersonId
from tests.builders import LONG_AGO, a_campaign_in

LIST = """phone;name;email;country;remark;consent_evidence;consent_date;consent_text
0888 123 456;Ivan Petrov;ivan@example.com;BG;likes tea;form.txt;2026-01-10;You may call me.
0888 123 457;Maria Georgieva;maria@example.com;BG;;lost.txt;2026-01-10;You may call me.
0888 / 123-456;Ivan again;;BG;;;;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Village:
    """A client with a list of two people."""

    connection: Any
    campaign: CampaignId
    client: ClientId
    imported: Imported
    places: Places
    evidence: Path

    @property
    def ivan(self) -> PersonId:
        return self.imported.list.leads[0].person

    @property
    def maria(self) -> PersonId:
        return self.imported.list.leads[1].person


async def import_into(connection: Any, campaign: CampaignId, content: str = LIST) -> Imported:
    return await import_for_campaign(
        connection,
        campaign,
        read_list(content.encode(), ImportOptions()),
        name="spring",
        file_name="spring.csv",
        content=content.encode(),
        evidence={"form.txt": sha256(b"form").digest()},
        now=LONG_AGO,
    )


async def a_village_in(connection: Any, state: Path) -> Village:
    offset = (await house.installation(connection)).clock_offset
    await house.set_up(connection, lab=True, clock_offset=offset)
    campaign = await a_campaign_in(connection)
    setup = await campaigns.campaign_setup(connection, campaign)
    return Village(
        connection=connection,
        campaign=campaign,
        client=setup.client,
        imported=await import_into(connection, campaign),
        places=Places(recordings=state / "recordings", outbox=state / "outbox"),
        evidence=state / "evidence",
    )


@pytest.fixture
async def village(connection: Any, tmp_path: Path) -> Village:
    return await a_village_in(connection, tmp_path)
