"""The worker's conversations: guests, hold, hand-over, keys, and the muting of tapes.

Rule: lives in the SIP thread, beside the switchboard, which bridges and parts. Here is kept who is
in which conversation; what must be connected for it is decided in ``conference.py``. Whatever is
ordered twice is done once and told once.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from dialer.telephony import commands, events
from dialer.telephony import leg as legs
from dialer.telephony.commands import Keying
from dialer.telephony.conference import (
    AGENTS_TRACK,
    CALLEES_TRACK,
    HOLD_TONE,
    Conversation,
    wires,
)
from dialer.telephony.events import Event, LegState
from dialer.telephony.keys import write_keys
from dialer.telephony.leg import UP, Leg
from dialer.telephony.pjsua2 import SipRefused, SipStack
from dialer.telephony.prompts import Prompt
from dialer.telephony.taping import Tapes

HOLD_PLAYER: Final = "hold"  #: never closed; plays for whoever is on hold

Wired = frozenset[tuple[str, str]]  # ports


class Senseless(Exception):
    """What was ordered makes no sense now; says why."""


class Conversations:
    """All conversations of one worker, by callee."""

    def __init__(
        self,
        stack: SipStack,
        tapes: Tapes,
        known: Mapping[str, Leg],
        *,
        prompts: Path,
        keep: Callable[[Leg], None],
        part: Callable[[Leg, float], None],
        sound: Callable[[str, Prompt], None],
        tell: Callable[[float, Event], None],
    ) -> None:
        """Args:
        known: All legs by name.
        prompts: Where files of keys lie for a moment.
        keep: Takes a changed leg.
        part: Parts a bridged callee from the agent.
        sound: Lets a leg hear something short beside what else it hears.
        """
        self._stack = stack
        self._tapes = tapes
        self._legs = known
        self._prompts = prompts
        self._keep = keep
        self._part = part
        self._sound = sound
        self._tell = tell
        self._talks: dict[str, tuple[Conversation, Wired]] = {}

    # --- told by the switchboard ------------------------------------------------------------

    def bridged(self, callee: str, peer: str) -> None:
        """Let callee and agent, or who took the call over, hear each other."""
        self._put(self._talk(callee).bridged(peer))

    def parted(self, callee: str, *, deserted: bool) -> None:
        """Part them; a callee whose agent's leg died is *deserted*."""
        self._put(self._talk(callee).parted(deserted=deserted))

    def over(self, callee: str, at: float) -> None:
        """End a conversation: the callee goes, or hears a message alone."""
        for guest, _ in self._talk(callee).guests:
            self._leave(guest, callee, at)
        if (found := self._talks.pop(callee, None)) is not None:
            self._rewire(found[1], frozenset())

    def left(self, guest: Leg, at: float) -> bool:
        """Take a guest out, and return True; False: is in no conversation as a guest."""
        callee = self._callee_of(guest.name) if guest.is_guest else None
        if callee is None:
            return False
        self._leave(guest.name, callee, at)
        return True

    def hears_keys(self, leg: str) -> bool:
        """Return whether keys pressed at a leg are told of."""
        return not self._talk(leg).muted

    # --- commands ---------------------------------------------------------------------------

    def do(self, command: commands.InCall, now: float) -> None:
        """Carry out *command*.

        Raises:
            Senseless: it does not fit what there is.
            SipRefused: the stack would not do it.
        """
        match command:
            case commands.Join():
                self._join(command, now)
            case commands.Leave(guest=guest):
                self.left(self._up(guest), now)
            case commands.HandOver():
                self._hand_over(command, now)
            case commands.Hold(callee=callee):
                self._hold(callee, True, now)
            case commands.Resume(callee=callee):
                self._hold(callee, False, now)
            case commands.MuteTape(callee=callee, muted=muted):
                self._mute(callee, muted, now)
            case commands.SendDigits():
                self._send_digits(command, now)

    def _join(self, command: commands.Join, now: float) -> None:
        guest, callee = self._guest(command.guest), self._up(command.callee)
        if not callee.is_callee or callee.state is not LegState.BRIDGED:
            raise Senseless("there is no conversation to join")
        if callee.peer == guest.name:
            return  # has taken it over already
        there = self._callee_of(guest.name)
        if there == callee.name and self._talk(there).part_of(guest.name) is command.part:
            return
        if there not in (None, callee.name):
            self._leave(guest.name, str(there), now)
        self._keep(legs.bridged(self._legs[guest.name], callee.name, at=now))
        self._put(self._talk(callee.name).joined(guest.name, command.part))
        told = events.Joined(guest=guest.name, callee=callee.name, part=command.part)
        self._tell(now, told)

    def _hand_over(self, command: commands.HandOver, now: float) -> None:
        guest, callee = self._guest(command.guest), self._up(command.callee)
        if callee.peer == guest.name:
            return
        if not callee.is_callee or callee.state is LegState.PLAYING:
            raise Senseless("there is nobody to be handed over")
        if (there := self._callee_of(guest.name)) not in (None, callee.name):
            self._leave(guest.name, str(there), now)
        if callee.state is LegState.BRIDGED:
            self._part(callee, now)
        muted = self._talk(callee.name).muted or not command.record
        self._put(replace(self._talk(callee.name).bridged(guest.name), muted=muted))
        self._keep(legs.bridged(self._legs[callee.name], guest.name, at=now))
        self._keep(legs.bridged(self._legs[guest.name], callee.name, at=now))
        self._tell(now, events.HandedOver(callee=callee.name, guest=guest.name))

    def _hold(self, callee: str, held: bool, now: float) -> None:
        if self._up(callee).state is not LegState.BRIDGED:
            raise Senseless("nobody talks with the callee")
        talk = self._talk(callee)
        if talk.held is held:
            return
        self._put(replace(talk, held=held))
        told = events.Held(callee=callee) if held else events.Resumed(callee=callee)
        self._tell(now, told)

    def _mute(self, callee: str, muted: bool, now: float) -> None:
        if self._up(callee).state is not LegState.BRIDGED:
            raise Senseless("nobody talks with the callee")
        talk = self._talk(callee)
        if talk.muted is muted:
            return
        self._put(replace(talk, muted=muted))
        self._tell(now, events.TapeMuted(callee=callee, muted=muted))

    def _send_digits(self, command: commands.SendDigits, now: float) -> None:
        leg, keying = self._up(command.leg), command.keying
        if keying in (Keying.RFC2833, Keying.AUTO):
            try:
                self._stack.send_keys(leg.name, command.digits, info=False)
            except SipRefused:
                if keying is Keying.RFC2833:
                    raise
                keying = Keying.INBAND
        if keying is Keying.INFO:
            self._stack.send_keys(leg.name, command.digits, info=True)
        if keying is Keying.INBAND:
            tones = write_keys(command.digits, self._prompts)
            try:
                self._sound(leg.name, tones)
            finally:
                tones.path.unlink()
        self._tell(now, events.DigitsSent(leg=leg.name, count=len(command.digits)))

    # --- what is kept -----------------------------------------------------------------------

    def _talk(self, callee: str) -> Conversation:
        found = self._talks.get(callee)
        return found[0] if found else Conversation(callee=callee)

    def _callee_of(self, guest: str) -> str | None:
        for callee, (talk, _) in self._talks.items():
            if talk.part_of(guest) is not None:
                return callee
        return None

    def _leave(self, guest: str, callee: str, at: float) -> None:
        self._put(self._talk(callee).without(guest))
        self._keep(legs.parted(self._legs[guest], at=at))
        self._tell(at, events.Left(guest=guest, callee=callee))

    def _put(self, talk: Conversation) -> None:
        before = self._talks.get(talk.callee)
        after = self._ports(talk)
        self._talks[talk.callee] = (talk, after)
        self._rewire(before[1] if before else frozenset(), after)

    def _rewire(self, before: Wired, after: Wired) -> None:
        for wire in sorted(before - after):
            self._stack.cut(*wire)
        for wire in sorted(after - before):
            self._stack.wire(*wire)

    def _ports(self, talk: Conversation) -> Wired:
        tape = self._tapes.of(talk.callee)
        ports = {HOLD_TONE: f"player:{HOLD_PLAYER}"}
        if tape is not None:
            ports |= {AGENTS_TRACK: f"recorder:{tape}.agent"}
            ports |= {CALLEES_TRACK: f"recorder:{tape}.callee"}
        on_tape = (AGENTS_TRACK, CALLEES_TRACK)
        return frozenset(
            (ports.get(source, f"leg:{source}"), ports.get(sink, f"leg:{sink}"))
            for source, sink in wires(talk)
            if tape is not None or sink not in on_tape
        )

    def _up(self, name: str) -> Leg:
        leg = self._legs.get(name)
        if leg is None:
            raise Senseless("no such leg: it has ended, or never was")
        if leg.state not in UP:
            raise Senseless(f"the leg of the {leg.order.purpose} is {leg.state}")
        return leg

    def _guest(self, name: str) -> Leg:
        leg = self._up(name)
        if not leg.is_guest:
            raise Senseless("only guests join conversations and take them over")
        return leg
