"""What happens within a conversation: hold, transfer, supervisors, keys, the muted tape.

    transfer   asked ──▶ calling ──▶ consulting ──▶ joined ──▶ handed over
                            │  └──▶ answered ─────────────────▶ handed over     (a blind one)
                            └────────────┴────────────┴──▶ ended: the callee is the agent's again

Rule: pure and idempotent, as the life of the call of which it is a part (``call.py``). What the
network did is an event; what must now be ordered of it is returned. The callee hears the hold
tone from the beginning of a transfer until the target is let in; one whose transfer fails comes
back to the agent, who does not go before somebody has answered. When the agent's leg dies in a
call of three, the callee is handed over.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from dialer.call_events import (
    DigitHeard,
    DigitsSent,
    HandedOver,
    Held,
    InCallEvent,
    Resumed,
    SupervisorJoined,
    SupervisorLeft,
    TapeMuted,
    TargetAnswered,
    TargetJoined,
    TransferAsked,
    TransferEnded,
)
from dialer.in_call import DropGuest, GuestId, HandOver, Hold, Join, Order, Part, Resume

AGENT_LOST: Final = "agent_lost"  #: why a transfer ended


class TransferState(StrEnum):
    """How far a transfer has come."""

    CALLING = "calling"  #: the target's telephone is called
    ANSWERED = "answered"  #: a blind one: the target picked up, and is given the callee
    CONSULTING = "consulting"  #: agent and target speak; the callee is on hold
    JOINED = "joined"  #: all three hear each other


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """A transfer that is under way, or was carried out."""

    target: str  #: its name
    guest: GuestId
    blind: bool
    state: TransferState = TransferState.CALLING
    joined_at: datetime | None = None  #: the callee hears the target


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """What the events within a conversation have made of it."""

    held: bool = False
    muted: bool = False
    transfer: Transfer | None = None
    transfers: int = 0  #: so far
    handed_over: HandedOver | None = None
    key: str = ""  #: the last that the callee pressed
    key_at: datetime | None = None  #: of the last, in either direction
    supervisors: dict[int, str] = field(default_factory=dict)  #: user -> part

    @property
    def target_joined_at(self) -> datetime | None:
        """When the callee first heard the target; ``None``: never did."""
        return self.transfer.joined_at if self.transfer else None

    @property
    def talks_with(self) -> GuestId | None:
        """The target who talks with the callee beside the agent."""
        transfer = self.transfer
        joined = transfer is not None and transfer.state is TransferState.JOINED
        return transfer.guest if transfer is not None and joined else None

    def is_with(self, guest: GuestId) -> bool:
        """Return whether *guest* has taken the call over."""
        return self.handed_over is not None and self.handed_over.guest == guest


Change = tuple[Talk, tuple[Order, ...]]


def advance(talk: Talk, event: InCallEvent) -> Change:
    """Return *talk* after *event*, and what must now be ordered."""
    match event:
        case Held() if talk.handed_over is None:  # nobody is left who could end it
            return replace(talk, held=True), ()
        case Resumed():
            return replace(talk, held=False), ()
        case TapeMuted(muted=muted):
            return replace(talk, muted=muted), ()
        case DigitHeard(at, digit) if talk.key_at is None or at > talk.key_at:
            return replace(talk, key=digit, key_at=at), ()
        case DigitsSent(at) if talk.key_at is None or at > talk.key_at:
            return replace(talk, key_at=at), ()
        case SupervisorJoined(user=user, part=part):
            return replace(talk, supervisors={**talk.supervisors, user: part}), ()
        case SupervisorLeft(user=user):
            left = {other: part for other, part in talk.supervisors.items() if other != user}
            return replace(talk, supervisors=left), ()
        case HandedOver() if talk.handed_over is None:
            return _handed_over(talk, event), ()
        case _ if talk.handed_over is not None:
            return talk, ()
        case TransferAsked() if talk.transfer is None:
            asked = Transfer(target=event.target, guest=GuestId(event.guest), blind=event.blind)
            return replace(talk, transfer=asked, transfers=talk.transfers + 1), (Hold(),)
        case TargetAnswered() | TargetJoined() | TransferEnded() if talk.transfer is not None:
            return _transferring(talk, talk.transfer, event)
        case _:
            return talk, ()


def _transferring(
    talk: Talk, transfer: Transfer, event: TargetAnswered | TargetJoined | TransferEnded
) -> Change:
    match event:
        case TargetAnswered() if transfer.state is TransferState.CALLING:
            if transfer.blind:
                answered = replace(transfer, state=TransferState.ANSWERED)
                return replace(talk, transfer=answered), (HandOver(transfer.guest),)
            consulting = replace(transfer, state=TransferState.CONSULTING)
            return replace(talk, transfer=consulting), (Join(transfer.guest, Part.CONSULT),)
        case TargetJoined(at) if transfer.state is not TransferState.JOINED:
            joined = replace(transfer, state=TransferState.JOINED, joined_at=at)
            return replace(talk, transfer=joined), (Resume(),)
        case TransferEnded(why=why):
            back = () if why == AGENT_LOST else (Resume(),)
            return replace(talk, transfer=None), (DropGuest(transfer.guest), *back)
        case _:
            return talk, ()


def _handed_over(talk: Talk, event: HandedOver) -> Talk:
    transfer = talk.transfer
    if transfer is not None and transfer.guest == event.guest:
        joined_at = transfer.joined_at or event.at
        transfer = replace(transfer, state=TransferState.JOINED, joined_at=joined_at)
    return replace(talk, handed_over=event, held=False, transfer=transfer)


def over(talk: Talk) -> tuple[Order, ...]:
    """Return what must be ordered when the call has ended: its target has nobody to talk with."""
    return (DropGuest(talk.transfer.guest),) if talk.transfer else ()


def standing(talk: Talk) -> tuple[Order, ...]:
    """Return the orders that may have been lost in a crash; given again they change nothing."""
    transfer = talk.transfer
    if transfer is None or talk.handed_over is not None:
        return ()
    match transfer.state:
        case TransferState.CALLING:
            return (Hold(),)
        case TransferState.ANSWERED:
            return (HandOver(transfer.guest),)
        case TransferState.CONSULTING:
            return Hold(), Join(transfer.guest, Part.CONSULT)
        case TransferState.JOINED:
            return Join(transfer.guest, Part.TALK), Resume()
