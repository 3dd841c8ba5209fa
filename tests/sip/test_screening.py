"""Screening over real SIP: what a callee says is heard while it is said, and kept no longer."""

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from dialer.app.screening_room import ScreeningRoom
from dialer.call_events import CallId, OwnReason
from dialer.clock import SystemClock
from dialer.screening.line import Progress, Said, TonePlan
from dialer.screening.verdict import Judgement, Mode, ScreeningVerdict
from dialer.telephony import events
from dialer.telephony.call_news import leg_of
from dialer.telephony.commands import HangUp, LineAudio
from dialer.telephony.overhearing import heard_path, line_path
from tests.sip.desk import Core, WorkerProcess
from tests.sip.test_bridging import until
from tests.sip.uas import Audio, Uas

pytestmark = [pytest.mark.sip, pytest.mark.real_time]


async def test_a_fax_is_known_within_two_seconds_and_nothing_of_it_is_kept(
    worker: WorkerProcess, core: Core, uas: Uas, tmp_path: Path
):
    room = ScreeningRoom(SystemClock(), socket=tmp_path / "s", spool=worker.spool)
    room.want()
    running = asyncio.create_task(room.run())
    await until(lambda: room.is_listening)
    call, told = CallId(uuid4()), list[Judgement]()
    leg = leg_of(call)
    core.call(leg, uas.uri(), heard_s=20.0)
    (await uas.invited.get()).answer(hertz=2100)
    answered_at, _ = await core.event(events.Answered, leg)
    assert room.listen(call, Mode.FAST, told.append)
    await until(lambda: bool(told))
    assert told[0].verdict is ScreeningVerdict.FAX
    assert told[0].at_s < 2.0
    assert await asyncio.to_thread(heard_path(worker.spool, leg).exists)
    core.order(HangUp(leg=leg, because=OwnReason.SCREENED_OUT))
    ended_at, ended = await core.event(events.Ended, leg)
    assert ended.own_reason is OwnReason.SCREENED_OUT
    print(f"\na fax: known by {told[0].at_s:.2f} s of sound; up {ended_at - answered_at:.2f} s")
    assert not list(await asyncio.to_thread(lambda: list(worker.spool.glob("*.heard.wav"))))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_file_is_gone_when_its_time_is_over_and_the_call_goes_on(
    worker: WorkerProcess, core: Core, uas: Uas
):
    core.call("call.a", uas.uri(), heard_s=0.5)
    core.call("call.b", uas.uri())
    calls = [await uas.invited.get() for _ in range(2)]
    for call in calls:
        call.answer(hertz=700)
    await core.event(events.Answered, "call.a")
    await core.event(events.Answered, "call.b")
    path = heard_path(worker.spool, "call.a")
    assert not await asyncio.to_thread(heard_path(worker.spool, "call.b").exists)
    await until(lambda: not path.exists())
    assert not any(call.ended.is_set() for call in calls)


@pytest.fixture
async def room(worker: WorkerProcess, tmp_path: Path) -> AsyncIterator[ScreeningRoom]:
    room = ScreeningRoom(SystemClock(), socket=tmp_path / "s", spool=worker.spool)
    room.want()
    running = asyncio.create_task(room.run())
    await until(lambda: room.is_listening)
    yield room
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def paced(audio: Audio, hertz: float, *steps: float, times: int) -> None:
    """Let a tone be on and off by turns, beginning with on."""
    for number, seconds in enumerate(steps * times):
        audio.hertz = 0.0 if number % 2 else hertz
        await asyncio.sleep(seconds)


async def murmur(audio: Audio, seconds: float) -> None:
    """Make sounds that are no tone."""
    dice = random.Random(1)
    for _ in range(int(seconds / 0.02)):
        audio.hertz = dice.uniform(250, 2500)
        await asyncio.sleep(0.02)
    audio.hertz = 0.0


async def test_a_busy_tone_before_the_answer_is_heard(
    worker: WorkerProcess, core: Core, uas: Uas, room: ScreeningRoom
):
    call, told = CallId(uuid4()), list[Said | None]()
    leg = leg_of(call)
    core.call(leg, uas.uri(), line=LineAudio.EARLY)
    far = await uas.invited.get()
    far.ring("183 Session Progress", audio=True)
    busy = asyncio.create_task(paced(far.audio, 425.0, 0.5, 0.5, times=20))
    _, progress = await core.event(events.Provisional, leg)
    assert progress.early_media
    assert room.listen_to_line(call, TonePlan(), told.append)
    await until(lambda: bool(told))
    assert told[0] is not None and told[0].progress is Progress.BUSY
    core.order(HangUp(leg=leg, because=OwnReason.HEARD_BUSY))
    _, ended = await core.event(events.Ended, leg)
    assert (ended.own_reason, ended.status) == (OwnReason.HEARD_BUSY, None)
    assert not list(await asyncio.to_thread(lambda: list(worker.spool.glob("*.line.wav"))))
    busy.cancel()


async def test_of_a_box_that_answers_first_it_is_heard_when_somebody_does(
    worker: WorkerProcess, core: Core, uas: Uas, room: ScreeningRoom
):
    call, told = CallId(uuid4()), list[Said | None]()
    leg = leg_of(call)
    core.call(leg, uas.uri(), line=LineAudio.ALL)
    far = await uas.invited.get()
    far.answer()
    await core.event(events.Answered, leg)
    assert room.listen_to_line(call, TonePlan(ring_pause_s=2.0, answers=True), told.append)
    await paced(far.audio, 425.0, 0.8, 2.0, times=2)
    assert not told, "it rings"
    await murmur(far.audio, 1.0)
    await until(lambda: bool(told))
    assert told[0] is not None and told[0].progress is Progress.ANSWERED
    assert told[0].heard_s - told[0].began_s < 1.0


async def test_of_a_signalled_answer_the_line_is_written_no_longer(
    worker: WorkerProcess, core: Core, uas: Uas
):
    core.call("call.a", uas.uri(), line=LineAudio.EARLY)
    far = await uas.invited.get()
    path = line_path(worker.spool, "call.a")
    far.ring("183 Session Progress", audio=True)
    await until(lambda: path.exists())
    far.answer()
    await core.event(events.Answered, "call.a")
    await until(lambda: not path.exists())
