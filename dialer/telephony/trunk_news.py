"""The worker's events about trunks and phones, as the core's port tells them."""

from datetime import datetime
from typing import Final

from dialer.call_events import OwnReason
from dialer.telephony import events as fact
from dialer.trunk_events import TrunkEvent, TrunkHeard, TrunkRegistration, TrunkUnusable


def trunk_event(event: fact.Event, at: datetime) -> TrunkEvent | None:
    """Return what *event* says of a trunk, ``None`` if it is about something else."""
    match event:
        case fact.TrunkReachable(trunk=trunk, host=host, status=status):
            return TrunkHeard(trunk=trunk, host=host, status=status, at=at)
        case fact.TrunkUnreachable(trunk=trunk, host=host):
            return TrunkHeard(trunk=trunk, host=host, status=None, at=at)
        case fact.TrunkRegistered(trunk=trunk):
            return TrunkRegistration(trunk=trunk, registered=True, status=200, reason="", at=at)
        case fact.TrunkNotRegistered(trunk=trunk, status=status, reason=reason):
            return TrunkRegistration(
                trunk=trunk, registered=False, status=status, reason=reason, at=at
            )
        case fact.TrunkFault(trunk=trunk, why=why):
            return TrunkUnusable(trunk=trunk, why=why, at=at)
        case _:
            return None


_OWN_WORDS: Final = {
    OwnReason.NO_PROVISIONAL: "no answer at all from its address",
    OwnReason.NO_PROGRESS: "it does not ring",
    OwnReason.RING_TIMEOUT: "nobody took it",
    OwnReason.LOST: "nothing was heard of it for five seconds",
}


def phone_refusal(event: fact.Event) -> str:
    """Return why an agent's phone is not connected, in words; empty where *event* says nothing."""
    if not isinstance(event, fact.Ended):
        return ""
    if event.status is not None:
        return f"{event.status} {event.reason_text}".strip()
    return _OWN_WORDS.get(event.own_reason, "")
