"""Supervisors in calls: they listen, whisper to the agent, barge in, or take a call over.

    asked ──▶ the supervisor's telephone is called ──▶ in each call of the agent who is watched,
                                                       until another agent, or the end, is asked for

Rule: runs in the engine's inbox. Whoever may only listen does no more, and hears the calls of their
own client alone. Each access is an event of the call it was to, with who, how and why: the record
of it cannot be changed. After a restart of the core nobody listens who has not asked again; who has
taken a call over keeps it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import structlog

from dialer.agent import AgentState, NotNow
from dialer.call import CallState
from dialer.call_events import AgentId, SupervisorJoined, SupervisorLeft
from dialer.campaign import ClientId
from dialer.conduct import Conduct
from dialer.guest_ways import GuestWays
from dialer.in_call import (
    GuestEvent,
    GuestGone,
    GuestId,
    GuestJoined,
    GuestLeft,
    GuestUp,
    HandOver,
    Join,
    Leave,
    Part,
    supervisor_leg,
    supervisor_of,
)
from dialer.live import LiveCall
from dialer.ports import Clock, Stock, Telephony
from dialer.transferring import HearCall
from dialer.views import WatchView

log = structlog.get_logger()

#: What a supervisor may choose; consulting is an agent's.
PARTS: Final = frozenset({Part.LISTEN, Part.WHISPER, Part.TALK})


class MayOnlyListen(Exception):
    """A client's auditor asked for more than to listen, or for another client's agent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watching:
    """What somebody wishes to do."""

    user: int
    agent: AgentId  #: whose calls
    part: Part
    purpose: str  #: why; recorded with each access
    phone: str = ""  #: SIP URI or number; empty: the telephone that is connected already
    client: ClientId | None = None  #: the only one whose calls are heard, by listening alone


@dataclass(slots=True, kw_only=True)
class Supervisor:
    """Somebody whose telephone is, or is being, connected."""

    wish: Watching
    guest: GuestId
    is_up: bool = False

    @property
    def user(self) -> int:
        return self.wish.user


class Supervision:
    """The supervisors of one team's calls."""

    def __init__(
        self,
        conduct: Conduct,
        telephony: Telephony,
        clock: Clock,
        ways: GuestWays,
        new_token: Callable[[], str],
    ) -> None:
        self.supervisors: dict[int, Supervisor] = {}
        self._conduct = conduct
        self._live = conduct.live
        self._telephony = telephony
        self._clock = clock
        self._ways = ways
        self._new_token = new_token
        conduct.connected = self._attend

    # --- wishes -----------------------------------------------------------------------------

    def watch(self, wish: Watching) -> None:
        """Take part in the calls of an agent, from now on and instead of what was before.

        Raises:
            MayOnlyListen: a client's auditor wants more, or calls of others.
            NotNow: no telephone is named, and none is connected.
            Unreachable: no trunk carries a call to it now.
        """
        if wish.client is not None and (wish.part is not Part.LISTEN or not self._works_for(wish)):
            raise MayOnlyListen("you may listen, to calls of your own client's campaigns alone")
        known = self.supervisors.get(wish.user)
        if known is not None and wish.phone not in ("", known.wish.phone):
            self.end(wish.user)  # another telephone
            known = None
        if known is None:
            self._call(wish)
            return
        if known.wish.agent != wish.agent and self._call_of(known) is not None:
            self._take_out(known)
        known.wish = replace(wish, phone=known.wish.phone)
        if (live := self._call_of(known)) is not None:
            self._attend(live)

    def _works_for(self, wish: Watching) -> bool:
        campaigns = self._live.campaigns.values()
        return any(wish.agent in each.agents and each.client == wish.client for each in campaigns)

    def _call(self, wish: Watching) -> None:
        if not wish.phone:
            agent = self._live.agents[wish.agent]
            raise NotNow("this without a telephone (name yours)", agent.state)
        campaigns = [c for c in self._live.campaigns.values() if wish.agent in c.agents]
        guest = supervisor_leg(wish.user, self._new_token())
        way = None
        if not wish.phone.startswith(("sip:", "sips:")) and not campaigns:
            raise NotNow("calling a number without a campaign", self._live.agents[wish.agent].state)
        if campaigns:
            way = self._ways.take(guest, wish.phone, campaigns[0], self._clock.now())
        self.supervisors[wish.user] = Supervisor(wish=wish, guest=guest)
        self._telephony.call_guest(guest, wish.phone, way)
        self._live.changed(None)

    def take_over(self, user: int) -> None:
        """Let the supervisor go on with the callee, without the agent.

        Raises:
            MayOnlyListen: a client's auditor asked.
            NotNow: there is no call that could be taken over.
        """
        supervisor = self.supervisors.get(user)
        live = self._call_of(supervisor) if supervisor else None
        if supervisor is not None and supervisor.wish.client is not None:
            raise MayOnlyListen("you may listen; calls are taken over by the house's supervisors")
        if supervisor is None or live is None or not supervisor.is_up or live.call.talk.transfer:
            state = AgentState.READY if live is None else AgentState.TALKING
            raise NotNow("taking a call over", state)
        order = HandOver(supervisor.guest, record=self._live.records(live))
        self._telephony.in_call(live.call.id, order)

    def end(self, user: int) -> None:
        """Hang up the supervisor's telephone; nothing happens if it is not connected."""
        if (supervisor := self.supervisors.pop(user, None)) is not None:
            self._telephony.drop_guest(supervisor.guest)
            self._live.changed(None)

    # --- what happens -----------------------------------------------------------------------

    def _attend(self, live: LiveCall) -> None:
        """Let everybody who watches the call's agent into the call."""
        client = self._live.campaigns[live.campaign].client
        for supervisor in self.supervisors.values():
            wish = supervisor.wish
            if not supervisor.is_up or wish.agent != live.call.agent:
                continue
            if wish.client in (None, client):
                self._telephony.in_call(live.call.id, Join(supervisor.guest, wish.part))

    def heard(self, event: GuestEvent, hear: HearCall) -> None:
        """Take what became of a supervisor's leg; *hear* takes what it means for the call."""
        user = supervisor_of(event.guest)
        if user is None:
            return
        supervisor = self.supervisors.get(user)
        mine = supervisor if supervisor and supervisor.guest == event.guest else None
        match event:
            case GuestUp() if mine is not None:
                mine.is_up = True
                if (live := self._call_of(mine)) is not None:
                    self._attend(live)
            case GuestUp(guest):
                self._telephony.drop_guest(guest)
            case GuestGone(guest, at):
                if mine is not None:
                    del self.supervisors[user]
                self._ways.free(guest, at)
            case GuestJoined(call=call, part=part, at=at):
                if (live := self._live.calls.get(call)) is not None:
                    purpose = mine.wish.purpose if mine else ""
                    hear(live, SupervisorJoined(at, user, part.value, purpose))
                    log.info("supervisor_joined", user_id=user, call_id=str(call), part=part.value)
            case GuestLeft(call=call, at=at):
                if (live := self._live.calls.get(call)) is not None:
                    hear(live, SupervisorLeft(at, user))
                    log.info("supervisor_left", user_id=user, call_id=str(call))
        self._live.changed(None)

    def settle(self, stock: Stock, wanted: frozenset[GuestId]) -> None:
        """Bring supervisors and worker together.

        Args:
            wanted: The guests that calls go on with.
        """
        for supervisor in list(self.supervisors.values()):
            if supervisor.guest not in stock.guests:
                del self.supervisors[supervisor.user]
        mine = {supervisor.guest for supervisor in self.supervisors.values()}
        for guest in stock.guests.keys() - mine - wanted:
            log.info("guest_dropped", user_id=supervisor_of(guest))
            self._telephony.drop_guest(guest)
        self._close_accesses(stock.at)

    def _close_accesses(self, at: datetime) -> None:
        for live in self._live.calls.values():
            for user in live.call.talk.supervisors.keys() - self.supervisors.keys():
                self._conduct.call_event(live, SupervisorLeft(at, user))

    def _call_of(self, supervisor: Supervisor) -> LiveCall | None:
        """Return the call that the watched agent talks in."""
        agent = self._live.agents.get(supervisor.wish.agent)
        live = self._live.calls.get(agent.call) if agent and agent.call else None
        if live is None or live.call.state is not CallState.CONNECTED:
            return None
        return live if live.call.talk.handed_over is None else None

    def _take_out(self, supervisor: Supervisor) -> None:
        if (live := self._call_of(supervisor)) is not None:
            self._telephony.in_call(live.call.id, Leave(supervisor.guest))

    def view(self, user: int) -> WatchView | None:
        """Return what a supervisor's telephone is connected to; ``None``: to nothing."""
        if (supervisor := self.supervisors.get(user)) is None:
            return None
        wish = supervisor.wish
        taken = (
            live.call.id
            for live in self._live.calls.values()
            if user in live.call.talk.supervisors or live.call.talk.is_with(supervisor.guest)
        )
        return WatchView(
            user=user,
            agent=wish.agent,
            part=wish.part.value,
            is_up=supervisor.is_up,
            call=next(taken, None),
        )

    def who_watches(self, agent: AgentId) -> tuple[Part, ...]:
        """Return the parts of those who watch an agent at this moment."""
        return tuple(
            each.wish.part for each in self.supervisors.values() if each.wish.agent == agent
        )
