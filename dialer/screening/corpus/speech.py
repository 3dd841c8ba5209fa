"""Speech from espeak-ng, at the telephone's rate, in many voices.

Rule: which voice says what, how fast and how high, is drawn from the seed; the two parts of the
corpus share no voice.
"""

import io
import random
import shutil
import subprocess
import wave
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dialer.screening.sound import RATE, Sound, resampled

_SECONDS_LIMIT: Final = 30
_LANGUAGES: Final = {"bg": "bg", "pl": "pl", "ro": "ro", "en": "en-gb", "uk": "uk"}

#: Variants of espeak-ng's voices for the two parts.
DEV_VOICES: Final = ("m1", "m3", "m5", "m7", "f1", "f3", "klatt", "klatt3")
HELD_OUT_VOICES: Final = ("m2", "m4", "m6", "f2", "f4", "f5", "klatt2", "klatt4")


class SpeechUnavailable(RuntimeError):
    """espeak-ng is not there, or does not speak. Says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """One voice."""

    language: str
    variant: str
    words_per_minute: int
    pitch: int  #: 0..99


def draw(
    chance: random.Random, language: str, variants: tuple[str, ...], *, pace: tuple[int, int]
) -> Speaker:
    """Return some voice of *language*."""
    return Speaker(
        language=language,
        variant=chance.choice(variants),
        words_per_minute=chance.randint(*pace),
        pitch=chance.randint(25, 75),
    )


def spoken(text: str, speaker: Speaker) -> Sound:
    """Return *text* as *speaker* says it, without silence at its ends, peak near 1.

    Raises:
        SpeechUnavailable: espeak-ng is missing or failed.
    """
    program = shutil.which("espeak-ng")
    if program is None:
        raise SpeechUnavailable("espeak-ng is not installed; install the package espeak-ng")
    voice = f"{_LANGUAGES[speaker.language]}+{speaker.variant}"
    command = [program, "-v", voice, "-s", str(speaker.words_per_minute), "-p", str(speaker.pitch)]
    try:
        said = subprocess.run(
            [*command, "--stdout", text], capture_output=True, check=True, timeout=_SECONDS_LIMIT
        ).stdout
        with wave.open(io.BytesIO(said)) as opened:
            rate = opened.getframerate()
            raw = opened.readframes(len(said))  # a pipe's header does not know the length
    except (OSError, subprocess.SubprocessError, wave.Error, EOFError):
        raise SpeechUnavailable(
            f"espeak-ng could not speak {speaker.language!r}; reinstall the package espeak-ng"
        ) from None
    samples = np.frombuffer(raw[: len(raw) // 2 * 2], "<i2").astype(np.float64) / 32768
    return _trimmed(resampled(samples, rate, RATE))


def _trimmed(samples: NDArray[np.float64]) -> Sound:
    loud = np.flatnonzero(np.abs(samples) > 0.02 * (np.max(np.abs(samples)) or 1.0))
    if len(loud) == 0:
        return np.zeros(0)
    cut = samples[loud[0] : loud[-1] + 1]
    return np.asarray(cut / np.max(np.abs(cut)))
