"""Voices: what people, answering machines and agents sound like on the simulated telephone.

Speech comes from espeak-ng where it is installed, in the language of the number called, and is
otherwise synthesised here: vowels over a pitch that moves, in syllables, which is no language but
looks like speech to anything that measures it. Either way it is rendered once, at 8,000 samples a
second in the band of a telephone, and kept in the user's cache directory.

Rule: no phrase holds a pause longer than :data:`PAUSE_LIMIT_SECONDS`, so that a silence on the
line always means that somebody has finished.
"""

import contextlib
import hashlib
import io
import os
import shutil
import subprocess
import tempfile
import wave
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dialer.simulation.phrases import PHRASES, Utterance

Samples = NDArray[np.int16]  #: linear PCM, 8,000 samples a second, one channel

SAMPLES_PER_SECOND: Final = 8000
PAUSE_LIMIT_SECONDS: Final = 0.12
SPOKEN_LEVEL: Final = 3000  #: root mean square of a phrase, of 32,767 (about -21 dB)
_RENDERING: Final = "1"  #: changed whenever the same phrase would be rendered differently
_ESPEAK_SECONDS_LIMIT: Final = 20

#: The shortest and the longest of each, in seconds; longer ones are cut, shorter ones repeated.
LENGTHS: Final = {
    Utterance.HELLO: (0.4, 0.9),
    Utterance.SPEECH: (1.0, 2.6),
    Utterance.GOODBYE: (0.4, 1.2),
    Utterance.GREETING: (4.0, 9.0),
}

LANGUAGES: Final = tuple(PHRASES)

_ESPEAK_VOICES: Final = {"bg": "bg", "pl": "pl", "ro": "ro", "en": "en-gb"}
#: One line of each: espeak-ng variant, and the pitch in hertz of the voice synthesised without it.
_SPEAKERS: Final = (("m3", 115.0), ("f2", 205.0))


class VoiceUnavailable(RuntimeError):
    """The speech program is installed and did not speak."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Voices:
    """Everything that can be said in one language."""

    language: str
    recordings: dict[Utterance, tuple[Samples, ...]]

    def seconds(self, utterance: Utterance, choice: int) -> float:
        """Return how long a recording lasts; *choice* counts round and round."""
        return len(self.recording(utterance, choice)) / SAMPLES_PER_SECOND

    def recording(self, utterance: Utterance, choice: int) -> Samples:
        """Return one recording; *choice* counts round and round."""
        known = self.recordings[utterance]
        return known[choice % len(known)]


def language_of(number: str) -> str:
    """Return the language expected at a telephone number.

    >>> language_of("+48225550199"), language_of("+12025550123")
    ('pl', 'en')
    """
    prefixes = {"359": "bg", "48": "pl", "40": "ro"}
    digits = number.lstrip("+").removeprefix("00")
    return next((name for prefix, name in prefixes.items() if digits.startswith(prefix)), "en")


def load_voices(
    language: str, *, cache: Path | None = None, espeak: str | None = "espeak-ng"
) -> Voices:
    """Return the voices of a language, rendering them the first time.

    Args:
        language: One of :data:`LANGUAGES`.
        cache: Where renderings are kept; the user's cache directory by default.
        espeak: The speech program; where it is None or not installed, speech is synthesised here.

    Raises:
        ValueError: the language is unknown.
        VoiceUnavailable: the speech program is installed and fails.
    """
    if language not in PHRASES:
        raise ValueError(f"no voices for language {language!r}; there are {', '.join(LANGUAGES)}")
    program = shutil.which(espeak) if espeak else None
    folder = cache if cache is not None else cache_directory()
    content = f"{_RENDERING} {program is not None} {LENGTHS} {PHRASES[language]}"
    key = hashlib.sha256(content.encode()).hexdigest()[:12]
    file = folder / f"{language}-{'espeak' if program else 'synthetic'}-{key}.npz"
    if (known := _read(file)) is not None:
        return Voices(language=language, recordings=known)
    rendered = {
        utterance: tuple(
            _finish(_render(text, language, speaker, program), utterance)
            for text in texts
            for speaker in range(len(_SPEAKERS))
        )
        for utterance, texts in PHRASES[language].items()
    }
    with contextlib.suppress(OSError):  # a full or read-only disk only costs the next start
        _keep(file, rendered)
    return Voices(language=language, recordings=rendered)


def cache_directory() -> Path:
    """Return where renderings are kept (XDG Base Directory Specification)."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    root = Path(base) if os.path.isabs(base) else Path.home() / ".cache"
    return root / "callwright" / "voices"


def _read(file: Path) -> dict[Utterance, tuple[Samples, ...]] | None:
    try:
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as kept:
            found = {
                utterance: tuple(
                    kept[f"{utterance}-{number}"].astype(np.int16)
                    for number in range(int(kept[f"{utterance}-count"]))
                )
                for utterance in Utterance
            }
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile):
        return None  # absent, or broken: rendered again
    return found if all(found.values()) else None


def _keep(file: Path, rendered: dict[Utterance, tuple[Samples, ...]]) -> None:
    """Write *file* whole or not at all: several processes may render at the same time."""
    arrays: dict[str, NDArray[np.int16]] = {}
    for utterance, recordings in rendered.items():
        arrays[f"{utterance}-count"] = np.array(len(recordings), dtype=np.int16)
        arrays |= {f"{utterance}-{n}": samples for n, samples in enumerate(recordings)}
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as stream:
            np.savez_compressed(stream, allow_pickle=False, **arrays)
        os.replace(name, file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _render(text: str, language: str, speaker: int, program: str | None) -> NDArray[np.float64]:
    variant, pitch = _SPEAKERS[speaker]
    if program is None:
        return _babble(text, pitch)
    voice = f"{_ESPEAK_VOICES[language]}+{variant}"
    try:
        spoken = subprocess.run(
            [program, "-v", voice, "-s", "165", "--stdout", text],
            capture_output=True,
            check=True,
            timeout=_ESPEAK_SECONDS_LIMIT,
        ).stdout
        with wave.open(io.BytesIO(spoken)) as opened:
            rate = opened.getframerate()
            # The program does not know the length of a pipe beforehand: read what is there.
            raw = opened.readframes(len(spoken))
    except (OSError, subprocess.SubprocessError, wave.Error, EOFError) as cause:
        raise VoiceUnavailable(
            f"{program} is installed and could not speak {language!r}; reinstall the package "
            "espeak-ng, or remove it to use synthesised voices"
        ) from cause
    return _at_telephone_rate(np.frombuffer(raw[: len(raw) // 2 * 2], dtype="<i2"), rate)


def _at_telephone_rate(samples: NDArray[np.int16], rate: int) -> NDArray[np.float64]:
    """Return *samples* at 8,000 a second, in the telephone's 300 to 3,400 Hz."""
    count = round(len(samples) * SAMPLES_PER_SECOND / rate)
    spectrum = np.fft.rfft(samples.astype(np.float64))
    hertz = np.arange(len(spectrum)) * rate / max(1, len(samples))
    spectrum[(hertz < 300) | (hertz > 3400)] = 0
    return np.asarray(np.fft.irfft(spectrum[: count // 2 + 1], count), dtype=np.float64)


def _babble(text: str, pitch: float) -> NDArray[np.float64]:
    """Return something that sounds like speech: one syllable for about three letters."""
    rng = np.random.default_rng(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big"))
    syllables = []
    for _ in range(max(2, len(text) // 3)):
        count = int(rng.integers(1000, 1700))
        moment = np.arange(count) / SAMPLES_PER_SECOND
        melody = pitch * (1 + 0.15 * rng.standard_normal() + 0.2 * (0.5 - moment / moment[-1]))
        turn = 2 * np.pi * np.cumsum(melody) / SAMPLES_PER_SECOND
        formants = (rng.uniform(350, 800), rng.uniform(900, 2200), rng.uniform(2300, 2900))
        voiced = np.zeros(count)
        for harmonic in range(1, int(3400 / pitch)):
            near = sum(np.exp(-(((harmonic * pitch - f) / 160) ** 2)) for f in formants)
            voiced += (near + 0.02) * np.sin(harmonic * turn)
        envelope = np.sin(np.pi * np.linspace(0, 1, count)) ** 0.6
        breath = 0.15 * rng.standard_normal(count) * (moment < 0.03)
        syllables.append((voiced + breath) * envelope)
    return np.concatenate(syllables)


def _finish(spoken: NDArray[np.float64], utterance: Utterance) -> Samples:
    """Close pauses, bring to level and to length."""
    shortest, longest = LENGTHS[utterance]
    closed = _close_pauses(spoken / (np.max(np.abs(spoken)) or 1.0))
    while len(closed) < shortest * SAMPLES_PER_SECOND:
        closed = np.concatenate([closed, closed])
    cut = closed[: int(longest * SAMPLES_PER_SECOND)]
    fade = min(len(cut), SAMPLES_PER_SECOND // 50)
    cut[-fade:] *= np.linspace(1, 0, fade)
    level = np.sqrt(np.mean(cut**2)) or 1.0
    return np.clip(cut * SPOKEN_LEVEL / level, -30_000, 30_000).astype(np.int16)


def _close_pauses(spoken: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return *spoken* without silence at its ends, and with every pause at most the limit."""
    frame = SAMPLES_PER_SECOND // 100
    whole = spoken[: len(spoken) // frame * frame].reshape(-1, frame)
    loud = np.sqrt(np.mean(whole**2, axis=1)) > 0.06
    if not loud.any():
        return spoken
    keep = np.zeros(len(loud), dtype=bool)
    quiet_for = 0
    allowed = int(PAUSE_LIMIT_SECONDS * 100) - 2
    first, last = np.flatnonzero(loud)[[0, -1]]
    for position in range(first, last + 1):
        quiet_for = 0 if loud[position] else quiet_for + 1
        keep[position] = quiet_for <= allowed
    return np.asarray(whole[keep].reshape(-1), dtype=np.float64)
