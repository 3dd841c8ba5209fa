"""When somebody speaks, and when not: spurts of speech and the turns they make up.

Rule: what is speech is measured by the line itself. It stands out from the quietest tenth of the
last seconds, and is not far below the loudest that was heard; a line that is equally loud all the
time carries noise.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dialer.screening.frames import HOP_S, Frames
from dialer.screening.tones import Tone

STOP_S: Final = 0.16  #: gaps up to this belong to a word: stopped consonants, lost packets
TURN_PAUSE_S: Final = 1.0  #: who has been silent for longer waits for an answer
_CLICK_S: Final = 0.06  #: shorter sounds are nobody's
_STANDS_OUT_DB: Final = 9.0  #: above the noise
_FAINT_DB: Final = 24.0  #: below the loudest
_WEAKEST_DB: Final = -50.0
_RANGE_DB: Final = 13.0  #: between the noise and the loudest, or nobody speaks
_NOISE_S: Final = 5.0  #: of the past tell what the noise is
_BLOCK: Final = 50  #: frames in which loudness is compared
_BESIDE_DB: Final = 8.0  #: who is so much weaker is somebody else
_WAITED: Final = 100  #: frames of blocks without that voice, or it waits
_AGAIN_DB: Final = 4.0  #: as near to its loudest does a voice come ...
_AGAIN: Final = 200  #: ... again within so many frames
_TONE_S: Final = 0.1  #: tones that long, and steady, are no speech


@dataclass(frozen=True, slots=True)
class Spurt:
    """Speech without a gap."""

    start_s: float
    end_s: float

    @property
    def seconds(self) -> float:
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True)
class Turn:
    """Spurts with pauses between them in which nobody would begin to answer."""

    spurts: tuple[Spurt, ...]

    @property
    def start_s(self) -> float:
        return self.spurts[0].start_s

    @property
    def end_s(self) -> float:
        return self.spurts[-1].end_s

    @property
    def seconds(self) -> float:
        return self.end_s - self.start_s

    @property
    def share(self) -> float:
        """How much of the turn is speech, 0..1."""
        return sum(spurt.seconds for spurt in self.spurts) / max(self.seconds, HOP_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """What is said in a sound."""

    turns: tuple[Turn, ...]
    heard_s: float  #: how long the sound is
    noise_db: float
    loudest_db: float

    @property
    def spurts(self) -> list[Spurt]:
        return [spurt for turn in self.turns for spurt in turn.spurts]

    @property
    def quiet_s(self) -> float:
        """For how long nobody has spoken, up to now."""
        return self.heard_s - self.turns[-1].end_s if self.turns else self.heard_s


def talk_of(frames: Frames, tones: Sequence[Tone]) -> Talk:
    """Return what is said in *frames*, tones left out."""
    level = _smooth(frames.level_db)
    free = np.ones(len(level), dtype=bool)
    for tone in tones:
        if tone.seconds >= _TONE_S and tone.is_steady and not tone.is_voice:
            first = max(0, int(tone.start_s / HOP_S) - 3)
            free[first : int(tone.end_s / HOP_S) + 2] = False
    recent = level[-int(_NOISE_S / HOP_S) :][free[-int(_NOISE_S / HOP_S) :]]
    if len(recent) == 0 or not free.any():
        return Talk(turns=(), heard_s=frames.seconds, noise_db=-90.0, loudest_db=-90.0)
    tenth = len(recent) // 10
    noise = float(np.partition(recent, tenth)[tenth])
    loudest = float(level[free].max())
    floor = max(noise, -62.0)
    over = max(floor + _STANDS_OUT_DB, loudest - _FAINT_DB, _WEAKEST_DB)
    if loudest - floor < _RANGE_DB:
        over = 0.0
    spurts = _spurts(free & (level > over))
    return Talk(
        turns=tuple(_turns(spurts)), heard_s=frames.seconds, noise_db=noise, loudest_db=loudest
    )


def foreground(frames: Frames, turn: Turn) -> Spurt:
    """Return the stretch in which whoever spoke loudest in *turn* spoke without waiting.

    One voice is about as loud again and again. Speech that is heard beside a person who has fallen
    silent (others in the room, a television) makes a turn go on; it does not reach that person's
    loudness.
    """
    first, last = int(turn.start_s / HOP_S), int(turn.end_s / HOP_S)
    power = 10 ** (frames.level_db[first:last] / 10)
    if len(power) < _BLOCK:
        return Spurt(turn.start_s, turn.end_s)
    sums = np.cumsum(np.concatenate([[0.0], power]))
    means = sums[_BLOCK:] - sums[:-_BLOCK]
    loudest = float(means.max())
    first, last = _longest(means > loudest * 10 ** (-_BESIDE_DB / 10), waits=_WAITED)
    again, end = _longest(means[first:last] > loudest * 10 ** (-_AGAIN_DB / 10), waits=_AGAIN)
    begins_s = turn.start_s + (first + again) * HOP_S
    return Spurt(begins_s, begins_s + (end - again + _BLOCK) * HOP_S)


def _longest(near: NDArray[np.bool_], *, waits: int) -> tuple[int, int]:
    """Return the longest stretch that is *near* again after *waits* frames at most."""
    places = np.flatnonzero(near)
    if len(places) == 0:
        return 0, 0
    runs = np.split(places, np.flatnonzero(np.diff(places) > waits) + 1)
    longest = max(runs, key=lambda run: int(run[-1] - run[0]))
    return int(longest[0]), int(longest[-1]) + 1


def _smooth(level: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the level with single clicks taken out: of each three the one in the middle."""
    if len(level) < 3:
        return level
    found = level.copy()
    lower, upper = np.minimum(level[:-1], level[1:]), np.maximum(level[:-1], level[1:])
    found[1:-1] = np.maximum(lower[:-1], np.minimum(upper[:-1], level[2:]))
    return found


def _spurts(speaks: NDArray[np.bool_]) -> list[Spurt]:
    edges = np.diff(np.concatenate([[0], speaks.astype(np.int8), [0]]))
    found: list[Spurt] = []
    for first, last in zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1), strict=True):
        start, end = float(first * HOP_S), float(last * HOP_S)
        if found and start - found[-1].end_s <= STOP_S:
            found[-1] = Spurt(found[-1].start_s, end)
        else:
            found.append(Spurt(start, end))
    return [spurt for spurt in found if spurt.seconds >= _CLICK_S]


def _turns(spurts: Sequence[Spurt]) -> list[Turn]:
    found: list[list[Spurt]] = []
    for spurt in spurts:
        if found and spurt.start_s - found[-1][-1].end_s < TURN_PAUSE_S:
            found[-1].append(spurt)
        else:
            found.append([spurt])
    return [Turn(tuple(each)) for each in found]
