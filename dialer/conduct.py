"""Carrying out what the lives of calls and agents ask for, and teaching pacing what happened.

Rule: runs in the engine's inbox. A call and the agent it is given to change in the same entry,
so nobody ever sees an agent assigned to nothing or a call bridged to nobody.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import structlog

from dialer import agent as agents
from dialer import call as calls
from dialer import pacing
from dialer.agent import Agent, AgentState, longest_idle
from dialer.agent_phones import AgentPhones
from dialer.call import CallState
from dialer.call_events import (
    AgentAssigned,
    AgentId,
    AgentLost,
    Answered,
    CallEvent,
    CallId,
    Connected,
    ConnectLimitPassed,
    Ended,
    HangUpAsked,
    OwnReason,
    Screened,
)
from dialer.campaign import CampaignId
from dialer.floor import segment_in, speaks
from dialer.live import LiveCall, LiveTeam
from dialer.ports import Clock, Telephony, Way
from dialer.ringing_in import Phrase, Words
from dialer.screening.verdict import ScreeningVerdict
from dialer.tally import Tally
from leads.lead import PersonId

log = structlog.get_logger()

NOT_KNOWN_IN_TIME: Final = "not known when the connect limit came"


class Conduct:
    """Calls and agents of one team, and the orders that follow from their changes."""

    def __init__(
        self,
        live: LiveTeam,
        telephony: Telephony,
        clock: Clock,
        say: Callable[[Callable[[], None]], None],
        observe: Callable[[CampaignId, pacing.Event], None],
    ) -> None:
        self.live = live
        self.tally = Tally()
        self.ended: Callable[[LiveCall], None] = lambda _: None  #: told of every ended call
        self.way_to: Callable[[AgentId, str], Way | None] = lambda *_: None  #: an agent's phone
        self.connected: Callable[[LiveCall], None] = lambda _: None  #: told of every bridge
        self.wrapping_up: Callable[[Agent], None] = lambda _: None  #: told of every wrap-up
        self.listen_to_line: Callable[[LiveCall], None] = lambda _: None
        self._telephony = telephony
        self._clock = clock
        self._say = say
        self._observe = observe
        self._phones = AgentPhones()
        self._revoked: dict[PersonId, datetime] = {}

    # --- Calls -----------------------------------------------------------------------------

    def call_event(self, live: LiveCall, event: CallEvent) -> None:
        """Change a call and carry out what follows."""
        before, commands = self.live.call_event(live, event)
        if live.call == before:
            return
        if isinstance(event, AgentLost) and before.agent and before.state is CallState.ANSWERED:
            live.tried.add(before.agent)  # offered again at once, it would fail again, and again
        self._learn(live, before, event)
        for command in commands:
            self.carry_out(live, command)
        match event:
            case Connected():
                self._connected(live, event.at)
                self.connected(live)
            case AgentLost() if before.agent is not None:
                heard = self.live.agents[before.agent].state is AgentState.TALKING
                self.agent_event(before.agent, agents.CallGone(event.at, was_heard=heard))
            case Ended():
                self.ended(live)

    def carry_out(self, live: LiveCall, command: calls.Command) -> None:
        """Do what a call asks for."""
        match command:
            case calls.FindAgent():
                self._find_agent(live)
            case calls.PickUp():
                self._telephony.pick_up(live.call.id, self._sorry(live))
            case calls.ListenToLine():
                self.listen_to_line(live)
            case calls.WakeAt(at):
                self._clock.wake_at(at, partial(self._say, partial(self._limit_passed, live)))
            case calls.Bridge(agent_id):
                record = self.live.records(live)
                self._telephony.bridge(live.call.id, agent_id, record=record)
            case calls.PlayIdentityMessage():
                self._telephony.play_identity_message(live.call.id)
            case calls.HangUp(because):
                self._telephony.hang_up(live.call.id, because)
            case calls.InCall(order):
                self._telephony.in_call(live.call.id, order)
            case calls.FreeAgent(agent_id):
                heard = self.live.agents[agent_id].state is AgentState.TALKING
                self.agent_event(agent_id, agents.CallGone(self._clock.now(), was_heard=heard))

    def revoke(self, person: PersonId) -> int:
        """Cancel the unanswered calls to *person*, who may no longer be called.

        Returns how many calls were cancelled.
        """
        ringing = [
            live
            for live in self.live.calls.values()
            if live.person == person and live.call.state in calls.UNANSWERED
        ]
        self._revoked[person] = self._clock.now()
        for live in ringing:
            self.call_event(live, HangUpAsked(self._clock.now(), OwnReason.REVOKED))
        return len(ringing)

    def end_overlong(self, longest: Callable[[Way | None], timedelta]) -> None:
        """Hang up what lasts longer than its trunk lets a call last, whatever it is."""
        now = self._clock.now()
        for live in list(self.live.calls.values()):
            since = live.call.answered_at
            over = live.call.ended is not None or live.call.hang_up_asked is not None
            if since is not None and not over and now - since >= longest(live.way):
                self.call_event(live, HangUpAsked(now, OwnReason.TOO_LONG))

    def is_revoked(self, live: LiveCall) -> bool:
        """Return whether the person was revoked while the attempt was being opened."""
        at = self._revoked.get(live.person)
        return at is not None and at >= live.opened_at

    def _sorry(self, live: LiveCall) -> Words:
        """Return what who calls us hears if the agent who was there no longer is."""
        return Words(
            kind=Phrase.SORRY,
            caller_name=self.live.campaigns[live.campaign].caller_name,
            caller_id=live.way.taken.caller_id if live.way else "",
            languages=live.languages,
        )

    def _limit_passed(self, live: LiveCall) -> None:
        now = self._clock.now()
        if live.call.screening and live.call.agent_reserved:  # nobody waits longer to be told apart
            self.call_event(
                live, Screened(now, ScreeningVerdict.UNSURE, evidence=NOT_KNOWN_IN_TIME)
            )
        else:
            self.call_event(live, ConnectLimitPassed(now))

    def _connected(self, live: LiveCall, at: datetime) -> None:
        if live.call.agent is None:
            return
        earlier = self.live.in_wrap_up(live.call.id)
        if earlier is not None and earlier.id != live.call.agent:
            self.agent_event(earlier.id, agents.WrappedUp(at))  # another agent took it over
        self.agent_event(live.call.agent, agents.Bridged(at))

    def _find_agent(self, live: LiveCall) -> None:
        """Give a waiting call to the agent who promised it, else to the longest idle."""
        everybody = list(self.live.agents.values())
        preferred = [agent for agent in everybody if agent.id == live.preferred]
        fits = partial(self._fits, live)
        agent = longest_idle(preferred, fits) or longest_idle(everybody, fits)
        if agent is not None:
            self._assign(live, agent)

    def has_agent(self, campaign: CampaignId, languages: Iterable[str]) -> bool:
        """Return whether somebody of *campaign* is ready who speaks one of *languages*."""
        members, wanted = self.live.campaigns[campaign].agents, tuple(languages)
        free = members - self.live.promised
        return any(
            agent.state is AgentState.READY and agent.id in free and speaks(agent, wanted)
            for agent in self.live.agents.values()
        )

    def _fits(self, live: LiveCall, agent: Agent) -> bool:
        members = self.live.campaigns[live.campaign].agents - live.tried - self.live.promised
        return agent.id in members and speaks(agent, live.languages)

    def give_ahead(self, live: LiveCall) -> bool:
        """Give a call that is about to be placed to the agent who asked for it, if one did.

        Returns whether it may be placed: the agent may have paused while it was being opened.
        """
        if live.asked_by is None:
            return True
        self.live.promised.discard(live.asked_by)
        agent = self.live.agents[live.asked_by]
        if agent.state is not AgentState.READY:
            return False
        self._assign(live, agent)
        return True

    def let_go(self, agent_id: AgentId) -> None:
        """Learn that the call an agent asked for comes to nothing: they may take one that waits."""
        self.live.promised.discard(agent_id)
        agent = self.live.agents[agent_id]
        if agent.state is AgentState.READY:
            self._serve_waiting(agent)

    def _assign(self, live: LiveCall, agent: Agent) -> None:
        now = self._clock.now()
        self.agent_event(agent.id, agents.Assigned(now, live.call.id))
        self.call_event(live, AgentAssigned(now, agent.id))

    # --- Agents ----------------------------------------------------------------------------

    def agent_event(self, agent_id: AgentId, event: agents.AgentEvent) -> None:
        """Change an agent and carry out what follows.

        Raises:
            NotNow: what was asked does not fit.
        """
        before, after, commands = self.live.agent_event(agent_id, event)
        self._learn_of_agent(before, after)
        if isinstance(event, agents.LegUp | agents.SignedOff):
            self._phones.picked_up(agent_id)
        if after.state is AgentState.WRAP_UP and before.state is not AgentState.WRAP_UP:
            self.wrapping_up(after)
        for command in commands:
            match command:
                case agents.CallLeg():
                    self.call_leg(agent_id)
                case agents.ReleaseLeg():
                    self._telephony.release_agent(agent_id)
                case agents.ReturnCall(call_id):
                    self._return_call(call_id, agent_id, event.at)
                case agents.Free():
                    self._serve_waiting(after)

    def _return_call(self, call_id: CallId, agent_id: AgentId, at: datetime) -> None:
        """Take the call from an agent whose phone died, unless another has it already."""
        live = self.live.calls.get(call_id)
        if live is not None and live.call.agent == agent_id:
            self.call_event(live, AgentLost(at))

    def hang_up(self, agent_id: AgentId) -> None:
        """End the call the agent has: with a callee, or one that is still ringing for them.

        Raises:
            NotNow: the agent has none that could be ended.
        """
        agent = self.live.agents[agent_id]
        live = self.live.calls.get(agent.call) if agent.call else None
        rings = live is not None and live.call.state in calls.UNANSWERED
        if live is None or not (agent.state is AgentState.TALKING or rings):
            raise agents.NotNow("hang up", agent.state)
        self.call_event(live, HangUpAsked(self._clock.now(), OwnReason.HUNG_UP))

    def call_leg(self, agent_id: AgentId) -> None:
        """Call the agent's phone, now or after a pause."""
        if (at := self._phones.plan(agent_id, self._clock.now())) is not None:
            self._clock.wake_at(at, partial(self._say, partial(self._ring_agent, agent_id)))

    def _ring_agent(self, agent_id: AgentId) -> None:
        agent = self.live.agents[agent_id]
        if agent.state is not AgentState.OFFLINE and not agent.leg_up:
            phone = self.live.members[agent_id].sip_uri
            try:
                self._telephony.call_agent(agent_id, phone, self.way_to(agent_id, phone))
            except ValueError as error:  # no SIP URI, or a number that no trunk carries now
                log.warning("agent_unreachable", agent_id=agent_id, problem=str(error))
                self.call_leg(agent_id)

    def _serve_waiting(self, agent: Agent) -> None:
        """Give the call that has waited longest to an agent who has just become free."""
        waiting = [
            live
            for live in self.live.calls.values()
            if live.call.waits_for_agent and not live.call.hang_up_asked and self._fits(live, agent)
        ]
        if waiting:
            longest = min(waiting, key=lambda live: live.call.waiting_since or live.opened_at)
            self._assign(longest, agent)

    # --- What pacing and the board learn ---------------------------------------------------

    def placed(self, live: LiveCall, pool: str) -> None:
        """Learn that a call has been placed."""
        self.tally.campaigns[live.campaign].placed += 1
        at = live.opened_at.timestamp()
        segment = segment_in(pool, live.segment)
        self._observe(live.campaign, pacing.Dialed(live.call.id, at, pool, segment))

    def _learn(self, live: LiveCall, before: calls.Call, event: CallEvent) -> None:
        if live.call.inbound:
            return  # nobody was dialed: nothing to learn for pacing
        answered = before.answered_at is not None
        self.tally.learn(live.campaign, event, answered=answered, abandoned=live.call.abandoned)
        call_id, at = live.call.id, event.at.timestamp()
        match event:
            case Answered():
                self._observe(live.campaign, pacing.Answered(call_id, at))
            case ConnectLimitPassed() if live.call.abandoned:
                self._observe(live.campaign, pacing.Abandoned(call_id, at))
            case Ended() if not answered:
                self._observe(live.campaign, pacing.Failed(call_id, at))

    def _learn_of_agent(self, before: Agent, after: Agent) -> None:
        live = self.live.calls.get(before.call) if before.call else None
        if before.state is after.state or live is None or not (before.since and after.since):
            return
        began, at = before.since.timestamp(), after.since.timestamp()
        match before.state:
            case AgentState.TALKING:
                self._observe(live.campaign, pacing.TalkEnded(before.id, began, at))
            case AgentState.WRAP_UP:
                self._observe(live.campaign, pacing.WrapUpEnded(before.id, began, at))
