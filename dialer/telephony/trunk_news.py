"""The worker's events about trunks, as the core's port tells them."""

from datetime import datetime

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
