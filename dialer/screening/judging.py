"""From what was heard so far to a verdict.

    tones:   three in the right steps ─▶ sit       2,100 Hz, or 1,100 Hz again ─▶ fax
             one, after speech, then quiet ─▶ machine
    talk:    a short turn, then a pause ─▶ human   a turn that does not end ─▶ machine
    nothing: ─▶ silence

Rule: pure and causal: the same frames always give the same judgement, and what comes later
never changes what was judged of an earlier moment. Evidence for a machine is something people do
not do: they do not hold a tone and do not speak on and on before they know who calls. Without
such evidence it is a person, or nobody knows.

The sounds: ITU-T E.180 and Telcordia SR-2275 (special information tones), T.30 (CNG, CED),
V.8 (ANSam), Q.23 (DTMF).
"""

import itertools
from collections.abc import Sequence
from typing import Final

from dialer.screening.frames import HOP_S, Frames
from dialer.screening.talk import Talk, Turn, foreground, talk_of
from dialer.screening.tones import Tone, melody_share, tones_of
from dialer.screening.verdict import Judgement, Mode, ScreeningVerdict

#: An agent is given the call so long after speech began, whatever is known by then.
SPEECH_LIMIT_S: Final = 1.6
#: And so long after the answer, if nobody has said anything.
QUIET_LIMIT_S: Final = 2.5
#: Nobody has said anything for so long: nobody is there.
SILENCE_S: Final = 5.0
#: Nobody who answers a telephone speaks for so long without waiting for the caller.
GREETING_S: Final = 7.5
#: A turn of up to so many seconds is a person's if so long a pause follows.
PAUSES_S: Final = ((1.2, 0.5), (2.5, 0.6), (4.5, 0.9), (GREETING_S, 1.2))

_WORD_S: Final = 0.3  #: what is shorter, before a greeting, is no answer but a click
_DENSE: Final = 0.55  #: share of speech in a greeting that is read out
_EDGES_S: Final = 1.0  #: of a greeting may be faint
_MUSIC: Final = 0.09  #: share of a melody's notes in something that is no speech
_LOUD_LINE_DB: Final = -35.0  #: above, a line without speech is not silent: something is there

_BEEP_S: Final = (0.1, 3.0)
_BEEP_HZ: Final = (350.0, 2800.0)
_LOW_BEEP_S: Final = 0.28  #: vowels are lower than the next figure and not so long
_LOW_BEEP_HZ: Final = 600.0
_STILL_HZ: Final = 1.0  #: nor are they so still for so long
_STILL_S: Final = 0.15
_AFTER_BEEP_S: Final = 0.25
_BEEP_STANDS_OUT_DB: Final = 9.0  #: above what is heard right before and after, or one of them
_SPEECH_BEFORE_BEEP_S: Final = 0.7  #: who says one word beside something that beeps is a person
_PROGRESS_HZ: Final = (340.0, 500.0)  #: ringing and busy tones lie here, and come again
_PROGRESS_AGAIN_S: Final = 1.1
_COMPANY_DB: Final = 15.0  #: what is weaker by more is no company
_LONE_BEEP_S: Final = 0.25
_AFTER_LONE_BEEP_S: Final = 2.0

_SIT_HZ: Final = ((900.0, 1000.0), (1355.0, 1445.0), (1740.0, 1840.0))
_SIT_S: Final = (0.2, 0.5)
_SIT_GAP_S: Final = 0.12
_FAX_ANSWERS_HZ: Final = 2100.0
_MODEM_ANSWERS_HZ: Final = 2225.0
_FAX_ANSWERS_S: Final = 0.9
_FAX_CALLS_HZ: Final = 1100.0
_FAX_CALLS_S: Final = (0.4, 0.62)
_FAX_CALLS_AGAIN_S: Final = (3.2, 3.9)
_FAX_WITHIN_HZ: Final = 30.0


def judge(frames: Frames, mode: Mode, *, at_end: bool = False) -> Judgement | None:
    """Return what *frames*, the sound since the answer, say; ``None``: nothing yet.

    Args:
        at_end: No more will come: what is not known now never will be.
    """
    tones = [tone for tone in tones_of(frames) if tone.is_steady]
    talk = talk_of(frames, tones)
    by_tone = _by_tone(frames, tones, talk, at_end=at_end)
    if by_tone is not None:
        return by_tone
    if mode is Mode.TONES:
        return _without_tones(frames, tones, talk, at_end=at_end)
    by_talk = _by_talk(frames, talk, mode, at_end=at_end)
    if by_talk is not None:
        return by_talk
    return _by_silence(frames, tones, talk, mode, at_end=at_end)


def _say(
    verdict: ScreeningVerdict, at_s: float, evidence: str, *, final: bool = False
) -> Judgement:
    return Judgement(verdict=verdict, at_s=round(at_s, 3), evidence=evidence, final=final)


# --- tones -----------------------------------------------------------------------------------


def _by_tone(
    frames: Frames, tones: Sequence[Tone], talk: Talk, *, at_end: bool
) -> Judgement | None:
    now = talk.heard_s
    if (three := special_information(tones)) is not None:
        text = ", ".join(f"{tone.hz:.0f}" for tone in three)
        return _say(
            ScreeningVerdict.SIT, now, f"special information tones at {text} Hz", final=True
        )
    if (why := _fax(tones)) is not None:
        return _say(ScreeningVerdict.FAX, now, why, final=True)
    if (why := _beep(frames, tones, talk, at_end=at_end)) is not None:
        return _say(ScreeningVerdict.MACHINE, now, why, final=True)
    return None


def special_information(tones: Sequence[Tone]) -> tuple[Tone, ...] | None:
    for three in zip(tones, tones[1:], tones[2:], strict=False):
        fits = all(
            tone.upper_hz is None and low <= tone.hz <= high and _within(tone.seconds, _SIT_S)
            for tone, (low, high) in zip(three, _SIT_HZ, strict=True)
        )
        gaps = [after.start_s - before.end_s for before, after in itertools.pairwise(three)]
        if fits and max(gaps) <= _SIT_GAP_S:
            return three
    return None


def _fax(tones: Sequence[Tone]) -> str | None:
    calls = [tone for tone in tones if tone.is_at(_FAX_CALLS_HZ, within=_FAX_WITHIN_HZ)]
    for tone in tones:
        for hertz, name in ((_FAX_ANSWERS_HZ, "fax"), (_MODEM_ANSWERS_HZ, "modem")):
            if tone.is_at(hertz, within=_FAX_WITHIN_HZ) and tone.seconds >= _FAX_ANSWERS_S:
                return f"a {name} answers: {tone.hz:.0f} Hz for {tone.seconds:.1f} s"
    for first, second in itertools.pairwise(calls):
        both = _within(first.seconds, _FAX_CALLS_S) and second.seconds <= _FAX_CALLS_S[1]
        if both and _within(second.start_s - first.start_s, _FAX_CALLS_AGAIN_S):
            return f"a fax calls: {first.hz:.0f} Hz for {first.seconds:.1f} s, and again"
    return None


def _beep(frames: Frames, tones: Sequence[Tone], talk: Talk, *, at_end: bool) -> str | None:
    """Return why a tone is one to speak after."""
    for place, tone in enumerate(tones):
        if not _could_be_beep(tone) or _has_company(tones, place) or _is_sung(frames, tone):
            continue
        if _within(tone.hz, _PROGRESS_HZ) and sum(map(tone.resembles, tones)) > 1:
            continue
        if melody_share(frames, max(0.0, tone.start_s - 4.0), tone.start_s - 0.05) >= _MUSIC:
            continue
        spoken_s = sum(s.seconds for s in talk.spurts if s.end_s <= tone.start_s + 0.05)
        quiet_s = _quiet_after(tone, talk)
        what = f"a tone of {tone.hz:.0f} Hz for {tone.seconds:.1f} s"
        wait_s = _PROGRESS_AGAIN_S if _within(tone.hz, _PROGRESS_HZ) else _AFTER_BEEP_S
        if spoken_s >= _SPEECH_BEFORE_BEEP_S:
            if quiet_s >= (min(wait_s, talk.heard_s - tone.end_s) if at_end else wait_s):
                return f"{what} after {spoken_s:.1f} s of speech"
        elif spoken_s == 0 and _is_lone_beep(tone) and quiet_s >= _AFTER_LONE_BEEP_S:
            return f"{what}, and nobody speaks"
    return None


def _could_be_beep(tone: Tone) -> bool:
    is_still = tone.drift_hz <= _STILL_HZ and tone.seconds >= _STILL_S
    is_vowel = _could_be_vowel(tone) and not is_still
    fits = _within(tone.seconds, _BEEP_S) and _within(tone.hz, _BEEP_HZ)
    return fits and tone.is_pure and not is_vowel and not _is_key(tone)


def _could_be_vowel(tone: Tone) -> bool:
    return tone.hz < _LOW_BEEP_HZ and tone.seconds < _LOW_BEEP_S


def _is_sung(frames: Frames, tone: Tone) -> bool:
    """Return whether a tone goes out of sound or into it, as a vowel and a note do."""
    before = _quietest(frames, tone.start_s - 0.1, tone.start_s - 0.02)
    after = _quietest(frames, tone.end_s + 0.01, tone.end_s + 0.1)
    around = min(before, after) if tone.is_unlike_a_voice else max(before, after)
    return around > tone.level_db - _BEEP_STANDS_OUT_DB


def _quietest(frames: Frames, start_s: float, end_s: float) -> float:
    level = frames.level_db[max(0, int(start_s / HOP_S)) : max(0, int(end_s / HOP_S))]
    return float(level.min()) if len(level) else -90.0


def _is_lone_beep(tone: Tone) -> bool:
    is_fax = tone.is_at(_FAX_CALLS_HZ, within=_FAX_WITHIN_HZ) and tone.seconds > 0.35
    return tone.seconds >= _LONE_BEEP_S and not _within(tone.hz, _PROGRESS_HZ) and not is_fax


def _is_key(tone: Tone) -> bool:
    """Return whether two tones are those of a key (ITU-T Q.23)."""
    if tone.upper_hz is None:
        return False
    return 680 <= tone.hz <= 960 and 1180 <= tone.upper_hz <= 1660


def _has_company(tones: Sequence[Tone], place: int) -> bool:
    """Return whether other tones are near: a melody, a busy tone, a row of keys."""
    tone = tones[place]
    near = [
        other
        for other in tones
        if other is not tone
        and (tone.resembles(other) or not _could_be_vowel(other))
        and other.start_s - tone.end_s < 1.5
        and tone.start_s - other.end_s < 1.5
        and other.seconds >= 0.12
        and other.hz >= _BEEP_HZ[0]
        and other.level_db > tone.level_db - _COMPANY_DB
    ]
    return bool(near)


def _quiet_after(tone: Tone, talk: Talk) -> float:
    later = [spurt.start_s for spurt in talk.spurts if spurt.end_s > tone.end_s + 0.05]
    return min([*later, talk.heard_s]) - tone.end_s


def _within(value: float, limits: tuple[float, float]) -> bool:
    return limits[0] <= value <= limits[1]


# --- talk ------------------------------------------------------------------------------------


def _by_talk(frames: Frames, talk: Talk, mode: Mode, *, at_end: bool) -> Judgement | None:
    if not talk.turns:
        return None
    first, now = talk.turns[0], talk.heard_s
    opening = next((turn for turn in talk.turns if turn.seconds >= _WORD_S), first)
    if mode is Mode.FULL and _is_greeting(frames, opening):
        if (notes := melody_share(frames, opening.start_s, opening.end_s)) >= _MUSIC:
            return _say(ScreeningVerdict.UNSURE, now, f"music: {notes:.0%} a melody's notes")
        how = f"spoke for {opening.seconds:.1f} s without waiting for an answer"
        return _say(ScreeningVerdict.MACHINE, now, how, final=True)
    if (pause_s := _pause_after(first, talk)) is not None:
        how = f"spoke for {first.seconds:.1f} s and waited for {pause_s:.1f} s"
        return _say(ScreeningVerdict.HUMAN, now, how, final=mode is Mode.FAST)
    if now - first.start_s >= SPEECH_LIMIT_S:
        how = f"still speaking {SPEECH_LIMIT_S} s after the first word"
        if at_end and talk.quiet_s > 0.25:
            return _say(ScreeningVerdict.HUMAN, now, f"spoke for {first.seconds:.1f} s and stopped")
        return _say(ScreeningVerdict.UNSURE, now, how, final=mode is Mode.FAST)
    if at_end:
        return _say(ScreeningVerdict.HUMAN, now, f"spoke for {first.seconds:.1f} s", final=True)
    return None


def _is_greeting(frames: Frames, turn: Turn) -> bool:
    """Return whether one voice speaks on and on in *turn*."""
    if turn.seconds < GREETING_S or turn.share < _DENSE:
        return False
    return foreground(frames, turn).seconds >= GREETING_S - _EDGES_S


def _pause_after(turn: Turn, talk: Talk) -> float | None:
    """Return how long somebody waited within or after a turn, if long enough to be a person."""
    spoken_until, said_s = turn.start_s, 0.0
    marks = [*turn.spurts[1:], None]
    for spurt, following in zip(turn.spurts, marks, strict=True):
        spoken_until = spurt.end_s
        said_s = spoken_until - turn.start_s
        pause_s = (following.start_s if following else talk.heard_s) - spoken_until
        needed = next((pause for longest, pause in PAUSES_S if said_s <= longest), None)
        if needed is not None and pause_s >= needed:
            return pause_s
    if len(talk.turns) > 1 and said_s <= GREETING_S:
        return talk.turns[1].start_s - spoken_until
    return None


# --- nothing ---------------------------------------------------------------------------------


def _by_silence(
    frames: Frames, tones: Sequence[Tone], talk: Talk, mode: Mode, *, at_end: bool
) -> Judgement | None:
    now = talk.heard_s
    if talk.turns:
        return None
    sounding = tones and now - tones[-1].end_s < 0.3
    if mode is Mode.FAST and now >= QUIET_LIMIT_S and not sounding:
        return _say(
            ScreeningVerdict.UNSURE, now, f"nothing was said in {QUIET_LIMIT_S} s", final=True
        )
    if now < SILENCE_S and not at_end:
        return None
    if len(tones) >= 2 and all(tone.resembles(tones[0]) for tone in tones):
        return _say(
            ScreeningVerdict.UNSURE, now, f"a tone of {tones[0].hz:.0f} Hz, again and again"
        )
    if tones or talk.loudest_db > _LOUD_LINE_DB:
        notes = melody_share(frames, 0.0, now)
        what = "music" if notes >= _MUSIC else "a steady sound"
        return _say(
            ScreeningVerdict.UNSURE, now, f"{what} of {talk.loudest_db:.0f} dB and no speech"
        )
    return _say(ScreeningVerdict.SILENCE, now, f"nothing was said in {now:.1f} s")


def _without_tones(
    frames: Frames, tones: Sequence[Tone], talk: Talk, *, at_end: bool
) -> Judgement | None:
    """Judge where tones alone decide: as soon as it is none, a person has it."""
    now = talk.heard_s
    sounding = tones and now - tones[-1].end_s < 0.3
    speaks = any(spurt.seconds >= 0.2 for spurt in talk.spurts)
    if speaks:
        return _say(ScreeningVerdict.UNSURE, now, "a sound that is no tone")
    if at_end or now >= QUIET_LIMIT_S or (now >= 1.0 and not sounding):
        return _say(ScreeningVerdict.UNSURE, now, f"no tone in {now:.1f} s")
    return None
