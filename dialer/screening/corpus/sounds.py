"""What is heard on a line besides speech: tones, music, noise.

Frequencies and rhythms: ITU-T E.180 (ringback, busy), E.180 supplement 2, Q.35 and Telcordia
SR-2275 (special information tones), T.30 (fax), Q.23 (DTMF).
"""

import random
from collections.abc import Sequence
from typing import Final

import numpy as np

from dialer.screening.sound import RATE, Sound

#: Special information tones: (hertz, seconds) three times.
SPECIAL_INFORMATION: Final = {
    "itu": ((950.0, 0.33), (1400.0, 0.33), (1800.0, 0.33)),
    "intercept": ((913.8, 0.274), (1370.6, 0.274), (1776.7, 0.38)),
    "vacant": ((985.2, 0.38), (1370.6, 0.274), (1776.7, 0.38)),
    "reorder": ((913.8, 0.274), (1428.5, 0.38), (1776.7, 0.38)),
    "no_circuit": ((985.2, 0.38), (1428.5, 0.38), (1776.7, 0.38)),
}
RINGBACK: Final = {
    "europe": ((425.0,), (1.0, 4.0)),
    "britain": ((400.0, 450.0), (0.4, 0.2, 0.4, 2.0)),
    "america": ((440.0, 480.0), (2.0, 4.0)),
}
BUSY: Final = {
    "europe": ((425.0,), (0.5, 0.5)),
    "congestion": ((425.0,), (0.25, 0.25)),
    "america": ((480.0, 620.0), (0.5, 0.5)),
}
_DTMF_LOW: Final = (697.0, 770.0, 852.0, 941.0)
_DTMF_HIGH: Final = (1209.0, 1336.0, 1477.0)


def silence(seconds: float) -> Sound:
    return np.zeros(max(0, round(seconds * RATE)))


def tone(hertz: Sequence[float], seconds: float) -> Sound:
    """Return one tone, or several at once, with 5 ms of rise and fall; peak at most 1."""
    moment = np.arange(round(seconds * RATE)) / RATE
    wave = sum((np.sin(2 * np.pi * f * moment) for f in hertz), np.zeros(len(moment)))
    edge = min(RATE // 200, len(moment) // 2)
    if edge:
        wave[:edge] *= np.linspace(0, 1, edge)
        wave[-edge:] *= np.linspace(1, 0, edge)
    return np.asarray(wave / len(hertz))


def rhythm(hertz: Sequence[float], pattern: Sequence[float], seconds: float) -> Sound:
    """Return a tone that is on and off by turns, as *pattern* says, over and over."""
    pieces: list[Sound] = []
    length, turn = 0.0, 0
    while length < seconds:
        lasts = pattern[turn % len(pattern)]
        pieces.append(tone(hertz, lasts) if turn % 2 == 0 else silence(lasts))
        length, turn = length + lasts, turn + 1
    return np.concatenate(pieces)[: round(seconds * RATE)]


def special_information(kind: str) -> Sound:
    """Return the three tones that precede "the number you have dialled"."""
    return np.concatenate([tone((hz,), seconds) for hz, seconds in SPECIAL_INFORMATION[kind]])


def fax_answer(seconds: float, *, reversals: bool) -> Sound:
    """Return CED, or ANSam's cousin with a phase reversal each 450 ms (T.30, V.25)."""
    moment = np.arange(round(seconds * RATE)) / RATE
    phase = np.floor(moment / 0.45) * np.pi if reversals else np.zeros(len(moment))
    return np.asarray(np.sin(2 * np.pi * 2100 * moment + phase))


def fax_call(seconds: float) -> Sound:
    """Return CNG: 1,100 Hz, half a second on and three off (T.30)."""
    return rhythm((1100.0,), (0.5, 3.0), seconds)


def keys(chance: random.Random, count: int) -> Sound:
    """Return *count* pressed keys."""
    pieces = []
    for _ in range(count):
        both = (chance.choice(_DTMF_LOW), chance.choice(_DTMF_HIGH))
        pieces += [tone(both, chance.uniform(0.07, 0.2)), silence(chance.uniform(0.05, 0.3))]
    return np.concatenate(pieces)


def beep(chance: random.Random) -> Sound:
    """Return some machine's tone to speak after."""
    hertz = chance.choice((440.0, 480.0, 500.0, 620.0, 750.0, 800.0, 850.0, 941.0, 1000.0, 1000.0))
    hertz = hertz if chance.random() < 0.6 else chance.uniform(400, 1600)
    seconds = chance.choice((0.12, 0.2, 0.3, 0.4, 0.5, 0.8, 1.0))
    if chance.random() < 0.08:
        return tone((hertz, hertz * 1.34), seconds)
    return tone((hertz,), seconds)


def music(chance: random.Random, seconds: float) -> Sound:
    """Return notes and chords with harmonics, each struck and dying away."""
    found = np.zeros(round((seconds + 2) * RATE))
    beat = chance.uniform(0.22, 0.6)
    scale = [chance.choice((196.0, 220.0, 262.0)) * 2 ** (k / 12) for k in (0, 2, 4, 7, 9, 12)]
    at = 0.0
    while at < seconds:
        lasts = beat * chance.choice((1, 1, 2, 3))
        for pitch in chance.sample(scale, chance.choice((1, 2, 3))):
            moment = np.arange(round(min(lasts * 1.5, 2.0) * RATE)) / RATE
            note = sum(np.sin(2 * np.pi * pitch * k * moment) / k**1.3 for k in range(1, 7))
            start = round(at * RATE)
            found[start : start + len(moment)] += note * np.exp(-moment / lasts)
        at += lasts
    cut = found[: round(seconds * RATE)]
    return np.asarray(cut / (np.max(np.abs(cut)) or 1.0))


def noise(chance: random.Random, kind: str, seconds: float) -> Sound:
    """Return noise of mean square 1: ``white``, ``pink``, ``hum`` or ``street``."""
    count = round(seconds * RATE)
    dice = np.random.default_rng(chance.getrandbits(32))
    white = dice.standard_normal(count)
    if kind == "hum":
        moment = np.arange(count) / RATE
        found = sum(np.sin(2 * np.pi * 50 * k * moment) / k for k in (1, 2, 3, 5, 7)) + 0.2 * white
    elif kind in {"pink", "street"}:
        spectrum = np.fft.rfft(white)
        hertz = np.maximum(np.arange(len(spectrum)) * RATE / max(1, count), 20.0)
        found = np.fft.irfft(spectrum / np.sqrt(hertz), count)
        if kind == "street":  # swells as things pass by
            marks = np.arange(0, count + RATE, RATE)
            swell = np.interp(np.arange(count), marks, dice.uniform(0.3, 1, len(marks)))
            found = found * swell
    else:
        found = white
    return np.asarray(found / (np.sqrt(np.mean(found**2)) or 1.0)) if count else white
