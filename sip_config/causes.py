"""How the network ended a call: SIP status, Q.850 cause and timing become one outcome.

    answered ─▶ the trunk's own rules ─▶ our own reason for hanging up
             ─▶ words only rate limits and blocked caller IDs use
             ─▶ Q.850 cause (unless it says nothing) ─▶ SIP status

Rule: the first of these that has an opinion decides. A status that our own CANCEL produced
says nothing about the callee, so our reason comes before it; a gateway's Q.850 cause is what the
telephone network said, so it comes before the SIP status the gateway chose for it. Every ending
has an outcome: :func:`outcome_of` never raises.

Sources: RFC 3261, section 21; RFC 3326 (Reason); RFC 3398 (ISUP to SIP); ITU-T Q.850;
RFC 8197 (607), RFC 8688 (608), RFC 8224 (428 to 438).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final

from annotated_types import Ge, Gt, Le


class Outcome(StrEnum):
    """How the network ended a call."""

    ANSWERED = "answered"  #: a 200 OK; who or what answered is another question
    BUSY = "busy"  #: the callee is in a call
    NO_ANSWER = "no_answer"  #: it rang and nobody took it
    UNAVAILABLE = "unavailable"  #: switched off, out of coverage, not registered
    INVALID_NUMBER = "invalid_number"  #: no such number; believed once two trunks agree
    REJECTED = "rejected"  #: the callee declined the call
    BLOCKED_CALLER_ID = "blocked_caller_id"  #: the network refuses this caller ID
    CONGESTION = "congestion"  #: the network, or the gateway, had no channel or no way
    TRUNK_AUTH = "trunk_auth"  #: the trunk does not accept us: credentials, address, balance
    TRUNK_RATE = "trunk_rate"  #: the trunk says we place calls too fast
    TRUNK_DOWN = "trunk_down"  #: the trunk does not react
    MEDIA = "media"  #: no codec, no encryption, no session description in common
    PROTOCOL = "protocol"  #: the trunk and we do not understand each other
    CANCELLED = "cancelled"  #: we gave the call up ourselves
    LOST = "lost"  #: nobody saw how it ended; our side failed


class OwnReason(StrEnum):
    """Why we ended a call before it was answered."""

    NONE = "none"  #: we did not; the network ended it
    NO_PROVISIONAL = "no_provisional"  #: not even a 100 Trying in time
    NO_PROGRESS = "no_progress"  #: a 100, and no ringing in time
    RING_TIMEOUT = "ring_timeout"  #: it rang as long as the campaign lets it ring
    CANCELLED = "cancelled"  #: stopped by a person, or no longer needed
    SHUTDOWN = "shutdown"  #: the dialer is going down
    TRANSPORT = "transport"  #: the request could not be sent: refused, unreachable, no name
    REFUSED_BY_US = "refused_by_us"  #: never left: the worker refused to place it
    WORKER_LOST = "worker_lost"  #: the telephony worker died with the call in it
    HEARD_BUSY = "heard_busy"  #: we heard a busy tone before any answer
    HEARD_CONGESTION = "heard_congestion"  #: likewise the tone of congestion
    HEARD_REFUSED = "heard_refused"  #: likewise the three tones before an announcement


class Retry(StrEnum):
    """When the same lead is worth another try after an outcome."""

    NEVER = "never"  #: not at this number
    SOON = "soon"  #: the callee was not reached; as soon as a trunk can carry it
    MINUTES = "minutes"  #: the callee is there and busy
    HOURS = "hours"  #: the callee is not there now
    AFTER_FIX = "after_fix"  #: when somebody has repaired the configuration
    OTHER_CALLER_ID = "other_caller_id"  #: only with another caller ID


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What is known about a call when it is over, from the INVITE's point of view."""

    sip_status: int | None = None  #: the final response, 200..699; None: there was none
    q850: int | None = None  #: cause of the Reason header, 1..127 (RFC 3326)
    reason_text: str = ""  #: reason phrase and the text of Reason and Warning headers
    provisional_seen: bool = False  #: any 1xx arrived
    ringing_seen: bool = False  #: a 180 to 189 arrived: the network reports progress
    seconds: float = 0.0  #: from INVITE to the end
    retry_after_seconds: float | None = None  #: of a Retry-After header
    own_reason: OwnReason = OwnReason.NONE
    answered: bool = False  #: a 2xx was received and the dialog confirmed
    opened: bool = False  #: a 2xx of a trunk whose answers say nothing; nobody had answered yet


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseRule:
    """A trunk's own reading of an ending; every condition given must hold.

    A rule speaks of what the network said. It sees endings we caused ourselves only when it
    names that reason in ``own_reason``.
    """

    outcome: Outcome  #: what such an ending means
    sip: Annotated[int, Ge(300), Le(699)] | None = None  #: final SIP status
    q850: Annotated[int, Ge(0), Le(127)] | None = None  #: Q.850 cause
    reason_text: str | None = None  #: text contained in reason phrase or Reason, any case
    max_ms: Annotated[float, Gt(0)] | None = None  #: ended at most this long after the INVITE
    no_18x: bool = False  #: only if no 180..189 was seen
    own_reason: OwnReason = OwnReason.NONE  #: our own reason for hanging up

    def matches(self, ending: Ending) -> bool:
        """Tell whether every condition of this rule holds for *ending*."""
        return (
            self.own_reason is ending.own_reason
            and (self.sip is None or self.sip == ending.sip_status)
            and (self.q850 is None or self.q850 == ending.q850)
            and (self.max_ms is None or ending.seconds * 1000 <= self.max_ms)
            and not (self.no_18x and ending.ringing_seen)
            and (self.reason_text is None or _contains(ending.reason_text, self.reason_text))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What follows from an outcome, for the lead and for the trunk."""

    retry: Retry
    fail_over_limit: int | None = 0  #: further trunks worth asking; None: as many as allowed
    blames_trunk: bool = False  #: counts against the trunk's health

    @property
    def retryable(self) -> bool:
        """Whether the lead may be tried again at this number."""
        return self.retry is not Retry.NEVER

    @property
    def fails_over(self) -> bool:
        """Whether another trunk should be asked at once (never after ringing)."""
        return self.fail_over_limit != 0


FACTS: Final[dict[Outcome, Facts]] = {
    Outcome.ANSWERED: Facts(retry=Retry.HOURS),
    Outcome.BUSY: Facts(retry=Retry.MINUTES),
    Outcome.NO_ANSWER: Facts(retry=Retry.HOURS),
    Outcome.UNAVAILABLE: Facts(retry=Retry.HOURS),
    Outcome.INVALID_NUMBER: Facts(retry=Retry.NEVER, fail_over_limit=1),
    Outcome.REJECTED: Facts(retry=Retry.NEVER),
    Outcome.BLOCKED_CALLER_ID: Facts(retry=Retry.OTHER_CALLER_ID),
    Outcome.CONGESTION: Facts(retry=Retry.SOON, fail_over_limit=None, blames_trunk=True),
    Outcome.TRUNK_AUTH: Facts(retry=Retry.SOON, fail_over_limit=None, blames_trunk=True),
    Outcome.TRUNK_RATE: Facts(retry=Retry.SOON, fail_over_limit=None),
    Outcome.TRUNK_DOWN: Facts(retry=Retry.SOON, fail_over_limit=None, blames_trunk=True),
    Outcome.MEDIA: Facts(retry=Retry.AFTER_FIX, fail_over_limit=None, blames_trunk=True),
    Outcome.PROTOCOL: Facts(retry=Retry.AFTER_FIX, fail_over_limit=None, blames_trunk=True),
    Outcome.CANCELLED: Facts(retry=Retry.SOON),
    Outcome.LOST: Facts(retry=Retry.SOON),
}

#: A 403 this soon, before any sign of ringing and without a cause of the telephone network, comes
#: from the trunk's door and not from a callee.
AT_THE_DOOR_SECONDS: Final = 0.150

#: Causes that say nothing: absent, normal clearing, normal unspecified, interworking.
SILENT_CAUSES: Final = frozenset({0, 16, 31, 127})

OWN: Final[dict[OwnReason, Outcome]] = {
    OwnReason.NO_PROVISIONAL: Outcome.TRUNK_DOWN,
    OwnReason.NO_PROGRESS: Outcome.CONGESTION,
    OwnReason.RING_TIMEOUT: Outcome.NO_ANSWER,
    OwnReason.CANCELLED: Outcome.CANCELLED,
    OwnReason.SHUTDOWN: Outcome.CANCELLED,
    OwnReason.TRANSPORT: Outcome.TRUNK_DOWN,
    OwnReason.REFUSED_BY_US: Outcome.LOST,
    OwnReason.WORKER_LOST: Outcome.LOST,
    OwnReason.HEARD_BUSY: Outcome.BUSY,
    OwnReason.HEARD_CONGESTION: Outcome.CONGESTION,
    OwnReason.HEARD_REFUSED: Outcome.UNAVAILABLE,
}

#: Q.850 cause -> outcome. 2 and 3 (no route) are often our own wrong prefix: another trunk decides.
CAUSES: Final[dict[int, Outcome]] = {
    **dict.fromkeys((1, 2, 3, 22, 28), Outcome.INVALID_NUMBER),
    17: Outcome.BUSY,
    **dict.fromkeys((18, 19), Outcome.NO_ANSWER),
    **dict.fromkeys((20, 27), Outcome.UNAVAILABLE),
    21: Outcome.REJECTED,
    **dict.fromkeys((34, 41, 42, 44, 47), Outcome.CONGESTION),
    **dict.fromkeys((38, 102), Outcome.TRUNK_DOWN),
    **dict.fromkeys((57, 58), Outcome.BLOCKED_CALLER_ID),
    **dict.fromkeys((65, 79, 88), Outcome.MEDIA),
    **dict.fromkeys((*range(95, 102), *range(103, 112)), Outcome.PROTOCOL),
}

#: SIP statuses whose outcome does not depend on timing.
STATUSES: Final[dict[int, Outcome]] = {
    **dict.fromkeys((401, 402, 407), Outcome.TRUNK_AUTH),
    **dict.fromkeys((403, 428, 433, 436, 437, 438, 608), Outcome.BLOCKED_CALLER_ID),
    **dict.fromkeys((404, 410, 484, 485, 604), Outcome.INVALID_NUMBER),
    **dict.fromkeys((406, 415, 488, 580, 606), Outcome.MEDIA),
    429: Outcome.TRUNK_RATE,
    **dict.fromkeys((486, 600), Outcome.BUSY),
    **dict.fromkeys((500, 502, 503, 504), Outcome.CONGESTION),
    **dict.fromkeys((501, 505, 513), Outcome.PROTOCOL),
    **dict.fromkeys((603, 607), Outcome.REJECTED),
}

#: Statuses that mean "it rang" after a 18x, and something else before one.
BEFORE_RINGING: Final[dict[int, Outcome]] = {
    480: Outcome.UNAVAILABLE,
    487: Outcome.CONGESTION,
}

_TOO_FAST: Final = re.compile(
    r"\bcps\b|calls?[ -]per[ -]second|rate[ -]limit|too many (calls|requests)", re.IGNORECASE
)
_BLOCKED: Final = re.compile(r"network blocked|caller ?id|\bclir?\b.*(reject|block)", re.IGNORECASE)


def outcome_of(ending: Ending, rules: Iterable[CauseRule] = ()) -> Outcome:
    """Return what *ending* means, asking the trunk's *rules* (its ``cause_map``) first.

    A gateway without a free channel answers 486 at once; a person who is busy does not:

    >>> full = Ending(sip_status=486, provisional_seen=True, seconds=0.04)
    >>> outcome_of(full)
    <Outcome.BUSY: 'busy'>
    >>> outcome_of(full, [CauseRule(sip=486, max_ms=150, no_18x=True, outcome=Outcome.CONGESTION)])
    <Outcome.CONGESTION: 'congestion'>

    The 487 that our own CANCEL produced says nothing; why we cancelled does:

    >>> outcome_of(Ending(sip_status=487, ringing_seen=True, own_reason=OwnReason.RING_TIMEOUT))
    <Outcome.NO_ANSWER: 'no_answer'>
    """
    if ending.answered:
        return Outcome.ANSWERED
    for rule in rules:
        if rule.matches(ending):
            return rule.outcome
    if ending.own_reason is not OwnReason.NONE:
        return OWN[ending.own_reason]
    return _from_words(ending) or _from_cause(ending) or _from_status(ending)


def _from_words(ending: Ending) -> Outcome | None:
    """Return what the text says, for the two outcomes that carriers only put into words."""
    status = ending.sip_status or 0
    if status >= 400 and _TOO_FAST.search(ending.reason_text):
        return Outcome.TRUNK_RATE
    if status in {403, 603} and _BLOCKED.search(ending.reason_text):
        return Outcome.BLOCKED_CALLER_ID
    return None


def _from_cause(ending: Ending) -> Outcome | None:
    """Return what the telephone network's own cause says, None if it says nothing."""
    cause = ending.q850
    if cause is None or cause in SILENT_CAUSES:
        return None
    if cause == 42 and (ending.sip_status == 429 or ending.retry_after_seconds is not None):
        return Outcome.TRUNK_RATE
    if cause == 102 and ending.ringing_seen:
        return Outcome.NO_ANSWER
    return CAUSES.get(cause)


def _from_status(ending: Ending) -> Outcome:
    """Return what the SIP status says; an unknown one counts as x00 of its class (RFC 3261)."""
    status = ending.sip_status
    if status is None or status < 200:
        return Outcome.NO_ANSWER if ending.opened else Outcome.LOST
    if status < 300:
        return Outcome.ANSWERED
    if status == 408:
        return _timed_out(ending)
    if status in BEFORE_RINGING:
        return Outcome.NO_ANSWER if ending.ringing_seen else BEFORE_RINGING[status]
    if status == 503 and ending.retry_after_seconds is not None:
        return Outcome.TRUNK_RATE
    if _at_the_door(ending):
        return Outcome.TRUNK_AUTH
    if (outcome := STATUSES.get(status)) is not None:
        return outcome
    return _CLASSES.get(status // 100, Outcome.PROTOCOL)


#: Class of an unknown status -> outcome. A redirect (3xx) is never followed.
_CLASSES: Final[dict[int, Outcome]] = {5: Outcome.CONGESTION, 6: Outcome.BUSY}


def _timed_out(ending: Ending) -> Outcome:
    if ending.ringing_seen:
        return Outcome.NO_ANSWER
    return Outcome.CONGESTION if ending.provisional_seen else Outcome.TRUNK_DOWN


def _at_the_door(ending: Ending) -> bool:
    return (
        ending.sip_status == 403
        and not ending.ringing_seen
        and ending.seconds < AT_THE_DOOR_SECONDS
    )


def _contains(text: str, part: str) -> bool:
    return part.casefold() in text.casefold()
