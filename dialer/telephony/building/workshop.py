"""Running the steps of a build: one line a step, a log for each, and failures that explain.

Rule: a step's output goes to its log; the person sees what is being done, for how long, and, when
it fails, the log's last lines and what to do about it.
"""

import contextlib
import os
import shlex
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TextIO

#: Seconds of silence after which a running step says that it still runs.
HEARTBEAT_S: Final = 15.0

#: Lines of a failed step's log that are shown.
LOG_TAIL_LINES: Final = 15

#: The words of a command line.
Words = Sequence[str | Path]


class BuildFailed(Exception):
    """A step of the build failed: which, why, and what to do.

    Attributes:
        step: What was being done.
        cause: What went wrong, in one sentence.
        remedy: What the person can do about it.
        log: The step's log, when it wrote one.
    """

    def __init__(self, *, step: str, cause: str, remedy: str, log: Path | None = None) -> None:
        super().__init__(f"{step}: {cause}")
        self.step = step
        self.cause = cause
        self.remedy = remedy
        self.log = log

    def log_tail(self) -> list[str]:
        """Return the last lines of the log; empty when there is none."""
        if self.log is None or not self.log.is_file():
            return []
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return [line[:200] for line in lines if line.strip()][-LOG_TAIL_LINES:]


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One program to run."""

    arguments: Words
    folder: Path  #: the folder it runs in
    environment: Mapping[str, str] = field(default_factory=dict)  #: added to our own

    def start(self, log: TextIO) -> subprocess.Popen[bytes]:
        """Start it in a process group of its own, its output appended to *log*."""
        words = [str(argument) for argument in self.arguments]
        log.write(f"$ cd {self.folder}\n$ {shlex.join(words)}\n")
        log.flush()
        return subprocess.Popen(
            words,
            cwd=self.folder,
            env={**os.environ, "LC_ALL": "C", **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


@dataclass(slots=True, kw_only=True)
class Workshop:
    """Where a build is done, and how it tells the person."""

    logs: Path  #: one file a step
    out: TextIO  #: where progress is said
    steps: int  #: how many steps there will be
    heartbeat_s: float = HEARTBEAT_S
    _done: int = 0

    @contextlib.contextmanager
    def step(self, what: str) -> Iterator[Path]:
        """Say that *what* begins and how long it took; give the path of its log."""
        self._done += 1
        began = time.monotonic()
        self._say(f"  [{self._done}/{self.steps}] {what} ...")
        yield self.logs / f"{self._done}-{what.replace(' ', '-').replace(',', '')}.log"
        self._say(f"  [{self._done}/{self.steps}] {what}: {_seconds(time.monotonic() - began)}")

    def run(self, what: str, commands: Sequence[Command], *, remedy: str) -> None:
        """Run *commands* all at once as one step, and wait until the last has ended.

        Raises:
            BuildFailed: a command failed or could not be started; the others are stopped.
        """
        with (
            self.step(what) as log_path,
            log_path.open("a", encoding="utf-8") as log,
            contextlib.ExitStack() as ending,
        ):
            running: list[subprocess.Popen[bytes]] = []
            try:
                for command in commands:
                    process = command.start(log)
                    ending.callback(_stop, process)
                    running.append(process)
                self._wait(what, running)
            except (OSError, subprocess.CalledProcessError) as error:
                cause = _cause(error)
                raise BuildFailed(step=what, cause=cause, remedy=remedy, log=log_path) from None

    def _wait(self, what: str, running: Sequence[subprocess.Popen[bytes]]) -> None:
        """Wait for all of *running*; raises CalledProcessError as soon as one has failed."""
        began = said = time.monotonic()
        waiting = list(running)
        while waiting:
            with contextlib.suppress(subprocess.TimeoutExpired):
                waiting[0].wait(timeout=0.2)
            for process in [each for each in waiting if each.poll() is not None]:
                waiting.remove(process)
                if process.returncode != 0:
                    raise subprocess.CalledProcessError(process.returncode, process.args)
            if time.monotonic() - said >= self.heartbeat_s:
                said = time.monotonic()
                self._say(f"        still {what}, {_seconds(said - began)} so far")

    def _say(self, text: str) -> None:
        print(text, file=self.out, flush=True)


def _cause(error: OSError | subprocess.CalledProcessError) -> str:
    if isinstance(error, subprocess.CalledProcessError):
        program = Path(error.cmd[0]).name
        if error.returncode < 0:
            return f"{program} was ended by signal {-error.returncode}"
        return f"{program} ended with exit status {error.returncode}"
    return f"{error.filename} could not be started: {error.strerror}"


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End *process* and everything it started, if it still runs."""
    if process.poll() is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _seconds(duration_s: float) -> str:
    """Return a duration as a person says it.

    >>> _seconds(0.4), _seconds(12.3), _seconds(95)
    ('0.4 s', '12 s', '1 min 35 s')
    """
    if duration_s < 10:
        return f"{duration_s:.1f} s"
    minutes, seconds = divmod(round(duration_s), 60)
    return f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"
