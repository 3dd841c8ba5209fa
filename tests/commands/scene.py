"""A campaign with a small Bulgarian list, and the ``dialer`` command run against it."""

import asyncio
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest

from dialer.campaign import CampaignId
from dialer.cli import main
from dialer.database import campaigns, house
from dialer.database.importing import Imported, import_for_campaign
from dialer.database.pool import Pool
from leads.importing import ImportOptions, read_list
from tests.builders import LONG_AGO, a_campaign_in

NUMBER = "+359888123456"
FORM = b"the signed form"
LIST = """phone;name;email;country;consent_evidence;consent_date;consent_text
0888 123 456;Ivan Petrov;ivan@example.com;BG;form.txt;2026-01-10;You may call me about energy.
0888 123 457;Maria Georgieva;maria@example.com;BG;lost.txt;2026-01-10;You may call me about energy.
0888 123 458;Nobody Agreed;;BG;;;
nonsense;Broken Row;;BG;;;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """An installation with one client's list, and its command line."""

    pool: Pool
    campaign: CampaignId
    client: str
    imported: Imported
    state: Path
    capsys: pytest.CaptureFixture[str]

    async def dialer(self, *words: object) -> Ran:
        """Run a command as somebody at a terminal would."""
        self.capsys.readouterr()
        try:
            code = await asyncio.to_thread(main, [str(word) for word in words])
        except SystemExit as stop:  # argparse's own refusals
            code = int(str(stop.code))
        said = self.capsys.readouterr()
        return Ran(code=code, out=said.out, err=said.err)


async def a_town(
    pool: Pool, dsn: str, state: Path, environ: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> Town:
    """Make it: a lab, so that profiles need no approval."""
    environ.setenv("DIALER_DATABASE_URL", dsn)
    environ.setenv("DIALER_STATE_DIR", str(state))
    environ.setenv("DIALER_LAB", "true")
    environ.chdir(state)
    async with pool.acquire() as connection:
        await house.set_up(connection, lab=True, clock_offset=(await _offset(connection)))
        campaign = await a_campaign_in(connection)
        setup = await campaigns.campaign_setup(connection, campaign)
        clients = {each.id: each.name for each in await house.clients(connection)}
        imported = await import_for_campaign(
            connection,
            campaign,
            read_list(LIST.encode(), ImportOptions()),
            name="spring",
            file_name="spring.csv",
            content=LIST.encode(),
            evidence={"form.txt": sha256(FORM).digest()},
            now=LONG_AGO,
        )
    return Town(
        pool=pool,
        campaign=campaign,
        client=clients[setup.client],
        imported=imported,
        state=state,
        capsys=capsys,
    )


async def _offset(connection):
    return (await house.installation(connection)).clock_offset
