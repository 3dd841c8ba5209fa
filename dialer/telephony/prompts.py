"""What the dialer itself says into a line: the identity message, the zip tone, and silence.

Every file is 8 kHz, mono, 16 bit, the bridge's own form, so that no resampler ever starts.
Spoken files are cached under the hash of what made them; a text is spoken once.
"""

import math
import os
import shutil
import subprocess
import wave
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

RATE: Final = 8000  #: samples a second of everything the bridge plays
PAD_S: Final = 3.0  #: silence behind a played file; see dialer/telephony/pjsua2.py
SILENCE_S: Final = 60.0

_SPEAK_TIMEOUT_S: Final = 60
_FORMAT: Final = 1  # counted up when the synthesis changes, so that cached files are made anew

Samples = NDArray[np.int16]


class UnplayableFile(ValueError):
    """A file is not a WAV of 8 kHz, mono, 16 bit."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A file that can be played and ends in silence."""

    path: Path
    seconds: float  #: of what is to be heard


def write_wav(path: Path, samples: Samples) -> None:
    """Write *samples* to *path*, whole or not at all."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    with wave.open(str(unfinished), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.astype("<i2").tobytes())
    unfinished.replace(path)


def read_wav(path: Path) -> Samples:
    """Return the samples of *path*.

    Raises:
        UnplayableFile: it is not there, not a WAV, or of another form.
    """
    try:
        with wave.open(str(path), "rb") as file:
            form = (file.getframerate(), file.getnchannels(), file.getsampwidth() * 8)
            frames = file.readframes(file.getnframes())
    except (OSError, EOFError, wave.Error) as error:
        raise UnplayableFile(f"{path.name} cannot be read as a WAV file: {error}") from None
    if form != (RATE, 1, 16):
        raise UnplayableFile(
            f"{path.name} has {form[0]} Hz, {form[1]} channels, {form[2]} bit; "
            f"expected {RATE} Hz, 1 channel, 16 bit: convert it"
        )
    return np.frombuffer(frames, dtype="<i2").astype(np.int16)


def silence(directory: Path) -> Path:
    """Return a long silent file in *directory*, making it if need be."""
    path = directory / "silence.wav"
    if not path.exists():
        write_wav(path, np.zeros(int(RATE * SILENCE_S), np.int16))
    return path


def padded(path: Path, directory: Path) -> Prompt:
    """Return a copy of *path* in *directory* that ends in silence.

    Raises:
        UnplayableFile: *path* cannot be played.
    """
    try:
        found = path.stat()
    except OSError as error:
        raise UnplayableFile(f"{path.name} cannot be read: {error.strerror}") from None
    mark = sha256(f"{path} {found.st_mtime_ns} {found.st_size}".encode()).hexdigest()[:24]
    copy = directory / f"padded-{mark}.wav"
    if copy.exists():
        return Prompt(copy, (copy.stat().st_size - 44) / (2 * RATE) - PAD_S)
    samples = read_wav(path)
    write_wav(copy, np.concatenate([samples, np.zeros(int(RATE * PAD_S), np.int16)]))
    return Prompt(copy, len(samples) / RATE)


def zip_tone(directory: Path) -> Prompt:
    """Return the short tone that tells an agent that someone is there."""
    path = directory / "zip-tone.wav"
    seconds = 0.12
    if not path.exists():
        time = np.arange(int(RATE * seconds)) / RATE
        edge = np.minimum(1, np.minimum(time, seconds - time) / 0.01)  # no clicks
        tone = 6000 * np.sin(2 * math.pi * 620 * time) * edge
        write_wav(path, np.concatenate([tone, np.zeros(int(RATE * PAD_S))]).astype(np.int16))
    return Prompt(path, seconds)


def hold_tone(directory: Path) -> Path:
    """Return a long file of what a callee on hold hears: two soft notes now and again."""
    path = directory / "hold-tone.wav"
    if not path.exists():
        notes = np.concatenate([_soft(523, 0.35), _soft(659, 0.5)])
        period = np.concatenate([notes, np.zeros(int(RATE * 5) - len(notes))])
        write_wav(path, np.tile(period, int(SILENCE_S / 5)).astype(np.int16))
    return path


def _soft(hertz: float, seconds: float) -> NDArray[np.float64]:
    time = np.arange(int(RATE * seconds)) / RATE
    swell = np.sin(math.pi * time / seconds)
    return np.asarray(2500 * swell * np.sin(2 * math.pi * hertz * time))


def spoken(text: str, *, language: str, cache: Path) -> Path:
    """Return a file in *cache* that says *text*.

    With espeak-ng installed the words are spoken; without it the file holds speech-like sound of
    the same rhythm between two tones, so that everything around it works and nobody takes it
    for a finished installation.

    Args:
        language: A tag such as ``bg`` or ``en-GB``; its voice, or English.
    """
    speaker = shutil.which("espeak-ng")
    mark = sha256(f"{_FORMAT} {bool(speaker)} {language} {text}".encode()).hexdigest()[:24]
    path = cache / f"spoken-{mark}.wav"
    if path.exists():
        return path
    cache.mkdir(parents=True, exist_ok=True)
    samples = _speak(speaker, text, language) if speaker else None
    write_wav(path, _speech_like(text) if samples is None else samples)
    return path


def _speak(speaker: str, text: str, language: str) -> Samples | None:
    """Return *text* as espeak-ng says it, ``None`` when it cannot."""
    for voice in (language.lower(), language.lower().partition("-")[0], "en"):
        done = subprocess.run(
            [speaker, "-v", voice, "-s", "150", "--stdout", "--stdin"],
            input=text.encode(),
            capture_output=True,
            timeout=_SPEAK_TIMEOUT_S,
            check=False,
        )
        if done.returncode == 0 and len(done.stdout) > 44:
            return _at_our_rate(done.stdout)
    return None


def _at_our_rate(wav: bytes) -> Samples:
    """Return a mono 16 bit WAV, whose header may lack its lengths, at our rate."""
    rate = int.from_bytes(wav[24:28], "little")
    start = wav.index(b"data") + 8
    body = wav[start : start + (len(wav) - start) // 2 * 2]
    samples = np.frombuffer(body, "<i2").astype(np.float64)
    spectrum = np.fft.rfft(samples)  # all above our half rate goes, so that nothing is mirrored
    spectrum[int(len(samples) * 0.475 * RATE / rate) :] = 0
    smooth = np.fft.irfft(spectrum, len(samples)) if len(samples) else samples
    at = np.arange(int(len(samples) * RATE / rate)) * rate / RATE
    peak = max(1.0, float(np.max(np.abs(smooth), initial=0.0)))
    return (np.interp(at, np.arange(len(samples)), smooth) * (16000 / peak)).astype(np.int16)


def _speech_like(text: str) -> Samples:
    """Return sound with the rhythm of *text*: one voiced burst a syllable, pauses between words."""
    pieces = [_tone(660, 0.2), np.zeros(RATE // 5)]
    for word in text.split() or ["message"]:
        count = max(1, round(len(word) / 3))
        pieces += [_syllable(120 + 15 * math.sin(len(word) + i)) for i in range(count)]
        pieces.append(np.zeros(int(0.09 * RATE)))
    pieces += [np.zeros(RATE // 5), _tone(440, 0.2)]
    return np.concatenate(pieces).astype(np.int16)


def _tone(hertz: float, seconds: float) -> NDArray[np.float64]:
    return 8000 * np.sin(2 * math.pi * hertz * np.arange(int(RATE * seconds)) / RATE)


def _syllable(pitch: float) -> NDArray[np.float64]:
    time = np.arange(int(0.16 * RATE)) / RATE
    shape = np.sin(math.pi * time / 0.16) ** 0.6
    voice = sum(
        np.sin(2 * math.pi * pitch * k * time) * math.exp(-(((pitch * k - 600) / 900) ** 2))
        for k in range(1, 24)
    )
    return np.asarray(3500 * shape * voice)
