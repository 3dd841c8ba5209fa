"""Two tapes become one recording, whatever happens in between."""

import fcntl
import os
import signal
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dialer.telephony.prompts import RATE, write_wav
from dialer.telephony.recording import MergedRecording, RecordingDesk, RecordingProblem
from dialer.telephony.taping import audio_paths, slip_path

pytestmark = pytest.mark.real_time


def a_tone(hertz: float, seconds: float) -> np.ndarray:
    time = np.arange(int(RATE * seconds)) / RATE
    return (8000 * np.sin(2 * np.pi * hertz * time)).astype(np.int16)


def lay_tapes(spool: Path, name: str = "call", *, agent: float = 3.0, callee: float = 3.0) -> None:
    spool.mkdir(exist_ok=True)
    left, right = audio_paths(spool, name)
    write_wav(left, a_tone(400, agent))
    write_wav(right, a_tone(1000, callee))
    slip_path(spool, name).write_text("{}")


@pytest.fixture
def desk(tmp_path: Path) -> RecordingDesk:
    return RecordingDesk(spool=tmp_path / "spool", recordings=tmp_path / "recordings")


async def test_agent_left_and_callee_right_and_as_long_as_the_call(
    desk: RecordingDesk, tmp_path: Path
) -> None:
    lay_tapes(tmp_path / "spool")
    merged = await desk.submit("call")
    assert isinstance(merged, MergedRecording)
    sound, rate = soundfile.read(merged.path, dtype="float64")
    assert merged.seconds == len(sound) / rate == pytest.approx(3.0, abs=0.02)
    for channel, hertz in ((0, 400), (1, 1000)):
        spectrum = np.abs(np.fft.rfft(sound[:, channel]))
        assert np.argmax(spectrum) * rate / len(sound) == pytest.approx(hertz, abs=3)
    assert soundfile.info(merged.path).subtype == "OPUS"
    assert merged.path.stat().st_size == merged.bytes
    assert list((tmp_path / "spool").iterdir()) == [], "the tapes are gone"
    await desk.close()


async def test_a_recording_asked_for_twice_is_the_same(desk: RecordingDesk, tmp_path: Path) -> None:
    lay_tapes(tmp_path / "spool")
    first = await desk.submit("call")
    assert await desk.submit("call") == first
    await desk.close()


async def test_a_shorter_side_is_filled_with_silence(desk: RecordingDesk, tmp_path: Path) -> None:
    lay_tapes(tmp_path / "spool", agent=2.96, callee=3.0)
    merged = await desk.submit("call")
    assert isinstance(merged, MergedRecording)
    assert merged.seconds == pytest.approx(3.0, abs=0.01)
    assert merged.skew_s == pytest.approx(0.04)
    await desk.close()


async def test_a_tape_whose_header_was_never_written_is_saved(
    desk: RecordingDesk, tmp_path: Path
) -> None:
    lay_tapes(tmp_path / "spool")
    for path in audio_paths(tmp_path / "spool", "call"):
        content = bytearray(path.read_bytes())
        content[40:44] = bytes(4)  # as a killed worker leaves it
        path.write_bytes(content + b"\x01")
    [merged] = await desk.recover()
    assert isinstance(merged, MergedRecording)
    assert merged.seconds == pytest.approx(3.0, abs=0.01)
    await desk.close()


async def test_a_tape_that_still_runs_is_left_alone(desk: RecordingDesk, tmp_path: Path) -> None:
    lay_tapes(tmp_path / "spool")
    lock = os.open(slip_path(tmp_path / "spool", "call"), os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX)
    assert await desk.recover() == []
    os.close(lock)
    assert len(await desk.recover()) == 1
    await desk.close()


@pytest.mark.parametrize("missing", ["agent", "both", "empty"])
async def test_what_cannot_be_merged_says_why_and_loses_nothing(
    desk: RecordingDesk, tmp_path: Path, missing: str
) -> None:
    spool = tmp_path / "spool"
    spool.mkdir()
    if missing == "agent":
        lay_tapes(spool)
        audio_paths(spool, "call")[0].unlink()
    elif missing == "empty":
        lay_tapes(spool, agent=0, callee=0)
    before = sorted(spool.glob("*.wav"))
    problem = await desk.submit("call")
    assert isinstance(problem, RecordingProblem)
    assert problem.why
    assert sorted(spool.glob("*.wav")) == before
    assert await desk.recover() == [], "it is not tried for ever"
    await desk.close()


async def test_a_disk_that_takes_no_more_keeps_the_tapes(tmp_path: Path) -> None:
    lay_tapes(tmp_path / "spool")
    (tmp_path / "recordings").write_text("a file where the directory should be")
    desk = RecordingDesk(spool=tmp_path / "spool", recordings=tmp_path / "recordings")
    problem = await desk.submit("call")
    assert isinstance(problem, RecordingProblem)
    assert problem.for_now
    (tmp_path / "recordings").unlink()
    [merged] = await desk.recover()
    assert isinstance(merged, MergedRecording)
    await desk.close()


async def test_a_helper_that_was_killed_is_replaced(desk: RecordingDesk, tmp_path: Path) -> None:
    lay_tapes(tmp_path / "spool", "first")
    lay_tapes(tmp_path / "spool", "second")
    assert isinstance(await desk.submit("first"), MergedRecording)
    assert desk._helper is not None
    for pid in desk._helper._processes:
        os.kill(pid, signal.SIGKILL)
    assert isinstance(await desk.submit("second"), MergedRecording)
    await desk.close()


async def test_a_half_written_recording_is_not_taken_for_one(
    desk: RecordingDesk, tmp_path: Path
) -> None:
    lay_tapes(tmp_path / "spool")
    target = desk.path_of("call")
    target.parent.mkdir(parents=True)
    target.with_name(f".{target.name}.unfinished").write_bytes(b"half")
    merged = await desk.submit("call")
    assert isinstance(merged, MergedRecording)
    assert [path.name for path in target.parent.iterdir()] == [target.name]
    await desk.close()
