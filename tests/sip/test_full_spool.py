"""The tapes' memory runs full: recording stops and says so, and nobody on the telephone notices."""

import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import soundfile

from dialer.call_events import OwnReason
from dialer.telephony import events
from dialer.telephony.commands import Bridge, HangUp
from dialer.telephony.merging import unfinished
from dialer.telephony.recording import MergedRecording, RecordingDesk
from tests.sip.desk import Core, WorkerProcess
from tests.sip.test_bridging import CALLEE_HERTZ, a_callee, an_agent, until
from tests.sip.uas import Uas, loudest_hertz

pytestmark = [pytest.mark.sip, pytest.mark.real_time]


@pytest.fixture
async def worker() -> AsyncIterator[WorkerProcess]:
    """One whose spool holds 20 MiB."""
    process = WorkerProcess()
    config = process.config.read_text()
    command = ["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", str(process.spool)]
    if subprocess.run(command, capture_output=True, check=False).returncode:  # noqa: ASYNC221
        pytest.skip("mounting a small file system needs root")
    process.config.write_text(config)
    await process.start()
    yield process
    await process.stop()
    subprocess.run(["umount", "--lazy", str(process.spool)], check=True)  # noqa: ASYNC221
    process.clear()


async def test_a_full_spool_stops_the_tape_and_never_the_talk(
    worker: WorkerProcess, core: Core, uas: Uas, tmp_path: Path
) -> None:
    agent, callee = await an_agent(core, uas), await a_callee(core, uas)
    core.order(Bridge(callee="callee", agent="agent", recording="first"))
    await until(lambda: len(callee.audio.heard) > 100)
    desk = RecordingDesk(spool=worker.spool, recordings=tmp_path)
    assert (await desk.follow()).running == 1
    so_far, rate = soundfile.read(unfinished(desk.path_of("first")), always_2d=True)
    assert len(so_far) > rate, "what was said in this call can be heard while it goes on"
    assert loudest_hertz(so_far[-rate // 2 :, 1] * 32768) == pytest.approx(CALLEE_HERTZ, abs=10)

    (worker.spool / "ballast").write_bytes(bytes(13 * 2**20))
    _, untaped = await core.event(events.Untaped, "callee")
    assert "MiB are left for the tapes" in untaped.why
    _, recorded = await core.event(events.Recorded, "callee")
    heard = len(agent.audio.heard)
    await until(lambda: len(agent.audio.heard) > heard + 50)
    assert abs(agent.audio.loudest_hertz() - CALLEE_HERTZ) < 10, "they talk on"

    made = await desk.submit("first")
    assert isinstance(made, MergedRecording)
    assert made.seconds == pytest.approx(recorded.stopped_at - recorded.started_at, abs=0.1)
    assert made.slip is not None
    assert made.slip.stopped_because == untaped.why
    await desk.close()

    core.order(HangUp(leg="callee", because=OwnReason.HUNG_UP))
    await core.event(events.Ended, "callee")
    await a_callee(core, uas, "next")
    core.order(Bridge(callee="next", agent="agent", recording="second"))
    _, bridged = await core.event(events.Bridged, "next")
    assert bridged.recording is None
    assert (await core.event(events.Untaped, "next"))[1].recording == "second"
    assert not list(worker.spool.glob("second*"))

    (worker.spool / "ballast").unlink()
    core.order(HangUp(leg="next", because=OwnReason.HUNG_UP))
    await core.event(events.Ended, "next")
    await a_callee(core, uas, "last")
    core.order(Bridge(callee="last", agent="agent", recording="third"))
    assert (await core.event(events.Bridged, "last"))[1].recording == "third"
