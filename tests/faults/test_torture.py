"""The torture messages of RFC 4475, and seeded mutations of them, at every port that listens."""

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient

from dialer.telephony import events
from dialer.telephony.commands import Measure, TakeStock
from tests.api.conftest import clock, context, house, http
from tests.sip.desk import Core, WorkerProcess
from tests.sip.test_bridging import a_callee, until
from tests.sip.test_hostile_input import still_works
from tests.sip.uas import Uas

__all__ = ["clock", "context", "house", "http"]

pytestmark = [pytest.mark.sip, pytest.mark.real_time]

MESSAGES = {path.stem: path.read_bytes() for path in Path(__file__).parent.glob("torture/*.dat")}
AT_ONCE = 20  #: datagrams between two looks at the clock, so that none is lost on the way
MEMORY_GROWTH = 4 * 2**20  #: bytes, from the second round to the third


def mutated(message: bytes, chance: random.Random) -> bytes:
    """The message with one thing wrong."""
    data = bytearray(message[:60_000])
    place = chance.randrange(len(data))
    match chance.randrange(6):
        case 0:
            data[place] ^= 1 << chance.randrange(8)
        case 1:
            del data[place:]
        case 2:
            del data[place : place + chance.randrange(1, 40)]
        case 3:
            data[place:place] = chance.randbytes(chance.randrange(1, 40))
        case 4:
            data[place:place] = data[place // 2 : place // 2 + 200]
        case 5:
            data = data.replace(b"\r\n", chance.choice((b"\n", b"\r", b"\r\n\r\n", b"\r\n ")), 3)
    return bytes(data)


def torture(seed: int, each: int = 6) -> Iterator[bytes]:
    chance = random.Random(seed)
    for name in sorted(MESSAGES):
        yield MESSAGES[name]
        for _ in range(each):
            yield mutated(MESSAGES[name], chance)


async def memory_of(core: Core) -> int:
    core.order(Measure())
    before = sum(isinstance(happened.event, events.Measured) for happened in core.told)
    await until(
        lambda: sum(isinstance(happened.event, events.Measured) for happened in core.told) > before
    )
    measured = [h.event for h in core.told if isinstance(h.event, events.Measured)]
    return measured[-1].memory_bytes


async def test_no_torture_ends_the_worker_or_the_talk_in_it(
    worker: WorkerProcess, core: Core, uas: Uas
) -> None:
    assert len(MESSAGES) == 50
    callee = await a_callee(core, uas)
    memory = []
    for seed in range(3):
        for number, data in enumerate(torture(seed)):
            uas.send_raw(data, worker.sip)
            if number % AT_ONCE == 0:
                await asyncio.sleep(0.005)
        await still_works(core, uas, f"after-{seed}")
        memory.append(await memory_of(core))
    assert memory[2] - memory[1] < MEMORY_GROWTH, memory
    heard = len(callee.audio.heard)
    await until(lambda: len(callee.audio.heard) > heard + 25)
    core.order(TakeStock())
    _, stocked = await core.event(events.Stocked)
    assert {leg.leg for leg in stocked.legs} == {"callee", "after-0", "after-1", "after-2"}


async def test_no_torture_ends_the_pages(http: TestClient) -> None:
    address = http.server.host, http.server.port
    for data in torture(7, each=1):
        reader, writer = await asyncio.open_connection(*address)
        writer.write(data)
        writer.write_eof()
        answer = await asyncio.wait_for(reader.read(), 10)
        assert not answer or answer.startswith(b"HTTP/1."), answer[:40]
        writer.close()
    assert (await http.get("/livez")).status == 200
