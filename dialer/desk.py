"""The engine as agents, supervisors and the HTTP API see it: wishes in, views out.

Rule: a wish that cannot be met raises (:class:`dialer.agent.NotNow`,
:class:`dialer.ports.ClosingRefused`) and changes nothing; "done" means durable.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from dialer import agent as agents
from dialer.agent import Agent, AgentState
from dialer.call import CallState
from dialer.call_events import AgentId
from dialer.call_view import call_view
from dialer.campaign import Campaign
from dialer.dialing import CampaignDialing
from dialer.engine import Engine
from dialer.live import LiveCall
from dialer.ports import Closed
from dialer.supervising import Watching
from dialer.tally import CampaignTally
from dialer.transferring import Act
from dialer.views import (
    AgentOnBoard,
    AgentView,
    Board,
    CallView,
    CampaignBoard,
    Disposal,
    WatchView,
)
from leads.lead import LeadId, PersonId


class TeamDesk:
    """The desk of one team's engine."""

    def __init__(
        self, engine: Engine, more_troubles: Callable[[], tuple[str, ...]] = tuple
    ) -> None:
        self._engine = engine
        self._more_troubles = more_troubles  #: of what hinders beside the engine
        self._began_at = engine.clock.now()

    # --- Wishes ----------------------------------------------------------------------------

    def has(self, agent: AgentId) -> bool:
        """Return whether *agent* belongs to this team, and it is known what they were doing."""
        return self._engine.knows_agents and agent in self._engine.live.agents

    async def sign_in(self, agent: AgentId) -> None:
        await self._event(agent, agents.SignedIn)

    async def sign_off(self, agent: AgentId) -> None:
        await self._event(agent, agents.SignedOff)

    async def ready(self, agent: AgentId) -> None:
        await self._event(agent, agents.ReadyAsked)

    async def pause(self, agent: AgentId, reason: str) -> None:
        await self._event(agent, lambda at: agents.PauseAsked(at, reason))

    async def hang_up(self, agent: AgentId) -> None:
        await self._engine.ask(partial(self._engine.conduct.hang_up, agent))

    async def call_lead(self, agent: AgentId, lead: LeadId) -> None:
        """Call a lead that is before the agent; return once it is the agent's call.

        Raises:
            NotCalled: there is no call; the exception says why.
        """
        asked = await self._engine.ask(partial(self._engine.previews.call, agent, lead))
        await asked.answer

    async def skip_lead(self, agent: AgentId, lead: LeadId) -> None:
        """Pass on the lead before the agent; another is shown."""
        await self._engine.ask(partial(self._engine.previews.skip, agent, lead))

    async def act(self, agent: AgentId, act: Act) -> None:
        """Do something within the agent's call."""
        await self._engine.ask(partial(self._engine.transfers.act, agent, act))

    async def send_keys(self, agent: AgentId, digits: str) -> None:
        await self._engine.ask(partial(self._engine.transfers.send_keys, agent, digits))

    async def transfer(self, agent: AgentId, target: str, *, blind: bool) -> None:
        """Call one of the campaign's transfer targets for the agent's callee."""
        asked = partial(self._engine.transfers.transfer, agent, target, blind=blind)
        await self._engine.ask(asked)

    async def watch(self, wish: Watching) -> None:
        """Let a supervisor into the calls of an agent."""
        await self._engine.ask(partial(self._engine.supervision.watch, wish))

    async def take_over(self, user: int) -> None:
        await self._engine.ask(partial(self._engine.supervision.take_over, user))

    async def end_watch(self, user: int) -> None:
        await self._engine.ask(partial(self._engine.supervision.end, user))

    def watched(self, user: int) -> WatchView | None:
        """Return what a supervisor's telephone is connected to."""
        return self._engine.supervision.view(user)

    async def dispose(self, agent: AgentId, wish: Disposal) -> Closed:
        """Record what came of the agent's call; return once it is durable."""
        done = await self._engine.ask(partial(self._engine.closer.dispose, agent, wish))
        closed = await asyncio.shield(done)
        await self._engine.ask(lambda: None)  # the agent has been freed before we say so
        return closed

    async def revoke(self, person: PersonId) -> int:
        """Cancel the unanswered calls to a person who may no longer be called."""
        return await self._engine.ask(partial(self._engine.conduct.revoke, person))

    async def refresh(self) -> None:
        """Take changed campaigns, agents and the stop-all switch from the database now."""
        await self._engine.refresh()
        await self._engine.ask(lambda: None)

    async def _event(self, agent: AgentId, made: Callable[[datetime], agents.AgentEvent]) -> None:
        engine = self._engine
        await engine.ask(lambda: engine.conduct.agent_event(agent, made(engine.clock.now())))

    # --- Views -----------------------------------------------------------------------------

    def view(self, agent_id: AgentId) -> AgentView:
        """Return the agent as they are now."""
        live = self._engine.live
        agent = live.agents[agent_id]
        call = live.calls.get(agent.call) if agent.call else None
        return AgentView(
            agent=agent_id,
            name=live.members[agent_id].name,
            state=agent.state,
            since=agent.since,
            reason=agent.reason,
            leg_up=agent.leg_up,
            wants=agent.wants,
            call=self._call_view(call) if call else None,
            offers=self._engine.previews.offers(agent_id),
            version=self._engine.watch.version(agent_id),
        )

    async def changed(self, agent: AgentId, since_version: int) -> AgentView:
        """Return the agent as soon as their version differs from *since_version*."""
        await self._engine.watch.wait_until_newer(agent, since_version)
        return self.view(agent)

    async def board_changed(self, since_version: int) -> Board:
        """Return the board as soon as its version differs from *since_version*."""
        await self._engine.watch.wait_until_newer("board", since_version)
        return self.board()

    def board(self) -> Board:
        """Return the team's floor as it is now."""
        engine, live = self._engine, self._engine.live
        members = [live.agents[agent_id] for agent_id in sorted(live.agents)]
        return Board(
            at=engine.clock.now(),
            team=live.team.name if live.team else "",
            stopped=bool(live.team and live.team.stopped),
            draining=engine.draining,
            trouble=(*self.troubles(), *engine.trunk_troubles()),
            agents=tuple(self._on_board(agent) for agent in members),
            agents_by_state=dict(Counter(agent.state.value for agent in members)),
            campaigns=tuple(self._campaign(each) for each in engine.dialing.values()),
            version=engine.watch.version("board"),
            callers=len(engine.ring_backs.callers) if engine.ring_backs else 0,
            called_back=engine.ring_backs.called if engine.ring_backs else 0,
        )

    def troubles(self) -> tuple[str, ...]:
        """Return what hinders dialing, in words."""
        return (*_trouble(self._engine), *self._more_troubles())

    def _on_board(self, agent: Agent) -> AgentOnBoard:
        live = self._engine.live
        call = live.calls.get(agent.call) if agent.call else None
        return AgentOnBoard(
            agent=agent.id,
            name=live.members[agent.id].name if agent.id in live.members else "",
            languages=tuple(sorted(agent.languages)),
            state=agent.state,
            since=agent.since,
            reason=agent.reason,
            call_state=call.call.state if call else None,
            leg_up=agent.leg_up,
            listeners=tuple(p.value for p in self._engine.supervision.who_watches(agent.id)),
        )

    def _call_view(self, live: LiveCall) -> CallView:
        campaign = self._engine.live.campaigns[live.campaign]
        return call_view(live, tuple(each.name for each in campaign.transfer_targets))

    def _campaign(self, dialing: CampaignDialing) -> CampaignBoard:
        campaign: Campaign = dialing.campaign
        tally = self._engine.conduct.tally.campaigns[campaign.id]
        states = Counter(
            live.call.state.value
            for live in self._engine.live.calls.values()
            if live.campaign == campaign.id and live.call.state is not CallState.ENDED
        )
        due = dialing.supply.due + len(dialing.hopper) + len(dialing.on_show)
        return CampaignBoard(
            campaign=campaign.id,
            name=campaign.name,
            state=campaign.state,
            mode=campaign.mode,
            calls_by_state=dict(states),
            placed=tally.placed,
            answered=tally.answered,
            live_answers=tally.live_answers,
            machines=tally.machines,
            connected=tally.connected,
            abandoned=tally.abandoned,
            abandon_rate=tally.abandon_rate,
            abandon_rate_limit=campaign.abandon_rate_limit,
            answer_rate=tally.answer_rate,
            pacing=str(dialing.decision.reasons) if dialing.decision else "",
            due=due,
            later=dialing.supply.later,
            meetings=tally.meetings,
            callbacks=tally.callbacks,
            ends_at=self._ends_at(tally, due),
        )

    def _ends_at(self, tally: CampaignTally, due: int) -> datetime | None:
        """Estimate when the last due lead is tried, at the speed of the shift so far."""
        now = self._engine.clock.now()
        elapsed = (now - self._began_at).total_seconds()
        if tally.placed < 20 or elapsed < 10:
            return None
        return now + timedelta(seconds=due * elapsed / tally.placed)


def _trouble(engine: Engine) -> tuple[str, ...]:
    """Return what hinders dialing, in words."""
    found = []
    if not engine.settled:
        found.append("the telephony worker is not connected; no calls are placed")
    if not engine.writer.healthy:
        found.append("the database does not answer; no calls are placed")
    if engine.superseded:
        found.append("another dialer works for this team now; stop this one, or that")
    wanted = {
        agent.id: engine.live.members[agent.id].name
        for agent in engine.live.agents.values()
        if agent.state is not AgentState.OFFLINE and agent.id in engine.live.members
    }
    found += engine.phones.in_words(wanted)
    if engine.draining:
        found.append("shutting down: no new calls, live calls finish")
    return tuple(found)
