"""PostgreSQL started by us: nothing to install, one directory, one Unix socket, no network.

    initdb into data.tmp ──rename──▶ data ──▶ postgres (our foreground child) ──SIGINT──▶ stopped

Rule: whatever is killed, in whatever order, the next start works and no server is left behind.
The child gets SIGINT (PostgreSQL's fast shutdown) from the kernel when we die. A lock on
the directory says who owns it, so a ``postmaster.pid`` is only ever judged by its owner.

PostgreSQL refuses to run as root; how it is run all the same stands in ``unprivileged.py``.
"""

import asyncio
import fcntl
import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import IO, Final, Self
from urllib.parse import quote

import asyncpg

from dialer.child import ChildProcess
from dialer.database.binaries import Binaries, find_binaries
from dialer.database.pool import CONNECTION_ERRORS, DatabaseUnavailable, connected
from dialer.database.unprivileged import Runner, runner_of
from dialer.places import private_directory

USER: Final = "callwright"
DATABASE: Final = "callwright"
_LOG_LIMIT: Final = 16 * 2**20  #: bytes; a longer log is set aside at the next start
#: PostgreSQL's words for "somebody has not quite let go of this directory yet".
_STILL_HELD: Final = ("shared memory block is still in use", "lock file", "Address already in use")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterOptions:
    """How the server is run."""

    bin_dir: Path | None = None  #: where ``postgres`` is; ``None`` to look for it
    shared_buffers_mib: int = 128
    connections: int = 100
    durable: bool = True  #: False only where losing everything is fine: tests

    def arguments(self) -> list[str]:
        """Return ``name=value`` settings of PostgreSQL.

        Terse messages without statements: PostgreSQL's details quote the row, and a row may
        hold a telephone number.
        """
        settings = [
            "listen_addresses=",
            "unix_socket_permissions=0700",
            f"shared_buffers={self.shared_buffers_mib}MB",
            f"max_connections={self.connections}",
            "timezone=UTC",
            "log_timezone=UTC",
            "log_error_verbosity=terse",
            "log_min_error_statement=panic",
            "log_parameter_max_length_on_error=0",
        ]
        if not self.durable:
            settings += ["fsync=off", "full_page_writes=off", "synchronous_commit=off"]
        return settings


class Cluster:
    """One PostgreSQL of our own: files in *home*, the socket in *sockets*."""

    def __init__(self, home: Path, *, sockets: Path, options: ClusterOptions | None = None) -> None:
        self._home = home
        self._data = home / "data"
        self._sockets = sockets
        self._options = options or ClusterOptions()
        self._log = home / "postgresql.log"
        self._lock: IO[str] | None = None
        self._child: ChildProcess | None = None

    def dsn(self, database: str = DATABASE) -> str:
        """Return the address of *database*; no password, for the socket lets in only us."""
        return f"postgresql:///{quote(database)}?host={quote(str(self._sockets))}&user={USER}"

    @property
    def child(self) -> ChildProcess:
        """The running server."""
        if self._child is None:
            raise RuntimeError("the cluster is not started")
        return self._child

    async def start(self, *, within: timedelta = timedelta(seconds=60)) -> None:
        """Return when the server answers and has our database.

        May be called again after the server has ended, however it ended.

        Raises:
            DatabaseUnavailable: It does not come up *within* the time; the last lines of its
                log are part of the message.
            UnusableDirectory: A directory is not ours alone.
        """
        private_directory(self._home)
        private_directory(self._sockets)
        self._own()
        try:
            await self._start(monotonic() + within.total_seconds())
        except BaseException:
            await self.stop()
            raise

    async def _start(self, deadline: float) -> None:
        if self._child is not None:  # what is left of the last one
            await self._child.stop(signal.SIGINT, within=timedelta(seconds=10))
        binaries = find_binaries(named=self._options.bin_dir, data=self._data)
        runner = runner_of()
        self._set_log_aside()
        if not self._data.exists():
            await asyncio.to_thread(self._initialise, binaries, runner)
        await self._run(binaries, runner, deadline)
        await self._make_database()

    async def stop(self, *, within: timedelta = timedelta(seconds=30)) -> None:
        """Stop fast: connections are ended, committed work is kept."""
        if self._child is not None:
            await self._child.stop(signal.SIGINT, within=within)
            self._child = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def _own(self) -> None:
        if self._lock is not None:
            return
        lock = (self._home / "owner.lock").open("a")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise DatabaseUnavailable(
                f"another dialer is using the database in {self._home}",
                remedy="stop it, or choose another DIALER_STATE_DIR",
                retriable=True,
            ) from None
        self._lock = lock

    def _set_log_aside(self) -> None:
        if self._log.exists() and self._log.stat().st_size > _LOG_LIMIT:
            self._log.replace(self._log.with_suffix(".log.1"))

    def _initialise(self, binaries: Binaries, runner: Runner) -> None:
        """Make the data directory; a half-made one never gets its name."""
        unfinished = self._home / "data.tmp"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        runner.hand_over(self._home, unfinished, self._sockets)
        # From 17 on the database brings its own C.UTF-8 and needs none of the system.
        locale = (
            ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
            if binaries.major >= 17
            else ["--locale=C.UTF-8"]
        )
        command = [
            *runner.prefix,
            str(binaries.initdb),
            f"--pgdata={unfinished}",
            f"--username={USER}",
            "--auth=trust",  # the socket's directory lets in only us
            "--encoding=UTF8",
            *locale,
            *([] if self._options.durable else ["--no-sync"]),
        ]
        made = subprocess.run(
            command, capture_output=True, text=True, user=runner.user, group=runner.user
        )
        if made.returncode != 0:
            last = made.stderr.strip().splitlines()[-1:] or ["it said nothing"]
            raise DatabaseUnavailable(
                f"initdb could not make {self._data}: {last[0]}",
                remedy="see that there is room on the disk and that we may write there",
            )
        unfinished.rename(self._data)

    async def _run(self, binaries: Binaries, runner: Runner, deadline: float) -> None:
        """Start the server, again while the one of a moment ago has not quite let go."""
        while True:
            said_before = self._spawn(binaries, runner)
            if await self._came_up(said_before, deadline):
                return
            said = self._said_since(said_before)
            if not any(words in said for words in _STILL_HELD) or monotonic() > deadline:
                raise self._failure(f"ended with code {self.child.exit_code}", said_before)
            await asyncio.sleep(0.1)

    def _spawn(self, binaries: Binaries, runner: Runner) -> int:
        """Start the server and return where in its log it begins to speak."""
        self._forget_dead_owner()
        said_before = self._log.stat().st_size if self._log.exists() else 0
        with self._log.open("ab") as log:
            self._child = ChildProcess.spawn(
                [
                    *runner.prefix,
                    str(binaries.postgres),
                    "-D",
                    str(self._data),
                    "-k",
                    str(self._sockets),
                    *(part for each in self._options.arguments() for part in ("-c", each)),
                ],
                death_signal=signal.SIGINT,
                output=log,
                user=runner.user,
            )
        return said_before

    async def _came_up(self, said_before: int, deadline: float) -> bool:
        """Return True when the server answers, False when it has ended instead."""
        while self.child.exit_code is None:
            if await self._answers():
                return True
            if monotonic() > deadline:
                await self.child.stop(signal.SIGINT, within=timedelta(seconds=5))
                raise self._failure("did not answer in time", said_before)
            await asyncio.sleep(0.05)
        return False

    async def _answers(self) -> bool:
        try:
            connection = await asyncpg.connect(self.dsn("postgres"), timeout=5)
        except (*CONNECTION_ERRORS, asyncpg.PostgresError):
            return False
        await connection.close()
        return True

    async def _make_database(self) -> None:
        async with connected(self.dsn("postgres")) as connection:
            there = await connection.fetchval(
                "SELECT true FROM pg_database WHERE datname = $1", DATABASE
            )
            if not there:
                await connection.execute(f'CREATE DATABASE "{DATABASE}"')

    def _forget_dead_owner(self) -> None:
        """Take the number of another program out of ``postmaster.pid``.

        PostgreSQL only asks whether a process of that number lives, which after a restart of
        the machine is a coin toss. We hold the lock of the directory, so nobody else judges.
        The file stays, for it also names the shared memory by which PostgreSQL notices that
        old backends still write; the number becomes ours, which it knows to be its parent's.
        A server that does live was ours and is on its way out; it is told again.
        """
        pid_file = self._data / "postmaster.pid"
        try:
            first, rest = pid_file.read_text().split("\n", 1)
            pid = int(first)
        except (FileNotFoundError, ValueError):
            return
        try:
            directory = os.readlink(f"/proc/{pid}/cwd")
        except OSError:
            directory = ""
        if Path(directory) == self._data.resolve():
            os.kill(pid, signal.SIGINT)
        else:
            pid_file.write_text(f"{os.getpid()}\n{rest}")
            for lock in self._sockets.glob(".s.PGSQL.*.lock"):
                lock.unlink()

    def _said_since(self, position: int) -> str:
        with self._log.open("rb") as log:
            log.seek(position)
            return log.read().decode(errors="replace")

    def _failure(self, what: str, position: int) -> DatabaseUnavailable:
        last = self._said_since(position).strip().splitlines()[-2:]
        return DatabaseUnavailable(
            f"PostgreSQL {what}: {' / '.join(last) or 'it said nothing'}",
            remedy=f"see {self._log}",
        )
