"""Sounds that tests make by hand: no speech program is needed for them."""

import numpy as np

from dialer.screening.corpus.sounds import silence, tone
from dialer.screening.sound import RATE, Sound

__all__ = ["babble", "in_a_row", "silence", "tone"]


def babble(seconds: float, *, seed: int = 1, pitch: float = 130.0) -> Sound:
    """Something that anything which measures takes for speech: syllables with a moving pitch."""
    dice = np.random.default_rng(seed)
    pieces: list[Sound] = []
    while sum(map(len, pieces)) < seconds * RATE:
        moment = np.arange(int(dice.uniform(0.11, 0.2) * RATE)) / RATE
        melody = pitch * (1 + 0.3 * dice.standard_normal() * moment / moment[-1])
        turn = 2 * np.pi * np.cumsum(melody) / RATE
        formant = dice.uniform(400, 1800)
        voiced = sum(
            np.exp(-(((k * pitch - formant) / 400) ** 2)) * np.sin(k * turn) for k in range(2, 24)
        )
        pieces.append(0.2 * voiced * np.sin(np.pi * np.linspace(0, 1, len(moment))) ** 0.5)
    return np.concatenate(pieces)[: round(seconds * RATE)]


def in_a_row(*sounds: Sound, noise: float = 0.0005) -> Sound:
    """One sound after the other, on a line that is never quite silent."""
    found = np.concatenate(sounds)
    return found + np.random.default_rng(7).normal(0, noise, len(found))
