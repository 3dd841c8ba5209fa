"""Looking at a lead before the call, as agents do it at the desk."""

from dataclasses import replace

import pytest
from playwright.async_api import BrowserContext, expect

from dialer.agent import AgentState
from dialer.asked_call import NotCalled
from dialer.call import CallState
from dialer.database.accounts import Role
from dialer.database.pool import Pool
from tests.api.scripted import House
from tests.api.test_offers import offered
from tests.browser.test_pages import enter, expect_state, keep_picture

pytestmark = pytest.mark.browser


async def test_a_lead_is_read_called_and_given_up_with_the_keyboard(
    window: BrowserContext, database: Pool, house: House
):
    page = await enter(window, database, house, Role.AGENT)
    await expect_state(page, "Offline")
    offered(house, 1)
    await expect(page.get_by_role("region", name="Lead")).to_contain_text("Mira Example")
    await keep_picture(page, "desk-preview")
    house.desk.refusal = NotCalled("refused", rules=("CALLING_HOURS",))
    await page.keyboard.press("c")
    await expect(page.get_by_role("alert")).to_contain_text("may not be called now")
    house.desk.refusal = None
    await page.keyboard.press("c")
    await expect_state(page, "Assigned")
    call = house.desk.give_call(house.agent, house.attempt, house.campaign)
    ringing = replace(call, state=CallState.RINGING, answered_at=None, bridged_at=None)
    house.desk.put(house.agent, state=AgentState.ASSIGNED, call=ringing)
    await expect_state(page, "Calling")
    await expect(page.get_by_role("button", name="Give up")).to_be_visible()
    await expect(page.get_by_role("region", name="Script")).to_contain_text("Good morning")
    await keep_picture(page, "desk-calling")


async def test_a_lead_is_passed_on_or_chosen_among_several(
    window: BrowserContext, database: Pool, house: House
):
    page = await enter(window, database, house, Role.AGENT)
    await expect_state(page, "Offline")
    offered(house, 1)
    await page.get_by_role("button", name="Next lead").click()
    await expect(page.get_by_role("heading", name="Waiting for a call")).to_be_visible()
    offered(house, 1, 2, may_skip=False)
    await expect(page.get_by_role("radio")).to_have_count(2)
    await expect(page.get_by_role("button", name="Next lead")).to_have_count(0)
    await keep_picture(page, "desk-manual")
    await page.get_by_role("radio").nth(1).click()
    await page.get_by_role("button", name="Call").click()
    await expect_state(page, "Assigned")
