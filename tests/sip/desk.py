"""A telephony worker of one's own and the core's end of its socket, as tests use them."""

import asyncio
import json
import shutil
import signal
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, Self, TypeVar

from dialer.telephony import events
from dialer.telephony.commands import Command, Originate, Purpose
from dialer.telephony.link import Connected, Lost, WorkerLink
from dialer.telephony.prompts import write_wav
from dialer.telephony.protocol import Happened

PATIENCE_S = 30.0
E_ = TypeVar("E_", bound=events.Event)


class WorkerProcess:
    """The worker as a child process, with a spool of its own on tmpfs."""

    def __init__(self, **sip: Any) -> None:
        memory = Path("/dev/shm")
        self.spool = Path(
            tempfile.mkdtemp(prefix="callwright-", dir=memory if memory.is_dir() else None)
        )
        self.socket = self.spool / "socket"
        self.config = self.spool / "worker.json"
        content = {"sip": {"rtp_first": 30000, **sip}, "spool": str(self.spool), "drain_s": 0.2}
        self.config.write_text(json.dumps(content))
        self.process: asyncio.subprocess.Process | None = None
        self.sip = ("127.0.0.1", 0)

    async def start(self) -> None:
        self.process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "dialer.telephony.worker"),
            *("--socket", str(self.socket), "--config", str(self.config)),
            stdout=asyncio.subprocess.PIPE,
        )
        assert self.process.stdout is not None
        ready = json.loads(await self.process.stdout.readline())
        host, _, port = ready["sip"].rpartition(":")
        self.sip = (host, int(port))

    async def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        await self.process.wait()

    async def stop(self) -> int:
        assert self.process is not None
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(self.process.wait(), 15)
            except TimeoutError:
                self.process.kill()
        return await self.process.wait()

    def clear(self) -> None:
        shutil.rmtree(self.spool, ignore_errors=True)


class Core:
    """The core's end: gives orders, and waits for events in whatever order they come."""

    def __init__(self, socket: Path) -> None:
        self.link = WorkerLink(socket)
        self.told: list[Happened] = []
        self.connections: list[Connected | Lost] = []
        self._news = asyncio.Condition()
        self._tasks: list[asyncio.Task[None]] = []

    async def connect(self) -> Self:
        before = len(self.connections)
        self._tasks = [asyncio.create_task(self.link.run()), asyncio.create_task(self._listen())]
        async with asyncio.timeout(PATIENCE_S), self._news:
            await self._news.wait_for(lambda: len(self.connections) > before)
        return self

    async def _listen(self) -> None:
        async for message in self.link.events():
            async with self._news:
                if isinstance(message, Happened):
                    self.told.append(message)
                elif isinstance(message, Connected | Lost):
                    self.connections.append(message)
                self._news.notify_all()

    async def disconnect(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def order(self, command: Command) -> str:
        return self.link.order(command)

    def call(self, leg: str, uri: str, **more: Any) -> None:
        self.order(replace(AN_ORIGINATE, leg=leg, uri=uri, **more))

    async def event(self, kind: type[E_], leg: str | None = None) -> tuple[float, E_]:
        """The first event of *kind* (of *leg*), with its time; waits for it."""

        def found() -> Happened | None:
            fitting = (h for h in self.told if isinstance(h.event, kind))
            return next((h for h in fitting if leg is None or _is_of(h.event, leg)), None)

        async with asyncio.timeout(PATIENCE_S), self._news:
            await self._news.wait_for(lambda: found() is not None)
        happened = found()
        assert happened is not None and isinstance(happened.event, kind)
        return happened.at, happened.event

    async def connection(self, kind: type[Connected] | type[Lost], count: int = 1) -> Connected:
        def found() -> list[Any]:
            return [c for c in self.connections if isinstance(c, kind)]

        async with asyncio.timeout(PATIENCE_S), self._news:
            await self._news.wait_for(lambda: len(found()) >= count)
        return found()[count - 1]  # type: ignore[no-any-return]


def _is_of(event: events.Event, leg: str) -> bool:
    return leg in {getattr(event, name, None) for name in ("leg", "callee", "agent", "guest")}


AN_ORIGINATE = Originate(
    leg="leg",
    purpose=Purpose.CALLEE,
    uri="sip:+442079460123@127.0.0.1",
    sender='"Test" <sip:+442079460999@127.0.0.1>',
)


def a_message(directory: Path, samples: Any) -> Path:
    """A file that can be played."""
    path = directory / "message.wav"
    write_wav(path, samples)
    return path
