"""The pages, used as people use them: by mouse, by keyboard, by link."""

import itertools
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page, expect

from compliance.store import notices
from dialer.agent import AgentState
from dialer.call_events import AgentId
from dialer.database.accounts import Role
from dialer.database.pool import Pool
from dialer.ports import ClosingRefused
from tests.api.scripted import House, ScriptedDesk, SettableClock, a_campaign_on_board
from tests.browser.conftest import a_link
from tests.builders import MONDAY_MORNING

pytestmark = pytest.mark.browser

#: Pictures are kept there when it is set, to be looked at.
PICTURES = os.environ.get("DIALER_TEST_PICTURES")


async def keep_picture(page: Page, name: str) -> None:
    if PICTURES:
        await page.screenshot(path=Path(PICTURES) / f"{name}.png")


async def expect_state(page: Page, word: str) -> None:
    """Wait until the page says that the agent is in this state."""
    await expect(page.get_by_label("Your shift").locator(".word")).to_have_text(word)


async def enter(window: BrowserContext, database: Pool, house: House, role: Role) -> Page:
    page = await window.new_page()
    await page.goto(await a_link(database, house, role))
    return page


async def test_a_link_leads_to_the_page_of_the_role_and_works_once(
    window: BrowserContext, database: Pool, house: House
):
    link = await a_link(database, house, Role.AGENT)
    page = await window.new_page()
    await page.goto(link)
    await page.wait_for_url("**/desk")
    await page.goto(link)
    await expect(page.get_by_role("heading", name="This link does not work")).to_be_visible()


async def test_who_is_not_signed_in_is_led_to_the_door(window: BrowserContext, origin: str):
    page = await window.new_page()
    await page.goto("/nowhere")
    await page.get_by_role("link", name="To the beginning").click()
    for path in ("/", "/desk", "/board"):
        await page.goto(path)
        await expect(page).to_have_url(f"{origin}/sign-in?to={path}")
    await page.get_by_label("Login").fill("anna")
    await page.get_by_label("Password").fill("not the password")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("alert")).to_contain_text("do not fit together")
    await keep_picture(page, "sign-in")


async def test_a_shift_is_worked_with_the_keyboard_alone(
    window: BrowserContext, database: Pool, house: House, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(notices, "TEXTS", {"recording": "As told before, and a little more."})
    page = await enter(window, database, house, Role.AGENT)
    await expect_state(page, "Offline")
    await keep_picture(page, "desk-offline")
    await page.keyboard.press("b")
    await expect(page.get_by_role("dialog")).to_contain_text("a little more")
    await keep_picture(page, "desk-notice")
    await page.keyboard.press("Enter")  # read; the shift begins
    await expect_state(page, "Paused")
    await page.keyboard.press("r")
    await expect_state(page, "Ready")
    await keep_picture(page, "desk-ready")
    house.desk.give_call(house.agent, house.attempt, house.campaign)
    await expect(page.get_by_role("region", name="Script")).to_contain_text("Good morning")
    await page.keyboard.press("Space")  # the first question has the keyboard: "Yes"
    await expect(page.get_by_text("Your monthly bill?")).to_be_visible()
    await page.keyboard.type("80")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("region", name="Script")).to_contain_text("2 of 3 · complete")
    await page.keyboard.press("Alt+5")
    await expect(page.get_by_role("radio", name="Not interested")).to_be_checked()
    await keep_picture(page, "desk-talking")
    await page.keyboard.press("Control+Enter")  # hangs up, then saves
    await expect_state(page, "Ready")
    [wish] = house.desk.disposals
    assert wish.disposition == "not_interested"


async def test_a_meeting_is_booked_and_a_taken_slot_offers_others(
    window: BrowserContext, database: Pool, house: House
):
    page = await enter(window, database, house, Role.AGENT)
    await expect(page.get_by_text("live", exact=True)).to_be_visible()
    house.desk.give_call(house.agent, house.attempt, house.campaign)
    house.desk.end_call(house.agent)
    await page.get_by_role("radio", name="Meeting booked").click()
    time = page.get_by_role("radiogroup", name="Time")
    await time.get_by_role("radio").nth(2).click()
    await page.get_by_label("Note").fill("Prefers mornings.")
    await keep_picture(page, "desk-booking")
    house.desk.refusal = ClosingRefused("slot_taken", "the rep has another meeting at that time")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("The rep has another meeting at that time.")).to_be_visible()
    house.desk.refusal = None
    await time.get_by_role("radio").nth(3).click()
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Meeting booked:")).to_be_visible()
    [wish] = house.desk.disposals
    assert wish.booking is not None
    assert wish.booking.starts_at == MONDAY_MORNING + timedelta(days=1, minutes=90)
    assert wish.note == "Prefers mornings."


async def test_a_callback_is_promised_in_the_leads_time(
    window: BrowserContext, database: Pool, house: House
):
    page = await enter(window, database, house, Role.AGENT)
    await expect(page.get_by_text("live", exact=True)).to_be_visible()
    house.desk.give_call(house.agent, house.attempt, house.campaign)
    house.desk.end_call(house.agent)
    await page.get_by_role("radio", name="Call back").click()
    await page.get_by_role("button", name="tomorrow 10:00").click()
    await page.get_by_label("I call myself").check()
    await page.get_by_role("button", name="Save").click()
    await expect_state(page, "Ready")
    [wish] = house.desk.disposals
    assert wish.promise is not None
    assert wish.promise.personal
    assert wish.promise.due_at == MONDAY_MORNING + timedelta(days=1)  # 10:00 in Sofia


async def test_a_pause_has_a_reason_and_a_lost_phone_is_told(
    window: BrowserContext, database: Pool, house: House
):
    page = await enter(window, database, house, Role.AGENT)
    shift = page.get_by_label("Your shift")
    await expect_state(page, "Offline")
    await page.keyboard.press("b")
    await page.get_by_role("button", name="Pause").click()
    await page.get_by_role("button", name="Lunch").click()
    await expect(shift).to_contain_text("Reason: lunch.")
    house.desk.put(house.agent, reason="phone", leg_up=False)
    await expect(page.get_by_text("Your telephone is ringing")).to_be_visible()
    await keep_picture(page, "desk-phone")


def a_busy_floor(desk: ScriptedDesk) -> None:
    """Ten more agents, in every state."""
    names = ("Cora", "Dan", "Eva", "Fil", "Gina", "Hugo", "Ivo", "Jana", "Kiril", "Lena")
    states = itertools.cycle(AgentState)
    for number, name in enumerate(names, start=100):
        agent = AgentId(number)
        since = MONDAY_MORNING - timedelta(seconds=17 * (number - 99))
        desk.views[agent] = replace(
            desk.views[AgentId(1)], agent=agent, name=name, state=next(states), since=since
        )


async def test_the_board_shows_the_floor_and_stops_it(
    window: BrowserContext, database: Pool, house: House, clock: SettableClock
):
    desk = house.desk
    a_busy_floor(desk)
    desk.campaigns = (a_campaign_on_board(house.campaign),)
    desk.put(house.agent, state=AgentState.TALKING, since=MONDAY_MORNING)
    page = await enter(window, database, house, Role.SUPERVISOR)
    await expect(page.get_by_role("heading", name="north")).to_be_visible()
    await expect(page.get_by_label("Agents of north")).to_contain_text("Anna")
    for rate in (0.012, 0.021, 0.034, 0.026):
        clock.at += timedelta(seconds=75)
        desk.campaigns = (replace(desk.campaigns[0], abandon_rate=rate, due=1100),)
        desk.bump()
        await expect(page.get_by_text(f"{100 * rate:.1f}%").first).to_be_visible()
    await keep_picture(page, "board")
    await page.get_by_role("button", name="Stop all calls").click()
    await keep_picture(page, "board-asking")
    desk.stopped = True  # as the engine does once it has been told
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Stop all calls").click()
    await expect(page.get_by_role("alert").first).to_contain_text("All dialing is stopped")
    async with database.acquire() as connection:
        stopped_by = await connection.fetchval("SELECT stopped_by FROM installation")
    assert stopped_by == house.logins[Role.SUPERVISOR]
    await keep_picture(page, "board-stopped")


async def test_home_shows_what_the_role_needs(window: BrowserContext, database: Pool, house: House):
    page = await enter(window, database, house, Role.CLIENT)
    await expect(page.get_by_text("Winter tariff")).to_be_visible()
    await expect(page.get_by_text("No meetings")).to_be_visible()
    await keep_picture(page, "home-client")


async def test_a_page_in_the_dark_is_readable_too(
    window: BrowserContext, database: Pool, house: House
):
    house.desk.campaigns = (a_campaign_on_board(house.campaign),)
    page = await enter(window, database, house, Role.SUPERVISOR)
    await page.get_by_role("button", name="Light or dark").click()
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    await expect(page.get_by_role("heading", name="Winter tariff")).to_be_visible()
    await keep_picture(page, "board-dark")
