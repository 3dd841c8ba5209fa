"""Sound as frames: every 10 ms, how loud it is and whether it is one tone, or two.

Rule: a frame is known when its 32 ms are; the frames of a beginning never change as more comes.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dialer.screening.sound import RATE, Sound

HOP_S: Final = 0.01
HOP: Final = int(HOP_S * RATE)
WINDOW: Final = 256  #: samples: 32 ms
SILENT_DB: Final = -90.0  #: what digital silence counts as

_BIN_HZ: Final = RATE / WINDOW
_LOWEST: Final = int(220 / _BIN_HZ)  #: below is hum
_HIGHEST: Final = int(3600 / _BIN_HZ)
_LOBE: Final = 2  #: bins to each side that belong to one tone, seen through the window
_SHAPE: Final = np.hanning(WINDOW)
_FULL: Final = float((_SHAPE**2).sum()) * WINDOW / 2  #: the power of a sine at full scale

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frames:
    """What is known of a sound, 100 values a second each."""

    level_db: Numbers  #: of the telephone band; 0 is a sine at full scale
    first_hz: Numbers  #: the strongest tone
    first_share: Numbers  #: its share of the power, 0..1
    second_hz: Numbers  #: the strongest tone beside it
    second_share: Numbers

    def __len__(self) -> int:
        return len(self.level_db)

    @property
    def seconds(self) -> float:
        """How much sound this is."""
        return len(self) * HOP_S

    def until(self, seconds: float) -> "Frames":
        """Return the frames that were known after so much sound."""
        count = max(0, round(seconds / HOP_S))
        return Frames(
            level_db=self.level_db[:count],
            first_hz=self.first_hz[:count],
            first_share=self.first_share[:count],
            second_hz=self.second_hz[:count],
            second_share=self.second_share[:count],
        )

    def last(self, seconds: float) -> "Frames":
        """Return the frames of the end."""
        start = max(0, len(self) - round(seconds / HOP_S))
        return Frames(
            level_db=self.level_db[start:],
            first_hz=self.first_hz[start:],
            first_share=self.first_share[start:],
            second_hz=self.second_hz[start:],
            second_share=self.second_share[start:],
        )

    def and_then(self, more: "Frames") -> "Frames":
        """Return these frames and those that follow."""
        return Frames(
            level_db=np.concatenate([self.level_db, more.level_db]),
            first_hz=np.concatenate([self.first_hz, more.first_hz]),
            first_share=np.concatenate([self.first_share, more.first_share]),
            second_hz=np.concatenate([self.second_hz, more.second_hz]),
            second_share=np.concatenate([self.second_share, more.second_share]),
        )


def frames_of(sound: Sound) -> Frames:
    """Return the frames of *sound*; what is left over at its end is too short for one."""
    if len(sound) < WINDOW:
        return _NONE
    windows = np.lib.stride_tricks.sliding_window_view(sound, WINDOW)[::HOP]
    power = np.abs(np.fft.rfft(windows * _SHAPE, axis=1)) ** 2
    power[:, 1:] *= 2.0
    band = power[:, _LOWEST : _HIGHEST + 1]
    total = band.sum(axis=1)
    first, first_share = _strongest(band, total)
    second, second_share = _strongest(_without(band, first), total)
    level = 10 * np.log10(np.maximum(total / _FULL, 10 ** (SILENT_DB / 10)))
    return Frames(
        level_db=level,
        first_hz=_frequency(band, first),
        first_share=first_share,
        second_hz=_frequency(band, second),
        second_share=second_share,
    )


class Framer:
    """Makes frames of sound that comes in pieces."""

    def __init__(self) -> None:
        self._left: Sound = np.zeros(0)
        self.frames: Frames = _NONE

    def take(self, sound: Sound) -> Frames:
        """Take what has come; return all frames so far."""
        self._left = np.concatenate([self._left, sound])
        more = frames_of(self._left)
        if len(more):
            self._left = self._left[len(more) * HOP :]
            self.frames = self.frames.and_then(more)
        return self.frames

    def forget(self, but_s: float) -> float:
        """Forget all but the end; return how many seconds that was."""
        before = self.frames.seconds
        self.frames = self.frames.last(but_s)
        return before - self.frames.seconds


def _strongest(band: Numbers, total: Numbers) -> tuple[NDArray[np.intp], Numbers]:
    best = np.argmax(band, axis=1)
    sums = np.cumsum(np.pad(band, ((0, 0), (1, 0))), axis=1)
    rows, last = np.arange(len(band)), band.shape[1]
    high = np.minimum(best + _LOBE + 1, last)
    low = np.maximum(best - _LOBE, 0)
    around = sums[rows, high] - sums[rows, low]
    return best, np.where(total > 0, around / np.maximum(total, 1e-30), 0.0)


def _without(band: Numbers, best: NDArray[np.intp]) -> Numbers:
    distance = np.abs(np.arange(band.shape[1])[None, :] - best[:, None])
    return np.where(distance <= _LOBE + 1, 0.0, band)


def _frequency(band: Numbers, best: NDArray[np.intp]) -> Numbers:
    """Return the frequency between the bins, by a parabola through the logarithms."""
    rows = np.arange(len(band))
    inner = np.clip(best, 1, band.shape[1] - 2)
    left, middle, right = (np.log(band[rows, inner + k] + 1e-20) for k in (-1, 0, 1))
    bend = left - 2 * middle + right
    shift = np.where(np.abs(bend) > 1e-9, 0.5 * (left - right) / np.where(bend == 0, 1, bend), 0.0)
    return np.asarray((inner + np.clip(shift, -0.5, 0.5) + _LOWEST) * _BIN_HZ)


_NONE: Final = Frames(
    level_db=np.zeros(0),
    first_hz=np.zeros(0),
    first_share=np.zeros(0),
    second_hz=np.zeros(0),
    second_share=np.zeros(0),
)
