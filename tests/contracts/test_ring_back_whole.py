"""Somebody calls back, over SIP, with the record in PostgreSQL: a key is pressed, and it holds."""

import asyncio
import struct
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest

from dialer import pacing, ring_backs
from dialer.call_events import CallId
from dialer.carriage import Carriage
from dialer.clock import SystemClock
from dialer.database.ring_backs import PostgresRingBacks, count_of_campaign
from dialer.engine import Engine
from dialer.telephony.client import WorkerTelephony
from dialer.telephony.commands import Peer
from leads.lead import LeadState
from sip_config.lines import opening
from tests.contracts.grounds import KEYS, NOW, PostgresGround, opened
from tests.simulation.network.caller import Caller, OutgoingCall
from tests.sip.desk import WorkerProcess, a_message
from tests.sip.test_bridging import until
from tests.system.scene import TRUNKS

pytestmark = [pytest.mark.sip, pytest.mark.real_time]

OURS = "+441134960000"


@pytest.fixture
async def worker() -> AsyncIterator[WorkerProcess]:
    process = WorkerProcess()
    await process.start()
    yield process
    assert await process.stop() == 0
    process.clear()


@pytest.fixture
async def engine(
    postgres_ground: PostgresGround,
    worker: WorkerProcess,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Engine]:
    monkeypatch.setattr(ring_backs, "PATIENCE", timedelta(seconds=0.2))
    ground, clock = postgres_ground, SystemClock()
    tone = a_message(tmp_path, (9000 * np.sin(np.arange(2400) * 0.3)).astype(np.int16))
    telephony = WorkerTelephony(worker.socket, clock=clock, spoken=lambda _: tone)
    telephony.let_in((Peer(network="127.0.0.1/32", trunk="simulated"),))
    engine = Engine(
        ledger=ground.ledger(),
        telephony=telephony,
        clock=clock,
        pacer=lambda _: pacing.Pacer(pacing.Aim()),
        carriage=Carriage(TRUNKS, opening(TRUNKS, clock.now())),
        new_call_id=lambda: CallId(uuid4()),
        ring_backs=PostgresRingBacks(ground.pool, ground.team, keyring=KEYS, country="GB"),
    )
    tasks = [asyncio.create_task(telephony.run()), asyncio.create_task(engine.run())]
    await until(lambda: engine.settled)
    yield engine
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def press(call: OutgoingCall, event: int) -> None:
    """Press a key, as telephone events (RFC 4733)."""
    for number in range(6):
        end = 0x80 if number >= 3 else 0
        call.send_rtp(struct.pack("!BBH", event, end | 10, 160 * (number + 1)), kind=101)


async def test_who_calls_back_and_asks_for_it_is_never_called_again(
    postgres_ground: PostgresGround, engine: Engine, worker: WorkerProcess
):
    ground = postgres_ground
    ledger = ground.ledger()
    await ledger.take_over()
    tried = await opened(ledger, ground)
    await ledger.close_attempt(tried.closing(outcome="no_answer"), (), now=NOW)
    outside = await Caller.open(worker.sip)
    call = outside.invite(OURS, shown=tried.candidate.number)
    await call.until_status(200)
    await call.until_heard()
    press(call, 2)
    await call.until_bye()
    async with ground.pool.acquire() as connection:
        suppressed = await connection.fetchval("SELECT count(*) FROM suppressions")
        async with asyncio.timeout(10):
            while (counted := await count_of_campaign(connection, ground.campaign)) != {
                "left_alone": 1
            }:
                assert counted == {"open": 1}
                await asyncio.sleep(0.05)
    assert suppressed == 1
    assert (await ground.lead(tried.candidate.lead)).state is LeadState.RETIRED
    assert not engine.live.calls
    outside.close()
