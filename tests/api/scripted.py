"""A desk that does as it is told, and a house with somebody of every role in it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import uuid4

from compliance.store.notices import acknowledge_all
from dialer.agent import AgentState, NotNow
from dialer.asked_call import NotCalled
from dialer.call import CallState
from dialer.call_events import AgentId, CallId
from dialer.campaign import CampaignId, CampaignState, ClientId, Mode
from dialer.database import accounts, campaigns, house
from dialer.database.accounts import Role, TokenKind
from dialer.database.pool import Connection
from dialer.in_call import Part
from dialer.ports import Closed
from dialer.supervising import MayOnlyListen, Watching
from dialer.team import TeamId
from dialer.transferring import Act, UnknownTarget
from dialer.views import (
    AgentOnBoard,
    AgentView,
    Board,
    CallView,
    CampaignBoard,
    Disposal,
    WatchView,
)
from leads.disposition import Disposition
from leads.lead import AttemptId, LeadId, PersonId
from leads.phone import PhoneNumber
from leads.rep import Interval, RepId
from leads.store import reps
from leads.store.details import Details, sealed
from leads.store.dispositions import DispositionRow, record
from tests.builders import MONDAY_MORNING, a_setup_in, a_user_in, an_agent_in, an_attempt_in

SCRIPT = {
    "opening": {"en": "Good morning, this is Example Energy.", "bg": "Добро утро."},
    "questions": [
        {"id": "owner", "kind": "yes_no", "text": {"en": "Do you own the house?"}},
        {
            "id": "bill",
            "kind": "number",
            "text": "Your monthly bill?",
            "least": 0,
            "asked_if": [{"question": "owner", "one_of": [True]}],
        },
        {
            "id": "heating",
            "kind": "choice",
            "text": "How do you heat?",
            "required": False,
            "choices": ["gas", "wood"],
        },
    ],
}


@dataclass(slots=True)
class SettableClock:
    """A clock that stands where it was put."""

    at: datetime = MONDAY_MORNING

    def now(self) -> datetime:
        return self.at

    def wake_at(self, at: datetime, call: object) -> object:
        raise NotImplementedError

    async def sleep(self, duration: timedelta) -> None:
        await asyncio.sleep(duration.total_seconds())


class ScriptedDesk:
    """A team's desk in memory; tests put agents into states and see what was wished for."""

    def __init__(self, agents: Mapping[AgentId, str]) -> None:
        self.views = {
            agent: AgentView(
                agent=agent,
                name=name,
                state=AgentState.OFFLINE,
                since=None,
                reason="",
                leg_up=False,
                wants=None,
                call=None,
                version=1,
            )
            for agent, name in agents.items()
        }
        self.disposals: list[Disposal] = []
        self.refreshed = 0
        self.revoked: list[PersonId] = []
        self.acts: list[str] = []
        self.wishes: list[Watching] = []
        self.watching: WatchView | None = None
        self.refusal: Exception | None = None
        self.campaigns: tuple[CampaignBoard, ...] = ()
        self.stopped = False
        self.board_version = 1
        self._change = asyncio.Event()

    def put(self, agent: AgentId, **changes: object) -> None:
        """Change an agent's view, and tell who waits."""
        known = self.views[agent]
        self.views[agent] = replace(known, version=known.version + 1, **changes)  # type: ignore[arg-type]
        self.bump()

    def bump(self) -> None:
        self.board_version += 1
        change, self._change = self._change, asyncio.Event()
        change.set()

    def give_call(
        self, agent: AgentId, attempt: AttemptId, campaign: CampaignId, **changes: object
    ) -> CallView:
        """Let *agent* talk in *attempt*."""
        call = CallView(
            call=CallId(uuid4()),
            attempt=attempt,
            lead=LeadId(1),
            campaign=campaign,
            number=PhoneNumber("+447700900001"),
            state=CallState.CONNECTED,
            answered_at=MONDAY_MORNING,
            bridged_at=MONDAY_MORNING,
            ended_at=None,
        )
        call = replace(call, **changes)  # type: ignore[arg-type]
        self.put(agent, state=AgentState.TALKING, since=MONDAY_MORNING, leg_up=True, call=call)
        return call

    def end_call(self, agent: AgentId) -> None:
        call = self.views[agent].call
        assert call is not None
        ended = replace(call, state=CallState.ENDED, ended_at=MONDAY_MORNING)
        self.put(agent, state=AgentState.WRAP_UP, call=ended)

    # --- what the API asks ---------------------------------------------------------------

    def has(self, agent: AgentId) -> bool:
        return agent in self.views

    async def sign_in(self, agent: AgentId) -> None:
        self.put(agent, state=AgentState.PAUSED, reason="signed_in", leg_up=True)

    async def sign_off(self, agent: AgentId) -> None:
        if self.views[agent].state is AgentState.TALKING:
            raise NotNow("sign off", AgentState.TALKING)
        self.put(agent, state=AgentState.OFFLINE, reason="", leg_up=False)

    async def ready(self, agent: AgentId) -> None:
        if self.views[agent].state is AgentState.OFFLINE:
            raise NotNow("ready", AgentState.OFFLINE)
        self.put(agent, state=AgentState.READY, reason="")

    async def pause(self, agent: AgentId, reason: str) -> None:
        self.put(agent, state=AgentState.PAUSED, reason=reason)

    async def hang_up(self, agent: AgentId) -> None:
        if self.views[agent].call is None:
            raise NotNow("hanging up", self.views[agent].state)
        self.end_call(agent)

    async def call_lead(self, agent: AgentId, lead: LeadId) -> None:
        if lead not in {offer.lead for offer in self.views[agent].offers}:
            raise NotCalled("not_shown")
        if self.refusal is not None:
            raise self.refusal
        self.put(agent, state=AgentState.ASSIGNED, offers=())

    async def skip_lead(self, agent: AgentId, lead: LeadId) -> None:
        left = tuple(offer for offer in self.views[agent].offers if offer.lead != lead)
        self.put(agent, offers=left)

    async def dispose(self, agent: AgentId, wish: Disposal) -> Closed:
        if self.views[agent].state is not AgentState.WRAP_UP:
            raise NotNow("a disposition", self.views[agent].state)
        if self.refusal is not None:
            raise self.refusal
        self.disposals.append(wish)
        self.put(agent, state=AgentState.READY, call=None)
        return Closed(lead_state="retired", qualified=None)

    async def act(self, agent: AgentId, act: Act) -> None:
        call = self._talking(agent)
        self.acts.append(act.value)
        changes: dict[Act, dict[str, object]] = {
            Act.HOLD: {"held": True},
            Act.RESUME: {"held": False},
            Act.MUTE: {"muted": True},
            Act.UNMUTE: {"muted": False},
            Act.JOIN: {"transfer_state": "joined", "held": False},
            Act.CANCEL: {"transfer": "", "transfer_state": "", "held": False},
        }
        if act is Act.COMPLETE:
            self.end_call(agent)
        else:
            self.put(agent, call=replace(call, **changes[act]))  # type: ignore[arg-type]

    async def send_keys(self, agent: AgentId, digits: str) -> None:
        self._talking(agent)
        self.acts.append(digits)

    async def transfer(self, agent: AgentId, target: str, *, blind: bool) -> None:
        call = self._talking(agent)
        if target not in call.targets:
            raise UnknownTarget("the campaign has no such transfer target")
        state = "calling" if blind else "consulting"
        changed = replace(
            call, transfer=target, transfer_state=state, transfer_is_blind=blind, held=True
        )
        self.put(agent, call=changed)

    def _talking(self, agent: AgentId) -> CallView:
        view = self.views[agent]
        if view.call is None or view.state is not AgentState.TALKING:
            raise NotNow("this", view.state)
        return view.call

    async def watch(self, wish: Watching) -> None:
        if wish.client is not None and wish.part is not Part.LISTEN:
            raise MayOnlyListen("you may listen")
        call = self.views[wish.agent].call
        self.watching = WatchView(
            user=wish.user,
            agent=wish.agent,
            part=wish.part.value,
            is_up=True,
            call=call.call if call else None,
        )
        self.wishes.append(wish)
        self.bump()

    async def take_over(self, user: int) -> None:
        assert self.watching is not None
        self.end_call(self.watching.agent)

    async def end_watch(self, user: int) -> None:
        self.watching = None
        self.bump()

    def watched(self, user: int) -> WatchView | None:
        return self.watching if self.watching and self.watching.user == user else None

    async def revoke(self, person: PersonId) -> int:
        self.revoked.append(person)
        return 1

    async def refresh(self) -> None:
        self.refreshed += 1

    def view(self, agent_id: AgentId) -> AgentView:
        return self.views[agent_id]

    async def changed(self, agent: AgentId, since_version: int) -> AgentView:
        while self.views[agent].version == since_version:
            await self._change.wait()
        return self.views[agent]

    def board(self) -> Board:
        states = [view.state.value for view in self.views.values()]
        return Board(
            at=MONDAY_MORNING,
            team="north",
            stopped=self.stopped,
            draining=False,
            trouble=(),
            agents=tuple(
                AgentOnBoard(
                    agent=view.agent,
                    name=view.name,
                    languages=("en",),
                    state=view.state,
                    since=view.since,
                    reason=view.reason,
                    call_state=view.call.state if view.call else None,
                )
                for view in self.views.values()
            ),
            agents_by_state={state: states.count(state) for state in set(states)},
            campaigns=self.campaigns,
            version=self.board_version,
        )

    async def board_changed(self, since_version: int) -> Board:
        while self.board_version == since_version:
            await self._change.wait()
        return self.board()


def a_campaign_on_board(campaign: CampaignId, **changes: object) -> CampaignBoard:
    values: dict[str, object] = {
        "campaign": campaign,
        "name": "Winter tariff",
        "state": CampaignState.RUNNING,
        "mode": Mode.PREDICTIVE,
        "calls_by_state": {"dialing": 2, "ringing": 5, "connected": 3},
        "placed": 400,
        "answered": 120,
        "live_answers": 100,
        "machines": 20,
        "connected": 98,
        "abandoned": 2,
        "abandon_rate": 0.02,
        "abandon_rate_limit": 0.03,
        "answer_rate": 0.3,
        "pacing": "3 ready, 2 free soon; 6 more calls",
        "due": 1200,
        "later": 300,
        "meetings": 12,
        "callbacks": 7,
        "ends_at": MONDAY_MORNING + timedelta(hours=3),
    }
    return CampaignBoard(**{**values, **changes})  # type: ignore[arg-type]


@dataclass(slots=True, kw_only=True)
class House:
    """Who and what is there."""

    client: ClientId
    other_client: ClientId
    team: TeamId
    agent: AgentId
    colleague: AgentId
    campaign: CampaignId
    attempt: AttemptId
    rep: RepId
    tokens: Mapping[Role, str]
    logins: Mapping[Role, str]
    desk: ScriptedDesk = field(repr=False)


async def a_house_in(connection: Connection) -> House:
    """A client with a rep, a team with two agents, a running campaign, one open attempt."""
    setup = await a_setup_in(connection, questionnaire=SCRIPT)
    other = await house.create_client(connection, "Other Company", now=MONDAY_MORNING)
    tokens, logins, users = {}, {}, {}
    for role in Role:
        client = setup.client if role in (Role.CLIENT, Role.REP) else None
        login = f"{role.value}@example.com"
        users[role] = await a_user_in(
            connection, role, login=login, display_name=f"The {role.value}", client=client
        )
        logins[role] = login
        tokens[role] = await accounts.create_token(
            connection, users[role], TokenKind.BEARER, now=MONDAY_MORNING, life=timedelta(days=1)
        )
    agent = await an_agent_in(connection, setup.team, user=users[Role.AGENT], name="Anna")
    colleague = await an_agent_in(connection, setup.team, name="Boris")
    await acknowledge_all(connection, agent, now=MONDAY_MORNING)
    campaign = await campaigns.create_campaign(connection, setup)
    await campaigns.assign(connection, campaign, [agent, colleague])
    await campaigns.set_state(connection, campaign, CampaignState.RUNNING)
    rep = await reps.add_rep(
        connection,
        client=setup.client,
        name="Rita Rep",
        email="rita@example.com",
        time_zone="Europe/London",
        user=users[Role.REP],
    )
    offered = [
        Interval(
            MONDAY_MORNING + timedelta(days=day), MONDAY_MORNING + timedelta(days=day, hours=8)
        )
        for day in range(1, 4)
    ]
    await reps.add_availability(connection, rep, offered)
    attempt = await an_attempt_in(connection, campaign)
    await _introduce(connection, attempt)
    return House(
        client=setup.client,
        other_client=other,
        team=setup.team,
        agent=agent,
        colleague=colleague,
        campaign=campaign,
        attempt=attempt,
        rep=rep,
        tokens=tokens,
        logins=logins,
        desk=ScriptedDesk({agent: "Anna", colleague: "Boris"}),
    )


async def _introduce(connection: Connection, attempt: AttemptId) -> None:
    """Give the lead of an attempt a name, a number and a past."""
    await connection.execute(
        """
        INSERT INTO lead_numbers (lead_id, number_id, position)
        SELECT lead_id, number_id, 0 FROM attempts WHERE id = $1
        """,
        attempt,
    )
    lead = LeadId(
        await connection.fetchval(
            """
            UPDATE leads SET languages = '{en,bg}', time_zone = 'Europe/Sofia'
             WHERE id = (SELECT lead_id FROM attempts WHERE id = $1) RETURNING id
            """,
            attempt,
        )
    )
    known = Details(
        name="Mira Example",
        company="Example Bakery",
        city="Sofia",
        email="mira@example.com",
        fields={"Employees": "12"},
    )
    [words] = sealed(connection, [(lead, known)])
    await connection.execute("UPDATE leads SET details = $2 WHERE id = $1", lead, words)
    long_ago = MONDAY_MORNING - timedelta(days=4)
    earlier = await connection.fetchval(
        """
        INSERT INTO attempts (lead_id, person_id, campaign_id, number_id, was_callback, opened_at,
                              permit_expires_at, closed_at, outcome)
        SELECT lead_id, person_id, campaign_id, number_id, false, $2, $2, $2, 'answered'
          FROM attempts WHERE id = $1 RETURNING id
        """,
        attempt,
        long_ago,
    )
    told = DispositionRow(
        attempt=AttemptId(earlier),
        agent=None,
        code=Disposition.WRONG_PERSON,
        at=long_ago,
        note="The owner is there in the mornings.",
        judgement=None,
    )
    await record(connection, told, lead=lead)
