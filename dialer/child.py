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
from collections.abc import Callable, Mapping, Sequence
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
