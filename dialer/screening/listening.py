"""Listening to one call: frames come, judgements change, until one is final.

Rule: a judgement is dated with the moment its verdict was first reached and has stood since. What
a line says before the answer is said once.
"""

from dataclasses import replace
from typing import Final

from dialer.screening.frames import Framer, Frames, frames_of
from dialer.screening.judging import judge
from dialer.screening.line import Said, TonePlan
from dialer.screening.progress import progress_of
from dialer.screening.sound import RATE, Sound
from dialer.screening.verdict import Judgement, Mode, ScreeningVerdict

STEP_S: Final = 0.05  #: between two looks
LONGEST_S: Final = 30.0  #: of a call, no more is listened to
REMEMBERED_S: Final = 15.0  #: of a line that rings: two rings and a pause, anywhere
_FORGET_AT_S: Final = 2 * REMEMBERED_S


class Listener:
    """One call being listened to."""

    def __init__(self, mode: Mode) -> None:
        self._mode = mode
        self._framer = Framer()
        self.judgement: Judgement | None = None

    @property
    def is_done(self) -> bool:
        """Whether more sound would change nothing."""
        heard_s = self._framer.frames.seconds
        return heard_s >= LONGEST_S or (self.judgement is not None and self.judgement.final)

    def hear(self, sound: Sound) -> Judgement | None:
        """Take what has come; return the judgement if it has changed."""
        return self._look(self._framer.take(sound), at_end=False)

    def end(self) -> Judgement | None:
        """Say that no more will come; return the judgement if it has changed."""
        return self._look(self._framer.frames, at_end=True)

    def _look(self, frames: Frames, *, at_end: bool) -> Judgement | None:
        if self.is_done:
            return None
        before, after = self.judgement, judge(frames, self._mode, at_end=at_end)
        if after is None or (before and after.verdict is before.verdict and not after.final):
            return None
        self.judgement = after
        changed = before is None or after.verdict is not before.verdict
        return after if changed else None


class LineListener:
    """One line that nobody talks on yet: what it says is said once, however long it rings."""

    def __init__(self, plan: TonePlan) -> None:
        self._plan = plan
        self._framer = Framer()
        self._forgotten_s = 0.0
        self.is_done = False

    def hear(self, sound: Sound) -> Said | None:
        """Take what has come; return what the line says, as soon as it does."""
        frames = self._framer.take(sound)
        if frames.seconds > _FORGET_AT_S:
            self._forgotten_s += self._framer.forget(REMEMBERED_S)
            frames = self._framer.frames
        said = None if self.is_done else progress_of(frames, self._plan)
        if said is None:
            return None
        self.is_done = True
        before = self._forgotten_s
        return replace(said, began_s=said.began_s + before, heard_s=said.heard_s + before)


def judgement_of(sound: Sound, mode: Mode) -> Judgement:
    """Return what a whole sound is, dated as if it had been listened to as it came."""
    frames = frames_of(sound[: int(LONGEST_S * RATE)])
    stands: Judgement | None = None
    for step in range(1, int(frames.seconds / STEP_S) + 2 if len(frames) else 0):
        at_s = step * STEP_S
        at_end = at_s >= frames.seconds
        found = judge(frames.until(at_s), mode, at_end=at_end)
        if found is None:
            continue
        if stands is not None and found.verdict is stands.verdict:
            found = replace(found, at_s=stands.at_s)
        stands = found
        if stands.final or at_end:
            break
    return stands or Judgement(
        verdict=ScreeningVerdict.UNSURE,
        at_s=frames.seconds,
        evidence="too short to tell",
        final=True,
    )
