"""The process that listens, over its socket, to files that grow as a worker writes them."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest

from dialer.app.screening_room import ScreeningRoom
from dialer.call_events import CallId
from dialer.clock import SystemClock
from dialer.screening.sound import RATE, Sound
from dialer.screening.verdict import Judgement, Mode, ScreeningVerdict
from dialer.telephony.call_news import leg_of
from dialer.telephony.overhearing import heard_path
from tests.screening.sounds import babble, in_a_row, silence
from tests.screening.test_judging import GREETING, HELLO

pytestmark = pytest.mark.real_time


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110 - another process has no event for us
            await asyncio.sleep(0.02)


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[ScreeningRoom]:
    room = ScreeningRoom(SystemClock(), socket=tmp_path / "screening.sock", spool=tmp_path)
    room.want()
    task = asyncio.create_task(room.run())
    await until(lambda: room.is_listening)
    yield room
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


class Line:
    """One call: a file that grows, and what is told of it."""

    def __init__(self, spool: Path) -> None:
        self.call = CallId(uuid4())
        self.path = heard_path(spool, leg_of(self.call))
        self.told: list[Judgement] = []
        self._news = asyncio.Event()

    def hear(self, judgement: Judgement) -> None:
        self.told.append(judgement)
        self._news.set()

    def write(self, sound: Sound) -> None:
        if not self.path.exists():
            self.path.write_bytes(bytes(44))
        with self.path.open("ab") as file:
            file.write((sound * 32767).astype("<i2").tobytes())

    async def wait(self, count: int = 1) -> Judgement:
        async with asyncio.timeout(20):
            while len(self.told) < count:
                self._news.clear()
                await self._news.wait()
        return self.told[count - 1]


async def test_people_and_machines_are_told_apart_while_their_files_grow(
    room: ScreeningRoom, tmp_path: Path
):
    person, machine = Line(tmp_path), Line(tmp_path)
    assert room.listen(person.call, Mode.FAST, person.hear)
    assert room.listen(machine.call, Mode.FULL, machine.hear)
    for start in range(0, len(GREETING), RATE // 4):  # the files come late, and grow in steps
        person.write(HELLO[start : start + RATE // 4])
        machine.write(GREETING[start : start + RATE // 4])
        await asyncio.sleep(0.02)
    assert (await person.wait()).verdict is ScreeningVerdict.HUMAN
    assert (await machine.wait(2)).verdict is ScreeningVerdict.MACHINE
    assert machine.told[0].verdict is ScreeningVerdict.UNSURE
    assert len(person.told) == 1


async def test_a_call_that_is_left_is_told_of_no_more(room: ScreeningRoom, tmp_path: Path):
    left, stays = Line(tmp_path), Line(tmp_path)
    for line in (left, stays):
        room.listen(line.call, Mode.FAST, line.hear)
    room.leave(left.call)
    room.leave(left.call)
    for line in (left, stays):
        line.write(in_a_row(silence(0.5), babble(0.5), silence(1)))
    assert (await stays.wait()).verdict is ScreeningVerdict.HUMAN
    assert not left.told


async def test_what_was_left_behind_by_a_dead_worker_is_removed(tmp_path: Path):
    old, new = tmp_path / "call.1.heard.wav", tmp_path / "call.2.heard.wav"
    for path in (old, new):
        path.write_bytes(np.zeros(8, np.int16).tobytes())
    os.utime(old, (1_000_000_000, 1_000_000_000))
    room = ScreeningRoom(SystemClock(), socket=tmp_path / "s", spool=tmp_path)
    room.want()
    task = asyncio.create_task(room.run())
    await until(lambda: not old.exists())
    assert await asyncio.to_thread(new.exists)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_while_nobody_listens_a_call_is_said_not_to_be_screened(tmp_path: Path):
    room = ScreeningRoom(SystemClock(), socket=tmp_path / "s", spool=tmp_path)
    assert not room.listen(CallId(uuid4()), Mode.FULL, lambda _: None)


async def test_it_ends_without_a_word_while_a_core_is_connected(tmp_path: Path):
    socket = tmp_path / "s"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "dialer.screening.process"),
        *("--socket", str(socket), "--spool", str(tmp_path)),
        stderr=asyncio.subprocess.PIPE,
    )
    await until(socket.exists)
    person = Line(tmp_path)
    person.write(np.concatenate([HELLO, silence(1.0)]))
    reader, writer = await asyncio.open_unix_connection(str(socket))
    order = {"call": "a", "file": person.path.name, "mode": "fast"}
    writer.write(json.dumps(order).encode() + b"\n")
    assert b"human" in await reader.readline()
    process.terminate()
    _, told = await process.communicate()
    writer.close()
    assert (process.returncode, told) == (0, b"")
