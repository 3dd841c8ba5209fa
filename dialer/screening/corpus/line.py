"""What a telephone line makes of a sound: level, noise, a narrow band, a codec, lost packets."""

import io
import random
from dataclasses import dataclass
from typing import Final

import numpy as np
import soundfile

from dialer.screening.corpus.sounds import noise
from dialer.screening.sound import RATE, Sound
from dialer.simulation.network.g711 import PCMA, PCMU

_PACKET: Final = RATE // 50
_NOISES: Final = ("white", "pink", "hum", "street")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line's properties."""

    level_db: float  #: root mean square of what is said, of full scale
    noise: str  #: kind of noise; empty: none
    noise_below_db: float  #: by how much it is weaker than what is said
    codec: str  #: pcma | pcmu | gsm
    lost: float  #: share of packets lost, 0..1
    fills_gaps: bool  #: the receiver repeats the last packet for a lost one, else it is silent
    silence_suppressed: bool  #: where nothing is said nothing is sent


def draw(chance: random.Random) -> Line:
    """Return some line."""
    return Line(
        level_db=chance.uniform(-34, -14),
        noise=chance.choice(("", *_NOISES, *_NOISES)),
        noise_below_db=chance.choice((15.0, 20.0, 25.0, 30.0, 40.0)),
        codec=chance.choice(("pcma", "pcma", "pcmu", "gsm")),
        lost=chance.choice((0.0, 0.0, 0.0, 0.01, 0.03, 0.05)),
        fills_gaps=chance.random() < 0.7,
        silence_suppressed=chance.random() < 0.15,
    )


def through(
    line: Line, sound: Sound, chance: random.Random, *, steady: Sound | None = None
) -> Sound:
    """Return *sound* as it arrives.

    Args:
        steady: What else is heard where the telephone stands, as loud as the noise.
    """
    heard = _narrow(sound)
    loud = heard[np.abs(heard) > 0.05]
    power = float(np.sqrt(np.mean(loud**2))) if len(loud) else 1.0
    level = 10 ** (line.level_db / 20)
    heard = heard * (level / (power or 1.0))
    if line.silence_suppressed:
        heard = _suppressed(heard, level)
    else:
        quiet = level * 10 ** (-line.noise_below_db / 20)
        if line.noise:
            heard = heard + quiet * noise(chance, line.noise, len(heard) / RATE)[: len(heard)]
        if steady is not None:
            heard = heard + quiet * np.resize(steady, len(heard))
    return _coded(_with_loss(np.clip(heard, -1, 1), line, chance), line.codec)


def _narrow(sound: Sound) -> Sound:
    if len(sound) == 0:
        return sound
    spectrum = np.fft.rfft(sound)
    hertz = np.arange(len(spectrum)) * RATE / len(sound)
    spectrum[(hertz < 250) | (hertz > 3500)] *= 0.05
    return np.asarray(np.fft.irfft(spectrum, len(sound)))


def _suppressed(heard: Sound, level: float) -> Sound:
    found = heard.copy()
    for start in range(0, len(found), _PACKET):
        packet = found[start : start + _PACKET]
        if np.sqrt(np.mean(packet**2)) < 0.02 * level:
            found[start : start + _PACKET] = 0.0
    return found


def _with_loss(heard: Sound, line: Line, chance: random.Random) -> Sound:
    if not line.lost:
        return heard
    found = heard.copy()
    for start in range(_PACKET, len(found) - _PACKET, _PACKET):
        if chance.random() < line.lost:
            before = found[start - _PACKET : start] * 0.7
            found[start : start + _PACKET] = before if line.fills_gaps else 0.0
    return found


def _coded(heard: Sound, codec: str) -> Sound:
    samples = np.round(heard * 32767).astype(np.int16)
    if codec == "gsm":
        file = io.BytesIO()
        soundfile.write(file, samples, RATE, format="WAV", subtype="GSM610")
        file.seek(0)
        decoded, _ = soundfile.read(file, dtype="float64")
        return np.asarray(decoded[: len(heard)])
    law = PCMU if codec == "pcmu" else PCMA
    return law.decode(law.encode(samples)).astype(np.float64) / 32768
