"""The process that listens: it reads what the telephony worker writes and says what it hears.

    python -m dialer.screening.process --socket PATH --spool DIR

    core ──▶ {"call": ID, "file": NAME, "mode": "full"}   {"leave": ID}
    core ◀── {"call": ID, "verdict": "human", "heard_s": 1.15, "evidence": "..."}

    core ──▶ {"line": ID, "file": NAME, "ring_pause_s": 4.0, "answers": true}   {"leave": ID}
    core ◀── {"line": ID, "progress": "busy", "heard_s": 2.6, "ago_s": 2.5, "evidence": "..."}

One line of JSON each. Several verdicts may come for a call; the last one holds. A line that nobody
talks on yet says one thing. What is not known of a call (no file, a file that does not grow) is not
said: the core has its own limit.

Rule: it keeps nothing and writes nothing. When its core goes, it forgets every call.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np

from dialer.screening.line import Said, TonePlan
from dialer.screening.listening import LineListener, Listener
from dialer.screening.verdict import Judgement, Mode

LOOK_EVERY_S: Final = 0.05
LOOK_SELDOM_S: Final = 0.2  #: once an agent has the call
SELDOM_AFTER_S: Final = 4.0
GIVEN_UP_AFTER_S: Final = 3.0  #: without a file, or without its growing
_HEADER: Final = 44  #: bytes of a WAV's
_STALE_S: Final = 60.0


class HeardCall:
    """One call that is being listened to."""

    def __init__(self, path: Path, listener: Listener | LineListener, now: float) -> None:
        self._path = path
        self._listener = listener
        self._file: BinaryIO | None = None
        self._began = self._grew = self._looked = now
        self._left = b""

    def is_due(self, now: float) -> bool:
        """Return whether it is time to look again."""
        seldom = now - self._began > SELDOM_AFTER_S
        return now - self._looked >= (LOOK_SELDOM_S if seldom else LOOK_EVERY_S) * 0.9

    def is_over(self, now: float) -> bool:
        """Return whether nothing more will be learnt."""
        return self._listener.is_done or now - self._grew > GIVEN_UP_AFTER_S

    def look(self, now: float) -> Judgement | Said | None:
        """Listen to what has come since the last time; return what is new.

        Raises:
            OSError: the file cannot be read.
        """
        self._looked = now
        if self._file is None:
            try:
                self._file = self._path.open("rb")
            except FileNotFoundError:
                return None
            self._file.seek(_HEADER)
        data = self._left + self._file.read()
        if len(data) < 2:
            return None
        self._grew = now
        whole = len(data) // 2 * 2
        self._left = data[whole:]
        return self._listener.hear(np.frombuffer(data[:whole], "<i2") / 32768.0)

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()


class Desk:
    """All calls that are being listened to, for one core."""

    def __init__(self, spool: Path, writer: asyncio.StreamWriter) -> None:
        self._spool = spool
        self._writer = writer
        self._calls: dict[str, HeardCall] = {}

    def take(self, line: bytes, now: float) -> None:
        """Take one line of the core; what cannot be understood is passed over."""
        with suppress(ValueError, KeyError, TypeError):
            order: dict[str, Any] = json.loads(line)
            if "leave" in order:
                self._leave(str(order["leave"]))
                return
            listener: Listener | LineListener
            if "line" in order:
                call, pause_s = str(order["line"]), float(order["ring_pause_s"])
                plan = TonePlan(ring_pause_s=pause_s, answers=bool(order["answers"]))
                listener = LineListener(plan)
            else:
                call, listener = str(order["call"]), Listener(Mode(order["mode"]))
            if call not in self._calls:
                path = self._spool / Path(str(order["file"])).name
                self._calls[call] = HeardCall(path, listener, now)

    def look(self, now: float) -> None:
        """Listen to every call that is due."""
        for call, heard in list(self._calls.items()):
            if not heard.is_due(now):
                continue
            try:
                found = heard.look(now)
            except OSError:
                found = None
                self._leave(call)
            if found is not None:
                self._tell(call, found)
            if heard.is_over(now):
                self._leave(call)

    def close(self) -> None:
        """Forget every call."""
        for call in list(self._calls):
            self._leave(call)

    def _leave(self, call: str) -> None:
        if (heard := self._calls.pop(call, None)) is not None:
            heard.close()

    def _tell(self, call: str, found: Judgement | Said) -> None:
        line: dict[str, str | float]
        if isinstance(found, Said):
            line = {
                "line": call,
                "progress": found.progress.value,
                "heard_s": found.heard_s,
                "ago_s": found.heard_s - found.began_s,
                "evidence": found.evidence,
            }
        else:
            line = {
                "call": call,
                "verdict": found.verdict.value,
                "heard_s": found.at_s,
                "evidence": found.evidence,
            }
        self._writer.write(json.dumps(line).encode() + b"\n")


async def serve(socket: Path, spool: Path) -> None:
    """Listen on *socket* for the core until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        desk = Desk(spool, writer)
        looking = asyncio.create_task(_look(desk), name="listening")
        try:
            while line := await reader.readline():
                desk.take(line, time.monotonic())
        except (ConnectionError, ValueError):
            pass  # the core died, or is none of ours
        except asyncio.CancelledError:
            pass  # we end; raised further, Python 3.11's streams print it as a fault
        finally:
            looking.cancel()
            desk.close()
            writer.close()

    before = os.umask(0o177)
    try:
        server = await asyncio.start_unix_server(converse, f"{socket}.new")
    finally:
        os.umask(before)
    await asyncio.to_thread(os.replace, f"{socket}.new", socket)  # there is one that listens
    await asyncio.to_thread(clear_stale, spool, beside=socket)
    await stop.wait()
    server.close()


async def _look(desk: Desk) -> None:
    while True:
        desk.look(time.monotonic())
        await asyncio.sleep(LOOK_EVERY_S)


def clear_stale(spool: Path, *, beside: Path) -> None:
    """Remove what a worker that died left behind, by the age of the file *beside*, made now."""
    for path in (*spool.glob("*.heard.wav"), *spool.glob("*.line.wav")):
        with suppress(OSError):
            if beside.stat().st_mtime - path.stat().st_mtime > _STALE_S:
                path.unlink()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until told to stop; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m dialer.screening.process", description="Tell people from machines."
    )
    parser.add_argument("--socket", type=Path, required=True, help="Unix socket to listen on")
    parser.add_argument("--spool", type=Path, required=True, help="where workers write sound")
    chosen = parser.parse_args(arguments)
    for path in (chosen.socket, Path(f"{chosen.socket}.new")):
        path.unlink(missing_ok=True)
    asyncio.run(serve(chosen.socket, chosen.spool))
    return 0


if __name__ == "__main__":
    sys.exit(main())
