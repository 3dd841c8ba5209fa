"""What an ended call means: its outcome, whether it counts, whether the callee was abandoned.

Rule: computed from the call's own events and the trunk's reading of causes, by nobody else.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from dialer.call import Call
from dialer.call_events import OwnReason
from sip_config.causes import CauseRule, Ending, Outcome, outcome_of
from sip_config.causes import OwnReason as TrunkReason

_REASONS: Final[dict[OwnReason, TrunkReason]] = {
    OwnReason.NONE: TrunkReason.NONE,
    OwnReason.NO_PROVISIONAL: TrunkReason.NO_PROVISIONAL,
    OwnReason.NO_PROGRESS: TrunkReason.NO_PROGRESS,
    OwnReason.RING_TIMEOUT: TrunkReason.RING_TIMEOUT,
    OwnReason.CANCELLED: TrunkReason.CANCELLED,
    OwnReason.REVOKED: TrunkReason.CANCELLED,
    OwnReason.ABANDONED: TrunkReason.CANCELLED,
    OwnReason.HUNG_UP: TrunkReason.CANCELLED,
    OwnReason.TOO_LONG: TrunkReason.CANCELLED,
    OwnReason.LOST: TrunkReason.WORKER_LOST,
    OwnReason.NOT_PLACED: TrunkReason.REFUSED_BY_US,
    OwnReason.ANNOUNCED: TrunkReason.CANCELLED,
    OwnReason.TURNED_AWAY: TrunkReason.CANCELLED,
    OwnReason.SCREENED_OUT: TrunkReason.CANCELLED,
    OwnReason.HEARD_BUSY: TrunkReason.HEARD_BUSY,
    OwnReason.HEARD_CONGESTION: TrunkReason.HEARD_CONGESTION,
    OwnReason.HEARD_REFUSED: TrunkReason.HEARD_REFUSED,
}

#: Outcomes in which the callee's phone was reached. The others do not use up a person's caps,
#: unless the network had said that it rang.
REACHED: Final = frozenset(
    {Outcome.ANSWERED, Outcome.BUSY, Outcome.NO_ANSWER, Outcome.REJECTED, Outcome.UNAVAILABLE}
)


#: The outcome of an attempt whose call came in: it says nothing about a trunk or about reaching
#: the person, and uses up nothing.
RANG_BACK: Final = "rang_back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What an ended call means for lead, person and trunk."""

    outcome: str  #: an :class:`Outcome`, or :data:`RANG_BACK`
    counts: bool  #: for the person's caps: the phone was reached, or may have been
    abandoned: bool


def is_screened_out(call: Call) -> bool:
    """Return whether screening ended *call* before any agent heard it."""
    return call.bridged_at is None and call.hang_up_asked is OwnReason.SCREENED_OUT


def meaning_so_far(call: Call, rules: Iterable[CauseRule] = ()) -> Meaning:
    """Return what *call* means that has ended, or goes on without an agent."""
    if call.ended is None and call.talk.handed_over is not None:
        outcome = RANG_BACK if call.inbound else Outcome.ANSWERED
        return Meaning(outcome=outcome, counts=not call.inbound, abandoned=False)
    return meaning_of(call, rules)


def ending_of(call: Call) -> Ending:
    """Return what the network said of the end of *call*, from its last INVITE's point of view.

    Raises:
        ValueError: the call has not ended.
    """
    ended = call.ended
    if ended is None:
        raise ValueError(f"call {call.id} has not ended: it is {call.state}")
    invited_at = call.invited_at or ended.at
    return Ending(
        sip_status=ended.sip_status,
        q850=ended.q850,
        reason_text=ended.reason_text,
        provisional_seen=call.ringing_at is not None,
        ringing_seen=call.ringing_at is not None,
        seconds=(ended.at - invited_at).total_seconds(),
        retry_after_seconds=ended.retry_after_s,
        own_reason=_REASONS[ended.own_reason],
        answered=call.answered_at is not None,
        opened=call.opened_at is not None,
    )


def meaning_of(call: Call, rules: Iterable[CauseRule] = ()) -> Meaning:
    """Return what *call*, which has ended, means.

    Raises:
        ValueError: the call has not ended.
    """
    if call.inbound:
        return Meaning(outcome=RANG_BACK, counts=False, abandoned=False)
    outcome = outcome_of(ending_of(call), rules)
    reached = outcome in REACHED or call.ringing_at is not None
    return Meaning(outcome=outcome, counts=reached, abandoned=call.abandoned)
