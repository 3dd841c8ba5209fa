"""One worker with bridged and recorded calls: what they cost, and how soon people hear each other.

    python -m tests.benchmarks.telephony [--calls 50] [--seconds 20]

Prints JSON lines. The far ends, phones that talk turn by turn, run in another process; the
bridge's clock is watched from outside, by the kernel's stamps on the packets of one silent leg.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import resource
import socket
import struct
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import Any, cast

from dialer.call_events import OwnReason
from dialer.simulation.network.phone_bank import PhoneBank
from dialer.telephony import events
from dialer.telephony.commands import Bridge, HangUp, Measure, Purpose
from dialer.telephony.events import BUCKETS_MS
from dialer.telephony.merging import measure
from dialer.telephony.recording import MergedRecording, RecordingDesk
from tests.sip.desk import Core, WorkerProcess
from tests.sip.uas import Audio, Uas

CALLS_PER_SECOND = 10
_SO_TIMESTAMPNS = 35  # Linux; Python does not name it


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


def crowd(count: int, pipe: Connection) -> None:
    """Phones in a process of their own, until the pipe closes."""

    async def ring() -> None:
        bank = await PhoneBank.open(count, espeak=None, seed=5)
        for number, phone in enumerate(bank.phones):
            phone.auto = True
            if number % 2:
                phone.speak(2.0)
        pipe.send([phone.uri for phone in bank.phones])
        await asyncio.to_thread(pipe.poll, None)
        bank.close()

    asyncio.run(ring())


async def run(calls: int, seconds: float) -> None:
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    far = multiprocessing.get_context("spawn").Process(target=crowd, args=(2 * calls, theirs))
    far.start()
    uris = await asyncio.to_thread(ours.recv)
    worker = WorkerProcess(rtp_first=40000, rtp_count=16000)
    await worker.start()
    core = await Core(worker.socket).connect()
    uas = await Uas.open()
    try:
        watch = await _watched_leg(core, uas)
        await _connect(core, uris)
        await _steady(core, watch, calls, seconds)
        await _recordings(core, worker, calls)
        await _merging_long_calls()
    finally:
        uas.close()
        await core.disconnect()
        await worker.stop()
        worker.clear()
        ours.send("over")
        await asyncio.to_thread(far.join, 5)
        far.kill()


async def _watched_leg(core: Core, uas: Uas) -> Watch:
    core.call("watched", uas.uri(), purpose=Purpose.CALLEE)
    call = await uas.invited.get()
    watch = Watch()
    call.audio = cast(Audio, watch)
    call.answer()
    await core.event(events.Answered, "watched")
    return watch


async def _connect(core: Core, uris: list[str]) -> None:
    delays: list[float] = []
    for number, (agent, callee) in enumerate(zip(uris[::2], uris[1::2], strict=True)):
        started = time.monotonic()
        core.call(f"agent{number}", agent, purpose=Purpose.AGENT)
        await core.event(events.Answered, f"agent{number}")
        core.call(f"callee{number}", callee)
        answered_at, _ = await core.event(events.Answered, f"callee{number}")
        core.order(Bridge(callee=f"callee{number}", agent=f"agent{number}", recording=f"r{number}"))
        bridged_at, _ = await core.event(events.Bridged, f"callee{number}")
        delays.append(bridged_at - answered_at)
        await asyncio.sleep(max(0.0, 1 / CALLS_PER_SECOND - (time.monotonic() - started)))
    say("answer_to_bridge", calls=len(delays), unit="ms", **percentiles(delays))


async def _steady(core: Core, watch: Watch, calls: int, seconds: float) -> None:
    before = await _measured(core)
    watch.stamps.clear()
    started = time.monotonic()
    await asyncio.sleep(seconds)
    after = await _measured(core)
    elapsed = time.monotonic() - started
    cpu = (after.cpu_s - before.cpu_s) / elapsed
    say(
        "steady",
        calls=calls,
        seconds=round(elapsed, 1),
        cpu_cores=round(cpu, 3),
        cpu_percent_per_call=round(100 * cpu / calls, 3),
        memory_mib=round(after.memory_bytes / 2**20, 1),
        load=round(os.getloadavg()[0], 1),
    )
    say("clock_gap", unit="ms", due=20, **percentiles(watch.gaps()))
    for figures in after.operations:
        say(
            "sip_thread",
            operation=figures.operation,
            count=figures.count,
            mean_ms=round(1000 * figures.total_s / figures.count, 3),
            longest_ms=round(1000 * figures.longest_s, 2),
            up_to_ms=dict(zip([*map(str, BUCKETS_MS), "more"], figures.buckets, strict=True)),
        )


async def _measured(core: Core) -> events.Measured:
    order = core.order(Measure())
    while True:
        for happened in core.told:
            event = happened.event
            if isinstance(event, events.Measured) and event.command == order:
                return event
        await asyncio.sleep(0.01)


async def _recordings(core: Core, worker: WorkerProcess, calls: int) -> None:
    with TemporaryDirectory() as directory:
        desk = RecordingDesk(spool=worker.spool, recordings=Path(directory))
        differences, available = [], []
        for number in range(calls):
            core.order(HangUp(leg=f"callee{number}", because=OwnReason.HUNG_UP))
        for number in range(calls):
            _, recorded = await core.event(events.Recorded, f"callee{number}")
            by_events = recorded.stopped_at - recorded.started_at
            merged = await desk.submit(recorded.recording, seconds_by_events=by_events)
            available.append(time.monotonic() - recorded.stopped_at)
            assert isinstance(merged, MergedRecording), merged
            differences.append(abs(merged.seconds - by_events))
        await desk.close()
    say("recording_length_against_events", unit="ms", **percentiles(differences))
    say("recording_playable_after_hang_up_all_at_once", unit="ms", **percentiles(available))


async def _merging_long_calls() -> None:
    """What it costs to merge five minutes, in this process to see its processor time."""
    import numpy as np

    from dialer.telephony.merging import merge
    from dialer.telephony.prompts import write_wav

    noise = np.random.default_rng(1).normal(0, 2000, 300 * 8000).astype(np.int16)
    with TemporaryDirectory() as directory:
        sides = [Path(directory) / name for name in ("agent.wav", "callee.wav")]
        for side in sides:
            write_wav(side, noise)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
        merged = merge(*sides, Path(directory) / "merged.ogg")
        used = resource.getrusage(resource.RUSAGE_SELF).ru_utime - before
        assert measure(Path(directory) / "merged.ogg").seconds == merged.seconds
    say("merge", audio_s=300, cpu_s=round(used, 2), kbit_s=round(merged.bytes * 8 / 300 / 1000, 1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--calls", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=20.0)
    chosen = parser.parse_args()
    asyncio.run(run(chosen.calls, chosen.seconds))


if __name__ == "__main__":
    main()
