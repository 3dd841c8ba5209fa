"""The worker's switchboard: commands and SIP's facts in, connections made, events out.

Rule: it lives in the SIP thread and is the only one to change legs. What a leg may become is
decided in ``leg.py``; here it is carried out. Nothing here waits.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from dialer.call_events import OwnReason
from dialer.telephony import commands, events
from dialer.telephony import leg as legs
from dialer.telephony.alarms import Alarms
from dialer.telephony.commands import Command, InCall, Originate
from dialer.telephony.conversing import HOLD_PLAYER, Conversations, Senseless
from dialer.telephony.events import Event, LegReport, LegState
from dialer.telephony.leg import UNANSWERED, UP, Due, Leg, advance, deadline
from dialer.telephony.listening import Listening
from dialer.telephony.overhearing import Overhearing
from dialer.telephony.pjsua2 import SipRefused, SipStack
from dialer.telephony.prompts import Prompt, UnplayableFile, hold_tone, padded, zip_tone
from dialer.telephony.reception import Reception
from dialer.telephony.taping import Tapes

_REMEMBERED: Final = 20_000  #: ended legs that a repeated originate is still recognised by
_TAIL_S: Final = 0.1  #: how long a player stays after its file's end: what is still under way
_LISTEN_EVERY_S: Final = 1.0


class _Refuse(Exception):  # the command made no sense; the text says why
    pass


class Switchboard:
    """All legs of one worker."""

    def __init__(
        self,
        stack: SipStack,
        *,
        tapes: Path,
        prompts: Path,
        tell: Callable[[float, Event], None],
    ) -> None:
        self._stack = stack
        self._tell = tell
        self._prompts = prompts
        self._zip = zip_tone(prompts)
        self._alarms = Alarms()
        self._tapes = Tapes(tapes, stack, tell, self._alarms.at)
        self._legs: dict[str, Leg] = {}
        self._ended: OrderedDict[str, LegReport] = OrderedDict()
        self._plays: dict[str, tuple[str, commands.Play | None]] = {}  # leg -> player, its order
        self._players = 0
        self._listening = Listening()
        self._overhearing = Overhearing(tapes, stack, self._alarms.at)
        stack.open_player(HOLD_PLAYER, hold_tone(prompts))
        self._talks = Conversations(
            stack,
            self._tapes,
            self._legs,
            prompts=prompts,
            keep=self._keep,
            part=self._part,
            sound=lambda leg, prompt: self._sound(leg, prompt, time.monotonic()),
            tell=tell,
        )
        self._reception = Reception(
            stack, self._legs, keep=self._keep, is_open=lambda: self._is_open, tell=tell
        )
        self._core_lost_at: float | None = None
        self._draining = False
        self._alarms.at(time.monotonic() + _LISTEN_EVERY_S, self._listen)

    @property
    def is_empty(self) -> bool:
        """Whether no leg is left."""
        return not self._legs

    @property
    def _is_open(self) -> bool:
        """Whether calls that come in may ring."""
        full = len(self._legs) >= self._stack.settings.max_calls
        return not full and not self._draining and self._core_lost_at is None

    # --- what comes in ----------------------------------------------------------------------

    def carry_out(self, order: str, command: Command, *, now: float) -> None:
        """Do what the core asks, or tell it why not."""
        try:
            self._do(order, command, now)
        except (_Refuse, Senseless, SipRefused, UnplayableFile, OSError) as error:
            why = (error.strerror or "it failed") if isinstance(error, OSError) else str(error)
            leg = getattr(command, "leg", None) or getattr(command, "callee", None)
            self._tell(now, events.RefusedCommand(command=order, leg=leg, why=why))

    def take_facts(self) -> None:
        """Take what SIP has said since the last time."""
        facts = self._stack.facts
        while facts:
            named = facts.popleft()
            if (leg := self._legs.get(named.leg)) is not None:
                self._take(leg, named.fact, named.at)
            elif isinstance(named.fact, legs.Disconnected):
                self._stack.release(named.leg)

    def wake(self, now: float) -> None:
        """Do what has become due."""
        self._alarms.ring(now)
        for at, event in self._stack.accounts.tend(now):
            self._tell(at, event)

    def core_came(self) -> None:
        """A core is connected: it decides from here on."""
        self._core_lost_at = None

    def core_went(self, now: float) -> None:
        """No core is connected: see to it that nobody is left in silence."""
        if self._core_lost_at is None:
            self._core_lost_at = now
            for leg in self._legs.values():
                self._watch(leg)

    def stock(self, order: str, now: float) -> None:
        """Tell of all legs."""
        reports = tuple(leg.report(self._tapes.of(leg.name)) for leg in self._legs.values())
        self._tell(now, events.Stocked(command=order, legs=reports))

    def drain(self, now: float) -> None:
        """Take no new legs, cancel what rings, let calls finish, then let the agents go."""
        self._draining = True
        for leg in list(self._legs.values()):
            if leg.state in UNANSWERED:
                self._hang_up(leg, OwnReason.CANCELLED, now)
        self._drained(now)

    def hang_up_all(self, now: float) -> None:
        """End every leg at once."""
        for leg in list(self._legs.values()):
            self._hang_up(leg, OwnReason.CANCELLED, now)

    # --- commands ---------------------------------------------------------------------------

    def _do(self, order: str, command: Command, now: float) -> None:
        match command:
            case Originate():
                self._originate(order, command, now)
            case commands.Bridge():
                self._bridge(command, now)
            case commands.Unbridge(callee=callee):
                if (leg := self._known(callee)).state is LegState.BRIDGED:
                    self._part(leg, now)
            case commands.Play():
                self._play(self._up(command.leg), command, now)
            case commands.HangUp(leg=name, because=because):
                self._hang_up(self._known(name), because, now)
            case commands.TakeStock():
                self.stock(order, now)
            case commands.Drain():
                self.drain(now)
            case commands.LetIn() | commands.PickUp():
                self._reception.do(command)
            case _ if isinstance(command, InCall):
                self._talks.do(command, now)
            case commands.Configure():
                for event in self._stack.accounts.configure(command, now):
                    self._tell(now, event)
            case _:
                raise _Refuse("the switchboard does not know this command")

    def _originate(self, order: str, command: Originate, now: float) -> None:
        name = command.leg
        known = self._legs.get(name)
        if report := known.report(self._tapes.of(name)) if known else self._ended.get(name):
            self._tell(now, events.Stocked(command=order, legs=(report,), whole=False))
            return
        if self._draining:
            raise _Refuse("the worker is draining and takes no new legs")
        if len(self._legs) >= self._stack.settings.max_calls:
            raise _Refuse(f"all {self._stack.settings.max_calls} legs are taken")
        sip_call_id = self._stack.place(command)
        at = time.monotonic()
        self._keep(Leg(order=command, sip_call_id=sip_call_id, invited_at=at, since=at))
        self._tell(at, events.Invited(leg=name, sip_call_id=sip_call_id))

    def _bridge(self, command: commands.Bridge, now: float) -> None:
        callee, agent = self._up(command.callee), self._up(command.agent)
        if callee.peer == agent.name:
            return
        if not callee.is_callee or not agent.is_agent:
            raise _Refuse("a callee is bridged to an agent, in that order")
        if agent.state is LegState.BRIDGED:
            raise _Refuse("the agent is in another call")
        if (play := self._plays.get(callee.name)) and play[1] and play[1].then_hang_up:
            raise _Refuse("the callee hears the last message already")
        callee = self._quiet(callee, now)
        agent = self._quiet(agent, now)
        starts = command.recording is not None and self._tapes.of(callee.name) is None
        if starts and command.recording is not None:
            starts = self._tapes.begin(command.recording, callee.name, agent.name, now=now)
        self._talks.bridged(callee.name, agent.name)
        self._overhearing.taken(callee.name)
        at = time.monotonic()
        if starts:
            self._tapes.started(callee.name, at=at)
        self._keep(legs.bridged(callee, agent.name, at=at))
        self._keep(legs.bridged(agent, callee.name, at=at))
        told = events.Bridged(
            callee=callee.name, agent=agent.name, recording=self._tapes.of(callee.name)
        )
        self._tell(at, told)
        if command.zip_tone:
            self._sound(agent.name, self._zip, at)

    def _play(self, leg: Leg, command: commands.Play, now: float) -> None:
        under_way = self._plays.get(leg.name)
        if under_way and under_way[1] and under_way[1].then_hang_up:
            return  # said again, as after a restart: the last message is not begun anew
        file = command.file or leg.order.identity_file
        if file is None:
            raise _Refuse("there is no file to play, and the leg has no identity file")
        prompt = padded(Path(file), self._prompts)
        leg = self._quiet(leg, now)
        if leg.is_callee:
            self._talks.over(leg.name, now)
        player = self._open_player(leg.name, prompt)
        at = time.monotonic()
        self._plays[leg.name] = (player, command)
        self._keep(legs.playing(leg, at=at))
        self._tell(at, events.Playing(leg=leg.name))
        self._alarms.at(at + prompt.seconds + _TAIL_S, partial(self._played, leg.name, player))

    def _known(self, name: str) -> Leg:
        if (leg := self._legs.get(name)) is None:
            raise _Refuse("no such leg: it has ended, or never was")
        return leg

    def _up(self, name: str) -> Leg:
        leg = self._known(name)
        if leg.state not in UP:
            raise _Refuse(f"the leg of the {leg.order.purpose} is {leg.state}")
        return leg

    # --- what becomes of legs ---------------------------------------------------------------

    def _keep(self, leg: Leg) -> None:
        self._legs[leg.name] = leg
        self._watch(leg)

    def _take(self, leg: Leg, fact: legs.Fact, at: float) -> None:
        if isinstance(fact, legs.MediaChanged):
            self._stack.rewire(leg.name)
            return
        if isinstance(fact, legs.KeyPressed):
            if self._talks.hears_keys(leg.name):
                self._tell(at, events.Digit(leg=leg.name, digit=fact.digit))
            return
        if isinstance(fact, legs.Disconnected):
            self._silence(leg, at)
        after, event = advance(self._legs[leg.name], fact, at=at)
        if isinstance(event, events.Answered):
            self._stack.wire(SipStack.SILENCE, f"leg:{leg.name}")
            self._overhearing.answered(leg, at=at)
        if isinstance(event, events.Provisional) and event.early_media:
            self._overhearing.early(leg)
        if isinstance(event, events.Ended):
            self._stack.release(leg.name)
            self._forget(after, event, at)
            return
        if after is not leg:
            self._keep(after)
        if event is not None:
            self._tell(at, event)

    def _forget(self, leg: Leg, event: events.Ended, at: float) -> None:
        del self._legs[leg.name]
        self._ended[leg.name] = leg.report(None)
        while len(self._ended) > _REMEMBERED:
            self._ended.popitem(last=False)
        self._tell(at if leg.hung_up_at is None else leg.hung_up_at, event)
        self._drained(time.monotonic())

    def _drained(self, now: float) -> None:
        if not self._draining:
            return
        if not self._legs:
            self._tell(now, events.Drained())
        elif not any(leg.is_callee for leg in self._legs.values()):
            for leg in list(self._legs.values()):
                self._hang_up(leg, OwnReason.CANCELLED, now)

    def _hang_up(self, leg: Leg, because: OwnReason, now: float) -> None:
        if leg.state is LegState.ENDING:
            return
        leg = self._silence(leg, now)
        self._stack.hang_up(leg.name)
        self._keep(legs.hung_up(leg, because, at=now))

    def _silence(self, leg: Leg, at: float) -> Leg:
        """Take everything off a leg that goes: its bridge, its player and its tape."""
        leg = self._quiet(leg, at, ends=True)
        if leg.is_callee:
            self._talks.over(leg.name, at)
        self._overhearing.end(leg.name)
        self._tapes.stop(leg.name, at=at, now=time.monotonic())
        return leg

    def _quiet(self, leg: Leg, at: float, *, ends: bool = False) -> Leg:
        """Return *leg* hearing silence only: out of its bridge, its player closed."""
        if leg.state is LegState.BRIDGED and not self._talks.left(leg, at):
            self._part(leg, at, by=leg.name if ends else None)
        if (play := self._plays.pop(leg.name, None)) is not None:
            self._stack.close(f"player:{play[0]}")
            if self._legs[leg.name].state is LegState.PLAYING:
                self._keep(legs.parted(self._legs[leg.name], at=at))
        return self._legs[leg.name]

    def _part(self, leg: Leg, at: float, *, by: str | None = None) -> None:
        peer = self._legs[leg.peer] if leg.peer else leg
        callee, agent = (leg, peer) if leg.is_callee else (peer, leg)
        self._talks.parted(callee.name, deserted=by == agent.name)
        self._keep(legs.parted(callee, at=at))
        self._keep(legs.parted(agent, at=at))
        self._tell(at, events.Unbridged(callee=callee.name, agent=agent.name, by=by))

    # --- sound ------------------------------------------------------------------------------

    def _open_player(self, leg: str, prompt: Prompt) -> str:
        self._players += 1
        player = f"{self._players}"
        self._stack.open_player(player, prompt.path)
        self._stack.wire(f"player:{player}", f"leg:{leg}")
        return player

    def _sound(self, leg: str, prompt: Prompt, at: float) -> None:
        """Let a leg hear something short beside what else it hears."""
        player = self._open_player(leg, prompt)
        self._alarms.at(
            at + prompt.seconds + _TAIL_S, lambda _: self._stack.close(f"player:{player}")
        )

    def _played(self, name: str, player: str, now: float) -> None:
        play = self._plays.get(name)
        if play is None or play[0] != player or play[1] is None:
            return  # it was interrupted
        leg = self._quiet(self._legs[name], now)
        self._tell(now, events.Played(leg=name))
        if play[1].then_hang_up:
            self._hang_up(leg, play[1].because, now)

    def _listen(self, now: float) -> None:
        """Look whether the agents' phones still send anything."""
        self._alarms.at(now + _LISTEN_EVERY_S, self._listen)
        self._tapes.look(now)
        agents = (leg.name for leg in self._legs.values() if leg.is_agent and leg.state in UP)
        packets = ((name, self._stack.packets_received(name) or 0) for name in agents)
        for name in self._listening.silent(packets, now=now):
            self._tell(now, events.MediaLost(leg=name))

    # --- timers -----------------------------------------------------------------------------

    def _watch(self, leg: Leg) -> None:
        if (due := deadline(leg, core_lost_at=self._core_lost_at)) is not None:
            self._alarms.at(due.at, partial(self._due, leg.name))

    def _due(self, name: str, now: float) -> None:
        """See what is really due for a leg: much may have happened since the timer was set."""
        if (leg := self._legs.get(name)) is None:
            return
        due = deadline(leg, core_lost_at=self._core_lost_at)
        if due is None or due.at > now:
            return
        match due.due:
            case Due.HANG_UP:
                self._hang_up(leg, due.because, now)
            case Due.ABANDON:
                self._abandon(leg, now)
            case Due.LET_GO:
                fact = legs.Disconnected(0, None, "")
                after, event = advance(leg, fact, at=now)
                if isinstance(event, events.Ended):
                    self._forget(after, event, now)

    def _abandon(self, leg: Leg, now: float) -> None:
        try:
            self._play(leg, commands.Play(leg=leg.name, then_hang_up=True), now)
        except (_Refuse, SipRefused, UnplayableFile, OSError):
            # The message cannot be played; silence would be worse than the end.
            self._hang_up(leg, OwnReason.ABANDONED, now)
