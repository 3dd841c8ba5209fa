"""The pages that say why, used as people use them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer
from playwright.async_api import BrowserContext, expect

from compliance.loading import load
from compliance.suppression import Keyring
from dialer.api.application import application
from dialer.api.context import ApiContext
from dialer.database.accounts import Role
from dialer.database.pool import Pool
from tests.api.scripted import House, SettableClock
from tests.browser.conftest import a_link
from tests.builders import the_number_in

pytestmark = pytest.mark.browser


@pytest.fixture
async def origin(
    database: Pool, house: House, clock: SettableClock, tmp_path: Path
) -> AsyncIterator[str]:
    context = ApiContext(
        pool=database,
        clock=clock,
        desks={house.team: house.desk},
        recordings_dir=tmp_path,
        outbox_dir=tmp_path,
        keyring=Keyring(active="k1", keys={"k1": b"k" * 32}),
        bundle=load(),
        lab=True,
    )
    async with TestServer(application(context)) as server:
        yield str(server.make_url("")).rstrip("/")


async def test_a_number_is_explained_gate_by_gate(
    window: BrowserContext, database: Pool, house: House
):
    async with database.acquire() as connection:
        number = await the_number_in(connection)
    page = await window.new_page()
    await page.goto(await a_link(database, house, Role.DPO))
    await page.get_by_role("navigation").get_by_role("link", name="Why").click()
    await page.get_by_label("Number").fill(number)
    await page.get_by_role("button", name="Ask").click()
    await expect(page.get_by_text("Winter tariff")).to_be_visible()
    await expect(page.get_by_role("row", name="Basis")).to_contain_text("BASIS_LIA_MISSING")
    assert number not in await page.locator("#answer").inner_text()
    assert number not in page.url
    await page.get_by_label("Number").fill("nonsense")
    await page.get_by_role("button", name="Ask").click()
    await expect(page.get_by_role("alert").first).to_contain_text("not a telephone number")


async def test_the_waterfall_is_drawn_with_its_week(
    window: BrowserContext, database: Pool, house: House
):
    page = await window.new_page()
    await page.goto(await a_link(database, house, Role.CLIENT))
    await page.get_by_role("navigation").get_by_role("link", name="Leads").click()
    await expect(page.get_by_text("Dialable now", exact=True)).to_be_visible()
    await expect(page.locator(".week tbody tr")).to_have_count(8)
    await expect(page.get_by_role("row", name="it the whole campaign")).to_contain_text("3.00 %")
