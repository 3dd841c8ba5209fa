"""The house and its campaigns: what a person typed is refused in words, never half done."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from dialer.campaign import CampaignState, ImpossibleMove, Mode
from dialer.database import campaigns, house
from dialer.database.accounts import Role
from dialer.database.house import HouseRefused
from dialer.database.pool import Connection, Pool
from tests.builders import (
    LONG_AGO,
    MONDAY_MORNING,
    a_campaign_in,
    a_setup_in,
    a_team_in,
    a_user_in,
    an_agent_in,
)


async def test_the_house_begins_open_and_on_the_machines_clock(connection: Connection):
    found = await house.installation(connection)
    assert not found.stopped
    assert (found.lab, found.clock_offset) == (False, timedelta(0))


async def test_the_first_press_of_the_switch_stands_until_it_is_released(connection: Connection):
    await house.stop_all(connection, by="anna", now=MONDAY_MORNING)
    await house.stop_all(connection, by="ben", now=MONDAY_MORNING + timedelta(hours=1))
    found = await house.installation(connection)
    assert (found.stopped_by, found.stopped_at) == ("anna", MONDAY_MORNING)
    await house.release_all(connection)
    assert not (await house.installation(connection)).stopped


async def test_only_a_lab_has_another_clock(connection: Connection):
    hour = timedelta(hours=1)
    with pytest.raises(HouseRefused, match="only a lab"):
        await house.set_up(connection, lab=False, clock_offset=hour)
    await house.set_up(connection, lab=True, clock_offset=hour)
    assert (await house.installation(connection)).clock_offset == hour


async def test_a_name_taken_is_refused_in_words(connection: Connection):
    await house.create_client(connection, "Example Energy", now=LONG_AGO)
    with pytest.raises(HouseRefused, match="choose another name") as refused:
        await house.create_client(connection, "Example Energy", now=LONG_AGO)
    assert refused.value.because == "client_names_are_unique"


async def test_an_agent_speaks_a_language_and_belongs_to_one_team(connection: Connection):
    team = await a_team_in(connection)
    user = await a_user_in(connection, Role.AGENT)
    with pytest.raises(HouseRefused, match="at least one language"):
        await an_agent_in(connection, team, languages=[])
    agent = await an_agent_in(connection, team, user=user, languages=["bg", "en"])
    with pytest.raises(HouseRefused, match="is an agent already"):
        await an_agent_in(connection, team, user=user)
    [found] = await house.agents(connection, team)
    assert (found.id, found.languages) == (agent, {"bg", "en"})
    assert await house.agent_of_user(connection, user) == (agent, team)


async def test_an_agent_of_no_team_is_refused(connection: Connection):
    with pytest.raises(HouseRefused, match="no such team"):
        await an_agent_in(connection, 999)


async def test_a_campaign_comes_back_as_it_was_decided(connection: Connection):
    setup = await a_setup_in(
        connection,
        mode=Mode.PROGRESSIVE,
        connect_limit=timedelta(seconds=1.5),
        questionnaire={"questions": [{"id": "q1"}]},
        retry={"attempts_limit": 5},
    )
    created = await campaigns.create_campaign(connection, setup)
    assert await campaigns.campaign_setup(connection, created) == setup
    found = await campaigns.campaign(connection, created)
    assert (found.state, found.mode) == (CampaignState.DRAFT, Mode.PROGRESSIVE)
    assert found.connect_limit == timedelta(seconds=1.5)


async def test_changing_a_campaign_keeps_its_state_and_its_agents(connection: Connection):
    setup = await a_setup_in(connection)
    created = await campaigns.create_campaign(connection, setup)
    agent = await an_agent_in(connection, setup.team)
    await campaigns.assign(connection, created, [agent])
    await campaigns.set_state(connection, created, CampaignState.RUNNING)
    await campaigns.change_campaign(connection, created, replace(setup, name="Spring tariff"))
    found = await campaigns.campaign(connection, created)
    assert (found.name, found.dials, found.agents) == ("Spring tariff", True, {agent})


@pytest.mark.parametrize(
    ("changes", "because"),
    [
        ({"abandon_rate_limit": 1.5}, "abandon_rate_limit_is_a_share"),
        ({"ring_limit": timedelta(seconds=5)}, "a_ringing_phone_gets_15_seconds"),
    ],
)
async def test_a_limit_out_of_range_is_refused_by_name(
    connection: Connection, changes: dict[str, object], because: str
):
    with pytest.raises(HouseRefused) as refused:
        await a_campaign_in(connection, **changes)
    assert refused.value.because == because


async def test_assigning_somebody_who_is_not_there_changes_nothing(connection: Connection):
    created = await a_campaign_in(connection)
    agent = await an_agent_in(connection, await campaigns.team_of(connection, created))
    await campaigns.assign(connection, created, [agent])
    with pytest.raises(HouseRefused, match="no such agent"):
        await campaigns.assign(connection, created, [999])
    assert (await campaigns.campaign(connection, created)).agents == {agent}


async def test_a_draft_cannot_be_paused_and_stays_a_draft(connection: Connection):
    created = await a_campaign_in(connection)
    with pytest.raises(ImpossibleMove):
        await campaigns.set_state(connection, created, CampaignState.PAUSED)
    assert (await campaigns.campaign(connection, created)).state is CampaignState.DRAFT


async def test_of_two_who_start_a_campaign_at_once_one_started_it(database: Pool):
    async with database.acquire() as connection:
        created = await a_campaign_in(connection)

    async def start() -> CampaignState:
        async with database.acquire() as connection:
            return await campaigns.set_state(connection, created, CampaignState.RUNNING)

    before = await asyncio.gather(start(), start())
    assert sorted(before) == [CampaignState.DRAFT, CampaignState.RUNNING]


async def test_campaigns_are_found_by_team_and_by_client(connection: Connection):
    one, other = await a_setup_in(connection), await a_setup_in(connection, priority=1)
    first = await campaigns.create_campaign(connection, one)
    second = await campaigns.create_campaign(connection, other)
    assert [each.id for each in await campaigns.campaigns(connection)] == [second, first]
    assert [each.id for each in await campaigns.campaigns(connection, team=one.team)] == [first]
    assert [c.id for c in await campaigns.campaigns(connection, client=other.client)] == [second]


async def test_what_is_not_there_is_said_not_to_be_there(connection: Connection):
    with pytest.raises(HouseRefused, match="no campaign 7"):
        await campaigns.campaign(connection, 7)
    with pytest.raises(HouseRefused, match="no campaign 7"):
        await campaigns.set_state(connection, 7, CampaignState.RUNNING)
    with pytest.raises(HouseRefused, match="no team 7"):
        await house.team_name(connection, 7)
