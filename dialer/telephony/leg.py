"""The life of one leg in the worker, and when something is due that nobody else will say.

    inviting ──▶ ringing ──▶ answered ◀──▶ bridged
        │           │           │ ▲           │
        │           │           ▼ │           │
        │           │         playing ◀───────┤
        └───────────┴───────────┴─────────────┴──▶ ending ──▶ ended   (ended is possible everywhere)

Rule: this module decides and does nothing; it knows neither clock, nor SIP, nor sockets. The
worker's own timers and what becomes of legs whose core has died are all in :func:`deadline`.

pjsip itself waits 32 seconds for an answer to an INVITE (RFC 3261, timer B); a trunk that is
silent for three is down, and the caller's patience and the law's ring times are ours to keep.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from dialer.call_events import OwnReason
from dialer.screening.gateway import GatewayWord
from dialer.telephony.commands import Originate, Purpose
from dialer.telephony.events import (
    Answered,
    Detected,
    Ended,
    Event,
    LegReport,
    LegState,
    Provisional,
    Side,
)

CORE_LOSS_S: Final = 5.0  #: unanswered legs outlive a lost core by this much
RINGS_IN_S: Final = 30.0  #: a call that came in rings so long if nobody says anything
CONFIRMATION_S: Final = 2.0  #: how long CANCEL or BYE may go unanswered before the leg is let go
MOST_WORDS: Final = 16  #: of a gateway on one call; more is noise

UNANSWERED: Final = frozenset({LegState.INVITING, LegState.RINGING})
UP: Final = frozenset({LegState.ANSWERED, LegState.PLAYING, LegState.BRIDGED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One leg as what happened to it has made it. All times are CLOCK_MONOTONIC seconds."""

    order: Originate
    sip_call_id: str
    invited_at: float
    state: LegState = LegState.INVITING
    since: float = 0.0  #: in this state since
    tried: bool = False  #: 100 came
    ringing_at: float | None = None
    early_media: bool = False
    was_answered: bool = False
    peer: str | None = None  #: the leg it is bridged to
    came_in: bool = False  #: they called us
    hung_up_at: float | None = None
    own_reason: OwnReason = OwnReason.NONE
    detected: tuple[GatewayWord, ...] = ()  #: what its gateway has said of who answered

    @property
    def name(self) -> str:
        return self.order.leg

    @property
    def is_agent(self) -> bool:
        return self.order.purpose is Purpose.AGENT

    @property
    def is_callee(self) -> bool:
        return self.order.purpose is Purpose.CALLEE

    @property
    def is_guest(self) -> bool:
        return self.order.purpose is Purpose.GUEST

    def report(self, recording: str | None) -> LegReport:
        """Return what the core is told of this leg when it takes stock."""
        return LegReport(
            leg=self.name,
            purpose=self.order.purpose,
            state=self.state,
            sip_call_id=self.sip_call_id,
            peer=self.peer,
            recording=recording,
            since=self.since,
        )


# What SIP says of a leg.


@dataclass(frozen=True, slots=True)
class Trying:
    """100: the next hop is alive."""


@dataclass(frozen=True, slots=True)
class Progressed:
    """A provisional answer above 100."""

    status: int
    early_media: bool


@dataclass(frozen=True, slots=True)
class Confirmed:
    """200 came and was acknowledged."""

    gateway_tells: bool = False  #: who answered, as soon as it knows (X-Detect)


@dataclass(frozen=True, slots=True)
class MediaChanged:
    """The leg's audio came, went or moved: its connections must be made again."""


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """The other end sent a key: a telephone event of RTP, or a SIP INFO."""

    digit: str


@dataclass(frozen=True, slots=True)
class Disconnected:
    """SIP is done with the leg."""

    status: int
    q850: int | None
    reason_text: str
    retry_after_s: float | None = None


Fact = Trying | Progressed | Confirmed | GatewayWord | MediaChanged | KeyPressed | Disconnected


def advance(leg: Leg, fact: Fact, *, at: float) -> tuple[Leg, Event | None]:
    """Return *leg* after *fact*, and what the core is told. A repeated fact changes nothing."""
    match fact:
        case _ if leg.state is LegState.ENDED:
            return leg, None
        case Disconnected():
            return _ended(leg, fact, at)
        case Trying():
            return replace(leg, tried=True), None
        case Progressed(status, early_media) if leg.state in UNANSWERED:
            news = leg.state is LegState.INVITING or (early_media and not leg.early_media)
            rang = replace(
                leg,
                state=LegState.RINGING,
                since=at if leg.state is LegState.INVITING else leg.since,
                tried=True,
                ringing_at=at if leg.ringing_at is None else leg.ringing_at,
                early_media=leg.early_media or early_media,
            )
            told = Provisional(leg=leg.name, status=status, early_media=early_media)
            return rang, told if news else None
        case Confirmed(gateway_tells) if leg.state in UNANSWERED:
            up = replace(leg, state=LegState.ANSWERED, since=at, was_answered=True)
            screened = gateway_tells and leg.order.gateway_screens
            return up, Answered(leg=leg.name, screened=screened)
        case GatewayWord(verdict, evidence) if leg.order.gateway_screens and leg.state in UP:
            if leg.detected[-1:] == (fact,) or len(leg.detected) >= MOST_WORDS:
                return leg, None
            detected = Detected(leg=leg.name, verdict=verdict, evidence=evidence)
            return replace(leg, detected=(*leg.detected, fact)), detected
        case _:
            return leg, None


def _ended(leg: Leg, fact: Disconnected, at: float) -> tuple[Leg, Ended]:
    ours = leg.state is LegState.ENDING
    told = Ended(
        leg=leg.name,
        by=Side.LOCAL if ours else Side.REMOTE,
        own_reason=leg.own_reason,
        status=None if leg.was_answered or ours or not fact.status else fact.status,
        q850=None if ours else fact.q850,
        reason_text="" if ours else fact.reason_text,
        retry_after_s=None if ours else fact.retry_after_s,
    )
    return replace(leg, state=LegState.ENDED, since=at, peer=None), told


def came_in(name: str, sip_call_id: str, *, at: float) -> Leg:
    """Return the leg of a call that has come in and rings."""
    order = Originate(
        leg=name,
        purpose=Purpose.CALLEE,
        uri="sip:caller@127.0.0.1",  # nobody is called by it
        sender="<sip:caller@127.0.0.1>",
        ring_s=RINGS_IN_S,
    )
    return Leg(
        order=order,
        sip_call_id=sip_call_id,
        invited_at=at,
        state=LegState.RINGING,
        since=at,
        tried=True,
        ringing_at=at,
        came_in=True,
    )


def hung_up(leg: Leg, because: OwnReason, *, at: float) -> Leg:
    """Return *leg* as it is once we have said CANCEL or BYE."""
    return replace(
        leg, state=LegState.ENDING, since=at, hung_up_at=at, own_reason=because, peer=None
    )


def bridged(leg: Leg, peer: str, *, at: float) -> Leg:
    """Return *leg* as it is when it hears *peer*."""
    return replace(leg, state=LegState.BRIDGED, since=at, peer=peer)


def parted(leg: Leg, *, at: float) -> Leg:
    """Return *leg* as it is when it no longer hears its peer or a file."""
    return replace(leg, state=LegState.ANSWERED, since=at, peer=None)


def playing(leg: Leg, *, at: float) -> Leg:
    """Return *leg* as it is while it hears a file."""
    return replace(leg, state=LegState.PLAYING, since=at, peer=None)


class Due(StrEnum):
    """What must be done with a leg when its time has come."""

    HANG_UP = "hang_up"
    ABANDON = "abandon"  #: nobody will ever come: play the identity message, hang up
    LET_GO = "let_go"  #: the other side never confirmed our hang-up


@dataclass(frozen=True, slots=True)
class Deadline:
    """What is next due for a leg, and when."""

    at: float
    due: Due
    because: OwnReason = OwnReason.NONE


def deadline(leg: Leg, *, core_lost_at: float | None) -> Deadline | None:
    """Return what is next due for *leg* if nothing happens before, ``None`` for nothing.

    Args:
        core_lost_at: Since when no core has been connected; ``None`` while one is.
    """
    own = _own_timer(leg)
    orphan = None if core_lost_at is None else _orphan_timer(leg, core_lost_at)
    return min((d for d in (own, orphan) if d is not None), key=lambda d: d.at, default=None)


def _own_timer(leg: Leg) -> Deadline | None:
    order = leg.order
    match leg.state:
        case LegState.INVITING if not leg.tried:
            at = leg.invited_at + order.no_provisional_s
            return Deadline(at, Due.HANG_UP, OwnReason.NO_PROVISIONAL)
        case LegState.INVITING:
            at = leg.invited_at + order.no_progress_s
            return Deadline(at, Due.HANG_UP, OwnReason.NO_PROGRESS)
        case LegState.RINGING:
            at = leg.since + order.ring_s
            return Deadline(at, Due.HANG_UP, OwnReason.RING_TIMEOUT)
        case LegState.ENDING:
            return Deadline(leg.since + CONFIRMATION_S, Due.LET_GO)
        case _:
            return None


def _orphan_timer(leg: Leg, core_lost_at: float) -> Deadline | None:
    match leg.state:
        case LegState.INVITING | LegState.RINGING:
            at = core_lost_at + CORE_LOSS_S
            return Deadline(at, Due.HANG_UP, OwnReason.CANCELLED)
        case LegState.ANSWERED if leg.is_guest:  # nobody will ever talk with them
            at = max(leg.since, core_lost_at) + CORE_LOSS_S
            return Deadline(at, Due.HANG_UP, OwnReason.CANCELLED)
        case LegState.ANSWERED if leg.is_callee:
            at = max(leg.since + leg.order.connect_limit_s, core_lost_at)
            return Deadline(at, Due.ABANDON, OwnReason.ABANDONED)
        case _:
            return None
