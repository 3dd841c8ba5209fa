"""What agents do within a call: hold, keys, the muted tape, and handing the callee over.

Rule: runs in the engine's inbox. A callee is handed over to nobody but the campaign's transfer
targets: agents name one of them and never an address, so that nobody can be called at the house's
expense. What becomes of the call is decided in ``talk.py``.
"""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Final

import structlog

from dialer.agent import AgentState, NotNow
from dialer.call_events import (
    AgentId,
    CallEvent,
    HangUpAsked,
    OwnReason,
    TargetAnswered,
    TargetJoined,
    TransferAsked,
    TransferEnded,
)
from dialer.conduct import Conduct
from dialer.guest_ways import GuestWays
from dialer.in_call import (
    GuestEvent,
    GuestGone,
    GuestId,
    GuestJoined,
    GuestUp,
    HandOver,
    Hold,
    Join,
    MuteTape,
    Order,
    Part,
    Resume,
    SendDigits,
    call_of_target,
    target_leg,
)
from dialer.live import LiveCall
from dialer.ports import Clock, Stock, Telephony
from dialer.talk import TransferState

log = structlog.get_logger()

CANCELLED: Final = "cancelled"  #: why a transfer ended: the agent took the callee back
REFUSED: Final = "refused"  #: the target was busy, did not answer, or cannot be reached
GONE: Final = "gone"  #: the target hung up

HearCall = Callable[[LiveCall, CallEvent], None]


class Act(StrEnum):
    """What an agent may do within a call."""

    HOLD = "hold"
    RESUME = "resume"
    MUTE = "mute"  #: the recording holds silence from now on
    UNMUTE = "unmute"
    JOIN = "join"  #: bring the consulted target in: a call of three
    COMPLETE = "complete"  #: leave the callee with the target
    CANCEL = "cancel"  #: send the target away and take the callee back


class UnknownTarget(ValueError):
    """The campaign has no transfer target of that name."""


class Transfers:
    """What the agents of one team do within their calls."""

    def __init__(
        self, conduct: Conduct, telephony: Telephony, clock: Clock, ways: GuestWays
    ) -> None:
        self._conduct = conduct
        self._live = conduct.live
        self._telephony = telephony
        self._clock = clock
        self._ways = ways

    # --- wishes -----------------------------------------------------------------------------

    def act(self, agent: AgentId, act: Act) -> None:
        """Do as the agent wishes.

        Raises:
            NotNow: it does not fit.
        """
        live = self._talking(agent, act.value)
        talk = live.call.talk
        transfer = talk.transfer
        match act:
            case Act.HOLD | Act.RESUME if transfer is None:
                self._order(live, Hold() if act is Act.HOLD else Resume())
            case Act.MUTE | Act.UNMUTE:
                self._order(live, MuteTape(act is Act.MUTE))
            case Act.JOIN if transfer and transfer.state is TransferState.CONSULTING:
                self._order(live, Join(transfer.guest, Part.TALK))
            case Act.COMPLETE if transfer and transfer.state is not TransferState.CALLING:
                self._order(live, HandOver(transfer.guest))
            case Act.CANCEL if transfer:
                self._conduct.call_event(live, TransferEnded(self._clock.now(), CANCELLED))
            case _:
                raise NotNow(f"{act} as the transfer stands", AgentState.TALKING)

    def send_keys(self, agent: AgentId, digits: str) -> None:
        """Send keys to the callee's line.

        Raises:
            NotNow: the agent talks with nobody.
        """
        live = self._talking(agent, "keys")
        self._order(live, SendDigits(digits, self._ways.keying(live.way)))

    def transfer(self, agent: AgentId, target: str, *, blind: bool) -> None:
        """Call one of the campaign's transfer targets for the agent's callee.

        Raises:
            NotNow: the agent talks with nobody, or a transfer is under way.
            UnknownTarget: the campaign has no such target.
            Unreachable: no trunk carries a call to it now.
        """
        live = self._talking(agent, "a transfer")
        talk = live.call.talk
        if talk.transfer is not None:
            raise NotNow("a second transfer", AgentState.TALKING)
        campaign = self._live.campaigns[live.campaign]
        found = next((each for each in campaign.transfer_targets if each.name == target), None)
        if found is None:
            known = ", ".join(each.name for each in campaign.transfer_targets) or "none"
            raise UnknownTarget(f"the campaign has no such transfer target; there are: {known}")
        now = self._clock.now()
        guest = target_leg(live.call.id, talk.transfers + 1)
        way = self._ways.take(guest, found.to, campaign, now)
        self._conduct.call_event(live, TransferAsked(now, found.name, guest, blind))
        self._telephony.call_guest(guest, found.to, way)

    def _talking(self, agent_id: AgentId, asked: str) -> LiveCall:
        agent = self._live.agents[agent_id]
        live = self._live.calls.get(agent.call) if agent.call else None
        if live is None or agent.state is not AgentState.TALKING or live.call.hang_up_asked:
            raise NotNow(asked, agent.state)
        return live

    def _order(self, live: LiveCall, order: Order) -> None:
        self._telephony.in_call(live.call.id, order)

    # --- what happens -----------------------------------------------------------------------

    def heard(self, event: GuestEvent, hear: HearCall) -> None:
        """Take what became of a transfer's target; *hear* takes what it means for the call."""
        live = self._of_guest(event.guest)
        match event:
            case GuestUp(guest, at) if call_of_target(guest) is not None:
                if live is None or not self._is_transfers(live, guest):
                    self._telephony.drop_guest(guest)  # was cancelled while it was answered
                else:
                    hear(live, TargetAnswered(at))
            case GuestGone(guest, at, refused):
                self._ways.free(guest, at)
                if live is not None:
                    self._gone(live, guest, at, REFUSED if refused else GONE, hear)
            case GuestJoined(part=Part.TALK, at=at) if live is not None:
                hear(live, TargetJoined(at))
            case _:
                pass

    def _of_guest(self, guest: GuestId) -> LiveCall | None:
        """Return the call that *guest* is called for, or has taken over."""
        for live in self._live.calls.values():
            if live.call.talk.is_with(guest) or self._is_transfers(live, guest):
                return live
        return None

    def _is_transfers(self, live: LiveCall, guest: GuestId) -> bool:
        transfer = live.call.talk.transfer
        return transfer is not None and transfer.guest == guest and live.call.ended is None

    def _gone(self, live: LiveCall, guest: GuestId, at: datetime, why: str, hear: HearCall) -> None:
        if live.call.talk.is_with(guest):
            hear(live, HangUpAsked(at, OwnReason.HUNG_UP))
        elif self._is_transfers(live, guest):
            hear(live, TransferEnded(at, why))

    def settle(self, stock: Stock) -> frozenset[GuestId]:
        """Bring transfers and worker together; return the guests that calls have.

        A supervisor who took a call over is among them.
        """
        wanted = set()
        for live in list(self._live.calls.values()):
            talk = live.call.talk
            guest = talk.transfer.guest if talk.transfer else None
            if talk.handed_over is not None:
                guest = GuestId(talk.handed_over.guest)
            if guest is None or live.call.ended is not None:
                continue
            wanted.add(guest)
            if guest not in stock.guests:
                self._gone(live, guest, stock.at, GONE, self._conduct.call_event)
            elif stock.guests[guest]:
                self._conduct.call_event(live, TargetAnswered(stock.at))
        return frozenset(wanted)
