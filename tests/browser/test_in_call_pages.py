"""Within a call at the desk, and listening at the board, as people use them."""

import pytest
from playwright.async_api import BrowserContext, expect

from dialer.agent import AgentState
from dialer.database.accounts import Role
from dialer.database.pool import Pool
from tests.api.scripted import House
from tests.browser.test_pages import enter, expect_state, keep_picture

pytestmark = pytest.mark.browser


async def test_a_call_is_held_consulted_about_and_handed_over(
    window: BrowserContext, database: Pool, house: House
):
    page = await enter(window, database, house, Role.AGENT)
    await expect(page.get_by_text("live", exact=True)).to_be_visible()
    house.desk.give_call(house.agent, house.attempt, house.campaign, targets=("Sales", "Service"))
    tools = page.get_by_role("group", name="In the call")
    await tools.get_by_role("button", name="Hold").click()
    await expect(tools).to_contain_text("The callee is on hold")
    await tools.get_by_role("button", name="Resume").click()
    await tools.get_by_role("button", name="Pause recording").click()
    await expect(tools).to_contain_text("Not recording")
    await tools.get_by_role("button", name="Go on recording").click()
    await tools.get_by_role("button", name="Keys").click()
    await tools.get_by_role("button", name="5", exact=True).click()
    await tools.get_by_label("Hand over to").select_option("Service")
    await tools.get_by_role("button", name="Consult").click()
    await expect(tools).to_contain_text("Service is on the line; the callee waits")
    await keep_picture(page, "desk-transfer")
    await tools.get_by_role("button", name="Bring in").click()
    await expect(tools).to_contain_text("Service is in the call")
    await tools.get_by_role("button", name="Leave them together").click()
    await expect_state(page, "Wrap-up")
    await expect(page.get_by_role("radio", name="Handed over")).to_be_checked()
    await page.get_by_role("button", name="Save").click()
    await expect_state(page, "Ready")
    acts = ["hold", "resume", "mute", "unmute", "5", "join", "complete"]
    assert house.desk.acts == acts
    assert house.desk.disposals[0].disposition == "hot_transfer"


async def test_a_supervisor_listens_and_speaks_from_the_board(
    window: BrowserContext, database: Pool, house: House
):
    house.desk.give_call(house.agent, house.attempt, house.campaign)
    page = await enter(window, database, house, Role.SUPERVISOR)
    await page.get_by_role("button", name="Listen to Anna").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Your telephone").fill("sip:me@127.0.0.1")
    await dialog.get_by_label("Purpose").fill("coaching")
    await keep_picture(page, "board-listen")
    await dialog.get_by_role("button", name="Call me").click()
    bar = page.get_by_label("Supervision")
    await expect(bar).to_contain_text("You hear Anna: nobody hears you.")
    await bar.get_by_role("button", name="Whisper").click()
    await expect(bar).to_contain_text("the agent hears you, the callee does not")
    await keep_picture(page, "board-supervising")
    assert [wish.part.value for wish in house.desk.wishes] == ["listen", "whisper"]
    assert {wish.purpose for wish in house.desk.wishes} == {"coaching"}
    await bar.get_by_role("button", name="Take the call over").click()
    await expect(page.get_by_label("Agents of north")).to_contain_text("Wrap-up")
    assert house.desk.views[house.agent].state is AgentState.WRAP_UP
    await bar.get_by_role("button", name="Hang up").click()
    await expect(bar).to_have_count(0)
