"""Bad networks, dead trunks, floods, and audio that is not what was agreed on."""

import asyncio
import random
import struct
from collections.abc import AsyncIterator, Awaitable, Callable

import numpy as np
import pytest

from dialer.call_events import OwnReason
from dialer.telephony import events
from dialer.telephony.commands import Bridge, HangUp, TakeStock
from dialer.telephony.events import Side
from tests.faults.lossy import BadNetwork
from tests.faults.test_torture import memory_of
from tests.sip.desk import Core, WorkerProcess
from tests.sip.test_bridging import CALLEE_HERTZ, a_callee, an_agent, until
from tests.sip.test_hostile_input import SDP, a_request, still_works
from tests.sip.uas import Uas

pytestmark = [pytest.mark.sip, pytest.mark.real_time]


@pytest.fixture
async def network(worker: WorkerProcess, uas: Uas) -> AsyncIterator[BadNetwork]:
    far = uas.host, uas.port
    network = BadNetwork(worker.sip, far, loss=0.2, jitter_s=0.2, seed=20261123)
    answering = asyncio.create_task(_answer_all(uas))
    yield await network.open()
    answering.cancel()
    network.close()
    await asyncio.wait([answering])


async def test_with_a_fifth_lost_and_much_jitter_every_call_has_an_end(
    core: Core, uas: Uas, network: BadNetwork, far_end: Callable[[], Awaitable[Uas]]
) -> None:
    legs = [f"leg{number}" for number in range(12)]
    for leg in legs:
        core.call(leg, f"sip:{leg}@127.0.0.1:{network.port}", no_provisional_s=8.0)

    def settled(leg: str) -> bool:
        return any(
            isinstance(h.event, events.Answered | events.Ended) and h.event.leg == leg
            for h in core.told
        )

    await until(lambda: all(map(settled, legs)))
    up = {h.event.leg for h in core.told if isinstance(h.event, events.Answered)}
    assert len(up) >= 10, "lost INVITEs and answers were said again"
    users = {call.invite.first[11:].split("@")[0]: call for call in uas.calls.values()}
    audio = [users[leg].audio for leg in up]
    heard = [len(each.heard) for each in audio]
    await until(lambda: all(len(a.heard) > h + 20 for a, h in zip(audio, heard, strict=True)))
    for leg in up:
        core.order(HangUp(leg=leg, because=OwnReason.HUNG_UP))
    for leg in legs:
        await core.event(events.Ended, leg)
    assert network.lost > 100
    core.order(TakeStock())
    assert (await core.event(events.Stocked))[1].legs == ()
    await still_works(core, await far_end(), "after")


async def _answer_all(uas: Uas) -> None:
    """Ring and answer, and say 200 again until it is acknowledged."""

    async def answer(call) -> None:  # type: ignore[no-untyped-def]
        call.ring()
        while not call.acknowledged.is_set():
            call.answer(hertz=CALLEE_HERTZ)
            await asyncio.sleep(0.5)

    async with asyncio.TaskGroup() as tasks:
        while True:
            tasks.create_task(answer(await uas.invited.get()))


async def test_a_trunk_that_dies_in_the_middle_keeps_no_leg(core: Core, uas: Uas) -> None:
    await a_callee(core, uas, "talking")
    core.call("ringing", uas.uri("ringing"), ring_s=0.5)
    (await uas.invited.get()).ring()
    await core.event(events.Provisional, "ringing")
    dead = uas.uri("dead")
    uas.close()
    core.call("late", dead, no_provisional_s=0.5)
    core.order(HangUp(leg="talking", because=OwnReason.HUNG_UP))
    reasons = {
        leg: (await core.event(events.Ended, leg))[1] for leg in ("talking", "ringing", "late")
    }
    assert {end.by for end in reasons.values()} == {Side.LOCAL}
    assert [end.own_reason for end in reasons.values()] == [
        OwnReason.HUNG_UP,
        OwnReason.RING_TIMEOUT,
        OwnReason.NO_PROVISIONAL,
    ]


async def test_a_name_that_nobody_knows_is_told_of_and_the_next_call_goes_out(uas: Uas) -> None:
    worker = WorkerProcess(loopback_only=False)  # or no name would even be looked up
    await worker.start()
    core = await Core(worker.socket).connect()
    try:
        core.call("lost", "sip:+442079460123@trunk.invalid")
        _, refused = await core.event(events.RefusedCommand, "lost")
        assert "could not be sent" in refused.why
        await still_works(core, uas, "after")
    finally:
        await core.disconnect()
        await worker.stop()
        worker.clear()


async def test_audio_that_is_not_what_was_agreed_on_is_not_heard_and_hurts_nobody(
    core: Core, uas: Uas
) -> None:
    agent, callee = await an_agent(core, uas), await a_callee(core, uas)
    core.order(Bridge(callee="callee", agent="agent", zip_tone=False))
    await until(lambda: abs(agent.audio.loudest_hertz() - CALLEE_HERTZ) < 10)
    callee.audio.sends = False  # it stops in the middle of a word
    assert callee.audio.transport is not None
    chance = random.Random(9)
    for number in range(150):
        head = struct.pack("!BBHII", 0x80, chance.choice((0, 13, 34, 77, 101)), number, 160, 1)
        odd = head + chance.randbytes(chance.choice((0, 4, 160, 800)))
        callee.audio.transport.sendto(odd, callee.media)
    await until(lambda: agent.audio.loudest_hertz() == 0)
    callee.audio.sends = True
    await until(lambda: abs(agent.audio.loudest_hertz() - CALLEE_HERTZ) < 10)
    assert not [h for h in core.told if isinstance(h.event, events.Ended)]


async def test_a_flood_from_strangers_delays_nobody_for_long_and_holds_no_memory(
    worker: WorkerProcess, core: Core, uas: Uas
) -> None:
    callee = await a_callee(core, uas)

    async def flood(method: str, count: int, start: int, body: str = "") -> None:
        for number in range(start, start + count):
            via = f"SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK{method}{number}"
            data = a_request(method, number=number, body=body, Via=via)
            uas.send_raw(data.encode(), worker.sip)
            if number % 20 == 0:
                await asyncio.sleep(0.002)

    await flood("INVITE", 600, 0, SDP + "\r\n")  # more than the worker has room for calls
    await flood("OPTIONS", 2000, 0)
    await flood("REGISTER", 500, 0)
    before = await memory_of(core)
    await flood("OPTIONS", 4000, 10_000)
    await flood("SUBSCRIBE", 500, 0)
    assert await memory_of(core) - before < 24 * 2**20
    await still_works(core, uas, "after")
    gaps = np.diff(callee.audio.arrivals)
    assert len(gaps) > 10
    heard = len(callee.audio.heard)
    await until(lambda: len(callee.audio.heard) > heard + 25)
