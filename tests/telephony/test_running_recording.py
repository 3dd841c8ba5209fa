"""A recording grows while its call goes on: playable so far, sealed if wished, and never lost."""

import errno
import fcntl
import json
import os
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
import soundfile

from dialer.call_events import CallId
from dialer.database.recordings import own_key
from dialer.rights.audio_keys import AudioKeys
from dialer.telephony import ogg
from dialer.telephony.audio_file import (
    AudioKey,
    AudioWriter,
    Unreadable,
    audio_of,
    envelope_of,
)
from dialer.telephony.differing import Lengths, explained
from dialer.telephony.merging import unfinished
from dialer.telephony.prompts import RATE
from dialer.telephony.recording import MergedRecording, RecordingDesk, RecordingProblem
from dialer.telephony.taping import Slip, audio_paths, read_slip, slip_path
from leads.store.vault import Vault

pytestmark = pytest.mark.real_time
NAME = "0192f1c0-0000-7000-8000-000000000001"
KEY = AudioKey(key=bytes(32), envelope=b"envelope")


class GrowingTapes:
    """Both tapes of a call that goes on, as a worker writes them: the header comes last."""

    def __init__(self, spool: Path) -> None:
        spool.mkdir(exist_ok=True)
        self.files = [path.open("ab", buffering=0) for path in audio_paths(spool, NAME)]
        for file in self.files:
            file.write(bytes(44))
        self.lock = os.open(slip_path(spool, NAME), os.O_RDWR | os.O_CREAT)
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        self.slip = Slip(recording=NAME, callee="c", agent="a", started_at=0.0)
        self.said = 0

    def say(self, seconds: float) -> None:
        time = (self.said + np.arange(int(RATE * seconds))) / RATE
        for file, hertz in zip(self.files, (400, 1000), strict=True):
            file.write((8000 * np.sin(2 * np.pi * hertz * time)).astype("<i2").tobytes())
        self.said += len(time)

    def end(self, at: float = 3.0) -> None:
        content = {**{n: getattr(self.slip, n) for n in Slip.__slots__}, "stopped_at": at}
        os.pwrite(self.lock, json.dumps(content).encode(), 0)
        os.close(self.lock)
        for file in self.files:
            file.close()


@pytest.fixture
def tapes(tmp_path: Path) -> GrowingTapes:
    return GrowingTapes(tmp_path / "spool")


@contextmanager
def a_small_disk(path: Path, size: str) -> Iterator[Path]:
    path.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(path)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small file system needs root")
    try:
        yield path
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)


def grow(disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=1m", str(disk)], check=True)


def strongest(sound: np.ndarray, rate: int) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(sound))) * rate / len(sound))


async def test_what_has_been_said_can_be_played_and_sought_while_the_call_goes_on(
    tmp_path: Path, tapes: GrowingTapes
) -> None:
    desk = RecordingDesk(spool=tmp_path / "spool", recordings=tmp_path / "recordings")
    tapes.say(2.5)
    seen = await desk.follow()
    assert (seen.running, seen.problem) == (1, None)
    with soundfile.SoundFile(unfinished(desk.path_of(NAME))) as so_far:
        assert 2.4 < len(so_far) / so_far.samplerate <= 2.5
        so_far.seek(int(1.5 * so_far.samplerate))
        later = so_far.read(int(0.5 * so_far.samplerate))
        assert strongest(later[:, 0], so_far.samplerate) == pytest.approx(400, abs=5)
        assert strongest(later[:, 1], so_far.samplerate) == pytest.approx(1000, abs=5)
    tapes.say(0.5)
    assert await desk.recover() == [], "it still runs"
    tapes.end()
    made = await desk.submit(NAME)
    assert isinstance(made, MergedRecording)
    sound, rate = soundfile.read(made.path)
    assert made.seconds == len(sound) / rate == 3.0
    assert made.slip is not None
    assert made.slip.stopped_at == 3.0
    assert [path.name for path in made.path.parent.iterdir()] == [made.path.name]
    await desk.close()


async def test_what_was_taped_after_the_hang_up_is_left_out(
    tmp_path: Path, tapes: GrowingTapes
) -> None:
    desk = RecordingDesk(spool=tmp_path / "spool", recordings=tmp_path / "recordings")
    tapes.say(2.5)
    await desk.follow()
    tapes.say(0.7)
    tapes.end()  # at 3.0
    made = await desk.submit(NAME)
    assert isinstance(made, MergedRecording)
    assert made.seconds == 3.0
    await desk.close()


async def test_a_new_helper_begins_again_and_loses_nothing(
    tmp_path: Path, tapes: GrowingTapes
) -> None:
    first = RecordingDesk(spool=tmp_path / "spool", recordings=tmp_path / "recordings")
    tapes.say(2.0)
    await first.follow()
    await first.close()  # as when the core dies
    second = RecordingDesk(spool=tmp_path / "spool", recordings=tmp_path / "recordings")
    tapes.say(1.0)
    await second.follow()
    tapes.end()
    made = await second.submit(NAME)
    assert isinstance(made, MergedRecording)
    assert made.seconds == 3.0
    assert await second.submit(NAME) == MergedRecording(
        **{n: getattr(made, n) for n in MergedRecording.__slots__ if n != "slip"}, slip=None
    )
    await second.close()


async def test_sealed_it_says_nothing_without_its_key_and_all_with_it(
    tmp_path: Path, tapes: GrowingTapes
) -> None:
    vault = Vault.in_memory()
    keys = AudioKeys(vault)
    desk = RecordingDesk(spool=tmp_path / "spool", recordings=tmp_path / "recordings", keys=keys)
    tapes.say(3.0)
    await desk.follow()
    growing = unfinished(desk.path_of(NAME))
    assert b"OggS" not in growing.read_bytes()
    key = keys.opened(envelope_of(growing) or b"")
    assert len(audio_of(growing, key, is_whole=False)) > 1000
    with pytest.raises(Unreadable, match="cut off"):
        audio_of(growing, key)
    tapes.end()
    made = await desk.submit(NAME)
    assert isinstance(made, MergedRecording)
    stored = made.path.read_bytes()
    assert b"OggS" not in stored
    sound, rate = soundfile.read(BytesIO(audio_of(made.path, key)))
    assert len(sound) / rate == made.seconds == 3.0
    again = await desk.submit(NAME)
    assert isinstance(again, MergedRecording)
    assert again.sha256 == made.sha256, "a recording that is whole is found again by its own key"
    vault.destroy([own_key(CallId(UUID(NAME)))])
    assert keys.opened(envelope_of(made.path) or b"") is None
    await desk.close()


@pytest.mark.parametrize("harm", ["changed", "shortened", "another key", "swapped"])
def test_a_sealed_file_that_was_tampered_with_is_refused(tmp_path: Path, harm: str) -> None:
    path = tmp_path / "sealed"
    writer = AudioWriter(path, KEY)
    for part in (b"first ", b"other ", b"third "):
        writer.write(part)
    writer.write(b"last", is_last=True)
    writer.sync()
    assert audio_of(path, KEY.key) == b"first other third last"
    content, key = path.read_bytes(), KEY.key
    record = 4 + 6 + 16
    start = len(content) - 3 * record - (4 + 4 + 16)
    match harm:
        case "changed":
            content = content[:-1] + bytes((content[-1] ^ 1,))
        case "shortened":
            content = content[: -(4 + 4 + 16)]
        case "another key":
            key = bytes(31) + b"\x01"
        case "swapped":
            one, two = content[start : start + record], content[start + record :][:record]
            content = content[:start] + two + one + content[start + 2 * record :]
    path.write_bytes(content)
    with pytest.raises(Unreadable):
        audio_of(path, key)
    with pytest.raises(Unreadable, match="its key is not there"):
        audio_of(path, None)


async def test_a_full_disk_is_told_of_and_nothing_is_lost_when_there_is_room_again(
    tmp_path: Path, tapes: GrowingTapes
) -> None:
    with a_small_disk(tmp_path / "recordings", "64k") as recordings:
        ballast = recordings / "ballast"
        ballast.write_bytes(bytes(52 * 1024))
        desk = RecordingDesk(spool=tmp_path / "spool", recordings=recordings)
        tapes.say(20.0)
        seen = await desk.follow()
        assert seen.problem == os.strerror(errno.ENOSPC)
        tapes.say(5.0)
        tapes.end(25.0)
        problem = await desk.submit(NAME)
        assert isinstance(problem, RecordingProblem)
        assert problem.for_now
        ballast.unlink()
        recordings_again = await desk.recover()
        assert isinstance(recordings_again[0], RecordingProblem), "125 kB do not fit, either"
        grow(recordings)
        [made] = await desk.recover()
        assert isinstance(made, MergedRecording)
        assert made.seconds == 25.0
        await desk.close()


def test_a_write_that_fails_in_the_middle_is_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.write
    room = [7]

    def full(file: int, data: bytes) -> int:
        if not room[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        done = real(file, data[: room[0]])
        room[0] -= done
        return done

    writer = AudioWriter(tmp_path / "audio")
    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space"):
        writer.write(b"0123456789")
    room[0] = 100
    writer.write(b"0123456789")
    writer.sync()
    assert (tmp_path / "audio").read_bytes() == b"0123456789"


def test_a_page_that_was_changed_or_cut_off_is_noticed() -> None:
    made = ogg.page([b"x" * 300, b""], position=9, stream=1, number=0, is_last=True)
    [page] = ogg.pages(made)
    assert (page.packets, page.position, page.is_last) == ((b"x" * 300, b""), 9, True)
    for broken in (made[:-1], made[:20], b"Oggs" + made[4:], made[:-1] + b"y", made + made):
        with pytest.raises(ogg.BrokenPage):
            list(ogg.pages(broken))
    with pytest.raises(ValueError, match="do not fit"):
        ogg.page([b"x" * 70_000], position=0, stream=1, number=0)


@pytest.mark.parametrize(
    ("lengths", "says"),
    [
        (Lengths(decoded_s=3.09, by_events_s=3.0), None),
        (Lengths(decoded_s=3.0, by_events_s=None), "no end of the call"),
        (Lengths(decoded_s=3.0, by_events_s=4.0), "nothing more is known"),
    ],
)
def test_a_difference_is_explained(lengths: Lengths, says: str | None) -> None:
    found = explained(lengths)
    assert found is None if says is None else says in (found or "")


@pytest.mark.parametrize(
    ("slip", "decoded_s", "says"),
    [
        ({"stopped_at": 14.0}, 3.5, "0.50 s shorter than by events: 0.50 s were never written"),
        ({"stopped_at": 13.0}, 3.0, "the end was told 1.00 s after the tape stopped"),
        ({"stopped_at": 12.0, "stopped_because": "no room"}, 2.0, "was stopped, no room"),
        ({}, 2.0, "worker died"),
    ],
)
def test_the_tapes_slip_tells_why(slip: dict[str, object], decoded_s: float, says: str) -> None:
    whole = Slip(recording="r", callee="c", agent="a", **{"started_at": 10.0, **slip})  # type: ignore[arg-type]
    found = explained(Lengths(decoded_s=decoded_s, by_events_s=4.0, slip=whole))
    assert found is not None
    assert says in found


def test_a_slip_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    assert read_slip(tmp_path, "r") is None
    slip_path(tmp_path, "r").write_text('{"recording": "r"')
    assert read_slip(tmp_path, "r") is None


def test_the_head_says_what_a_player_needs() -> None:
    head = ogg.opus_head(channels=2, rate=8000, skip=120)
    assert struct.unpack("<8sBBHIhB", head) == (b"OpusHead", 1, 2, 120, 8000, 0, 0)
