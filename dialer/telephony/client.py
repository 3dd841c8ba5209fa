"""The core's telephone: the port ``Telephony`` over the link to one worker.

Rule: it keeps no truth. Which legs there are is the worker's to say (its stock); here is only
which leg stands for which agent, read anew from the stock after every reconnect. A callee's leg
is named after its call, so that a call can never be placed twice by one worker.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol
from uuid import uuid4

from dialer import call_events as call_event
from dialer.call_events import AgentId, CallId, EndedBy, OwnReason
from dialer.in_call import GuestGone, GuestId
from dialer.in_call import Order as InCallOrder
from dialer.ports import (
    AgentLegLost,
    AgentLegUp,
    AudioLost,
    AudioReady,
    Bridge,
    CallHeard,
    Heard,
    Placement,
    Stock,
    TelephonyEvent,
    Way,
    WorkerLost,
)
from dialer.ringing_in import CameIn, SaidToEnd, Words
from dialer.telephony import commands, guests
from dialer.telephony import events as fact
from dialer.telephony.call_news import AGENT, agent_of, call_events, call_of, leg_of, trial_of
from dialer.telephony.commands import Command, LetIn, Originate, Peer, Purpose
from dialer.telephony.events import LegReport, LegState
from dialer.telephony.leg import UP
from dialer.telephony.link import Connected, FromLink, Lost, NotSent, WorkerLink
from dialer.telephony.protocol import Happened
from dialer.telephony.trunk_mapping import account_of, headers_of, line_audio_of
from dialer.telephony.trunk_news import phone_refusal, trunk_event
from dialer.telephony.trunk_settings import Configure

HEARD_S: Final = 20.0  #: a screened callee's first words are kept for so long, if it is there


class MonotonicClock(Protocol):
    """What turns a worker's stamps into the time of day."""

    def now(self) -> datetime: ...
    def from_monotonic(self, seconds: float) -> datetime: ...


class WorkerTelephony:
    """The telephone network, through one worker. Run :meth:`run` beside it."""

    def __init__(
        self,
        socket: Path,
        *,
        clock: MonotonicClock,
        identity_message: Callable[[Placement], Path | None] = lambda _: None,
        agents_hear_from: str = "<sip:callwright@127.0.0.1>",
        zip_tone: bool = True,
        spoken: Callable[[Words], Path | None] = lambda _: None,
        trunks: Configure | None = None,
    ) -> None:
        """Args:
        trunks: What the worker is told of the trunks.
        spoken: The file that says something to who calls us; ``None``: there is none.
        identity_message: The file an abandoned callee hears; ``None``: there is none.
        agents_hear_from: The From of the calls to agents' phones.
        """
        self._link = WorkerLink(socket)
        self._clock = clock
        self._identity_message = identity_message
        self._sender = agents_hear_from
        self._zip_tone = zip_tone
        self._spoken = spoken
        self._peers = LetIn()
        self._trunks = trunks or Configure()
        self._agent_legs: dict[AgentId, str] = {}
        self._wanted_agents: dict[
            AgentId, tuple[str, Way | None]
        ] = {}  # to be called once the stock is known
        self._orders: dict[str, Command] = {}  # that can still be refused, by id
        self._stock_order: str | None = None  # asked for, and not yet handed to the reader
        self._placed_since: set[CallId] = set()  # the stock was asked for; it may lack them
        self._stocked = False
        self._later_trials: dict[CallId, str] = {}  # legs of calls that have failed over

    @property
    def is_connected(self) -> bool:
        """Whether a worker is there."""
        return self._link.is_connected

    async def run(self) -> None:
        """Keep the connection to the worker until cancelled."""
        await self._link.run()

    # --- orders -----------------------------------------------------------------------------

    def place(self, placement: Placement) -> None:
        """Send the INVITE of *placement*."""
        way, message = placement.way, self._identity_message(placement)
        if self._stock_order is not None:
            self._placed_since.add(placement.call)
        leg = leg_of(placement.call, placement.trial)
        if placement.trial > 1:
            self._later_trials[placement.call] = leg
        self._order(
            Originate(
                leg=leg,
                purpose=Purpose.CALLEE,
                uri=way.request_uri,
                sender=way.sender,
                headers=headers_of(way),
                account=account_of(self._trunks.accounts, way.taken),
                outbound_proxy=way.outbound_proxy,
                no_provisional_s=way.no_provisional.total_seconds(),
                no_progress_s=way.no_progress.total_seconds(),
                ring_s=placement.ring_limit.total_seconds(),
                connect_limit_s=placement.connect_limit.total_seconds(),
                identity_file=str(message) if message else None,
                heard_s=HEARD_S if way.screening else 0.0,
                line=line_audio_of(way.tones),
                gateway_screens=way.gateway_screens,
            )
        )

    def bridge(self, call: CallId, agent: AgentId, *, record: bool) -> None:
        """Let callee and agent hear each other."""
        self._order(
            commands.Bridge(
                callee=self._leg(call),
                agent=self._agent_legs.get(agent, f"{AGENT}{agent}.none"),
                recording=str(call) if record else None,
                zip_tone=self._zip_tone,
            )
        )

    def play_identity_message(self, call: CallId) -> None:
        """Say who called, then hang up."""
        self._order(commands.Play(leg=self._leg(call), then_hang_up=True))

    def let_in(self, peers: tuple[Peer, ...]) -> None:
        """Let calls of these networks ring from now on, and no others."""
        self._peers = LetIn(peers=peers)
        if self._link.is_connected:
            self._order(self._peers)

    def pick_up(self, call: CallId, sorry: Words | None) -> None:
        """Answer a call that came in."""
        message = self._spoken(sorry) if sorry else None
        file = str(message) if message else None
        self._order(commands.PickUp(leg=self._leg(call), identity_file=file))

    def say(self, call: CallId, words: Words, *, then_hang_up: bool) -> None:
        """Say *words* to who called in; what cannot be said ends the call."""
        leg, message = self._leg(call), self._spoken(words)
        if message is None:
            self._order(commands.HangUp(leg=leg, because=OwnReason.ANNOUNCED))
            return
        self._order(
            commands.Play(
                leg=leg,
                file=str(message),
                then_hang_up=then_hang_up,
                because=OwnReason.ANNOUNCED,
            )
        )

    def hang_up(self, call: CallId, because: OwnReason) -> None:
        """End the callee's leg."""
        self._order(commands.HangUp(leg=self._leg(call), because=because))

    def call_agent(self, agent: AgentId, sip_uri: str, way: Way | None = None) -> None:
        """Call the agent's phone, by *way* if it is a number, unless it is called or up."""
        if not self._stocked:
            self._wanted_agents[agent] = (sip_uri, way)
        elif agent not in self._agent_legs:
            leg = f"{AGENT}{agent}.{uuid4().hex[:12]}"
            self._order(self._summons(leg, Purpose.AGENT, sip_uri, way))
            self._agent_legs[agent] = leg

    def release_agent(self, agent: AgentId) -> None:
        """Hang up the agent's leg."""
        self._wanted_agents.pop(agent, None)
        if (leg := self._agent_legs.pop(agent, None)) is not None:
            self._order(commands.HangUp(leg=leg, because=OwnReason.HUNG_UP))

    def configure(self, trunks: Configure) -> None:
        """Speak to *trunks* from now on; calls that are up stay as they are."""
        self._trunks = trunks
        if self._link.is_connected:
            self._order(trunks)

    def in_call(self, call: CallId, order: InCallOrder) -> None:
        """Carry out *order* within the call's conversation."""
        self._order(guests.command_of(self._leg(call), order))

    def call_guest(self, guest: GuestId, sip_uri: str, way: Way | None = None) -> None:
        """Call a guest's telephone, by a trunk's *way* if it is a number."""
        leg = guests.leg_of_guest(guest)
        self._order(self._summons(leg, Purpose.GUEST, sip_uri, way))

    def _summons(self, leg: str, purpose: Purpose, sip_uri: str, way: Way | None) -> Originate:
        accounts, sender = self._trunks.accounts, self._sender
        return guests.summons(leg, purpose, sip_uri, way, accounts, sender=sender)

    def drop_guest(self, guest: GuestId) -> None:
        """Hang up a guest's leg, or stop calling it."""
        self._order(guests.dropped(guest))

    def take_stock(self) -> None:
        """Ask what the worker has, unless the answer is on its way.

        While no worker is connected nothing is asked: the next one is asked when it comes.
        """
        if self._link.is_connected and self._stock_order is None:
            self._ask_for_stock()

    def _ask_for_stock(self) -> None:
        self._placed_since.clear()
        self._stock_order = self._link.order(commands.TakeStock())

    def acknowledge(self, number: int) -> None:
        """Let the worker forget what happened up to *number*."""
        if number:
            self._link.taken(number)

    def _leg(self, call: CallId) -> str:
        return self._later_trials.get(call, leg_of(call))

    def _order(self, command: Command) -> None:
        self._orders[self._link.order(command)] = command
        while len(self._orders) > 4096:
            del self._orders[next(iter(self._orders))]

    # --- events -----------------------------------------------------------------------------

    async def events(self) -> AsyncIterator[Heard]:
        """Yield what happens, in the worker's order."""
        async for message in self._link.events():
            told = list(self._read(message))
            number = message.number if isinstance(message, Happened) else 0
            for event in told[:-1]:
                yield Heard(0, event)
            if told:
                yield Heard(number, told[-1])

    def _read(self, message: FromLink) -> Iterator[TelephonyEvent]:
        match message:
            case Connected():
                self.configure(self._trunks)
                self._order(self._peers)
                self._ask_for_stock()
            case Lost():
                self._stocked, self._stock_order = False, None
                yield WorkerLost(self._clock.now())
            case NotSent(order):
                yield from self._not_placed(order.command, self._clock.now(), "no worker")
            case Happened(at=at, event=event):
                yield from self._happened(event, self._clock.from_monotonic(at))

    def _happened(self, event: fact.Event, at: datetime) -> Iterator[TelephonyEvent]:
        match event:
            case fact.Stocked():
                yield from self._stock(event, at)
            case fact.RefusedCommand():
                yield from self._refused(event, at)
            case fact.Gap():
                self.take_stock()
            case fact.Recorded(callee=leg) if (call := call_of(leg)) is not None:
                yield AudioReady(
                    call=call, agent_audio=event.agent_path, callee_audio=event.callee_path, at=at
                )
            case fact.Untaped(callee=leg, why=why) if (call := call_of(leg)) is not None:
                yield AudioLost(call=call, why=why, at=at)
            case fact.Unbridged(agent=agent) if guests.guest_of(agent) is not None:
                pass  # told of by the guest's own end, or the callee's
            case fact.Unbridged(callee=leg, agent=agent, by=by) if by == agent:
                if (call := call_of(leg)) is not None:
                    yield CallHeard(call, call_event.AgentLost(at), trial_of(leg))
            case fact.CameIn(leg=leg) if (call := call_of(leg)) is not None:
                yield CameIn(
                    call=call,
                    at=at,
                    trunk=event.trunk,
                    sip_call_id=event.sip_call_id,
                    caller=event.caller,
                    called=event.called,
                )
            case fact.Played(leg=leg) if (call := call_of(leg)) is not None:
                yield SaidToEnd(call, at)
            case fact.MediaLost(leg=leg):
                self._order(commands.HangUp(leg=leg, because=OwnReason.LOST))
            case fact.Answered(leg=leg) | fact.Ended(leg=leg) if leg.startswith(AGENT):
                is_up = isinstance(event, fact.Answered)
                yield from self._agent_leg(leg, is_up, at, why=phone_refusal(event))
            case _:
                if (heard := trunk_event(event, at)) is not None:
                    yield heard
                yield from self._of_call(event, at)

    def _of_call(self, event: fact.Event, at: datetime) -> Iterator[TelephonyEvent]:
        leg = getattr(event, "callee", "") or getattr(event, "leg", "")
        call = call_of(leg)
        if (of_guest := guests.guest_event(event, call, at)) is not None:
            yield of_guest
        if call is None:
            return
        agent = agent_of(event.agent) if isinstance(event, fact.Bridged) else None
        for heard in call_events(event, at):
            yield CallHeard(call, heard, trial_of(leg), agent)
        if isinstance(event, fact.Ended) and self._later_trials.get(call) == leg:
            del self._later_trials[call]

    def _agent_leg(
        self, leg: str, is_up: bool, at: datetime, *, why: str = ""
    ) -> Iterator[TelephonyEvent]:
        agent = agent_of(leg)
        if agent is None or self._agent_legs.get(agent, leg) != leg:
            return  # a leg that another has taken the place of
        if is_up:
            self._agent_legs[agent] = leg
            yield AgentLegUp(agent, at)
        else:
            self._agent_legs.pop(agent, None)
            yield AgentLegLost(agent, at, why)

    def _stock(self, event: fact.Stocked, at: datetime) -> Iterator[TelephonyEvent]:
        if event.command != self._stock_order:
            return  # the answer to an earlier core, or to a repeated INVITE
        self._stock_order, self._stocked = None, True
        alive = [leg for leg in event.legs if leg.state is not LegState.ENDING]
        self._agent_legs = self._sort_out([leg for leg in alive if leg.purpose is Purpose.AGENT])
        up = {leg.leg for leg in alive if leg.state in UP}
        calls = {call for leg in event.legs if (call := call_of(leg.leg))}
        self._later_trials |= {
            call: leg.leg for leg in alive if (call := call_of(leg.leg)) and trial_of(leg.leg) > 1
        }
        yield Stock(
            at=at,
            calls=frozenset(calls | self._placed_since),
            agents=frozenset(agent for agent, leg in self._agent_legs.items() if leg in up),
            bridged=dict(self._bridges(alive)),
            guests=guests.guests_in(event.legs),
        )
        wanted, self._wanted_agents = self._wanted_agents, {}
        for agent, (sip_uri, way) in wanted.items():
            self.call_agent(agent, sip_uri, way)

    def _sort_out(self, reports: list[LegReport]) -> dict[AgentId, str]:
        """Return the leg of each agent; of two legs of one agent, one is let go."""
        chosen: dict[AgentId, LegReport] = {}
        for report in sorted(reports, key=lambda report: (report.state in UP, report.since)):
            if (agent := agent_of(report.leg)) is not None:
                if agent in chosen:
                    self._order(commands.HangUp(leg=chosen[agent].leg, because=OwnReason.CANCELLED))
                chosen[agent] = report
        return {agent: report.leg for agent, report in chosen.items()}

    def _bridges(self, legs: list[LegReport]) -> Iterator[tuple[CallId, Bridge]]:
        for leg in legs:
            call, agent = call_of(leg.leg), agent_of(leg.peer) if leg.peer else None
            if call is not None and agent is not None:
                yield call, Bridge(agent, self._clock.from_monotonic(leg.since))

    def _refused(self, event: fact.RefusedCommand, at: datetime) -> Iterator[TelephonyEvent]:
        match self._orders.pop(event.command, None):
            case Originate() as command:
                yield from self._not_placed(command, at, event.why)
            case commands.Bridge(callee=leg) if (call := call_of(leg)) is not None:
                yield CallHeard(call, call_event.AgentLost(at), trial_of(leg))
            case commands.Play(leg=leg):
                self._order(commands.HangUp(leg=leg, because=OwnReason.ABANDONED))
            case commands.HangUp(leg=leg) if (call := call_of(leg)) is not None:
                ended = call_event.Ended(at, EndedBy.FAULT, OwnReason.LOST)
                yield CallHeard(call, ended, trial_of(leg))
            case _:
                pass

    def _not_placed(self, command: Command, at: datetime, why: str) -> Iterator[TelephonyEvent]:
        if not isinstance(command, Originate):
            return
        if (guest := guests.guest_of(command.leg)) is not None:
            yield GuestGone(guest, at, refused=True)
        elif (call := call_of(command.leg)) is not None:
            own = OwnReason.NOT_PLACED
            ended = call_event.Ended(at, EndedBy.FAULT, own, reason_text=why)
            yield CallHeard(call, ended, trial_of(command.leg))
        else:
            yield from self._agent_leg(command.leg, False, at, why=why)
