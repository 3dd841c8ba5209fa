"""Keeps our processes running: started in order, started again when they die, stopped in reverse.

    postgresql ──▶ worker-1 … ──▶ core          each waits until the one before is ready
    core ──▶ worker-1 … ──▶ postgresql          stopping: each waits until the one before has ended

Rule: the supervisor knows nothing of dialing and hardly ever changes, so it hardly ever dies. If
it does, the kernel ends its children. What has once run is started again for ever, with a
growing pause; what says at its first start that it cannot run ends everything, with its reason.
"""

import asyncio
import fcntl
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Final

import structlog

from dialer.child import CannotStart, Child, ChildProcess, NotReady
from dialer.places import private_directory

log = structlog.get_logger()

FIRST_PAUSE: Final = timedelta(seconds=0.1)  #: before starting again what has just died
LONGEST_PAUSE: Final = timedelta(seconds=5)
SETTLED_AFTER: Final = timedelta(seconds=30)  #: having lived so long, a death is a first one
RELOAD: Final = signal.SIGUSR1  #: children read their files again; SIGHUP means it, too
HURRIED: Final = timedelta(seconds=10)  #: what a child gets to stop after a second signal


class AlreadyRunning(Exception):
    """Another dialer holds this state directory."""

    def __init__(self, state_dir: Path, pid: str) -> None:
        super().__init__(
            f"{state_dir} is in use by another dialer{f' (process {pid})' if pid else ''}; "
            "stop that one, or set DIALER_STATE_DIR to another directory"
        )


@contextmanager
def owned(state_dir: Path) -> Iterator[None]:
    """Hold *state_dir* for this process alone; the kernel releases it however we end.

    Raises:
        AlreadyRunning: Another process holds it.
        UnusableDirectory: It cannot be made, or is not ours.
    """
    with (private_directory(state_dir) / "dialer.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise AlreadyRunning(state_dir, lock.read().strip()) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def pause_before(deaths: int) -> timedelta:
    """Return how long to wait before starting what has died *deaths* times in a row.

    >>> [pause_before(deaths).total_seconds() for deaths in (1, 2, 3, 7, 5000)]
    [0.1, 0.2, 0.4, 5.0, 5.0]
    """
    doublings = min(deaths - 1, 10)
    return min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)


class _Keeper:
    """Keeps one child running until told to stop it."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self.process: ChildProcess | None = None
        self._stopping = asyncio.Event()
        self._hurry = asyncio.Event()
        self._ready = asyncio.Event()
        self._task = asyncio.create_task(self._keep(), name=f"keep {child.name}")

    async def wait_until_ready(self) -> None:
        """Return when the child is ready for the first time, or has been told to stop.

        Raises:
            CannotStart: The child says it is no use.
        """
        ready = asyncio.create_task(self._ready.wait(), name=f"{self.child.name} ready")
        await asyncio.wait([ready, self._task], return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if self._task.done():
            self._task.result()

    async def stop(self) -> None:
        """Stop the child; return when it has ended."""
        self._stopping.set()
        await asyncio.wait([self._task])
        await self.child.let_go()

    def hurry(self) -> None:
        """Do not let the child take its time to stop."""
        self._hurry.set()

    async def _keep(self) -> None:
        deaths = 0
        while not self._stopping.is_set():
            started = monotonic()
            if await self._start():
                await self._live()
            lived = timedelta(seconds=monotonic() - started)
            if self._stopping.is_set():
                return
            deaths = 1 if lived > SETTLED_AFTER else deaths + 1
            pause = pause_before(deaths)
            code = self.process.exit_code if self.process else None
            log.warning(
                "child_ended",
                child=self.child.name,
                exit_code=code,
                again_in_seconds=pause.total_seconds(),
            )
            await _happened(self._stopping, within=pause)

    async def _start(self) -> bool:
        """Return whether the child has become ready."""
        began = monotonic()
        starting = asyncio.create_task(self.child.start(), name=f"start {self.child.name}")
        stopping = asyncio.create_task(self._stopping.wait(), name="stop asked")
        await asyncio.wait([starting, stopping], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not starting.done():
            starting.cancel()
        try:
            self.process = await starting
        except asyncio.CancelledError:
            return False
        except (NotReady, CannotStart) as error:
            self.process = None
            if isinstance(error, CannotStart) and not self._ready.is_set():
                raise
            log.warning("child_not_ready", child=self.child.name, problem=str(error))
            return False
        log.info(
            "child_started",
            child=self.child.name,
            pid=self.process.pid,
            seconds=round(monotonic() - began, 2),
        )
        self._ready.set()
        return True

    async def _live(self) -> None:
        """Return when the child has ended, by itself or because it was told to."""
        assert self.process is not None
        ended = asyncio.create_task(self.process.wait_until_ended(), name=self.child.name)
        stopping = asyncio.create_task(self._stopping.wait(), name="stop asked")
        await asyncio.wait([ended, stopping], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not ended.done():
            await self._stop(ended)
        await ended

    async def _stop(self, ended: asyncio.Task[int]) -> None:
        assert self.process is not None
        self.process.send(self.child.stop_signal)
        hurry = asyncio.create_task(self._hurry.wait(), name="hurry asked")
        limit = self.child.stop_within.total_seconds()
        await asyncio.wait([ended, hurry], timeout=limit, return_when=asyncio.FIRST_COMPLETED)
        if not ended.done() and hurry.done():
            self.process.send(self.child.stop_signal)
            await asyncio.wait([ended], timeout=HURRIED.total_seconds())
        hurry.cancel()
        if not ended.done():
            self.process.send(signal.SIGKILL)


async def _happened(event: asyncio.Event, *, within: timedelta) -> bool:
    try:
        async with asyncio.timeout(within.total_seconds()):
            return await event.wait()
    except TimeoutError:
        return False


class Supervisor:
    """Keeps *children*, which depend on each other in the order given."""

    def __init__(self, children: Sequence[Child]) -> None:
        self._children = children
        self._keepers: list[_Keeper] = []
        self._stop = asyncio.Event()

    def stop(self) -> None:
        """Begin to stop everything; the second time, without giving anybody time."""
        if self._stop.is_set():
            for keeper in self._keepers:
                keeper.hurry()
        self._stop.set()

    def reload(self) -> None:
        """Tell those children to read their files again that can."""
        for keeper in self._keepers:
            if keeper.child.reload_signal is not None and keeper.process is not None:
                keeper.process.send(keeper.child.reload_signal)

    def pids(self) -> dict[str, int]:
        """Return who runs at this moment, by name."""
        running = ((each.child.name, each.process) for each in self._keepers)
        return {name: p.pid for name, p in running if p is not None and p.exit_code is None}

    async def run(self, ready: Callable[[], None] = lambda: None) -> int:
        """Keep the children until :meth:`stop`, and return our exit code.

        Args:
            ready: Called once, when all of them are ready.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        loop.add_signal_handler(RELOAD, self.reload)
        # A terminal that is closed says so by SIGHUP, and means that we should end with it.
        loop.add_signal_handler(signal.SIGHUP, self.stop if sys.stdin.isatty() else self.reload)
        try:
            await self._start_all()
            if not self._stop.is_set():
                ready()
                log.info("dialer_started", children=len(self._children))
            await self._stop.wait()
            return 0
        except CannotStart as error:
            log.error("dialer_stopped", reason=str(error))
            return error.exit_code
        finally:
            for keeper in reversed(self._keepers):
                await keeper.stop()
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, RELOAD):
                loop.remove_signal_handler(number)
            log.info("dialer_stopped", reason="everything has ended")

    async def _start_all(self) -> None:
        stop = asyncio.create_task(self._stop.wait(), name="stop asked")
        try:
            for child in self._children:
                keeper = _Keeper(child)
                self._keepers.append(keeper)
                ready = asyncio.create_task(keeper.wait_until_ready(), name=child.name)
                await asyncio.wait([ready, stop], return_when=asyncio.FIRST_COMPLETED)
                if stop.done():
                    ready.cancel()
                    return
                ready.result()
        finally:
            stop.cancel()
