"""Guests of a telephone network in memory, and what happens within its conversations.

Rule: as the worker does it: whatever is ordered twice is done and told once, a guest joins a
conversation that is there, and keys are not told of while the tape is muted.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from dialer.call_events import CallId, DigitHeard, DigitsSent, HandedOver, Held, Resumed, TapeMuted
from dialer.in_call import (
    DropGuest,
    GuestEvent,
    GuestGone,
    GuestId,
    GuestJoined,
    GuestLeft,
    GuestUp,
    HandOver,
    Hold,
    Join,
    Leave,
    MuteTape,
    Order,
    Part,
    Resume,
    SendDigits,
)
from dialer.ports import CallHeard, Clock

PICKS_UP_AFTER = timedelta(seconds=2)


@dataclass(slots=True)
class _Talk:
    held: bool = False
    muted: bool = False
    guests: dict[GuestId, Part] = field(default_factory=dict)
    handed_to: GuestId | None = None


class SimulatedGuests:
    """All guests of one network."""

    def __init__(
        self,
        clock: Clock,
        tell: Callable[[CallHeard | GuestEvent], None],
        *,
        is_connected: Callable[[CallId], bool],
        part_agent: Callable[[CallId], None],
    ) -> None:
        """Args:
        is_connected: Whether callee and agent hear each other.
        part_agent: Takes the agent out of a call without a word.
        """
        self.absent: set[str] = set()  #: SIP URIs at which nobody picks up
        self.legs: dict[GuestId, bool] = {}  #: whether each is up
        self._clock = clock
        self._tell = tell
        self._is_connected = is_connected
        self._part_agent = part_agent
        self._talks: dict[CallId, _Talk] = {}

    def call(self, guest: GuestId, sip_uri: str) -> None:
        if guest in self.legs:
            return
        self.legs[guest] = False
        done = self._refuse if sip_uri in self.absent else self._pick_up
        self._clock.wake_at(self._clock.now() + PICKS_UP_AFTER, partial(done, guest))

    def drop(self, guest: GuestId) -> None:
        """The guest's leg ends, by our order or by the guest."""
        if self.legs.pop(guest, None) is None:
            return
        for call, talk in self._talks.items():
            if talk.guests.pop(guest, None) is not None:
                self._tell(GuestLeft(guest, call, self._clock.now()))
        self._tell(GuestGone(guest, self._clock.now()))

    def carry_out(self, call: CallId, order: Order) -> None:
        """Do what is ordered, if there is a conversation."""
        if isinstance(order, DropGuest):
            self.drop(order.guest)
        elif isinstance(order, Leave):
            self._leave(order.guest)
        elif self._is_connected(call) or isinstance(order, HandOver):
            self._carry_out(call, self._talks.setdefault(call, _Talk()), order)

    def _carry_out(self, call: CallId, talk: _Talk, order: Order) -> None:
        now = self._clock.now()
        match order:
            case Hold() | Resume() if talk.held is not isinstance(order, Hold):
                talk.held = isinstance(order, Hold)
                self._tell(CallHeard(call, Held(now) if talk.held else Resumed(now)))
            case MuteTape(muted) if talk.muted is not muted:
                talk.muted = muted
                self._tell(CallHeard(call, TapeMuted(now, muted)))
            case SendDigits(digits):
                self._tell(CallHeard(call, DigitsSent(now, len(digits))))
            case Join(guest, part) if self.legs.get(guest) and talk.guests.get(guest) is not part:
                talk.guests[guest] = part
                self._tell(GuestJoined(guest, call, part, now))
            case HandOver(guest) if self.legs.get(guest) and talk.handed_to != guest:
                talk.guests.pop(guest, None)
                talk.handed_to, talk.held = guest, False
                self._part_agent(call)
                self._tell(CallHeard(call, HandedOver(now, guest)))
            case _:
                pass

    def over(self, call: CallId) -> None:
        """The callee's leg has ended."""
        talk = self._talks.pop(call, None)
        for guest in talk.guests if talk else ():
            self._tell(GuestLeft(guest, call, self._clock.now()))

    def kill(self) -> None:
        """The worker dies."""
        self.legs.clear()
        self._talks.clear()

    # --- What tests may do to it ---------------------------------------------------------------

    def press(self, call: CallId, digit: str) -> None:
        """The callee presses a key."""
        if not self._talks.setdefault(call, _Talk()).muted:
            self._tell(CallHeard(call, DigitHeard(self._clock.now(), digit)))

    # --- Inside --------------------------------------------------------------------------------

    def _pick_up(self, guest: GuestId) -> None:
        if self.legs.get(guest) is False:
            self.legs[guest] = True
            self._tell(GuestUp(guest, self._clock.now()))

    def _refuse(self, guest: GuestId) -> None:
        if self.legs.pop(guest, None) is not None:
            self._tell(GuestGone(guest, self._clock.now(), refused=True))

    def _leave(self, guest: GuestId) -> None:
        for call, talk in self._talks.items():
            if talk.guests.pop(guest, None) is not None:
                self._tell(GuestLeft(guest, call, self._clock.now()))
