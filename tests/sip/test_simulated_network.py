"""The worker against the simulated telephone network: both tell of each call the same story."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from dialer.call_events import OwnReason
from dialer.clock import SystemClock
from dialer.simulation.network.phone_bank import PhoneBank
from dialer.simulation.network.phone_event import SoundEnded
from dialer.telephony import events
from dialer.telephony.commands import Bridge, HangUp, Purpose
from dialer.telephony.differing import TOLERANCE_S
from dialer.telephony.events import Side
from dialer.telephony.recording import MergedRecording, RecordingDesk
from tests.sip.desk import Core, WorkerProcess

pytestmark = [pytest.mark.sip, pytest.mark.real_time]

QUICK = """
[ring_time]
median = 0.4
[post_dial_delay]
median = 0.2
"""
FATES = ("busy", "invalid", "congestion", "network_silence", "network_failure", "no_answer")
FATES += ("talks", "early_media_answer", "refuses", "machine")


@dataclass
class Network:
    """The simulated network as a process."""

    address: str
    log: Path

    def uri(self, fate: str) -> str:
        return f"sip:+44207946{FATES.index(fate):04}@{self.address}"

    async def line(self, sip_call_id: str) -> dict[str, Any]:
        """What the network says of a call, once it is over there, too."""
        async with asyncio.timeout(20):
            while True:
                text = await asyncio.to_thread(self.log.read_text)
                for line in map(json.loads, text.splitlines()):
                    if line["sip_call_id"] == sip_call_id:
                        return dict(line)
                await asyncio.sleep(0.05)


@pytest.fixture
async def network(tmp_path: Path) -> AsyncIterator[Network]:
    ready, log, mix = tmp_path / "ready", tmp_path / "network.jsonl", tmp_path / "mix.toml"
    mix.write_text(QUICK)
    fates = [f"--fate={number:04}={fate}" for number, fate in enumerate(FATES)]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "dialer.simulation.network", "--synthetic-voices"),
        *("--log", str(log), "--ready-file", str(ready), "--fast-forward", "20"),
        *("--mix", str(mix), "--seed", "3", "--max-seconds", "120", *fates),
    )
    async with asyncio.timeout(30):
        while not await asyncio.to_thread(ready.exists):  # noqa: ASYNC110 - a file
            await asyncio.sleep(0.05)
    found = json.loads(ready.read_text())
    yield Network(f"{found['host']}:{found['port']}", log)
    process.terminate()
    await process.wait()


def milliseconds_between(told: float, line: str) -> float:
    """How far our stamp is from the network's."""
    ours, theirs = SystemClock().from_monotonic(told), datetime.fromisoformat(line)
    return abs((ours - theirs).total_seconds()) * 1000


@pytest.mark.parametrize(
    ("fate", "status", "q850", "own"),
    [
        ("busy", 486, 17, OwnReason.NONE),
        ("invalid", 404, 1, OwnReason.NONE),
        ("congestion", 503, 34, OwnReason.NONE),
        ("network_failure", 500, 38, OwnReason.NONE),
        ("network_silence", None, None, OwnReason.NO_PROVISIONAL),
        ("no_answer", None, None, OwnReason.RING_TIMEOUT),
    ],
)
async def test_how_unanswered_calls_end(
    core: Core, network: Network, fate: str, status: int | None, q850: int | None, own: OwnReason
) -> None:
    core.call("a", network.uri(fate), no_provisional_s=1.0, ring_s=1.5)
    _, invited = await core.event(events.Invited, "a")
    _, ended = await core.event(events.Ended, "a")
    assert (ended.status, ended.q850, ended.own_reason) == (status, q850, own)
    if own is not OwnReason.NO_PROVISIONAL:  # there the network waits for more for half a minute
        line = await network.line(invited.sip_call_id)
        assert (line["fate"], line["answered_at"]) == (fate, None)


@pytest.mark.parametrize("fate", ["talks", "early_media_answer", "refuses", "machine"])
async def test_an_answered_call_is_told_alike_by_both_ends(
    core: Core, worker: WorkerProcess, network: Network, tmp_path: Path, fate: str
) -> None:
    bank = await PhoneBank.open(1, espeak=None, seed=1)
    core.call("agent", bank.phones[0].uri, purpose=Purpose.AGENT)
    await core.event(events.Answered, "agent")
    core.call("callee", network.uri(fate))
    _, invited = await core.event(events.Invited, "callee")
    answered_at, _ = await core.event(events.Answered, "callee")
    core.order(Bridge(callee="callee", agent="agent", recording="r"))
    bridged_at, _ = await core.event(events.Bridged)
    if fate in ("talks", "early_media_answer", "machine"):
        async with asyncio.timeout(20):
            await anext(e async for e in bank.phones[0].heard() if isinstance(e, SoundEnded))
        core.order(HangUp(leg="callee", because=OwnReason.HUNG_UP))
    ended_at, ended = await core.event(events.Ended, "callee")
    line = await network.line(invited.sip_call_id)
    assert line["ended_by"] == ("caller" if ended.by is Side.LOCAL else "callee")
    assert milliseconds_between(answered_at, line["answered_at"]) < 500
    assert milliseconds_between(ended_at, line["ended_at"]) < 500
    assert line["rtp_bytes_in"] > 0
    assert line["rtp_bytes_out"] > 0

    desk = RecordingDesk(spool=worker.spool, recordings=tmp_path / "recordings")
    _, recorded = await core.event(events.Recorded)
    merged = await desk.submit(recorded.recording)
    assert isinstance(merged, MergedRecording)
    assert merged.seconds == pytest.approx(ended_at - bridged_at, abs=TOLERANCE_S)
    await desk.close()
    bank.close()


async def test_people_and_agents_hear_each_other(core: Core, network: Network) -> None:
    bank = await PhoneBank.open(1, espeak=None, seed=1)
    core.call("agent", bank.phones[0].uri, purpose=Purpose.AGENT)
    await core.event(events.Answered, "agent")
    core.call("callee", network.uri("refuses"))
    _, invited = await core.event(events.Invited, "callee")
    await core.event(events.Answered, "callee")
    core.order(Bridge(callee="callee", agent="agent"))
    _, ended = await core.event(events.Ended, "callee")
    assert ended.by is Side.REMOTE, "who refuses has heard the agent and hangs up"
    line = await network.line(invited.sip_call_id)
    assert line["silence_after_hello_ms"] is not None
    bank.close()
