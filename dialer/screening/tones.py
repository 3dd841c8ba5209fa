"""Steady tones: one frequency, or two, held for a while.

Rule: speech is not a tone. A vowel may fill one harmonic for a moment; it neither stays within a
few hertz for a tenth of a second nor leaves the rest of the band empty.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dialer.screening.frames import HOP_S, Frames

_SINGLE: Final = 0.80  #: share of the power that one tone has
_BEATING: Final = 0.66  #: as far as it is seen of two that beat
_DOUBLE: Final = 0.88  #: and two together
_SECOND: Final = 0.10  #: the weaker of two has at least this
_WEAKEST_DB: Final = -48.0
_LOWEST_HZ: Final = 330.0  #: no tone of a telephone is lower; voices are
_DRIFT_HZ: Final = 18.0  #: from one frame to the next
_STEADY_HZ: Final = 7.0
_SHAKEN_HZ: Final = 20.0
_HIGH_HZ: Final = 1400.0  #: nobody sings a pure tone that high ...
_HIGH_S: Final = 0.15  #: ... for so long
_SHAKEN_HIGH_HZ: Final = 60.0
_LONG_S: Final = 0.25
_CLEAR_S: Final = 0.3
_CLEAR_HZ: Final = 440.0
_WHISTLE_HZ: Final = 600.0
_BEAT_HZ: Final = (370.0, 490.0)
_VOICE_HZ: Final = 400.0  #: as high do voices of women and children speak ...
_VOICE_S: Final = 0.3  #: ... on one note
_GAP: Final = 5  #: frames: a lost packet does not end a tone, nor does a turn of its phase
_SHORTEST: Final = 5  #: frames
_NOTE: Final = 16  #: frames that a note lasts
_NOTE_HZ: Final = 4.0
_NOTE_SHARE: Final = 0.3
_NOTE_FAINT_DB: Final = 24.0  #: below the loudest, nothing counts
_THIRD: Final = 1 / 3  #: of an octave
_EDGES_S: Final = 0.022  #: by how much a tone is longer than the frames that are full of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Tone:
    """A tone that was held."""

    start_s: float
    end_s: float
    hz: float  #: the lower of two
    upper_hz: float | None  #: the upper of two
    level_db: float
    drift_hz: float = 0.0  #: between its ninth and its first tenth, both edges left out

    @property
    def seconds(self) -> float:
        return self.end_s - self.start_s

    @property
    def is_steady(self) -> bool:
        """Whether it is held: a codec or a beat may shake a long one more than a short one."""
        if self.hz >= _HIGH_HZ:
            return self.drift_hz <= (_SHAKEN_HZ if self.seconds < _LONG_S else _SHAKEN_HIGH_HZ)
        if self.seconds < _LONG_S:
            return self.drift_hz <= _STEADY_HZ
        return self.beats or self.drift_hz <= _SHAKEN_HZ

    @property
    def beats(self) -> bool:
        """Whether these may be two tones so near that they are heard as one (E.180: Britain)."""
        return self.upper_hz is None and _BEAT_HZ[0] <= self.hz <= _BEAT_HZ[1]

    @property
    def is_voice(self) -> bool:
        """Whether this may be a vowel, or a singing tone, of somebody who speaks."""
        return self.hz < _VOICE_HZ and self.seconds < _VOICE_S

    @property
    def is_pure(self) -> bool:
        """Whether no throat could have held it."""
        if self.upper_hz is not None and abs(self.upper_hz / self.hz - 2) < 0.06:
            return False
        is_clear = self.seconds >= _CLEAR_S and self.hz >= _CLEAR_HZ
        return self.drift_hz <= (_SHAKEN_HZ if is_clear or self._is_high else _STEADY_HZ)

    @property
    def is_unlike_a_voice(self) -> bool:
        """Whether even next to speech it can be nobody's: high, long and still."""
        return self.hz >= _WHISTLE_HZ and self.seconds >= _CLEAR_S and self.drift_hz <= _STEADY_HZ

    @property
    def _is_high(self) -> bool:
        return self.hz >= _HIGH_HZ and self.seconds >= _HIGH_S

    def is_at(self, hertz: float, *, within: float) -> bool:
        """Return whether this is a single tone of *hertz*."""
        return self.upper_hz is None and abs(self.hz - hertz) <= within

    def resembles(self, other: "Tone") -> bool:
        """Return whether two tones sound the same."""
        if (self.upper_hz is None) != (other.upper_hz is None):
            return False
        upper = abs((self.upper_hz or 0.0) - (other.upper_hz or 0.0))
        if self.beats and other.beats:
            return True
        return abs(self.hz - other.hz) <= _DRIFT_HZ and upper <= 2 * _DRIFT_HZ


def tones_of(frames: Frames) -> list[Tone]:
    """Return the tones held in *frames*, in order."""
    if len(frames) == 0:
        return []
    loud = (frames.level_db > _WEAKEST_DB) & (frames.first_hz >= _LOWEST_HZ)
    near = (frames.first_hz >= _BEAT_HZ[0]) & (frames.first_hz <= _BEAT_HZ[1])
    single = loud & (frames.first_share >= np.where(near, _BEATING, _SINGLE))
    both = frames.first_share + frames.second_share >= _DOUBLE
    double = loud & ~single & both & (frames.second_share >= _SECOND)
    double &= frames.second_hz >= _LOWEST_HZ
    kind = single.astype(np.int8) + 2 * double.astype(np.int8)
    lower = np.where(double, np.minimum(frames.first_hz, frames.second_hz), frames.first_hz)
    upper = np.where(double, np.maximum(frames.first_hz, frames.second_hz), 0.0)
    beats = single & near
    allowed = np.where(beats[1:] & beats[:-1], _BEAT_HZ[1] - _BEAT_HZ[0], _DRIFT_HZ)
    moved = (np.abs(np.diff(lower)) > allowed) | (np.abs(np.diff(upper)) > _DRIFT_HZ)
    marks = np.flatnonzero((np.diff(kind) != 0) | moved) + 1
    starts, ends = np.concatenate([[0], marks]), np.concatenate([marks, [len(kind)]])
    lasting = (kind[starts] > 0) & (ends - starts >= 2)
    found: list[Tone] = []
    for first, last in zip(starts[lasting].tolist(), ends[lasting].tolist(), strict=True):
        _append(found, _tone(frames, lower, upper, first, last))
    return [tone for tone in found if tone.seconds >= _SHORTEST * HOP_S + _EDGES_S]


def _tone(
    frames: Frames, lower: NDArray[np.float64], upper: NDArray[np.float64], first: int, last: int
) -> Tone:
    inner = sorted(lower[first + 1 : last - 1].tolist()) or sorted(lower[first:last].tolist())
    tenth = len(inner) // 10
    middle = (first + last) // 2
    return Tone(
        start_s=first * HOP_S,
        end_s=last * HOP_S + _EDGES_S,
        hz=inner[len(inner) // 2],
        upper_hz=float(upper[middle]) or None,
        level_db=float(frames.level_db[middle]),
        drift_hz=inner[-1 - tenth] - inner[tenth],
    )


def _append(found: list[Tone], piece: Tone) -> None:
    """Add *piece*, to the tone before it if that goes on in it."""
    for place in range(len(found) - 1, max(-1, len(found) - 4), -1):
        before = found[place]
        gap = piece.start_s - before.end_s + _EDGES_S
        if gap <= _GAP * HOP_S and before.resembles(piece):
            longer = before if before.seconds >= piece.seconds else piece
            found[place] = replace(longer, start_s=before.start_s, end_s=piece.end_s)
            del found[place + 1 :]
            return
    found.append(piece)


def melody_share(frames: Frames, start_s: float, end_s: float) -> float:
    """Return how much of a stretch is notes of a melody, 0..1: next to none in speech.

    A note may have harmonics and company; its strongest partial stays within a few hertz. Voices
    that do not rise and fall hold notes too, but always the same: what is held within one third
    (of an octave, whatever the octave) is not counted, wherever most of it is.
    """
    first, last = int(start_s / HOP_S), int(end_s / HOP_S)
    hertz, share = frames.first_hz[first:last], frames.first_share[first:last]
    if len(hertz) < _NOTE:
        return 0.0
    level = frames.level_db[first:last]
    loud = level > level.max() - _NOTE_FAINT_DB
    stays = np.concatenate([[False], np.abs(np.diff(hertz)) < _NOTE_HZ]) & (share > _NOTE_SHARE)
    stays &= loud
    edges = np.diff(np.concatenate([[0], stays.astype(np.int8), [0]]))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    lasting = ends - starts >= _NOTE
    starts, ends = starts[lasting], ends[lasting]
    if len(starts) == 0:
        return 0.0
    lengths = ends - starts
    pitches = np.log2([np.median(hertz[a:b]) for a, b in zip(starts, ends, strict=True)])
    near = (pitches[None, :] - pitches[:, None]) % 1.0 <= _THIRD
    return float((lengths.sum() - (near * lengths).sum(axis=1).max()) / loud.sum())
