"""Keys of a telephone as tones: two sines each (ITU-T Q.23), for lines that know nothing better.

Rule: a file of keys holds what somebody typed, so it is gone as soon as it is open.
"""

import math
from itertools import count
from pathlib import Path
from typing import Final

import numpy as np

from dialer.telephony.prompts import PAD_S, RATE, Prompt, write_wav

_LOW: Final = (697, 770, 852, 941)  #: hertz
_HIGH: Final = (1209, 1336, 1477, 1633)
_KEYPAD: Final = "123A456B789C*0#D"
_TONE_S: Final = 0.1
_GAP_S: Final = 0.08
_LEVEL: Final = 7000  #: of each of the two sines; full scale is 32767

_numbers = count()


def frequencies(key: str) -> tuple[int, int]:
    """Return the two frequencies of *key*, in hertz.

    >>> frequencies("5"), frequencies("#")
    ((770, 1336), (941, 1477))
    """
    place = _KEYPAD.index(key)
    return _LOW[place // 4], _HIGH[place % 4]


def write_keys(digits: str, directory: Path) -> Prompt:
    """Write *digits* as a file in *directory* that ends in silence; the caller removes it."""
    time = np.arange(int(RATE * _TONE_S)) / RATE
    gap = np.zeros(int(RATE * _GAP_S))
    pieces = []
    for key in digits:
        low, high = frequencies(key)
        pieces += [np.sin(2 * math.pi * low * time) + np.sin(2 * math.pi * high * time), gap]
    path = directory / f"keys-{next(_numbers)}.wav"
    samples = np.concatenate([*pieces, np.zeros(int(RATE * PAD_S))])
    write_wav(path, (_LEVEL * samples).astype(np.int16))
    return Prompt(path, len(digits) * (_TONE_S + _GAP_S))
