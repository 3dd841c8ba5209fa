"""The console in Debian's Chromium, before the API on a real database and a scripted desk.

Skipped, with the reason, where Chromium is not installed.
"""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, BrowserContext, async_playwright

from dialer.api.application import application
from dialer.api.context import ApiContext
from dialer.database.accounts import Role, TokenKind, create_token, user_of_login
from dialer.database.pool import Pool
from tests.api.scripted import House, SettableClock, a_house_in
from tests.builders import MONDAY_MORNING

CHROMIUM: Final = Path("/usr/bin/chromium")
_QUIET: Final = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed (apt-get install chromium)")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=list(_QUIET), headless=True
        )
        yield browser
        await browser.close()


@pytest.fixture
async def house(database: Pool) -> House:
    async with database.acquire() as connection:
        return await a_house_in(connection)


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
async def origin(
    database: Pool, house: House, clock: SettableClock, tmp_path: Path
) -> AsyncIterator[str]:
    """Where the pages are served."""
    context = ApiContext(
        pool=database,
        clock=clock,
        desks={house.team: house.desk},
        recordings_dir=tmp_path,
        lab=True,
    )
    async with TestServer(application(context)) as server:
        yield str(server.make_url("")).rstrip("/")


@pytest.fixture
async def window(browser: Browser, origin: str) -> AsyncIterator[BrowserContext]:
    """A fresh browser window on which any error of a page fails the test."""
    window = await browser.new_context(
        base_url=origin, viewport={"width": 1440, "height": 900}, locale="en-GB"
    )
    errors: list[str] = []
    window.on("weberror", lambda error: errors.append(str(error.error)))
    window.on(
        "console",
        lambda message: errors.append(message.text) if message.type == "error" else None,
    )
    yield window
    await window.close()
    expected = ("401", "404", "409", "422", "429")  # refusals, which pages show themselves
    assert not [
        error for error in errors if not any(f"status of {code}" in error for code in expected)
    ]


async def a_link(database: Pool, house: House, role: Role) -> str:
    """A one-time link for somebody of *role*."""
    async with database.acquire() as connection:
        user = await user_of_login(connection, house.logins[role])
        assert user is not None
        token = await create_token(
            connection,
            user.id,
            TokenKind.ONE_TIME,
            now=MONDAY_MORNING,
            life=timedelta(hours=1),
        )
    return f"/enter/{token}"
