"""Campaigns: set up, started, paused, finished. ``/campaigns``.

Rule: a campaign's settings are checked whole when they are sent, the script included; one that
could not run cannot be stored. Every change is told to the engines at once.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field

from dialer.api.model import Id, Incoming, Line, Outgoing, Phone
from dialer.api.operation import Asked, operation
from dialer.api.problem import Problem
from dialer.api.reach import HOUSE, READERS, campaign_of, client_of, tell_desks
from dialer.call_events import AgentId
from dialer.campaign import AbandonWindow, Campaign, CampaignId, CampaignState, ClientId, Mode
from dialer.database import campaigns
from dialer.database.accounts import Role
from dialer.database.campaigns import CampaignSetup
from dialer.database.pool import Connection
from dialer.team import TeamId
from leads import phone
from leads.qualification import qualification_from
from leads.retry import plan_from
from leads.scripting import questionnaire_from
from leads.store.leads import count_leads

Seconds = Annotated[float, Field(gt=0, le=3600)]


class Target(Incoming):
    """Somebody of the client's who takes calls over."""

    name: Line
    to: Phone = Field(description="a SIP URI, or a number in E.164", min_length=3)


class CampaignWish(Incoming):
    """All that a manager decides about a campaign."""

    client: Id
    team: Id
    name: Line
    purpose: Line = Field(description="what consents must name, such as sales.energy")
    caller_id: Line = Field(description="E.164, shown to the callee")
    caller_name: Line = Field(description="said by the identity message")
    sector: Annotated[str, Field(max_length=100)] = ""
    mode: Mode = Mode.PREDICTIVE
    abandon_rate_limit: float = Field(
        0.03, ge=0, le=0.5, description="of live answers; 0.03 is 3 %; 0: one call per idle agent"
    )
    abandon_window: AbandonWindow = Field(
        AbandonWindow.DAY, description="over what the rate has to hold"
    )
    hard_stop: bool = Field(
        False, description="above the limit nothing is dialed, not even call by call"
    )
    talk_share_target: float | None = Field(
        None,
        ge=0,
        le=1,
        description="abandon as little as this share of talk allows; null: talk as much as the "
        "limit allows",
    )
    expected_talk_seconds: Seconds = Field(
        100, description="how long talks last on average, believed until some were observed"
    )
    expected_wrap_up_seconds: Seconds = Field(15, description="likewise, after the call")
    connect_limit_seconds: float = Field(2, gt=0, le=60)
    ring_limit_seconds: float = Field(25, ge=15, le=180)
    wrap_up_limit_seconds: Seconds = 120
    recording: bool = True
    priority: int = Field(0, ge=-1000, le=1000, description="higher first")
    share: float = Field(1, gt=0, le=1000, description="weight among campaigns of equal priority")
    script: dict[str, Any] = Field(default_factory=lambda: {"questions": []})
    retry: dict[str, Any] = Field(default_factory=dict, description="empty: the defaults")
    meeting_minutes: int = Field(30, ge=5, le=480)
    transfer_targets: tuple[Target, ...] = Field(
        (), max_length=50, description="to whom agents may hand callees over"
    )


class AgentsWish(Incoming):
    """Who works a campaign."""

    agents: tuple[Id, ...] = Field(max_length=2000)


class CampaignNow(Outgoing):
    """A campaign."""

    id: int
    client: int
    team: int
    name: str
    state: CampaignState
    mode: Mode
    purpose: str
    sector: str
    caller_id: str
    caller_name: str
    abandon_rate_limit: float
    abandon_window: AbandonWindow
    hard_stop: bool
    talk_share_target: float | None
    expected_talk_seconds: float
    expected_wrap_up_seconds: float
    connect_limit_seconds: float
    ring_limit_seconds: float
    wrap_up_limit_seconds: float
    recording: bool
    priority: int
    share: float
    meeting_minutes: int
    agents: tuple[int, ...]


class CampaignInFull(CampaignNow):
    """A campaign with its script."""

    transfer_targets: tuple[Target, ...]
    script: Mapping[str, Any]
    retry: Mapping[str, Any]


class Stock(Outgoing):
    """A campaign's leads at one instant."""

    by_state: Mapping[str, int]
    retired: Mapping[str, int] = Field(description="by reason")
    due: int = Field(description="may be tried now")
    claimed: int = Field(description="in a hopper")
    later: int = Field(description="will be due")


@operation("GET", "/campaigns", roles=READERS)
async def all_of_them(asked: Asked[None, None]) -> tuple[CampaignNow, ...]:
    """List campaigns, a client's user the own client's."""
    async with asked.connection() as connection:
        found = await campaigns.campaigns(connection, client=client_of(asked.user))
        teams = {each.id: await campaigns.team_of(connection, each.id) for each in found}
    return tuple(_now(each, teams[each.id]) for each in found)


@operation("POST", "/campaigns", roles=HOUSE, status=201)
async def create(asked: Asked[CampaignWish, None]) -> CampaignInFull:
    """Make a draft."""
    setup = _checked(asked.body)
    async with asked.connection() as connection:
        created = await campaigns.create_campaign(connection, setup)
        return await _in_full(connection, created)


@operation("GET", "/campaigns/{campaign:int}", roles=READERS)
async def one(asked: Asked[None, None]) -> CampaignInFull:
    """Return one campaign with its script."""
    async with asked.connection() as connection:
        found = await campaign_of(asked, connection, asked.number("campaign"))
        return await _in_full(connection, found.id)


@operation("PUT", "/campaigns/{campaign:int}", roles=HOUSE)
async def change(asked: Asked[CampaignWish, None]) -> CampaignInFull:
    """Replace what was decided about a campaign; its state and its agents stay."""
    setup, campaign = _checked(asked.body), CampaignId(asked.number("campaign"))
    async with asked.connection() as connection:
        await campaigns.change_campaign(connection, campaign, setup)
        answer = await _in_full(connection, campaign)
    await tell_desks(asked)
    return answer


@operation("PUT", "/campaigns/{campaign:int}/agents", roles=HOUSE | {Role.SUPERVISOR})
async def assign(asked: Asked[AgentsWish, None]) -> CampaignInFull:
    """Let these agents, and nobody else, work a campaign."""
    campaign = CampaignId(asked.number("campaign"))
    async with asked.connection() as connection:
        agents = [AgentId(agent) for agent in asked.body.agents]
        await campaigns.assign(connection, campaign, agents)
        answer = await _in_full(connection, campaign)
    await tell_desks(asked)
    return answer


@operation("POST", "/campaigns/{campaign:int}/start", roles=HOUSE | {Role.SUPERVISOR})
async def start(asked: Asked[None, None]) -> CampaignInFull:
    """Dial, from draft, paused or finished."""
    return await _moved(asked, CampaignState.RUNNING)


@operation("POST", "/campaigns/{campaign:int}/pause", roles=HOUSE | {Role.SUPERVISOR})
async def pause(asked: Asked[None, None]) -> CampaignInFull:
    """Place no new calls; live calls finish."""
    return await _moved(asked, CampaignState.PAUSED)


@operation("POST", "/campaigns/{campaign:int}/finish", roles=HOUSE)
async def finish(asked: Asked[None, None]) -> CampaignInFull:
    """End a campaign; it may be started again."""
    return await _moved(asked, CampaignState.FINISHED)


@operation("GET", "/campaigns/{campaign:int}/stock", roles=READERS)
async def stock(asked: Asked[None, None]) -> Stock:
    """Return how many leads are left, and what became of the others."""
    async with asked.connection() as connection:
        found = await campaign_of(asked, connection, asked.number("campaign"))
        counts = await count_leads(connection, found.id, now=asked.context.clock.now())
    return Stock(
        by_state={state.value: leads for state, leads in counts.by_state.items()},
        retired=counts.retired,
        due=counts.due,
        claimed=counts.claimed,
        later=counts.later,
    )


async def _moved(asked: Asked[None, None], state: CampaignState) -> CampaignInFull:
    campaign = CampaignId(asked.number("campaign"))
    async with asked.connection() as connection:
        await campaigns.set_state(connection, campaign, state)
        answer = await _in_full(connection, campaign)
    await tell_desks(asked)
    return answer


def _checked(wish: CampaignWish) -> CampaignSetup:
    """Return what was wished for, the script and the retry plan having been read."""
    questionnaire = questionnaire_from(wish.script)
    qualification_from(wish.script.get("qualification"), questionnaire)
    plan_from(wish.retry)
    names = [each.name for each in wish.transfer_targets]
    if len(set(names)) < len(names):
        raise Problem(422, "invalid", "two transfer targets have one name; agents tell them by it")
    return CampaignSetup(
        client=ClientId(wish.client),
        team=TeamId(wish.team),
        name=wish.name,
        purpose=wish.purpose,
        caller_id=phone.parse(wish.caller_id),
        caller_name=wish.caller_name,
        sector=wish.sector,
        mode=wish.mode,
        abandon_rate_limit=wish.abandon_rate_limit,
        abandon_window=wish.abandon_window,
        hard_stop=wish.hard_stop,
        talk_share_target=wish.talk_share_target,
        expected_talk=timedelta(seconds=wish.expected_talk_seconds),
        expected_wrap_up=timedelta(seconds=wish.expected_wrap_up_seconds),
        connect_limit=timedelta(seconds=wish.connect_limit_seconds),
        ring_limit=timedelta(seconds=wish.ring_limit_seconds),
        wrap_up_limit=timedelta(seconds=wish.wrap_up_limit_seconds),
        recording=wish.recording,
        priority=wish.priority,
        share=wish.share,
        questionnaire=wish.script,
        retry=wish.retry,
        meeting_minutes=wish.meeting_minutes,
        transfer_targets=[each.model_dump() for each in wish.transfer_targets],
    )


async def _in_full(connection: Connection, campaign: CampaignId) -> CampaignInFull:
    found = await campaigns.campaign(connection, campaign)
    setup = await campaigns.campaign_setup(connection, campaign)
    plain = _now(found, setup.team).model_dump()
    return CampaignInFull(
        **plain,
        transfer_targets=tuple(Target(**each) for each in setup.transfer_targets),
        script=setup.questionnaire,
        retry=setup.retry,
    )


def _now(campaign: Campaign, team: TeamId) -> CampaignNow:
    return CampaignNow(
        id=campaign.id,
        client=campaign.client,
        team=team,
        name=campaign.name,
        state=campaign.state,
        mode=campaign.mode,
        purpose=campaign.purpose,
        sector=campaign.sector,
        caller_id=campaign.caller_id,
        caller_name=campaign.caller_name,
        abandon_rate_limit=campaign.abandon_rate_limit,
        abandon_window=campaign.abandon_window,
        hard_stop=campaign.hard_stop,
        talk_share_target=campaign.talk_share_target,
        expected_talk_seconds=campaign.expected_talk.total_seconds(),
        expected_wrap_up_seconds=campaign.expected_wrap_up.total_seconds(),
        connect_limit_seconds=campaign.connect_limit.total_seconds(),
        ring_limit_seconds=campaign.ring_limit.total_seconds(),
        wrap_up_limit_seconds=campaign.wrap_up_limit.total_seconds(),
        recording=campaign.recording,
        priority=campaign.priority,
        share=campaign.share,
        meeting_minutes=campaign.meeting_minutes,
        agents=tuple(sorted(campaign.agents)),
    )
