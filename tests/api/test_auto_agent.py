"""An agent without a person, before the API: works a shift, and asks for the lead that is shown."""

import asyncio
from collections.abc import Callable

from aiohttp.test_utils import TestClient

from dialer.agent import AgentState
from dialer.database.accounts import Role
from dialer.demo.http_api import HttpApi
from dialer.running.auto_agent import AutoAgent
from dialer.running.campaign_file import Auto
from tests.api.scripted import House
from tests.api.test_offers import offered


async def test_it_calls_the_lead_before_it_talks_and_records(house: House, http: TestClient):
    desk, agent = house.desk, house.agent

    async def until(holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not holds():
                await desk._change.wait()

    async with HttpApi(str(http.make_url("")).rstrip("/"), house.tokens[Role.AGENT]) as api:
        auto = AutoAgent(api, Auto(talk_s=0))
        work = asyncio.create_task(auto.work())
        await until(lambda: desk.views[agent].state is AgentState.READY)
        offered(house, 1)
        await until(lambda: desk.views[agent].state is AgentState.ASSIGNED)
        desk.give_call(agent, house.attempt, house.campaign)
        await until(lambda: bool(desk.disposals))
        auto.go_home()
        async with asyncio.timeout(20):
            await work
    assert [each.disposition for each in desk.disposals] == ["not_interested"]
    assert desk.views[agent].state is AgentState.OFFLINE
