"""The items of the corpus: what was answered by what, as it arrives, with its label.

Rule: an item follows from part, seed and number alone; making more of them changes none.
"""

import hashlib
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from typing import Final

import numpy as np

from dialer.screening.corpus import line as lines
from dialer.screening.corpus import phrases, sounds, speech
from dialer.screening.corpus.phrases import Phrases
from dialer.screening.corpus.speech import Speaker, spoken
from dialer.screening.sound import RATE, Sound
from dialer.screening.verdict import ScreeningVerdict

#: Words a minute of somebody who answers a telephone, and of what is read out.
_LIVE: Final = (150, 215)
_READ_OUT: Final = (130, 205)
MUSIC: Final = "music"  #: heard on hold, or instead of a ringing tone: nobody can say who comes
PROGRESS: Final = "progress"  #: ringing or busy tones after the answer


class Part(StrEnum):
    """What an item may be used for."""

    DEV = "dev"  #: for tuning
    HELD_OUT = "held_out"  #: for judging: other voices, phrases, seeds


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Item:
    """One answered call."""

    name: str
    label: str  #: a verdict's word, or ``music`` or ``progress``
    kind: str  #: what exactly it is
    sound: Sound
    speech_starts_s: float | None  #: when somebody, or something, begins to speak


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cast:
    """Who speaks here, and in what words."""

    chance: random.Random
    phrases: Phrases
    speaker: Speaker

    def pause(self, low: float, high: float) -> Sound:
        return sounds.silence(self.chance.uniform(low, high))

    def say(self, choices: tuple[str, ...]) -> Sound:
        return spoken(self.chance.choice(choices), self.speaker)

    def sentences(self, choices: tuple[str, ...]) -> Sound:
        """Say one of *choices* sentence by sentence, with the speaker's own pauses between."""
        text = self.chance.choice(choices)
        pieces: list[Sound] = []
        for sentence in text.replace("? ", "?|").replace(". ", ".|").split("|"):
            pieces += [spoken(sentence, self.speaker), self.pause(0.15, 0.75)]
        return np.concatenate(pieces[:-1])


#: Label, kind, how many of a hundred.
SHARES: Final = (
    (ScreeningVerdict.HUMAN, "hello", 22),
    (ScreeningVerdict.HUMAN, "named", 10),
    (ScreeningVerdict.HUMAN, "company", 10),
    (ScreeningVerdict.HUMAN, "again", 10),
    (ScreeningVerdict.HUMAN, "pressed_key", 2),
    (ScreeningVerdict.MACHINE, "personal", 13),
    (ScreeningVerdict.MACHINE, "carrier", 10),
    (ScreeningVerdict.MACHINE, "office", 5),
    (ScreeningVerdict.FAX, "fax", 3),
    (ScreeningVerdict.SIT, "sit", 3),
    (ScreeningVerdict.SILENCE, "silence", 4),
    (MUSIC, "music", 4),
    (PROGRESS, "progress", 4),
)


def items(part: Part, seed: int, count: int) -> Iterator[Item]:
    """Yield *count* items, in the shares of :data:`SHARES`.

    Raises:
        SpeechUnavailable: espeak-ng is missing.
    """
    for number in range(count):
        yield item(part, seed, number)


def item(part: Part, seed: int, number: int) -> Item:
    """Return one item."""
    digest = hashlib.sha256(f"{part} {seed} {number}".encode()).digest()
    chance = random.Random(digest)
    label, kind = _of_share(number)
    said, speech_starts_s = _KINDS[kind](part, chance)
    line = lines.draw(chance)
    heard = lines.through(line, said, chance)
    name = f"{part}-{number:05}-{kind}"
    return Item(
        name=name, label=str(label), kind=kind, sound=heard, speech_starts_s=speech_starts_s
    )


def beside(part: Part, seed: int, number: int, *, background: str, below_db: float) -> Item:
    """Return a person who is not alone: a ``television`` or ``others`` speak, so much weaker."""
    digest = hashlib.sha256(f"{part} {seed} {number} {background} {below_db}".encode()).digest()
    chance = random.Random(digest)
    kind = ("hello", "named", "company", "again")[number % 4]
    said, speech_starts_s = _KINDS[kind](part, chance)
    voices = 1 if background == "television" else 5
    spoken_beside = np.zeros(RATE * 12)
    for _ in range(voices):
        cast = _cast(part, chance, pace=_READ_OUT)
        spoken_beside += np.resize(cast.sentences(cast.phrases.office), len(spoken_beside))
    spoken_beside /= float(np.sqrt(np.mean(spoken_beside**2)))
    drawn = lines.draw(chance)
    line = replace(drawn, noise="", noise_below_db=below_db, silence_suppressed=False)
    heard = lines.through(line, said, chance, steady=spoken_beside)
    name = f"{part}-{number:05}-{kind}-{background}"
    return Item(name=name, label="human", kind=kind, sound=heard, speech_starts_s=speech_starts_s)


def _of_share(number: int) -> tuple[str, str]:
    # 37 and 100 share no factor: any run of a hundred numbers has every share exactly.
    place = number * 37 % 100
    for label, kind, share in SHARES:
        if place < share:
            return label, kind
        place -= share
    raise AssertionError("the shares are of a hundred")


def _cast(part: Part, chance: random.Random, *, pace: tuple[int, int]) -> _Cast:
    known = phrases.DEV if part is Part.DEV else phrases.HELD_OUT
    variants = speech.DEV_VOICES if part is Part.DEV else speech.HELD_OUT_VOICES
    language = chance.choice(sorted(known))
    return _Cast(
        chance=chance,
        phrases=known[language],
        speaker=speech.draw(chance, language, variants, pace=pace),
    )


_Said = tuple[Sound, float | None]


def _after_silence(cast: _Cast, said: list[Sound], *, longest: float = 1.3) -> _Said:
    before = cast.pause(0.05, longest)
    return np.concatenate([before, *said]), len(before) / RATE


def _person(
    which: Callable[[Phrases], tuple[str, ...]], part: Part, chance: random.Random
) -> _Said:
    cast = _cast(part, chance, pace=_LIVE)
    said = [cast.say(which(cast.phrases)), cast.pause(1.3, 2.5)]
    if chance.random() < 0.4:
        said += [cast.say(cast.phrases.again), cast.pause(1.0, 2.5)]
    return _after_silence(cast, [*said, cast.pause(0.5, 3.0)])


def _again(part: Part, chance: random.Random) -> _Said:
    """Somebody who hears nothing, and asks again and again."""
    cast = _cast(part, chance, pace=_LIVE)
    said = [cast.say(cast.phrases.hello)]
    for _ in range(chance.randint(1, 3)):
        said += [cast.pause(0.6, 2.0), cast.say(cast.phrases.again)]
    return _after_silence(cast, [*said, cast.pause(1.0, 3.0)])


def _pressed_key(part: Part, chance: random.Random) -> _Said:
    """Somebody whose cheek, or finger, presses a key."""
    cast = _cast(part, chance, pace=_LIVE)
    said = [cast.say(cast.phrases.hello), cast.pause(0.1, 1.0)]
    return _after_silence(
        cast, [*said, sounds.keys(chance, chance.randint(1, 2)), cast.pause(1, 3)]
    )


def _machine(
    which: Callable[[Phrases], tuple[str, ...]],
    beeps: float,
    part: Part,
    chance: random.Random,
) -> _Said:
    cast = _cast(part, chance, pace=_READ_OUT)
    said = [cast.sentences(which(cast.phrases))]
    if chance.random() < beeps:
        loud = chance.uniform(0.3, 0.9)
        said += [cast.pause(0.1, 1.6), loud * sounds.beep(chance), cast.pause(1.5, 4.0)]
    else:
        said += [cast.pause(1.5, 4.0)]
    return _after_silence(cast, said, longest=1.0)


def _fax(part: Part, chance: random.Random) -> _Said:
    before = sounds.silence(chance.uniform(0.1, 2.0))
    if chance.random() < 0.3:
        return np.concatenate([before, sounds.fax_call(chance.uniform(4.5, 9))]), None
    answer = sounds.fax_answer(chance.uniform(2.6, 4.0), reversals=chance.random() < 0.5)
    return np.concatenate([before, answer, sounds.silence(0.3)]), None


def _special_information(part: Part, chance: random.Random) -> _Said:
    cast = _cast(part, chance, pace=_READ_OUT)
    tones = sounds.special_information(chance.choice(sorted(sounds.SPECIAL_INFORMATION)))
    said = [cast.pause(0.05, 1.5), 0.6 * tones, cast.pause(0.1, 0.8)]
    if chance.random() < 0.7:
        said += [cast.say(cast.phrases.carrier)]
    return np.concatenate([*said, cast.pause(0.5, 2.0)]), None


def _nobody(part: Part, chance: random.Random) -> _Said:
    return sounds.silence(chance.uniform(6.0, 10.0)), None


def _music(part: Part, chance: random.Random) -> _Said:
    before = sounds.silence(chance.uniform(0.1, 1.0))
    return np.concatenate([before, sounds.music(chance, chance.uniform(6, 12))]), None


def _progress(part: Part, chance: random.Random) -> _Said:
    known = sounds.RINGBACK if chance.random() < 0.5 else sounds.BUSY
    hertz, pattern = known[chance.choice(sorted(known))]
    before = sounds.silence(chance.uniform(0.1, 1.0))
    heard = 0.5 * sounds.rhythm(hertz, pattern, chance.uniform(7, 12))
    return np.concatenate([before, heard]), None


_KINDS: Final[dict[str, Callable[[Part, random.Random], _Said]]] = {
    "hello": partial(_person, lambda known: known.hello),
    "named": partial(_person, lambda known: known.named),
    "company": partial(_person, lambda known: known.company),
    "again": _again,
    "pressed_key": _pressed_key,
    "personal": partial(_machine, lambda known: known.personal, 0.95),
    "carrier": partial(_machine, lambda known: known.carrier, 0.85),
    "office": partial(_machine, lambda known: known.office, 0.0),
    "fax": _fax,
    "sit": _special_information,
    "silence": _nobody,
    "music": _music,
    "progress": _progress,
}
