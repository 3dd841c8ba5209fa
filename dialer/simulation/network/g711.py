"""G.711: speech as one byte per sample, 8,000 samples a second (ITU-T G.711; RFC 3551, 4.5.14).

Encoding is done once per recording, not once per packet; deciding whether a packet is audible is
one ``bytes.translate``, because that question is asked of every packet of every call.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]  #: linear PCM, 8,000 samples a second, one channel

SAMPLES_PER_SECOND: Final = 8000
FRAME_SAMPLES: Final = 160  #: samples, bytes and RTP time units of one packet
FRAME_SECONDS: Final = 0.02

#: A sample weaker than this (of 32,768; about -36 dB) is background, not sound.
AUDIBLE_LEVEL: Final = 500
#: So many samples of a packet have to be that strong before the packet is heard.
AUDIBLE_SAMPLES: Final = 8


def _a_law_level(code: int) -> int:
    code ^= 0x55
    segment, step = (code & 0x70) >> 4, (code & 0x0F) << 4
    level = step + 8 if segment == 0 else (step + 0x108) << (segment - 1)
    return level if code & 0x80 else -level


def _mu_law_level(code: int) -> int:
    code = ~code & 0xFF
    level = ((((code & 0x0F) << 3) + 0x84) << ((code & 0x70) >> 4)) - 0x84
    return -level if code & 0x80 else level


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Codec:
    """One of the two laws: its name in SDP, its payload type, and its tables."""

    name: str  #: encoding name in SDP
    payload_type: int  #: static RTP payload type (RFC 3551, table 4)
    levels: Samples  #: code (0..255) -> linear sample
    codes: NDArray[np.uint8]  #: linear sample + 32768 -> code
    quiet: bytes  #: the codes weaker than AUDIBLE_LEVEL

    def encode(self, samples: Samples) -> bytes:
        """Return one byte per sample."""
        return self.codes[samples.astype(np.int32) + 32768].tobytes()

    def decode(self, payload: bytes) -> Samples:
        """Return one linear sample per byte."""
        return self.levels[np.frombuffer(payload, dtype=np.uint8)]

    def frames(self, samples: Samples) -> tuple[bytes, ...]:
        """Return *samples* as payloads of 20 ms; the last one is filled up with silence."""
        missing = -len(samples) % FRAME_SAMPLES
        encoded = self.encode(np.pad(samples, (0, missing)))
        return tuple(
            encoded[start : start + FRAME_SAMPLES]
            for start in range(0, len(encoded), FRAME_SAMPLES)
        )

    def is_audible(self, payload: bytes) -> bool:
        """Say whether a packet of about 20 ms holds more than background.

        >>> PCMA.is_audible(bytes([0xD5]) * 160)
        False
        >>> PCMA.is_audible(PCMA.encode(np.full(160, 6000, dtype=np.int16)))
        True
        """
        return len(payload.translate(None, self.quiet)) >= AUDIBLE_SAMPLES


def _codec(name: str, payload_type: int, level: Callable[[int], int]) -> Codec:
    levels = np.array([level(code) for code in range(256)], dtype=np.int32)
    order = np.argsort(levels, kind="stable")
    middles = (levels[order][:-1] + levels[order][1:]) / 2
    nearest = order[np.searchsorted(middles, np.arange(-32768, 32768))]
    return Codec(
        name=name,
        payload_type=payload_type,
        levels=levels.astype(np.int16),
        codes=nearest.astype(np.uint8),
        quiet=bytes(code for code in range(256) if abs(levels[code]) < AUDIBLE_LEVEL),
    )


PCMA: Final = _codec("PCMA", 8, _a_law_level)
PCMU: Final = _codec("PCMU", 0, _mu_law_level)
CODECS: Final = (PCMA, PCMU)


def background(codec: Codec, *, seed: int, frames: int = 50) -> tuple[bytes, ...]:
    """Return frames of a quiet line: a faint hiss, so that nobody wonders whether the line died."""
    hiss = np.random.default_rng(seed).normal(0.0, 12.0, frames * FRAME_SAMPLES)
    return codec.frames(np.clip(hiss, -60, 60).astype(np.int16))


def tone(hertz: float, seconds: float, *, level: int = 8000) -> Samples:
    """Return a sine with 5 ms of rise and fall; *level* is its peak, of 32,767."""
    count = round(seconds * SAMPLES_PER_SECOND)
    wave = level * np.sin(2 * np.pi * hertz * np.arange(count) / SAMPLES_PER_SECOND)
    edge = min(40, count // 2)
    if edge:
        wave[:edge] *= np.linspace(0, 1, edge)
        wave[-edge:] *= np.linspace(1, 0, edge)
    return wave.astype(np.int16)
