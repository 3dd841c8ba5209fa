"""What a line says before anybody talks on it: busy, congestion, an announcement, a person.

    three tones at a busy tone's pace ─▶ busy     faster, or long and short by turns ─▶ congestion
    three tones in the steps of SIT ─▶ refused
    something that is no tone ─▶ answered         a ring that does not come ─▶ answered

Rule: pure and causal, like ``judging.py``. A pace is told apart by itself, not by its frequency:
countries agree on the paces far better than on the frequencies. What is neither a tone nor silence
counts as somebody who has answered: whoever is not sure gives the call to a person.

The sounds: ITU-T E.180 and its supplement 2 (tones of the countries).
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from dialer.screening.frames import HOP_S, Frames
from dialer.screening.judging import special_information
from dialer.screening.line import Progress, Said, TonePlan
from dialer.screening.talk import Spurt, talk_of
from dialer.screening.tones import Tone, tones_of

_TONE_HZ: Final = (330.0, 520.0)  #: all countries' ringing and busy tones; the lower of two
_UPPER_HZ: Final = 660.0
_HELD_S: Final = (0.12, 0.8)  #: a busy tone, and the pause after it
_ALIKE: Final = 0.25  #: by so much may they differ
_FAST_S: Final = 0.62  #: a tone and its pause take less: congestion
_TURNS: Final = 1.5  #: long and short by turns
_RING_S: Final = 0.3  #: a ring lasts at least so long
_RING_PAUSE_S: Final = 1.2  #: shorter pauses are within a ring of two parts
_OVERDUE: Final = 1.3
_WORD_S: Final = 0.12  #: shorter sounds are clicks of the exchange
_SPOKEN_S: Final = 0.2
_LATELY_S: Final = 2.0
_EDGE_S: Final = 0.06  #: a tone's switching is heard so far around it
_CUT_S: Final = 0.12  #: packets that come too late cut a tone; no pause between two is so short
_PIECES: Final = 0.5  #: a sound that is so much the network's tone is pieces of one
_PURE: Final = 0.66  #: share of one or two tones in a frame of such a piece


def progress_of(frames: Frames, plan: TonePlan) -> Said | None:
    """Return what *frames*, the sound of the line so far, say; ``None``: nothing yet."""
    held = tones_of(frames)
    tones, now = [tone for tone in held if tone.is_steady], frames.seconds
    if (three := special_information(tones)) is not None:
        steps = ", ".join(f"{tone.hz:.0f}" for tone in three)
        how = f"special information tones at {steps} Hz"
        return _said(Progress.REFUSED, three[0].start_s, now, how)
    paced = _mended([tone for tone in held if _is_of_the_network(tone)])
    if (found := _pace(paced, now)) is not None:
        return found
    return _answer(frames, tones, paced, plan) if plan.answers else None


def _said(progress: Progress, began_s: float, now: float, evidence: str) -> Said:
    return Said(
        progress=progress, began_s=round(began_s, 3), heard_s=round(now, 3), evidence=evidence
    )


def _is_of_the_network(tone: Tone) -> bool:
    fits = _TONE_HZ[0] <= tone.hz <= _TONE_HZ[1] and (tone.upper_hz or 0.0) <= _UPPER_HZ
    return fits and (tone.is_steady or tone.beats)


def _mended(tones: Sequence[Tone]) -> list[Tone]:
    """Return *tones* with the pieces of each put together."""
    found: list[Tone] = []
    for tone in tones:
        if found and tone.start_s - found[-1].end_s <= _CUT_S:
            found[-1] = replace(found[-1], end_s=tone.end_s)
        else:
            found.append(tone)
    return found


def _share_of_network(frames: Frames, spurt: Spurt) -> float:
    """Return how much of a sound is a ringing or busy tone, however short its pieces are."""
    part = slice(int(spurt.start_s / HOP_S), int(spurt.end_s / HOP_S))
    hertz, share = frames.first_hz[part], frames.first_share[part] + frames.second_share[part]
    fits = (hertz >= _TONE_HZ[0]) & (hertz <= _TONE_HZ[1]) & (share >= _PURE)
    return float(fits.mean()) if len(fits) else 0.0


def _pace(tones: Sequence[Tone], now: float) -> Said | None:
    """Return which tone keeps coming back, heard three times (four, where they take turns)."""
    whole = [tone for tone in tones if tone.end_s < now - _EDGE_S]
    for count in (4, 3):
        last = whole[-count:]
        held = [tone.seconds for tone in last]
        pauses = [after.start_s - before.end_s for before, after in pairwise(last)]
        if len(last) < count or not all(_within(each) for each in (*held, *pauses)):
            continue
        period_s = (last[-1].start_s - last[0].start_s) / (count - 1)
        how = f"a tone of {last[-1].hz:.0f} Hz every {period_s:.2f} s, {count} times"
        if count == 4 and _takes_turns(held):
            return _said(Progress.CONGESTION, last[0].start_s, now, f"{how}, long and short")
        if count == 3 and _alike(held) and _alike(pauses):
            fast = period_s < _FAST_S
            progress = Progress.CONGESTION if fast else Progress.BUSY
            return _said(progress, last[0].start_s, now, how)
    return None


def _within(seconds: float) -> bool:
    return _HELD_S[0] <= seconds <= _HELD_S[1]


def _alike(values: Sequence[float]) -> bool:
    return max(values) - min(values) <= _ALIKE * max(values)


def _takes_turns(held: Sequence[float]) -> bool:
    longer, shorter = sorted((held[::2], held[1::2]), key=max, reverse=True)
    return _alike(longer) and _alike(shorter) and min(longer) >= _TURNS * max(shorter)


def _answer(
    frames: Frames, tones: Sequence[Tone], paced: Sequence[Tone], plan: TonePlan
) -> Said | None:
    """Return why somebody is there: they speak, or have ended the ringing."""
    now = frames.seconds
    spoken = [
        spurt
        for spurt in talk_of(frames, tones).spurts
        if spurt.seconds >= _WORD_S
        and now - spurt.end_s <= _LATELY_S
        and not any(_touches(spurt, tone) for tone in tones)
        and _share_of_network(frames, spurt) < _PIECES
    ]
    if (said_s := sum(spurt.seconds for spurt in spoken)) >= _SPOKEN_S:
        how = f"{said_s:.2f} s of sound that is no tone"
        return _said(Progress.ANSWERED, spoken[0].start_s, now, how)
    # What sounds from the start may be the rest of a dial tone.
    rings = [tone for tone in paced if tone.seconds >= _RING_S and tone.start_s >= _EDGE_S]
    if not rings:
        return None
    pauses = [after.start_s - before.end_s for before, after in pairwise(rings)]
    usual_s = max([each for each in pauses if each >= _RING_PAUSE_S] or [plan.ring_pause_s])
    silent_s = now - paced[-1].end_s
    if silent_s >= _OVERDUE * usual_s:
        how = f"no ring for {silent_s:.1f} s, where one came every {usual_s:.1f} s"
        return _said(Progress.ANSWERED, paced[-1].end_s + usual_s, now, how)
    return None


def _touches(spurt: Spurt, tone: Tone) -> bool:
    """Return whether a sound is but a tone's being switched on or off."""
    near = spurt.start_s < tone.end_s + _EDGE_S and spurt.end_s > tone.start_s - _EDGE_S
    return near and spurt.seconds < _SPOKEN_S
