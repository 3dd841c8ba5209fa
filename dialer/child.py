"""A child process that dies with its parent, and whose death is noticed at once.

Rule: every process this program starts and keeps is started here, on the thread that runs the
event loop. Linux sends a child its death signal when the *thread* that made it ends
(prctl(2), PR_SET_PDEATHSIG), so a child made on a worker thread would die with that thread.
"""

import asyncio
import ctypes
import os
import signal
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO, Final, Self

_PR_SET_PDEATHSIG: Final = 1
_prctl: Final = ctypes.CDLL(None, use_errno=True).prctl if sys.platform == "linux" else None


def _leash(death_signal: signal.Signals) -> Callable[[], None]:
    """Return what the child does between fork and exec so as not to outlive this process."""
    parent = os.getpid()

    def put_on() -> None:
        if _prctl is not None:
            _prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
            if os.getppid() != parent:  # the parent died before the leash was on
                os._exit(0)

    return put_on


class ChildProcess:
    """A running child; its exit can be awaited from any event loop of this thread."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    @classmethod
    def spawn(
        cls,
        command: Sequence[str],
        *,
        death_signal: signal.Signals,
        environment: Mapping[str, str] | None = None,
        directory: Path | None = None,
        output: IO[bytes] | int | None = None,
        user: int | None = None,
    ) -> Self:
        """Start *command* in a session of its own, without a standard input.

        Args:
            death_signal: What the kernel sends the child when this process dies, however it dies.
            environment: The child's whole environment; ``None`` for a copy of ours.
            output: Where standard output and error go; ``None`` for where ours go.
            user: Numeric user and group to become (only root can).

        Raises:
            OSError: The program is not there or may not be run.
        """
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=None if output is None else subprocess.STDOUT,
            env=environment,
            cwd=directory,
            start_new_session=True,  # Ctrl-C reaches the parent, which stops children in order
            preexec_fn=_leash(death_signal),
            user=user,
            group=user,
            extra_groups=None if user is None else [],
        )
        return cls(process)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """The exit code, minus the signal's number when a signal ended it, ``None`` while alive."""
        return self._process.poll()

    def send(self, sig: signal.Signals) -> None:
        """Send *sig*; nothing happens when the child has already ended."""
        self._process.send_signal(sig)

    async def wait_until_ended(self) -> int:
        """Return the exit code once the child has ended."""
        if (code := self._process.poll()) is not None:
            return code
        descriptor = os.pidfd_open(self.pid)
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()
        try:
            loop.add_reader(descriptor, ended.set)  # readable once the process has ended
            await ended.wait()
        finally:
            loop.remove_reader(descriptor)
            os.close(descriptor)
        return self._process.wait()

    async def stop(self, sig: signal.Signals, *, within: timedelta) -> int:
        """Send *sig*, wait, and kill what has not ended *within*; return the exit code."""
        self.send(sig)
        try:
            async with asyncio.timeout(within.total_seconds()):
                return await self.wait_until_ended()
        except TimeoutError:
            self.send(signal.SIGKILL)
            return await self.wait_until_ended()


class NotReady(Exception):
    """A child ended or stayed silent instead of becoming ready; another try may help."""


class CannotStart(Exception):
    """A child says that trying again is no use.

    Attributes:
        exit_code: 2 for settings that are wrong, 3 for something needed that is not there.
    """

    def __init__(self, found: str, *, exit_code: int) -> None:
        super().__init__(found)
        self.exit_code = exit_code


class Child(ABC):
    """What a supervisor keeps running."""

    name: str
    stop_signal: signal.Signals
    stop_within: timedelta  #: then it is killed
    reload_signal: signal.Signals | None = None  #: it reads its files again; None: it cannot

    @abstractmethod
    async def start(self) -> ChildProcess:
        """Return the process once it is ready.

        Raises:
            NotReady: It did not become ready; nothing of it is left running.
            CannotStart: Trying again is no use.
        """

    async def let_go(self) -> None:
        """Give back what is held between two starts; called when no other will follow."""
        return


#: Exit codes by which a program says that starting it again is no use, and what we then exit with.
FINAL_CODES: Final[Mapping[int, int]] = {2: 2, 3: 3, 78: 3}  # 78: EX_CONFIG of sysexits.h


@dataclass(frozen=True, slots=True, kw_only=True)
class Program(Child):
    """A program of ours that says it is ready by making a file or a socket."""

    name: str
    command: tuple[str, ...]
    ready: Path  #: is made by the program when it is ready; removed before every start
    environment: Mapping[str, str] | None = None  #: instead of a copy of ours
    output: Path | None = None  #: appended to; ``None``: where our own output goes
    ready_within: timedelta = timedelta(seconds=60)
    stop_signal: signal.Signals = signal.SIGTERM
    stop_within: timedelta = timedelta(seconds=30)
    #: Sent by the kernel when the supervisor dies. Everything is made to survive SIGKILL, and
    #: what lingered would be in the way of the next supervisor.
    death_signal: signal.Signals = signal.SIGKILL
    reload_signal: signal.Signals | None = None

    async def start(self) -> ChildProcess:
        self.ready.unlink(missing_ok=True)
        try:
            process = self._spawn()
        except OSError as error:
            found = f"{self.command[0]}: {error.strerror}"
            raise CannotStart(f"{self.name} cannot be started: {found}", exit_code=3) from None
        ended = asyncio.create_task(process.wait_until_ended(), name=f"{self.name} starting")
        try:
            async with asyncio.timeout(self.ready_within.total_seconds()):
                while not self.ready.exists():
                    if await asyncio.wait([ended], timeout=0.02) != (set(), {ended}):
                        raise self._ended_early(ended.result())
        except BaseException as error:
            ended.cancel()
            process.send(signal.SIGKILL)
            await process.wait_until_ended()
            if isinstance(error, TimeoutError):
                limit = f"{self.ready_within.total_seconds():g} s"
                raise NotReady(f"{self.name} was not ready within {limit}") from None
            raise
        ended.cancel()
        return process

    def _spawn(self) -> ChildProcess:
        with ExitStack() as stack:
            return ChildProcess.spawn(
                self.command,
                death_signal=self.death_signal,
                environment=self.environment,
                output=stack.enter_context(self.output.open("ab")) if self.output else None,
            )

    def _ended_early(self, code: int) -> Exception:
        found = f"{self.name} ended with code {code} instead of becoming ready"
        if (ours := FINAL_CODES.get(code)) is not None:
            return CannotStart(f"{found}; it has said why", exit_code=ours)
        return NotReady(found)
