"""What is heard on a line: sound or silence, speech or a tone. Pure; time is an argument.

A packet is *audible* or not, as :mod:`~dialer.simulation.network.g711` says. Sound begins with the
second audible packet within 60 ms, and then began with the first; it ends when nothing was audible
for :data:`PAUSE_SECONDS`, and then ended with the last. A click is therefore no sound, and the gap
between two syllables no end.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from dialer.simulation.network.g711 import FRAME_SECONDS, SAMPLES_PER_SECOND, Samples

PAUSE_SECONDS: Final = 0.18
_CLICK_SECONDS: Final = 0.06
#: So much of a packet's energy lies within one narrow band when it is a tone.
_TONE_SHARE: Final = 0.92
_TONE_DRIFT_HERTZ: Final = 30.0
#: So long a tone has to stay to be one: vowels are pure for a moment, too.
TONE_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """One stretch of sound, as known so far. Instants are in seconds of one clock."""

    began_at: float
    ended_at: float  #: end of its last audible packet
    tone_hertz: float | None = None  #: the last tone in it, if there was one
    tone_seconds: float = 0.0  #: how long that tone lasted

    @property
    def seconds(self) -> float:
        return self.ended_at - self.began_at

    @property
    def is_tone(self) -> bool:
        """Nearly all of it was one tone."""
        return self.tone_hertz is not None and self.seconds - self.tone_seconds < 0.1


class Ear:
    """Turns packets into sounds."""

    def __init__(self) -> None:
        self.current: Sound | None = None  #: what is sounding
        self.last: Sound | None = None  #: what sounded last, and is over
        self.first_began_at: float | None = None  #: of the first sound ever heard
        self.heard_seconds = 0.0  #: sum of all audible packets
        self._suspect_at = -math.inf

    @property
    def is_sounding(self) -> bool:
        return self.current is not None

    def hear(self, now: float) -> None:
        """Take one audible packet, received at *now*."""
        self.heard_seconds += FRAME_SECONDS
        if self.current is not None:
            self.current = _longer(self.current, now)
        elif now - self._suspect_at <= _CLICK_SECONDS:
            self.current = Sound(began_at=self._suspect_at, ended_at=now + FRAME_SECONDS)
            if self.first_began_at is None:
                self.first_began_at = self._suspect_at
        else:
            self._suspect_at = now

    def advance(self, now: float) -> None:
        """Take note that time has passed: a sound may be over."""
        if self.current is not None and now - self.current.ended_at >= PAUSE_SECONDS:
            self.last, self.current = self.current, None
            self._suspect_at = -math.inf

    def hear_tone(self, hertz: float, seconds: float) -> None:
        """Take note that the current sound is, for so long by now, a tone."""
        if self.current is not None:
            self.current = Sound(
                began_at=self.current.began_at,
                ended_at=self.current.ended_at,
                tone_hertz=hertz,
                tone_seconds=seconds,
            )

    def silent_for(self, now: float) -> float:
        """Return the seconds since the end of the last sound; infinite if there was none."""
        if self.current is not None:
            return 0.0
        return math.inf if self.last is None else now - self.last.ended_at


def _longer(sound: Sound, now: float) -> Sound:
    return Sound(
        began_at=sound.began_at,
        ended_at=now + FRAME_SECONDS,
        tone_hertz=sound.tone_hertz,
        tone_seconds=sound.tone_seconds,
    )


_WINDOW: Final = np.hanning(160)


def pitch_of_tone(frame: Samples) -> float | None:
    """Return the frequency of a frame of 20 ms that is one tone, in hertz, else None."""
    if len(frame) != len(_WINDOW):
        return None
    power = np.abs(np.fft.rfft(frame * _WINDOW)) ** 2
    power[:2] = 0.0  # a shifted zero line is no tone
    total = float(power.sum())
    peak = int(power.argmax())
    around = power[max(0, peak - 2) : peak + 3]
    if not total or float(around.sum()) / total < _TONE_SHARE:
        return None
    bins = np.arange(max(0, peak - 2), max(0, peak - 2) + len(around))
    centre = float((bins * around).sum() / around.sum())
    return centre * SAMPLES_PER_SECOND / len(_WINDOW)


class ToneEar:
    """Follows one tone through consecutive frames."""

    def __init__(self) -> None:
        self._hertz = 0.0
        self._seconds = 0.0

    def reset(self) -> None:
        """Begin anew: there was silence."""
        self._seconds = 0.0

    def hear(self, frame: Samples) -> tuple[float, float] | None:
        """Take one audible frame; return the tone and its length, once it is long enough."""
        hertz = pitch_of_tone(frame)
        if hertz is None:
            self._seconds = 0.0
            return None
        same = self._seconds > 0 and abs(hertz - self._hertz) <= _TONE_DRIFT_HERTZ
        self._seconds = self._seconds + FRAME_SECONDS if same else FRAME_SECONDS
        self._hertz = hertz
        return (hertz, self._seconds) if self._seconds >= TONE_SECONDS - 1e-9 else None
