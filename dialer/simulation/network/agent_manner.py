"""How an agent at the phone behaves: when to greet, when to speak, what to notice. Pure.

    idle ──sound──▶ opening ──pause──▶ talking ◀──▶ faded   (the other has stopped answering)
                       └──────────────────┴──▶ machine      (three seconds without a breath, a beep)

The agent's leg is nailed up, so a call begins for the agent with a sound after silence: the tone
of the bridge, or the callee's hello. Nobody speaks into a hello: after the tone the agent waits a
moment for it, and then for its pause, but not for the end of a tone that goes on.

Rule: the agent knows only what is heard. That a call is over is known to the desk's software and
is told by :meth:`AgentManner.conversation_over`; without it, six seconds of silence say the same.
"""

import math
import random
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from dialer.simulation.network.hearing import Ear, Sound

MACHINE_SPEECH_SECONDS: Final = 3.0  #: people who pick up the telephone pause sooner
BEEP_SECONDS: Final = 0.2  #: a shorter tone is no machine's
_TONE_PATIENCE_SECONDS: Final = 0.6  #: a longer tone is spoken into
_HELLO_PATIENCE_SECONDS: Final = 1.3  #: after the tone of the bridge; then the agent speaks first
_SIGNAL_SECONDS: Final = 0.3  #: nobody's hello is so short
_GREETING_OF_MACHINE_SECONDS: Final = 1.5  #: of speech before a tone makes that tone a beep
_ASKS_AGAIN_SECONDS: Final = 1.5  #: of silence after the greeting until it is said again, once
_FADED_SECONDS: Final = 0.9  #: of silence after any other turn
_FORGOTTEN_SECONDS: Final = 6.0


@dataclass(frozen=True, slots=True)
class Speak:
    """Say something of about this length."""

    seconds: float


@dataclass(frozen=True, slots=True)
class NoticeMachine:
    """The agent has understood that this is no person."""

    why: str  #: ``long_speech`` or ``beep``


@dataclass(frozen=True, slots=True)
class NoticeFading:
    """The other side answers no more; the conversation seems to be over."""


Deed = Speak | NoticeMachine | NoticeFading


class AgentManner:
    """One agent's ear and mouth."""

    class Mood(StrEnum):
        IDLE = "idle"  #: no call
        OPENING = "opening"  #: something is heard; not greeted yet
        TALKING = "talking"
        FADED = "faded"  #: nobody answers any more
        MACHINE = "machine"  #: listens, and says nothing

    def __init__(self, *, rng: random.Random) -> None:
        self.mood = AgentManner.Mood.IDLE
        self._rng = rng
        self._over_at = -math.inf  # the end of the last conversation
        self._began_at = 0.0  # of the first sound of this conversation
        self._quiet_since = 0.0  # the end of what I said last
        self._gap = 0.2
        self._asks_again = False  # if nobody replies to what I said last
        self._was_speaking = False

    def conversation_over(self, now: float) -> None:
        """Be ready for the next call; what sounds at this moment is the end of this one."""
        self.mood = AgentManner.Mood.IDLE
        self._over_at = now

    def greet(self, now: float) -> Speak:
        """Speak first, because the desk's software says that somebody is there."""
        if self.mood is AgentManner.Mood.IDLE:
            self._began_at = now
        return self._speak(now, seconds=self._rng.uniform(1.2, 2.0), first=True)

    def advance(self, now: float, ear: Ear, *, speaking: bool) -> Deed | None:
        """Return what the agent does now.

        Args:
            speaking: Whether the agent is still saying the last thing.
        """
        if self.mood in (AgentManner.Mood.OPENING, AgentManner.Mood.TALKING) and (
            why := self._machine(ear)
        ):
            self.mood = AgentManner.Mood.MACHINE
            return NoticeMachine(why)
        if speaking:
            self._was_speaking = True
            return None
        if self._was_speaking:
            self._was_speaking = False
            self._quiet_since = now
        match self.mood:
            case AgentManner.Mood.IDLE:
                if ear.current is not None and ear.current.began_at >= self._over_at:
                    self._open(ear.current)
                return None
            case AgentManner.Mood.OPENING:
                return self._opening(now, ear)
            case AgentManner.Mood.TALKING:
                return self._talking(now, ear)
            case AgentManner.Mood.FADED | AgentManner.Mood.MACHINE:
                return self._waiting(now, ear)

    def _open(self, sound: Sound) -> None:
        self.mood = AgentManner.Mood.OPENING
        self._began_at = sound.began_at
        self._gap = self._rng.uniform(0.18, 0.25)

    def _opening(self, now: float, ear: Ear) -> Deed | None:
        sound = ear.current
        if sound is None:
            gap = _HELLO_PATIENCE_SECONDS if _is_signal(ear.last) else self._gap
            greets = ear.silent_for(now) >= gap
        else:
            greets = sound.is_tone and now - sound.began_at >= _TONE_PATIENCE_SECONDS
        return self.greet(now) if greets else None

    def _talking(self, now: float, ear: Ear) -> Deed | None:
        if ear.is_sounding:
            return None
        silence = min(ear.silent_for(now), now - self._quiet_since)
        if ear.last is not None and ear.last.ended_at > self._quiet_since:
            if silence >= self._gap:
                return self._speak(now, seconds=self._rng.uniform(0.9, 2.2))
        elif self._asks_again:
            if silence >= _ASKS_AGAIN_SECONDS:
                return self._speak(now, seconds=self._rng.uniform(0.9, 1.5))
        elif silence >= _FADED_SECONDS:
            self.mood = AgentManner.Mood.FADED
            return NoticeFading()
        return None

    def _waiting(self, now: float, ear: Ear) -> Deed | None:
        if self.mood is AgentManner.Mood.FADED and ear.current is not None:
            self.mood = AgentManner.Mood.TALKING
        elif min(ear.silent_for(now), now - self._quiet_since) >= _FORGOTTEN_SECONDS:
            self.mood = AgentManner.Mood.IDLE
        return None

    def _speak(self, now: float, *, seconds: float, first: bool = False) -> Speak:
        self.mood = AgentManner.Mood.TALKING
        self._asks_again = first
        self._gap = self._rng.uniform(0.25, 0.6)
        self._quiet_since = now + seconds
        self._was_speaking = True
        return Speak(seconds)

    def _machine(self, ear: Ear) -> str | None:
        """Return by what a machine is recognised, or None."""
        sound = ear.current
        if sound is None or sound.began_at < self._began_at:
            return None
        if sound.tone_seconds >= BEEP_SECONDS:
            before = ear.last
            spoken = sound.seconds - sound.tone_seconds
            if before is not None and before.began_at >= self._began_at and not before.is_tone:
                spoken = max(spoken, before.seconds)
            return "beep" if spoken >= _GREETING_OF_MACHINE_SECONDS else None
        return "long_speech" if sound.seconds >= MACHINE_SPEECH_SECONDS else None


def _is_signal(sound: Sound | None) -> bool:
    """Return whether what was heard last is a tone or a click, and no word of a person."""
    return sound is not None and (sound.is_tone or sound.seconds < _SIGNAL_SECONDS)
