"""Bringing record and telephony worker together: after a restart, or when the worker comes back.

    record ──adopt──▶ live calls ──settle with the worker's stock──▶ everybody is what they are

Rule: the worker is believed (decision 0017). What is decided stands in ``recovery.py``; here it is
carried out, in the engine's inbox.
"""

from collections.abc import Callable
from datetime import datetime

import structlog

from dialer import agent as agents
from dialer import call as calls
from dialer.agent import AgentState
from dialer.call_events import (
    AgentAssigned,
    AgentId,
    CallEvent,
    CallId,
    Connected,
    Ended,
    OwnReason,
)
from dialer.carriage import Carriage
from dialer.closing import Closer
from dialer.conduct import Conduct
from dialer.live import LiveCall
from dialer.ports import Stock, Telephony, Unfinished, Way
from dialer.recovery import lost, restored, resumed
from dialer.writing import Chain

log = structlog.get_logger()


class Settling:
    """Takes over what an engine before this one left, and what a worker has kept."""

    def __init__(
        self,
        conduct: Conduct,
        closer: Closer,
        telephony: Telephony,
        carriage: Carriage,
        *,
        others: Callable[[], frozenset[CallId]],
        guests: Callable[[Stock], None],
    ) -> None:
        """Args:
        others: Calls that are known, and not on record as attempts: callers not yet served.
        guests: Brings transfers and supervisors together with the stock.
        """
        self.live = conduct.live
        self.conduct = conduct
        self.closer = closer
        self._telephony = telephony
        self._carriage = carriage
        self._others = others
        self._guests = guests

    def adopt(self, unfinished: Unfinished) -> None:
        """Take over a call from the record."""
        campaign = self.live.campaigns.get(unfinished.campaign)
        if campaign is None:
            log.error("campaign_of_another_team", attempt_id=unfinished.attempt)
            return
        blank = calls.Call(id=unfinished.call, connect_limit=campaign.connect_limit)
        self.live.calls[unfinished.call] = LiveCall(
            call=calls.replayed(blank, list(unfinished.events)),
            attempt=unfinished.attempt,
            lead=unfinished.lead,
            person=unfinished.person,
            campaign=unfinished.campaign,
            number=unfinished.number,
            languages=unfinished.languages,
            opened_at=unfinished.opened_at,
            preferred=unfinished.callback_agent,
            obligations=unfinished.obligations,
            chain=Chain(len(unfinished.events)),
            way=self._resumed_way(unfinished),
        )

    def _resumed_way(self, unfinished: Unfinished) -> Way | None:
        """Return by which way a call of the record left; what is up occupies it again."""
        if unfinished.taken is None:
            return None
        is_up = not any(isinstance(event, Ended) for event in unfinished.events)
        return self._carriage.resume(unfinished.taken, is_up=is_up)

    def learn(self, live: LiveCall, event: CallEvent, agent: AgentId | None) -> None:
        """Take what happened to a call before the agents are known; order nothing.

        Args:
            agent: Whom a connected callee hears: the end came before that was written down.
        """
        if isinstance(event, Connected) and agent in self.live.members:
            self.live.call_event(live, AgentAssigned(event.at, agent))
        before, _ = self.live.call_event(live, event)
        if isinstance(event, Ended) and before.ended is None:
            self._carriage.ended(live.way, live.call, live.number, event.at)

    def settle(self, stock: Stock, *, restarted: bool, lost_at: datetime | None) -> None:
        """Bring record and worker together.

        Args:
            restarted: The engine is new, and does not know what everybody was doing.
            lost_at: When the worker was lost that is now back, or another in its place.
        """
        if restarted:
            self._restore_bridges(stock)
            self._restore_agents(stock)
        for stranger in stock.calls - self.live.calls.keys() - self._others():
            self._telephony.hang_up(stranger, OwnReason.LOST)  # nobody would ever talk to them
        gone = [
            live
            for live in self.live.calls.values()
            if live.call.state is not calls.CallState.ENDED and live.call.id not in stock.calls
        ]
        # Those that wait first, or an agent freed by one that is gone would be given another.
        for live in sorted(gone, key=lambda each: not each.call.waits_for_agent):
            self.conduct.call_event(live, lost(live.call, lost_at or stock.at))
        self._settle_legs(stock)
        self._guests(stock)
        for live in list(self.live.calls.values()):
            for command in resumed(live.call):
                self.conduct.carry_out(live, command)
            self.closer.close_if_ended(live)

    def _restore_bridges(self, stock: Stock) -> None:
        """Learn who talks to whom where the end came before that was written down."""
        for call_id, bridge in stock.bridged.items():
            live = self.live.calls.get(call_id)
            if live is not None:
                self.learn(live, Connected(bridge.since), bridge.agent)

    def _restore_agents(self, stock: Stock) -> None:
        having = {live.call.agent: live for live in self.live.calls.values() if live.call.agent}
        for member in self.live.members.values():
            live = self.live.calls.get(member.last_call) if member.last_call else None
            live = live or having.get(member.id)
            call = live.call if live else None
            agent = restored(member, call, leg_up=member.id in stock.agents, now=stock.at)
            self.live.restore(agent, stock.at)
            self.closer.limit_wrap_up(agent)

    def _settle_legs(self, stock: Stock) -> None:
        for agent in list(self.live.agents.values()):
            leg_up = agent.id in stock.agents
            if agent.state is AgentState.OFFLINE:
                if leg_up:
                    self._telephony.release_agent(agent.id)
            elif leg_up and not agent.leg_up:
                self.conduct.agent_event(agent.id, agents.LegUp(stock.at))
            elif not leg_up and agent.leg_up:
                self.conduct.agent_event(agent.id, agents.LegLost(stock.at))
            elif not leg_up:
                self.conduct.call_leg(agent.id)
