"""Two mono files become one stereo recording: agent left, callee right, Ogg/Opus.

Runs in a helper process, so that its work never delays a call or the pacing. Takes paths and
gives back figures; decides nothing.

Rule: a recording that can be found under its name is whole: it was written beside it, synced,
decoded once from end to end, and only then renamed.
"""

import ctypes
import os
import signal
import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
from numpy.typing import NDArray

from dialer.telephony.prompts import RATE
from dialer.telephony.taping import WAV_HEADER

_BLOCK: Final = RATE * 60  #: frames decoded at once
_QUALITY: Final = 0.94  #: libsndfile's 0 (largest) .. 1 (smallest): 43 kbit/s for two voices
_PR_SET_PDEATHSIG: Final = 1


class Unmergeable(Exception):
    """The two files do not make a recording. Says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What came out."""

    seconds: float  #: decoded length
    sha256: str  #: of the file
    bytes: int
    skew_s: float  #: by how much one side was longer; it was filled with silence


def begin() -> None:
    """Make this helper process polite, and end with its parent however that ends."""
    os.nice(5)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)


def merge(agent: Path, callee: Path, target: Path) -> Merged:
    """Write *target* from what the agent and what the callee said.

    Raises:
        Unmergeable: a side is missing or both are empty.
        OSError: the disk is full or otherwise unwilling; nothing is left under *target*.
    """
    left, right = _samples(agent), _samples(callee)
    length = max(len(left), len(right))
    if length == 0:
        raise Unmergeable("both sides are empty: nothing was recorded")
    both = np.zeros((length, 2), np.int16)
    both[: len(left), 0] = left
    both[: len(right), 1] = right
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}.unfinished")
    try:
        _write(unfinished, both)
        figures = measure(unfinished, skew_s=abs(len(left) - len(right)) / RATE)
        unfinished.replace(target)
        _sync(target.parent)
    except (soundfile.LibsndfileError, OSError) as error:
        unfinished.unlink(missing_ok=True)
        raise OSError(f"the recording could not be written: {error}") from None
    return figures


def measure(path: Path, *, skew_s: float = 0.0) -> Merged:
    """Decode *path* from end to end and return its figures.

    Raises:
        OSError: it cannot be read.
    """
    digest, size, frames = sha256(), 0, 0
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
            size += len(block)
    with soundfile.SoundFile(path) as sound:
        rate = sound.samplerate
        while (count := len(sound.read(_BLOCK, dtype="int16"))) > 0:
            frames += count
    return Merged(seconds=frames / rate, sha256=digest.hexdigest(), bytes=size, skew_s=skew_s)


def _write(path: Path, both: NDArray[np.int16]) -> None:
    with soundfile.SoundFile(
        path,
        "w",
        samplerate=RATE,
        channels=2,
        format="OGG",
        subtype="OPUS",
        compression_level=_QUALITY,
    ) as sound:
        for start in range(0, len(both), _BLOCK):
            sound.write(both[start : start + _BLOCK])
    _sync(path)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _samples(path: Path) -> NDArray[np.int16]:
    """Return the samples of a tape, also of one whose worker died before its header was written."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Unmergeable(f"{path.name} cannot be read: {error.strerror}") from None
    body = content[WAV_HEADER:]
    return np.frombuffer(body[: len(body) // 2 * 2], "<i2").astype(np.int16)
