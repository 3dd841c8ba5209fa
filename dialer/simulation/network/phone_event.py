"""What an agent's phone tells the people at the desk: facts, in the past tense.

``at`` is in seconds of the monotonic clock, as asyncio's ``loop.time()`` counts them.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LegAnswered:
    at: float


@dataclass(frozen=True, slots=True)
class LegEnded:
    at: float
    by: str  #: ``dialer``, ``phone`` or ``network`` (the answer was never acknowledged)


@dataclass(frozen=True, slots=True)
class SoundBegan:
    at: float


@dataclass(frozen=True, slots=True)
class SoundEnded:
    at: float  #: when the sound ended, which is a moment before it was known
    seconds: float
    tone_hertz: float | None  #: None: speech, or whatever else is no single tone


@dataclass(frozen=True, slots=True)
class BeepHeard:
    at: float
    hertz: float


@dataclass(frozen=True, slots=True)
class MachineNoticed:
    at: float
    why: str  #: ``long_speech`` or ``beep``


@dataclass(frozen=True, slots=True)
class ConversationFaded:
    """The other side has stopped answering."""

    at: float


@dataclass(frozen=True, slots=True)
class Spoke:
    """The agent began to speak."""

    at: float
    seconds: float


PhoneEvent = (
    LegAnswered
    | LegEnded
    | SoundBegan
    | SoundEnded
    | BeepHeard
    | MachineNoticed
    | ConversationFaded
    | Spoke
)
