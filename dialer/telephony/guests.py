"""The core's guests and what happens within calls, in the words of the worker, and back.

Rule: pure. A guest's leg is named after the guest, so that what the worker still has can be told
apart after a restart.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

from dialer import call_events as call_event
from dialer import in_call
from dialer.call_events import CallEvent, CallId, OwnReason
from dialer.in_call import GuestEvent, GuestGone, GuestId, GuestJoined, GuestLeft, GuestUp, Order
from dialer.ports import Way
from dialer.telephony import commands
from dialer.telephony import events as fact
from dialer.telephony.commands import Command, Header, Keying, Originate, Purpose
from dialer.telephony.events import LegReport, LegState
from dialer.telephony.leg import UP
from dialer.telephony.trunk_mapping import account_of, agent_way
from dialer.telephony.trunk_settings import TrunkAccount

_GUEST: Final = "guest."
RINGS_S: Final = 30.0  #: how long the telephone of a guest or an agent rings


def leg_of_guest(guest: GuestId) -> str:
    """Return the name of a guest's leg."""
    return f"{_GUEST}{guest}"


def guest_of(leg: str) -> GuestId | None:
    """Return the guest whose leg it is.

    >>> guest_of(leg_of_guest(GuestId("supervisor.4.a"))), guest_of("agent.4.a")
    ('supervisor.4.a', None)
    """
    return GuestId(leg.removeprefix(_GUEST)) if leg.startswith(_GUEST) else None


def command_of(callee: str, order: Order) -> Command:
    """Return what the worker is told for an order about the callee's leg."""
    match order:
        case in_call.Hold():
            return commands.Hold(callee=callee)
        case in_call.Resume():
            return commands.Resume(callee=callee)
        case in_call.MuteTape(muted):
            return commands.MuteTape(callee=callee, muted=muted)
        case in_call.SendDigits(digits, keying):
            return commands.SendDigits(leg=callee, digits=digits, keying=Keying(keying))
        case in_call.Join(guest, part):
            return commands.Join(guest=leg_of_guest(guest), callee=callee, part=part)
        case in_call.Leave(guest):
            return commands.Leave(guest=leg_of_guest(guest))
        case in_call.HandOver(guest, record):
            return commands.HandOver(callee=callee, guest=leg_of_guest(guest), record=record)
        case in_call.DropGuest(guest):
            return dropped(guest)


def summons(
    leg: str,
    purpose: Purpose,
    sip_uri: str,
    way: Way | None,
    accounts: Sequence[TrunkAccount],
    *,
    sender: str,
) -> Originate:
    """Return what calls somebody's telephone, by a trunk's *way* if it is a number.

    Raises:
        ValueError: *sip_uri* is needed and is none.
    """
    if way is None:
        direct = agent_way(sip_uri, accounts, sender=sender)
        return Originate(
            leg=leg,
            purpose=purpose,
            uri=direct.uri,
            sender=direct.sender,
            account=direct.account,
            ring_s=RINGS_S,
        )
    return Originate(
        leg=leg,
        purpose=purpose,
        uri=way.request_uri,
        sender=way.sender,
        headers=tuple(Header(name=name, value=value) for name, value in way.headers),
        account=account_of(accounts, way.taken),
        outbound_proxy=way.outbound_proxy,
        ring_s=RINGS_S,
    )


def dropped(guest: GuestId) -> Command:
    """Return what ends a guest's leg."""
    return commands.HangUp(leg=leg_of_guest(guest), because=OwnReason.HUNG_UP)


def guests_in(legs: Iterable[LegReport]) -> dict[GuestId, bool]:
    """Return the guests among *legs*, and whether each is up."""
    return {
        guest: leg.state in UP
        for leg in legs
        if leg.state is not LegState.ENDING
        and leg.purpose is Purpose.GUEST
        and (guest := guest_of(leg.leg)) is not None
    }


def guest_event(event: fact.Event, call: CallId | None, at: datetime) -> GuestEvent | None:
    """Return what the worker's event says of a guest.

    Args:
        call: Of the callee's leg in it, if there is one.
    """
    match event:
        case fact.Joined(guest=leg, part=part) if call is not None:
            return GuestJoined(GuestId(leg.removeprefix(_GUEST)), call, part, at)
        case fact.Left(guest=leg) if call is not None:
            return GuestLeft(GuestId(leg.removeprefix(_GUEST)), call, at)
        case fact.Answered(leg=leg) if (guest := guest_of(leg)) is not None:
            return GuestUp(guest, at)
        case fact.Ended(leg=leg) if (guest := guest_of(leg)) is not None:
            return GuestGone(guest, at, refused=event.status is not None)
        case _:
            return None


def in_call_events(event: fact.Event, at: datetime) -> Iterator[CallEvent]:
    """Yield what a worker's event means for the conversation of its callee."""
    match event:
        case fact.Held():
            yield call_event.Held(at)
        case fact.Resumed():
            yield call_event.Resumed(at)
        case fact.TapeMuted(muted=muted):
            yield call_event.TapeMuted(at, muted)
        case fact.Digit(digit=digit):
            yield call_event.DigitHeard(at, digit)
        case fact.DigitsSent(count=count):
            yield call_event.DigitsSent(at, count)
        case fact.HandedOver(guest=leg):
            yield call_event.HandedOver(at, leg.removeprefix(_GUEST))
