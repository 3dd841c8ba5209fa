"""A whole installation as real processes, with simulated people, whose processes may be killed.

    simulated network (process)   supervisor (here) ─▶ PostgreSQL, worker, core (processes)
    people at desks with phones (here), over the public HTTP API; what it says "saved" to is noted

Rule: a kill comes after a counted event on the record, never after a time.
"""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from dialer.child import Program
from dialer.clock import SystemClock
from dialer.commands.rulebook import keyring_of
from dialer.database.pool import (
    CONNECTION_ERRORS,
    Connection,
    DatabaseUnavailable,
    connected,
)
from dialer.database.sealing import open_vault
from dialer.demo.http_api import HttpApi, Refused, Unreachable
from dialer.demo.installing import DemoHouse, furnish
from dialer.demo.options import clock_offset, free_sip_port
from dialer.demo.person import Manner, Person
from dialer.serving import children, own_cluster
from dialer.settings import Settings
from dialer.simulation import example_list
from dialer.simulation.lab_trunks import write_lab_trunks
from dialer.simulation.network.phone_bank import PhoneBank
from dialer.supervisor import Supervisor
from tests.crash.books import Books, books_of

FAST_FORWARD: Final = 25.0
COUNTRIES: Final = ("BG", "PL", "RO", "GB")
LOOK_EVERY_S: Final = 0.02
_ROWS: Final = "SELECT count(*) >= $1 FROM call_events"
_NO_RECORDING_EXPECTED: Final = "SELECT count(*) = 0 FROM recordings WHERE state = 'expected'"
#: Most of them answer, so that little time is spent on ringing in vain.
MIX: Final = """
rings_out_after = 20.0
[shares]
talks = 0.45
refuses = 0.1
asks_callback = 0.1
machine = 0.1
busy = 0.16
no_answer = 0.04
invalid = 0.05
[ring_time]
median = 2.5
sigma = 0.3
limit = 6.0
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """One process, ended with SIGKILL once the record has come so far."""

    victim: str  #: core | worker-1 | postgresql
    rows: int  #: events of calls on record, at least
    talking: int = 0  #: calls that are connected at that moment, at least


@dataclass(frozen=True, slots=True, kw_only=True)
class Killed:
    """A kill that was carried out."""

    victim: str
    at: datetime
    connected: frozenset[str]  #: calls that were connected by the record, by their UUID


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A disposition the API said yes to."""

    attempt: int
    disposition: str


class NotingApi(HttpApi):
    """The API as a person uses it; remembers what it has acknowledged."""

    acknowledged: list[Acknowledged]

    async def post(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        answer = await super().post(path, body)
        _, noun, *rest = path.split("/")
        if noun == "attempts" and rest[1:] == ["disposition"] and body is not None:
            self.acknowledged.append(Acknowledged(int(rest[0]), str(body["disposition"])))
        return answer


@dataclass(slots=True)
class Story:
    """What happened, for the audit."""

    kills: list[Killed] = field(default_factory=list)
    acknowledged: list[Acknowledged] = field(default_factory=list)
    unworked: int = 0  #: leads that were still due at the end
    books: Books | None = None


class Installation:
    """One run. :meth:`run` returns when the list has been worked and everybody has gone home."""

    def __init__(self, home: Path, *, seed: int, rows: int = 28, agents: int = 6) -> None:
        self.seed = seed
        self.network_log = home / "network.jsonl"
        self.recordings_dir = home / "recordings"
        self.clock = SystemClock(clock_offset(SystemClock().now()))
        self.story = Story()
        self.dsn = ""
        self.campaign = 0
        self._home = home
        self._rows = rows
        self._agents = agents
        self._short = Path(tempfile.mkdtemp(prefix="cw-"))  # sockets' paths are limited
        # One language, so that every agent fits every lead.
        self._list = example_list.write(home / "list", count=rows, seed=seed, encoding="cp1251")

    async def run(self, kills: list[Kill]) -> None:
        async with AsyncExitStack() as stack:
            stack.callback(shutil.rmtree, self._short, ignore_errors=True)
            trunks = await stack.enter_async_context(self._network())
            settings = self._settings(trunks)
            self.dsn = own_cluster(settings).dsn()
            supervisor = await stack.enter_async_context(self._dialer(settings))
            port, url = free_sip_port(), f"http://127.0.0.1:{settings.http_port}"
            self._vault = open_vault(settings.state_dir)
            async with self.look() as connection:
                house = await furnish(
                    connection,
                    list_file=self._list,
                    agents=self._agents,
                    phones=f"127.0.0.1:{port}",
                    seed=self.seed,
                    keyring=keyring_of(settings),
                    now=self.clock.now(),
                )
            self.campaign = int(house.campaign)
            floor = await stack.enter_async_context(HttpApi(url, house.floor_token))
            work = await stack.enter_async_context(self._people(house, url, port))
            await floor.post(f"/campaigns/{house.campaign}/start")
            killing = asyncio.create_task(self._kill(supervisor, kills), name="killer")
            stack.callback(killing.cancel)
            await self._until_worked(floor, killing)
            await self._go_home(*work)
            await self._last_things()
            async with self.look() as connection:
                self.story.books = await books_of(connection, self.campaign)

    @asynccontextmanager
    async def look(self) -> AsyncIterator[Connection]:
        """A connection to the database, which runs only during :meth:`run`."""
        async with connected(self.dsn, vault=self._vault) as connection:
            yield connection

    # --- Processes -----------------------------------------------------------------------------

    @asynccontextmanager
    async def _network(self) -> AsyncIterator[Path]:
        mix = self._home / "mix.toml"
        mix.write_text(MIX)
        ready = self._home / "network.ready"
        program = Program(
            name="network",
            command=(
                *(sys.executable, "-m", "dialer.simulation.network", "--log"),
                *(str(self.network_log), "--seed", str(self.seed), "--mix", str(mix)),
                *("--fast-forward", str(FAST_FORWARD), "--ready-file", str(ready)),
                *("--clock-offset", str(self.clock.offset.total_seconds())),
            ),
            ready=ready,
            output=self._home / "network.log",
            ready_within=timedelta(minutes=3),
        )
        process = await program.start()
        address = json.loads(ready.read_text())
        try:
            yield write_lab_trunks(
                self._home / "trunks.yaml",
                address["host"],
                address["port"],
                country="GB",
                countries=COUNTRIES,
                channels=40,
            )
        finally:
            await process.stop(signal.SIGTERM, within=timedelta(seconds=10))

    def _settings(self, trunks: Path) -> Settings:
        return Settings(
            state_dir=self._home / "state",
            runtime_dir=self._short / "run",
            spool_dir=self._short / "spool",
            recordings_dir=self.recordings_dir,
            sip_config=trunks,
            http_port=_free_http_port(),
            worker_calls=60,
            rtp_port_first=24000,
            rtp_port_last=25999,
            drain_limit=timedelta(seconds=5),
            postgres_shared_buffers_mib=32,
            log_format="json",
            lab=True,
            clock_offset=self.clock.offset,
        )

    @asynccontextmanager
    async def _dialer(self, settings: Settings) -> AsyncIterator[Supervisor]:
        for directory in (settings.state_dir, settings.runtime_dir, settings.spool_dir):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        supervisor = Supervisor(children(settings, output=self._home / "dialer.log"))
        ready = asyncio.Event()
        serving = asyncio.create_task(supervisor.run(ready.set), name="dialer")
        waiting = asyncio.create_task(ready.wait(), name="dialer ready")
        await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
        try:
            assert ready.is_set(), f"did not start; see {self._home}"
            yield supervisor
        finally:
            waiting.cancel()
            supervisor.stop()
            await serving

    # --- People --------------------------------------------------------------------------------

    @asynccontextmanager
    async def _people(
        self, house: DemoHouse, url: str, port: int
    ) -> AsyncIterator[tuple[list[Person], list[asyncio.Task[None]]]]:
        languages = tuple(dict.fromkeys(one for each in house.agents for one in each.languages))
        bank = await PhoneBank.open(
            len(house.agents), port=port, seed=self.seed, languages=languages
        )
        manner = Manner(seed=self.seed, fast_forward=FAST_FORWARD)
        async with AsyncExitStack() as stack:
            stack.callback(bank.close)
            people = []
            for agent, phone in zip(house.agents, bank.phones, strict=True):
                api = await stack.enter_async_context(NotingApi(url, agent.token))
                api.acknowledged = self.story.acknowledged
                people.append(Person(api, phone, manner, languages=agent.languages))
            tasks = [asyncio.create_task(person.work()) for person in people]
            try:
                yield people, tasks
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _go_home(self, people: list[Person], tasks: list[asyncio.Task[None]]) -> None:
        """Everybody ends their call and signs off: who cannot is stuck."""
        for person in people:
            person.go_home()
        async with asyncio.timeout(60):
            await asyncio.gather(*tasks)

    # --- The killer ----------------------------------------------------------------------------

    async def _kill(self, supervisor: Supervisor, kills: list[Kill]) -> None:
        for kill in kills:
            calls = await self._until_on_record(kill)
            pid = await _pid_of(supervisor, kill.victim)
            at = self.clock.now()
            os.kill(pid, signal.SIGKILL)
            self.story.kills.append(Killed(victim=kill.victim, at=at, connected=calls))
            await _until(partial(_other_pid, supervisor, kill.victim, pid))

    async def _until_on_record(self, kill: Kill) -> frozenset[str]:
        """Return which calls are connected once the record has come so far."""
        while True:
            with contextlib.suppress(*CONNECTION_ERRORS, DatabaseUnavailable):
                async with self.look() as connection:
                    await _until(lambda: _has_come(connection, kill))
                    return await _connected_calls(connection)
            await asyncio.sleep(LOOK_EVERY_S)

    # --- The end -------------------------------------------------------------------------------

    async def _until_worked(self, floor: HttpApi, killing: asyncio.Task[None]) -> None:
        """Return when nothing is due, claimed or in a call any more."""
        path = f"/campaigns/{self.campaign}/stock"
        still, before = 0, None
        while still < 40:  # what is left may want a language that nobody speaks
            if killing.done():
                killing.result()
            try:
                stock = await floor.get(path)
            except (Refused, Unreachable):
                continue
            left = stock["due"] + stock["claimed"]
            in_call = stock["by_state"].get("in_call", 0)
            if not left and not in_call:
                return
            still = 0 if in_call or stock != before else still + 1
            before, self.story.unworked = stock, left
            await asyncio.sleep(0.25)

    async def _last_things(self) -> None:
        """Wait until every recording is there or given up."""
        async with asyncio.timeout(60), self.look() as connection:
            await _until(lambda: _yes(connection, _NO_RECORDING_EXPECTED))


async def _has_come(connection: Connection, kill: Kill) -> bool:
    enough = await _yes(connection, _ROWS, kill.rows)
    return enough and len(await _connected_calls(connection)) >= kill.talking


async def _connected_calls(connection: Connection) -> frozenset[str]:
    rows = await connection.fetch(
        """
        SELECT call_id FROM call_events GROUP BY call_id
        HAVING bool_or(kind = 'connected') AND NOT bool_or(kind IN ('ended', 'hang_up_asked'))
        """
    )
    return frozenset(str(row["call_id"]) for row in rows)


def _free_http_port() -> int:
    """A port that is ours also while the core is dead, as far as chance goes."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _pid_of(supervisor: Supervisor, name: str) -> int:
    await _until(lambda: _other_pid(supervisor, name, None))
    return supervisor.pids()[name]


async def _other_pid(supervisor: Supervisor, name: str, pid: int | None) -> bool:
    return supervisor.pids().get(name) not in (None, pid)


async def _yes(connection: Connection, query: str, *values: object) -> bool:
    return bool(await connection.fetchval(query, *values))


async def _until(come: Callable[[], Awaitable[bool]]) -> None:
    """Look again and again; the test's own limit ends it."""
    there = await come()
    while not there:
        await asyncio.sleep(LOOK_EVERY_S)
        there = await come()


__all__ = ["Acknowledged", "Installation", "Kill", "Killed", "Story"]
