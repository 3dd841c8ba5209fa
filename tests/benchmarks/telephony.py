"""One worker with bridged and recorded calls: what they cost, and how soon people hear each other.

    python -m tests.benchmarks.telephony [--calls 50 150 250] [--seconds 20] [--rate 40]

Prints JSON lines. The far ends are SIPp's (``telephones.py``), in processes of their own; the
bridge's clock is watched from outside, by the kernel's stamps on the packets of one silent leg.
A worker has room for 512 legs, so for 250 bridged calls and a few to measure with.
"""

import argparse
import asyncio
import json
import os
import resource
import shutil
import socket
import struct
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import Any, cast

from dialer.call_events import OwnReason
from dialer.telephony import events
from dialer.telephony.commands import Bridge, HangUp, Measure, Purpose
from dialer.telephony.events import BUCKETS_MS
from dialer.telephony.protocol import Happened
from dialer.telephony.recording import MergedRecording, RecordingDesk
from tests.benchmarks.telephones import Telephones
from tests.sip.desk import Core, WorkerProcess
from tests.sip.uas import Audio, Uas, loudest_hertz

RATE = 40.0  #: calls a second
_SO_TIMESTAMPNS = 35  # Linux; Python does not name it
_TICKS = os.sysconf("SC_CLK_TCK")


def percentiles(values: list[float], *, unit: float = 1000.0) -> dict[str, float]:
    """p50, p95, p99 and max of *values*, in milliseconds when they are in seconds."""
    if len(values) < 2:
        return {}
    cut = quantiles(values, n=100, method="inclusive")
    found = {"p50": cut[49], "p95": cut[94], "p99": cut[98], "max": max(values)}
    return {name: round(value * unit, 2) for name, value in found.items()}


def say(what: str, **figures: Any) -> None:
    """One line of result."""
    print(json.dumps({"benchmark": "telephony", "what": what, **figures}), flush=True)


class Watch(threading.Thread):
    """Notes when packets reach a socket, as the kernel saw it."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.stamps: list[float] = []
        self.keys_payload: int | None = None

    def talk_to(self, peer: tuple[str, int]) -> None:
        self.start()

    def run(self) -> None:
        while True:
            _, ancillary, _, _ = self.socket.recvmsg(2048, 64)
            seconds, nanoseconds = struct.unpack("qq", ancillary[0][2])
            self.stamps.append(seconds + nanoseconds / 1e9)

    def gaps(self) -> list[float]:
        """Seconds between packets, which are sent every 20 ms."""
        return [b - a for a, b in zip(self.stamps, self.stamps[1:], strict=False)]


class Floor:
    """A worker, the core's end of it, a recording desk, and a crowd of phones."""

    def __init__(self, calls: int, directory: Path) -> None:
        self.calls = calls
        self.phones = Telephones(calls)
        self.worker = WorkerProcess(rtp_first=20000, rtp_count=16000)
        self.desk = RecordingDesk(spool=self.worker.spool, recordings=directory)

    async def open(self) -> None:
        await self.phones.start()
        await self.worker.start()
        self.core = await Core(self.worker.socket).connect()
        self.uas = await Uas.open()
        self.following = asyncio.create_task(self._follow())

    async def _follow(self) -> None:
        while True:
            await self.desk.follow()
            await asyncio.sleep(1)

    async def close(self) -> None:
        self.following.cancel()
        self.uas.close()
        await self.desk.close()
        await self.core.disconnect()
        await self.worker.stop()
        self.worker.clear()
        await self.phones.stop()

    async def measured(self) -> events.Measured:
        order = self.core.order(Measure())
        while True:
            for happened in self.core.told:
                event = happened.event
                if isinstance(event, events.Measured) and event.command == order:
                    return event
            await asyncio.sleep(0.01)

    def coding_cpu_s(self) -> float:
        """Processor time of the helper that makes recordings."""
        helper = self.desk._helper
        return sum(map(_cpu_s, helper._processes)) if helper else 0.0


def _cpu_s(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


async def run(calls: int, seconds: float, rate: float) -> None:
    with TemporaryDirectory() as directory:
        floor = Floor(calls, Path(directory))
        await floor.open()
        try:
            watch = await _watched_leg(floor)
            await _connect(floor, rate)
            await _steady(floor, watch, seconds)
            await _silence_after_answer(floor)
            await _recordings(floor)
        finally:
            await floor.close()


async def _watched_leg(floor: Floor) -> Watch:
    floor.core.call("watched", floor.uas.uri(), purpose=Purpose.CALLEE)
    call = await floor.uas.invited.get()
    watch = Watch()
    call.audio = cast(Audio, watch)
    call.answer()
    await floor.core.event(events.Answered, "watched")
    return watch


async def _connect(floor: Floor, rate: float) -> None:
    """Agents first, as on a floor; then callees at *rate*, each bridged as soon as it answers."""
    core = floor.core
    for number, uri in enumerate(floor.phones.agents):
        core.call(f"agent{number}", uri, purpose=Purpose.AGENT)
        await asyncio.sleep(1 / RATE)
    for number in range(floor.calls):
        await core.event(events.Answered, f"agent{number}")
    bridging = asyncio.create_task(_bridge_all(floor))
    started = time.monotonic()
    for number, uri in enumerate(floor.phones.callees):
        core.call(f"callee{number}", uri)
        await asyncio.sleep(max(0.0, started + (number + 1) / rate - time.monotonic()))
    took = time.monotonic() - started
    delays = await bridging
    say(
        "answer_to_bridge",
        calls=len(delays),
        calls_per_second=round(floor.calls / took, 1),
        unit="ms",
        **percentiles(delays),
    )


async def _news(core: Core) -> AsyncIterator[Happened]:
    """Every event once, as it comes; one reader for all calls, so that reading costs nothing."""
    seen = 0
    while True:
        for happened in core.told[seen:]:
            seen += 1
            yield happened
        async with asyncio.timeout(30), core._news:
            if len(core.told) == seen:
                await core._news.wait()


async def _bridge_all(floor: Floor) -> list[float]:
    """Bridge every callee that answers; return the seconds from its answer to its bridge."""
    answered: dict[str, float] = {}
    delays: list[float] = []
    async for happened in _news(floor.core):
        match happened.event:
            case events.Answered(leg=leg) if leg.startswith("callee"):
                number = leg.removeprefix("callee")
                answered[leg] = happened.at
                floor.core.order(
                    Bridge(callee=leg, agent=f"agent{number}", recording=f"recording-{number}")
                )
            case events.Bridged(callee=leg):
                delays.append(happened.at - answered[leg])
            case events.Ended() | events.RefusedCommand():
                raise RuntimeError(f"a call did not come up: {happened.event}")
        if len(delays) == floor.calls:
            break
    return delays


async def _steady(floor: Floor, watch: Watch, seconds: float) -> None:
    await asyncio.sleep(2)
    before, coded = await floor.measured(), floor.coding_cpu_s()
    watch.stamps.clear()
    started = time.monotonic()
    await asyncio.sleep(seconds)
    after, coding = await floor.measured(), floor.coding_cpu_s() - coded
    elapsed = time.monotonic() - started
    cpu = (after.cpu_s - before.cpu_s) / elapsed
    say(
        "steady",
        calls=floor.calls,
        seconds=round(elapsed, 1),
        cpu_cores=round(cpu, 3),
        cpu_percent_per_call=round(100 * cpu / floor.calls, 3),
        coding_percent_per_call=round(100 * coding / elapsed / floor.calls, 3),
        memory_mib=round(after.memory_bytes / 2**20, 1),
        load=round(os.getloadavg()[0], 1),
    )
    say("clock_gap", calls=floor.calls, unit="ms", due=20, **percentiles(watch.gaps()))
    for figures in after.operations:
        say(
            "sip_thread",
            operation=figures.operation,
            count=figures.count,
            mean_ms=round(1000 * figures.total_s / figures.count, 3),
            longest_ms=round(1000 * figures.longest_s, 2),
            up_to_ms=dict(zip([*map(str, BUCKETS_MS), "more"], figures.buckets, strict=True)),
        )


async def _silence_after_answer(floor: Floor, samples: int = 20) -> None:
    """From a callee's 200 to the first 20 ms of an agent's voice that reach the callee."""
    core, uas = floor.core, floor.uas
    core.call("speaker", uas.uri("speaker"), purpose=Purpose.AGENT)
    agent = await uas.invited.get()
    agent.answer(hertz=400.0)
    await core.event(events.Answered, "speaker")
    silences = []
    for number in range(samples):
        leg = f"listener{number}"
        core.call(leg, uas.uri(leg))
        callee = await uas.invited.get()
        answered_at = asyncio.get_running_loop().time()
        callee.answer()
        await core.event(events.Answered, leg)
        core.order(Bridge(callee=leg, agent="speaker", zip_tone=False))
        while not any(loudest_hertz(frame) for frame in callee.audio.heard):
            callee.audio.heard.clear()
            callee.audio.arrivals.clear()
            await asyncio.sleep(0.001)
        silences.append(callee.audio.arrivals[0] - answered_at)
        core.order(HangUp(leg=leg, because=OwnReason.HUNG_UP))
        await core.event(events.Ended, leg)
    core.order(HangUp(leg="speaker", because=OwnReason.HUNG_UP))
    say("silence_after_answer", calls=floor.calls, unit="ms", **percentiles(silences))
    say("silence_after_answer_with_screening", skipped="screening is off here")


async def _recordings(floor: Floor) -> None:
    """All calls end at once: how soon each recording is whole, and how long it is."""
    differences: list[float] = []
    available: list[float] = []

    async def made(recorded: events.Recorded) -> None:
        merged = await floor.desk.submit(recorded.recording)
        available.append(time.monotonic() - recorded.stopped_at)
        assert isinstance(merged, MergedRecording), merged
        differences.append(abs(merged.seconds - (recorded.stopped_at - recorded.started_at)))

    for number in range(floor.calls):
        floor.core.order(HangUp(leg=f"callee{number}", because=OwnReason.HUNG_UP))
    async with asyncio.TaskGroup() as tasks:
        count = 0
        async for happened in _news(floor.core):
            if isinstance(happened.event, events.Recorded):
                tasks.create_task(made(happened.event))
                count += 1
            if count == floor.calls:
                break
    say("recording_against_events", calls=floor.calls, unit="ms", **percentiles(differences))
    say("recording_whole_after_hang_up", calls=floor.calls, unit="ms", **percentiles(available))


def coding_alone() -> None:
    """What coding five minutes of talk costs, in this process to see its processor time."""
    import numpy as np

    from dialer.simulation.network.g711 import PCMA
    from dialer.telephony.merging import Order, Running
    from dialer.telephony.prompts import write_wav
    from tests.benchmarks.telephones import speech

    with TemporaryDirectory() as directory:
        sides = []
        for name, hertz in (("agent", 120.0), ("callee", 210.0)):
            sides.append(Path(directory) / f"{name}.wav")
            turns = PCMA.decode(speech(hertz, speaks_first=name == "agent"))
            write_wav(sides[-1], np.tile(np.array(turns, np.int16), 50))
        target = Path(directory) / "talk.ogg"
        before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
        running = Running(Order(recording="r", agent=sides[0], callee=sides[1], target=target))
        while running.advance():
            pass
        skew_s = running.complete()
        running.sync()
        made = running.publish(skew_s)
        used = resource.getrusage(resource.RUSAGE_SELF).ru_utime - before
    say(
        "coding",
        audio_s=made.seconds,
        cpu_s=round(used, 2),
        cpu_percent_per_call=round(100 * used / made.seconds, 3),
        kbit_s=round(made.bytes * 8 / made.seconds / 1000, 1),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--calls", type=int, nargs="+", default=[50])
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--rate", type=float, default=RATE, help="calls placed in a second")
    chosen = parser.parse_args()
    coding_alone()
    if shutil.which("sipp") is None:
        say("calls", skipped="SIPp is not installed (apt-get install sip-tester)")
        return
    for calls in chosen.calls:
        asyncio.run(run(calls, chosen.seconds, chosen.rate))


if __name__ == "__main__":
    main()
