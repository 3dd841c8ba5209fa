"""The rule of Asterisk's ``app_amd``, written from its description, to compare with.

Average loudness of each 20 ms decides between voice and silence; counts of words and lengths of
voice and silence decide the rest. The figures are the defaults of its sample configuration. A
word is counted when enough silence came before it; the state machine begins inside a word.

A fax, special information tones or music are no part of it: whatever is loud is voice.
"""

from dataclasses import dataclass

import numpy as np

from dialer.screening.sound import RATE, Sound

FRAME_MS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class AppAmd:
    """Its settings, in milliseconds where they are times."""

    total_analysis: int = 5000
    initial_silence: int = 2500
    greeting: int = 1500
    after_greeting_silence: int = 800
    min_word: int = 100
    max_word: int = 5000
    between_words: int = 50
    max_words: int = 2  #: more are a machine
    silence_level: int = 256  #: average of 32,767

    def __call__(self, sound: Sound) -> tuple[str, str, float]:
        """Return MACHINE, HUMAN or NOTSURE, the cause, and after how many seconds."""
        size = RATE * FRAME_MS // 1000
        whole = np.abs(sound[: len(sound) // size * size]).reshape(-1, size) * 32767
        silence = voice = word = words = total = 0
        in_word, greeted = True, False
        for loudness in whole.mean(axis=1):
            total += FRAME_MS
            if loudness < self.silence_level:
                silence += FRAME_MS
                if silence >= self.between_words:
                    in_word, word = False, 0
                if not greeted and silence >= self.initial_silence:
                    return "MACHINE", "INITIALSILENCE", total / 1000
                if greeted and silence >= self.after_greeting_silence:
                    return "HUMAN", "HUMAN", total / 1000
            else:
                silence = 0
                word += FRAME_MS
                voice += FRAME_MS
                if word >= self.min_word and not in_word:
                    words, in_word = words + 1, True
                greeted = greeted or word >= self.min_word
                if word >= self.max_word:
                    return "MACHINE", "MAXWORDLENGTH", total / 1000
                if words > self.max_words:
                    return "MACHINE", "MAXWORDS", total / 1000
                if greeted and voice >= self.greeting:
                    return "MACHINE", "LONGGREETING", total / 1000
            if total >= self.total_analysis:
                return "NOTSURE", "TOOLONG", total / 1000
        return "NOTSURE", "NOAUDIODATA", total / 1000
