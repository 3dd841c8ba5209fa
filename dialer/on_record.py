"""The way of a call in its chain of events: written so that a restart can occupy it again.

Rule: pure. The last event that names a trunk says what the call occupies; a call whose events
name none occupies the trunk its own row was opened with.
"""

from collections.abc import Sequence
from dataclasses import replace

from dialer.call_events import CallEvent, FailedOver, Invited
from sip_config.carrying import Taken


def invited_by(event: Invited, taken: Taken) -> Invited:
    """Return *event* with the way the INVITE left by."""
    return replace(
        event,
        trunk=taken.trunk_id,
        host=taken.host,
        port=taken.port,
        caller_id=taken.caller_id,
        pool=taken.pool,
    )


def taken_by(events: Sequence[CallEvent], *, trunk: str, caller_id: str) -> Taken:
    """Return what a call with these *events* occupies.

    Args:
        trunk, caller_id: What the call was opened with.
    """
    for event in reversed(events):
        if isinstance(event, Invited | FailedOver) and event.trunk:
            return Taken(
                trunk_id=event.trunk,
                host=event.host,
                port=event.port,
                caller_id=event.caller_id,
                pool=event.pool,
            )
    return Taken(trunk_id=trunk, host="", port=None, caller_id=caller_id, pool=None)
