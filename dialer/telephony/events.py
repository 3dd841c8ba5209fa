"""What the telephony worker tells the core: facts, in the past tense.

Each travels in a :class:`~dialer.telephony.protocol.Happened` with its number and its time.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from dialer.call_events import OwnReason
from dialer.in_call import Part
from dialer.screening.verdict import ScreeningVerdict
from dialer.telephony.commands import Purpose

#: Upper ends of the buckets of :class:`OperationFigures`, in milliseconds.
BUCKETS_MS: Final = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 500.0)


class LegState(StrEnum):
    """Where a leg is in its life."""

    INVITING = "inviting"  #: the INVITE has left; at most 100 came back
    RINGING = "ringing"  #: a provisional answer above 100 came
    ANSWERED = "answered"  #: 200; hears the silent source
    PLAYING = "playing"  #: hears a file
    BRIDGED = "bridged"  #: hears another leg
    ENDING = "ending"  #: we said CANCEL or BYE, the other side has yet to agree
    ENDED = "ended"


class Side(StrEnum):
    """Which end of a leg ended it."""

    LOCAL = "local"
    REMOTE = "remote"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """The INVITE has left."""

    leg: str
    sip_call_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CameIn:
    """An INVITE has come from a peer; the caller hears ringing."""

    leg: str  #: named by the worker
    sip_call_id: str
    trunk: str
    caller: str  #: user part of who calls; empty: withheld
    called: tuple[str, ...]  #: user parts of what was dialed, the likeliest first


@dataclass(frozen=True, slots=True, kw_only=True)
class Provisional:
    """A provisional answer above 100 came: the first, or the first with early media."""

    leg: str
    status: int
    early_media: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """200 OK."""

    leg: str
    screened: bool = False  #: its gateway will tell who it is (:class:`Detected`)


@dataclass(frozen=True, slots=True, kw_only=True)
class Detected:
    """The gateway of an answered leg says who answered. What is said last holds."""

    leg: str
    verdict: ScreeningVerdict
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridged:
    """Callee and agent hear each other."""

    callee: str
    agent: str
    recording: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unbridged:
    """They no longer do. A leg that ended is told of by its :class:`Ended`, which follows."""

    callee: str
    agent: str
    by: str | None = None  #: the leg whose end parted them; ``None``: a command did


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A guest is in a callee's conversation, or has another part in it."""

    guest: str
    callee: str
    part: Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A guest is no longer in the conversation. A leg that ended is told of by its Ended."""

    guest: str
    callee: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver:
    """Callee and guest go on without the agent; :class:`Unbridged` was told before."""

    callee: str
    guest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The callee hears the hold tone."""

    callee: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """The hold is over."""

    callee: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TapeMuted:
    """From now on the callee's tape holds silence (*muted*), or no longer."""

    callee: str
    muted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Digit:
    """A key was pressed at the other end of the leg. Not told while the tape is muted."""

    leg: str
    digit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DigitsSent:
    """Keys are on their way to the leg."""

    leg: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Playing:
    """A file is being played to the leg."""

    leg: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """The file has been played to its end."""

    leg: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaLost:
    """Nothing has been heard of an agent's phone for five seconds: not one RTP packet."""

    leg: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The leg is gone. Stamped with the moment of the hang-up, not of its confirmation.

    A 200 that meets our CANCEL on the way is acknowledged and ended by the stack itself, which
    tells nobody: the network has then seen an answer of a few milliseconds that is not told here.
    """

    leg: str
    by: Side
    own_reason: OwnReason  #: why, when by is local
    status: int | None = None  #: of the final answer, if the leg was not answered
    q850: int | None = None  #: cause of a Reason header (RFC 3326)
    reason_text: str = ""  #: text of that header, else the answer's reason phrase
    retry_after_s: float | None = None  #: of a Retry-After header (RFC 3261, section 20.33)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """Both sides of a call lie in files, each mono, of equal length up to a few frames.

    One recording spans a callee's first bridge to the hang-up, also across a change of agents.
    """

    recording: str
    callee: str
    agent: str
    callee_path: str
    agent_path: str
    started_at: float  #: CLOCK_MONOTONIC seconds: the first bridge
    stopped_at: float  #: CLOCK_MONOTONIC seconds: the hang-up


@dataclass(frozen=True, slots=True, kw_only=True)
class Untaped:
    """A call is not recorded, or from here on no longer; its audio goes on."""

    recording: str
    callee: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedCommand:
    """A command made no sense; nothing was done."""

    command: str  #: its id
    leg: str | None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegReport:
    """One leg as it is."""

    leg: str
    purpose: Purpose
    state: LegState
    sip_call_id: str
    peer: str | None = None  #: the leg it is bridged to
    recording: str | None = None
    since: float = 0.0  #: CLOCK_MONOTONIC seconds: in this state since


@dataclass(frozen=True, slots=True, kw_only=True)
class Stocked:
    """All legs that are up or coming up; or the one that was asked for a second time."""

    command: str  #: the id of what asked
    legs: tuple[LegReport, ...]
    whole: bool = True  #: false: only legs that were asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationFigures:
    """How long one operation in the SIP thread took."""

    operation: str
    count: int
    total_s: float
    longest_s: float
    buckets: tuple[int, ...]  #: how many took up to each of :data:`BUCKETS_MS`, the rest last


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Where the worker's time went since it started."""

    command: str  #: the id of what asked
    cpu_s: float
    memory_bytes: int
    operations: tuple[OperationFigures, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkReachable:
    """A trunk's host has answered an OPTIONS, with whatever status."""

    trunk: str
    host: str  #: URI of the host, as the trunk file has it
    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkUnreachable:
    """A trunk's host has not answered an OPTIONS."""

    trunk: str
    host: str  #: URI of the host, as the trunk file has it
    status: int | None = None  #: 408 or 503 of our own stack; ``None``: it could not be sent


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkRegistered:
    """Our registration at a trunk was accepted, or renewed."""

    trunk: str
    expires_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkNotRegistered:
    """Our registration at a trunk was refused, or nobody answered. The worker tries again."""

    trunk: str
    status: int | None  #: ``None``: it could not be sent
    reason: str = ""  #: phrase of the answer


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkFault:
    """A trunk cannot be used as configured: its socket, its certificate, its codecs."""

    trunk: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drained:
    """No legs are left and none will come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Events were forgotten before they were taken: the buffer was full. Take stock."""

    first: int
    last: int


Event = (
    Invited
    | CameIn
    | Provisional
    | Answered
    | Detected
    | Bridged
    | Unbridged
    | Joined
    | Left
    | HandedOver
    | Held
    | Resumed
    | TapeMuted
    | Digit
    | DigitsSent
    | Playing
    | Played
    | MediaLost
    | Ended
    | Recorded
    | Untaped
    | RefusedCommand
    | Stocked
    | Measured
    | TrunkReachable
    | TrunkUnreachable
    | TrunkRegistered
    | TrunkNotRegistered
    | TrunkFault
    | Drained
    | Gap
)
