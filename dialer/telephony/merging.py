"""Two mono tapes become one stereo recording while they run: agent left, callee right, Ogg/Opus.

    NAME.agent.wav   ──▶ ┐  a packet is coded as soon as both
    NAME.callee.wav  ──▶ ┘  tapes have it, and decoded again  ──▶ .NAME.ogg.unfinished ──▶ NAME.ogg

Runs in a helper process, so that its work never delays a call or the pacing. Takes paths and
gives back figures; decides nothing.

Rule: a recording that can be found under its name is whole: it was written beside it, synced,
read back page by page, and only then renamed. What is beside it can be played as far as it goes.
"""

import ctypes
import os
import signal
import sys
import zlib
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

import numpy as np

from dialer.telephony import ogg
from dialer.telephony.audio_file import AudioKey, AudioWriter, Unreadable, audio_of
from dialer.telephony.opus import CHANNELS, PACKET, Decoder, Encoder, OpusFailed
from dialer.telephony.prompts import RATE
from dialer.telephony.taping import WAV_HEADER

_SCALE: Final = ogg.GRANULES // RATE
_PACKETS_A_PAGE: Final = 15  # nine tenths of a second; fifteen of the longest fit
_PR_SET_PDEATHSIG: Final = 1


class Unmergeable(Exception):
    """The two files do not make a recording. Says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What came out."""

    seconds: float  #: decoded length
    sha256: str  #: of the Ogg stream, whether the file is sealed or not
    bytes: int  #: of the Ogg stream
    skew_s: float = 0.0  #: by how much one side was longer; it was filled with silence


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One recording to be made."""

    recording: str
    agent: Path
    callee: Path
    target: Path
    key: AudioKey | None = None
    length_s: float | None = None  #: what is on the tapes after it came after the hang-up


def begin() -> None:
    """Make this helper process polite, and end with its parent however that ends."""
    os.nice(2)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)


def unfinished(target: Path) -> Path:
    """Return where a recording is while it is being made."""
    return target.with_name(f".{target.name}.unfinished")


class _Tape:
    """One side, as far as it has been written; its header is not asked, it comes last."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = path.open("rb", buffering=0)
        except OSError as error:
            raise Unmergeable(f"{path.name} cannot be read: {error.strerror}") from None

    def __len__(self) -> int:
        return max(0, os.fstat(self._file.fileno()).st_size - WAV_HEADER) // 2

    def read(self, first: int, count: int) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
        """Return *count* samples; what is not there is silence."""
        samples = np.zeros(count, "<i2")
        found = os.pread(self._file.fileno(), 2 * count, WAV_HEADER + 2 * first)
        samples[: len(found) // 2] = np.frombuffer(found[: len(found) // 2 * 2], "<i2")
        return samples

    def close(self) -> None:
        self._file.close()


class Running:
    """A recording that is being made.

    Raises:
        Unmergeable: a side is missing.
        OSError: the disk is full or otherwise unwilling; the same may be tried again.
    """

    def __init__(self, order: Order) -> None:
        self._order = order
        self._left, self._right = _Tape(order.agent), _Tape(order.callee)
        self._encoder, self._decoder = Encoder(), Decoder()
        self._skip = self._encoder.lookahead * _SCALE
        self._stream = zlib.crc32(order.recording.encode())
        order.target.parent.mkdir(parents=True, exist_ok=True)
        self._file = AudioWriter(unfinished(order.target), order.key)
        self._coded = 0  # samples
        self._decoded = 0
        self._pages = 0
        self._unwritten: list[tuple[bytes, bool]] = []
        head = ogg.opus_head(channels=CHANNELS, rate=RATE, skip=self._skip)
        self._page([head], 0)
        self._page([ogg.opus_tags("Callwright")], 0)

    @property
    def has_tapes(self) -> bool:
        """Whether its tapes are still on disk."""
        return self._order.agent.exists() or self._order.callee.exists()

    @property
    def behind_s(self) -> float:
        """How much both tapes have, and is not yet coded: whole packets, in seconds."""
        ready = min(len(self._left), len(self._right)) - self._coded
        return max(0, ready // PACKET) * PACKET / RATE

    def advance(self) -> float:
        """Code the next page of what both tapes have; return how many seconds are left to do."""
        self._write()
        ready = (min(len(self._left), len(self._right)) - self._coded) // PACKET
        packets = self._packets(min(ready, _PACKETS_A_PAGE))
        if packets:
            self._page(packets, self._coded * _SCALE)
            self._write()
        return (ready - len(packets)) * PACKET / RATE

    def complete(self, length_s: float | None = None) -> float:
        """Code what is left, the longer side to its end; return by how much it was longer, in s.

        Args:
            length_s: Leave out what comes after, unless it is coded already.

        Raises:
            Unmergeable: both sides are empty.
        """
        sides = len(self._left), len(self._right)
        samples = max(sides)
        if samples == 0:
            raise Unmergeable("both sides are empty: nothing was recorded")
        if length_s is not None and round(length_s * RATE) > self._coded:
            samples = min(samples, round(length_s * RATE))
        end = samples + self._encoder.lookahead
        while self._coded < end:
            self._write()
            packets = self._packets(min(-((self._coded - end) // PACKET), _PACKETS_A_PAGE))
            if self._coded < end:
                self._page(packets, self._coded * _SCALE)
            else:
                self._page(packets, self._skip + samples * _SCALE, is_last=True)
        self._write()
        return abs(sides[0] - sides[1]) / RATE

    def sync(self) -> None:
        """Wait until everything is on the disk."""
        self._file.sync()

    def publish(self, skew_s: float) -> Merged:
        """Read back what was written, and give it its name."""
        target, key = self._order.target, self._order.key
        found = measure(
            unfinished(target), key.key if key else None, decoded=self._decoded, skew_s=skew_s
        )
        unfinished(target).replace(target)
        self.close()
        return found

    def close(self) -> None:
        """Let go of all files."""
        self._file.close()
        self._left.close()
        self._right.close()

    def _packets(self, count: int) -> list[bytes]:
        if count <= 0:
            return []
        both = np.empty((count * PACKET, CHANNELS), "<i2")
        both[:, 0] = self._left.read(self._coded, count * PACKET)
        both[:, 1] = self._right.read(self._coded, count * PACKET)
        content, size = both.tobytes(), PACKET * CHANNELS * 2
        packets = [
            self._encoder.encode(content[start : start + size])
            for start in range(0, len(content), size)
        ]
        self._decoded += self._decoder.decode(packets)
        self._coded += count * PACKET
        return packets

    def _page(self, packets: list[bytes], position: int, *, is_last: bool = False) -> None:
        made = ogg.page(
            packets, position=position, stream=self._stream, number=self._pages, is_last=is_last
        )
        self._pages += 1
        self._unwritten.append((made, is_last))

    def _write(self) -> None:
        while self._unwritten:
            data, is_last = self._unwritten[0]
            self._file.write(data, is_last=is_last)
            del self._unwritten[0]


def measure(
    path: Path, key: bytes | None = None, *, decoded: int | None = None, skew_s: float = 0.0
) -> Merged:
    """Read *path* from end to end and return its figures.

    Args:
        decoded: How many samples its packets were when they were decoded one by one as they were
            written; otherwise they are decoded now.

    Raises:
        OSError: it cannot be read, or is not a whole recording.
    """
    try:
        stream = audio_of(path, key)
        pages = list(ogg.pages(stream))
        if len(pages) < 3 or not pages[-1].is_last:
            raise Unreadable("the recording is cut off: its last page is missing")
        packets = [packet for page in pages[2:] for packet in page.packets]
        if decoded is None:
            decoded = Decoder().decode(packets)
        elif decoded != len(packets) * PACKET:
            raise Unreadable(f"{len(packets)} packets are there, and {decoded} samples were coded")
    except (Unreadable, ogg.BrokenPage, OpusFailed) as error:
        raise OSError(f"{path.name}: {error}") from None
    skip = int.from_bytes(pages[0].packets[0][10:12], "little")
    length = pages[-1].position - skip
    if not 0 < length <= decoded * _SCALE:
        raise OSError(f"{path.name}: it says {length} positions, and decodes to {decoded} samples")
    return Merged(
        seconds=length / ogg.GRANULES,
        sha256=sha256(stream).hexdigest(),
        bytes=len(stream),
        skew_s=skew_s,
    )
