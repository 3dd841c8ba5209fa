"""The telephony worker: a process that holds calls, and outlives the core that asked for them.

    python -m dialer.telephony.worker --socket PATH --config FILE

It listens on a Unix socket; one core at a time is connected, the newest. While none is, its
calls go on: talks until somebody hangs up, callees without an agent hear who called and are let
go (``leg.py``). SIGTERM drains it: no new legs, ringing ones cancelled, calls finished.

Rule: this thread speaks the protocol and never touches SIP; the other one (``sip_thread.py``)
does nothing else.
"""

import argparse
import asyncio
import json
import os
import resource
import signal
import socket
import sys
import time
import uuid
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dialer.telephony.commands import Measure
from dialer.telephony.events import Drained, Event
from dialer.telephony.framing import FrameReader, ProtocolError, from_plain
from dialer.telephony.journal import Journal
from dialer.telephony.pjsua2 import SipRefused
from dialer.telephony.protocol import VERSION, Hello, Order, Taken, Welcome, decode, encode
from dialer.telephony.sip_settings import SipSettings
from dialer.telephony.sip_thread import SipThread

CORE_SILENCE_S: Final = 3.0  #: a core that says nothing for so long is no core
_WELCOME_S: Final = 5.0
_BATCH: Final = 500
_REMEMBERED: Final = 8192  #: ids of commands that a repetition is recognised by

_NICE: Final = -10

_CANNOT_START: Final = 78  # exit code (EX_CONFIG)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings:
    """The worker's configuration file: this as JSON."""

    sip: SipSettings
    spool: str  #: directory for tapes and prompts, on tmpfs: a slow disk there stalls all audio
    drain_s: float = 30.0  #: after SIGTERM: how long calls may still go on


class BadSettings(Exception):
    """The configuration cannot be used. Says what and why."""


def load(path: Path) -> WorkerSettings:
    """Return the settings in *path*.

    Raises:
        BadSettings: the file is not there, not JSON, or not of this form.
    """
    try:
        return from_plain(WorkerSettings, json.loads(path.read_text()), "settings")
    except OSError as error:
        raise BadSettings(f"{path} cannot be read: {error.strerror}") from None
    except (ProtocolError, ValueError) as error:
        raise BadSettings(f"{path}: {error}") from None


class Worker:
    """The protocol's side of the worker process."""

    def __init__(self, settings: WorkerSettings) -> None:
        self._settings = settings
        self._loop = asyncio.get_running_loop()
        self._journal = Journal()
        self._news = asyncio.Event()
        self._incarnation = str(uuid.uuid4())
        self._drained = asyncio.Event()
        self._done: OrderedDict[str, None] = OrderedDict()
        self._core: asyncio.Task[None] | None = None
        self._heard_at: float | None = None  # of the core; None while it counts as gone
        self._sip = SipThread(settings.sip, spool=Path(settings.spool), tell=self._tell)

    async def run(self, path: Path) -> int:
        """Serve on the socket *path* until told to stop; return the exit code."""
        await asyncio.to_thread(self._sip.start)
        self._sip.do("core", lambda switchboard, now: switchboard.core_went(now))
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, stop.set)
        with _listening(path) as listener:
            server = await asyncio.start_unix_server(self._accept, sock=listener)
            print(json.dumps({"ready": True, "sip": self._sip.address}), flush=True)
            watch = asyncio.create_task(self._watch_core(), name="core's heartbeat")
            await stop.wait()
            await self._drain(stop)
            watch.cancel()
            server.close()
            if self._core is not None:
                self._core.cancel()
        await asyncio.to_thread(self._sip.stop)
        await asyncio.to_thread(path.unlink, missing_ok=True)
        return 0

    def _tell(self, at: float, event: Event) -> None:  # called in the SIP thread
        with suppress(RuntimeError):  # the loop has ended: so do we
            self._loop.call_soon_threadsafe(self._note, at, event)

    def _note(self, at: float, event: Event) -> None:
        self._journal.append(at, event)
        self._news.set()
        if isinstance(event, Drained):
            self._drained.set()

    async def _drain(self, stop: asyncio.Event) -> None:
        """Let calls finish; a second signal, or the limit, ends them."""
        stop.clear()
        self._drained.clear()
        self._sip.do("drain", lambda switchboard, now: switchboard.drain(now))
        await asyncio.wait(
            [asyncio.ensure_future(self._drained.wait()), asyncio.ensure_future(stop.wait())],
            timeout=self._settings.drain_s,
            return_when=asyncio.FIRST_COMPLETED,
        )
        await asyncio.sleep(0.2)  # the core reads the last events

    # --- the core ---------------------------------------------------------------------------

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._core is not None:
            self._core.cancel()  # a newer core takes over
        self._core = task = asyncio.current_task()
        try:
            await self._serve(reader, writer)
        except (ProtocolError, ConnectionError, TimeoutError) as error:
            print(f"telephony worker: core let go: {error}", file=sys.stderr, flush=True)
        except asyncio.CancelledError:
            pass  # ours, above or at the end; nobody waits for this task
        finally:
            writer.close()
            if self._core is task:
                self._core = None
                self._core_went()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hello = Hello(
            version=VERSION,
            incarnation=self._incarnation,
            pid=os.getpid(),
            capacity=self._settings.sip.max_calls,
            oldest=self._journal.oldest,
            newest=self._journal.newest,
        )
        writer.write(encode(hello))
        frames = FrameReader()
        async with asyncio.timeout(_WELCOME_S):
            waiting = [decode(content) for content in frames.feed(await reader.read(65536))]
            while not waiting:
                data = await reader.read(65536)
                if not data:
                    return
                waiting = [decode(content) for content in frames.feed(data)]
        welcome = waiting.pop(0)
        if not isinstance(welcome, Welcome):
            raise ProtocolError("the first message must be a welcome")
        if welcome.version != VERSION:
            raise ProtocolError(
                f"the core speaks version {welcome.version}, this worker {VERSION}; "
                "restart what is older"
            )
        self._journal.take(welcome.last_taken)
        sender = asyncio.create_task(self._send(writer, welcome.last_taken), name="events")
        try:
            self._hear(waiting)
            while data := await reader.read(65536):
                self._hear([decode(content) for content in frames.feed(data)])
        finally:
            sender.cancel()

    def _hear(self, messages: Sequence[object]) -> None:
        if self._heard_at is None:
            self._sip.do("core", lambda switchboard, now: switchboard.core_came())
        self._heard_at = time.monotonic()
        for message in messages:
            match message:
                case Order():
                    self._take_order(message)
                case Taken(number=number):
                    self._journal.take(number)

    def _take_order(self, order: Order) -> None:
        if order.id in self._done:
            return
        self._done[order.id] = None
        if len(self._done) > _REMEMBERED:
            self._done.popitem(last=False)
        if isinstance(order.command, Measure):
            self._sip.measure(order.id)
            return
        name = type(order.command).__name__.lower()
        self._sip.do(
            name,
            lambda switchboard, now: switchboard.carry_out(order.id, order.command, now=now),
        )

    async def _send(self, writer: asyncio.StreamWriter, sent: int) -> None:
        while True:
            self._news.clear()
            while batch := self._journal.after(sent, most=_BATCH):
                writer.write(b"".join(map(encode, batch)))
                sent = batch[-1].number
                await writer.drain()
            await self._news.wait()

    async def _watch_core(self) -> None:
        while True:
            await asyncio.sleep(0.5)
            if self._heard_at is not None and time.monotonic() - self._heard_at > CORE_SILENCE_S:
                self._core_went()

    def _core_went(self) -> None:
        self._heard_at = None
        self._sip.do("core", lambda switchboard, now: switchboard.core_went(now))


def _listening(path: Path) -> socket.socket:
    """Return a socket that listens on *path* and only we can connect to.

    Raises:
        BadSettings: another worker listens there, or it cannot be made.
    """
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if path.is_socket():
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
                if probe.connect_ex(str(path)) == 0:
                    raise BadSettings(f"{path}: another worker listens there; stop it first")
            path.unlink()
        before = os.umask(0o177)
        try:
            listener.bind(str(path))
        finally:
            os.umask(before)
        listener.listen(4)
    except OSError as error:
        listener.close()
        raise BadSettings(f"{path}: cannot listen there: {error.strerror or error}") from None
    return listener


def _allow_many_files() -> None:
    """Raise the soft limit of open files to the hard one: a leg needs two, a tape two more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _give_names_up_soon() -> None:
    """Let the system's resolver wait a second, not ten: the stack asks it in the SIP thread."""
    os.environ.setdefault("RES_OPTIONS", "timeout:1 attempts:1")  # resolv.conf(5)


def _come_first() -> None:
    """Ask to run before what can wait, a late audio packet cannot; needs privileges, else not."""
    with suppress(OSError):
        os.nice(_NICE)


async def _main(path: Path, settings: WorkerSettings) -> int:
    return await Worker(settings).run(path)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a worker; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m dialer.telephony.worker", description="Hold calls for the dialer."
    )
    parser.add_argument("--socket", type=Path, required=True, help="Unix socket to listen on")
    parser.add_argument("--config", type=Path, required=True, help="settings, as JSON")
    chosen = parser.parse_args(arguments)
    try:
        _allow_many_files()
        _give_names_up_soon()
        _come_first()
        return asyncio.run(_main(chosen.socket, load(chosen.config)))
    except (BadSettings, SipRefused) as error:
        print(f"telephony worker: {error}", file=sys.stderr, flush=True)
        return _CANNOT_START


if __name__ == "__main__":
    sys.exit(main())
