"""``python -m dialer.screening.corpus DIR --seed N``: write the corpus as WAV files with labels.

    DIR/dev/0000-hello.wav ...          DIR/dev/labels.jsonl
    DIR/held_out/0000-hello.wav ...     DIR/held_out/labels.jsonl

A few files of each kind are written the way other programs write them: at other rates, in
stereo, in A-law and mu-law.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import soundfile

from dialer.screening.corpus.making import Item, Part, items
from dialer.screening.corpus.speech import SpeechUnavailable
from dialer.screening.sound import RATE, resampled

#: Rate, channels and coding of every n-th file.
_SHAPES: Final = (
    (8000, 1, "PCM_16"),
    (8000, 1, "ALAW"),
    (16000, 1, "PCM_16"),
    (8000, 1, "ULAW"),
    (44100, 2, "PCM_16"),
    (8000, 1, "FLOAT"),
    (8000, 1, "PCM_U8"),
    (48000, 1, "PCM_24"),
)


def write(directory: Path, part: Part, *, seed: int, count: int, plain: bool = False) -> None:
    """Write *count* items of one part, and their labels.

    Args:
        plain: All of them as 8,000 samples a second, mono, 16 bits.

    Raises:
        SpeechUnavailable: espeak-ng is missing.
        OSError: the directory cannot be written.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "labels.jsonl").open("w", encoding="utf-8") as labels:
        for number, item in enumerate(items(part, seed, count)):
            shape = _SHAPES[0] if plain else _SHAPES[number // 2 % len(_SHAPES)]
            file = directory / f"{item.name}.wav"
            _write(file, item, *shape)
            line = {
                "file": file.name,
                "label": item.label,
                "kind": item.kind,
                "speech_starts_s": item.speech_starts_s,
            }
            labels.write(json.dumps(line) + "\n")


def _write(file: Path, item: Item, rate: int, channels: int, coding: str) -> None:
    samples = np.clip(resampled(item.sound, RATE, rate), -1.0, 1.0)
    columns = np.repeat(samples[:, None], channels, axis=1)
    soundfile.write(file, columns, rate, format="WAV", subtype=coding)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write both parts; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m dialer.screening.corpus",
        description="Write a labelled corpus of answered calls, synthesised from a seed.",
    )
    parser.add_argument("directory", type=Path, metavar="DIR")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=300, help="items of each part (300)")
    parser.add_argument("--plain", action="store_true", help="8 kHz, mono, 16 bits throughout")
    options = parser.parse_args(arguments)
    try:
        for part in Part:
            target = options.directory / part.value
            write(target, part, seed=options.seed, count=options.count, plain=options.plain)
            print(f"{target}: {options.count} files, labels.jsonl")
    except (SpeechUnavailable, OSError) as error:
        print(f"corpus: {error}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
