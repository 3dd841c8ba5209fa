"""The demo from the first process to the last: started in order, watched, stopped in reverse.

    network ─▶ dialer (PostgreSQL, worker, core) ─▶ house furnished ─▶ people ─▶ campaign starts
    campaign finished ─▶ people go home ─▶ record read ─▶ dialer stops ─▶ network stops

Rule: whatever happens, everything that was started is stopped; a signal cancels the one task in
which all of this runs, and the way out is the same as at the end.
"""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Final

from compliance.store.decisions import permitted_attempts
from dialer.child import ChildProcess, NotReady, Program
from dialer.clock import SystemClock
from dialer.commands.rulebook import keyring_of
from dialer.database import outbox, recordings
from dialer.database.pool import Connection, connected
from dialer.database.sealing import open_vault
from dialer.demo.http_api import HttpApi
from dialer.demo.installing import DemoHouse, furnish
from dialer.demo.layout import Layout
from dialer.demo.options import LOOPBACK, Options, clock_offset, free_sip_port, settings_for
from dialer.demo.people import Agent, Crowd
from dialer.demo.telling import Teller
from dialer.demo.watching import Watch, Worked
from dialer.places import private_directory
from dialer.reporting.gathering import record_of
from dialer.reporting.record import Record
from dialer.serving import own_cluster
from dialer.serving_beside import NotServing, serving
from dialer.settings import Settings
from dialer.simulation.lab_trunks import write_lab_trunks

COUNTRIES: Final = ("BG", "PL", "RO", "GB")
_WENT_HOME_WITHIN: Final = timedelta(seconds=60)
_LAST_THINGS_WITHIN: Final = timedelta(seconds=30)
_VOICES_WITHIN: Final = timedelta(minutes=3)  # spoken once and kept
_CPS: Final = 30.0


class DemoFailed(Exception):
    """The demo cannot go on; the message says why."""

    def __init__(self, sentence: str, exit_code: int = 1) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a run leaves to be reported."""

    record: Record
    permitted: frozenset[str]  #: attempts the trail has a permit for
    house: DemoHouse
    worked: Worked


class Demo:
    """One run."""

    def __init__(
        self,
        options: Options,
        layout: Layout,
        *,
        list_file: Path,
        environ: Mapping[str, str],
        teller: Teller,
    ) -> None:
        self._options = options
        self._layout = layout
        self._list_file = list_file
        self._environ = environ
        self._teller = teller
        self.clock = SystemClock(clock_offset(SystemClock().now()))

    async def run(self) -> Ran:
        """Run all of it.

        Raises:
            DemoFailed: Something did not start, or died; the message names its log.
            asyncio.CancelledError: A signal arrived.
        """
        say = self._teller.say
        private_directory(self._layout.installation)
        async with AsyncExitStack() as stack:
            say(f"The dialer's clock starts on {self.clock.now():%A, %d %B %Y, %H:%M} UTC.")
            trunks = await stack.enter_async_context(self._network())
            settings = settings_for(
                self._options,
                self._layout,
                offset=self.clock.offset,
                trunks=trunks,
                environ=self._environ,
            )
            await stack.enter_async_context(self._dialer(settings))
            url = _url(settings)
            connection = await stack.enter_async_context(
                connected(_dsn(settings), vault=open_vault(settings.state_dir))
            )
            house = await self._furnished(connection, settings, phones := free_sip_port())
            floor = await stack.enter_async_context(HttpApi(url, house.floor_token))
            watch = Watch(floor, house.campaign, self._teller, note=f"{url}{house.board_link}")
            await watch.wait_for_team()
            people = await self._people(house, url, phones)
            stack.push_async_callback(people.stop, signal.SIGKILL, within=timedelta(seconds=5))
            await watch.wait_for_agents(self._options.agents)
            since = self.clock.now()
            await floor.post(f"/campaigns/{house.campaign}/start")
            worked = await self._watched(watch, people)
            until = self.clock.now()
            self._teller.put_away()
            await floor.post(f"/campaigns/{house.campaign}/finish")
            say("The agents finish their calls and go home ...")
            await watch.until_quiet()
            await people.stop(signal.SIGTERM, within=_WENT_HOME_WITHIN)
            return await self._ran(connection, house, worked, since=since, until=until)

    # --- Parts -------------------------------------------------------------------------------

    @asynccontextmanager
    async def _network(self) -> AsyncIterator[Path]:
        """Run the simulated network; yield the trunk file that leads to it."""
        options, installation = self._options, self._layout.installation
        program = self._program(
            "network",
            "dialer.simulation.network",
            *("--log", str(self._layout.network), "--seed", str(options.seed)),
            *("--fast-forward", str(options.fast_forward)),
            *("--clock-offset", str(self.clock.offset.total_seconds())),
        )
        self._teller.say("Starting the simulated telephone network (voices are made once) ...")
        process = await _started(program)
        address = json.loads(program.ready.read_text(encoding="utf-8"))
        try:
            yield write_lab_trunks(
                installation / "trunks.yaml",
                address["host"],
                address["port"],
                country="GB",
                countries=COUNTRIES,
                channels=options.channels,
                cps=_CPS,
            )
        finally:
            await process.stop(signal.SIGTERM, within=timedelta(seconds=10))

    @asynccontextmanager
    async def _dialer(self, settings: Settings) -> AsyncIterator[None]:
        """Run the dialer as ``dialer serve`` would; fail when it ends by itself."""
        self._teller.say("Starting the dialer: PostgreSQL, telephony worker, core ...")
        try:
            async with serving(
                settings,
                logs=self._layout.logs,
                now=self.clock.now,
                ready=self._until_signalled,
            ):
                yield
        except NotServing as problem:
            raise DemoFailed(str(problem), problem.exit_code) from None

    def _until_signalled(self) -> None:
        """Let signals end this run; the supervisor would have taken them for itself."""
        task = asyncio.current_task()
        assert task is not None
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, task.cancel)

    async def _furnished(
        self, connection: Connection, settings: Settings, phones: int
    ) -> DemoHouse:
        self._teller.say(
            f"Setting up client, team, agents and campaign; importing {self._list_file.name} ..."
        )
        house = await furnish(
            connection,
            list_file=self._list_file,
            agents=self._options.agents,
            phones=f"{LOOPBACK}:{phones}",
            seed=self._options.seed,
            keyring=keyring_of(settings),
            now=self.clock.now(),
            fast_forward=self._options.fast_forward,
        )
        result = house.imported.list.result
        self._teller.say(
            f"{result.total} rows: {len(result.accepted)} leads, {len(result.rejected)} rejected, "
            f"{len(result.duplicates)} duplicates; {house.imported.proven} consents with evidence"
        )
        url = _url(settings)
        self._teller.say(f"Live board:     {url}{house.board_link}")
        self._teller.say(f"Agent 1's desk: {url}{house.desk_link}")
        return house

    async def _people(self, house: DemoHouse, url: str, phones: int) -> ChildProcess:
        file = self._layout.installation / "crowd.json"
        Crowd(
            base_url=url,
            host=LOOPBACK,
            port=phones,
            seed=self._options.seed,
            fast_forward=self._options.fast_forward,
            agents=tuple(
                Agent(token=agent.token, languages=agent.languages) for agent in house.agents
            ),
        ).write(file)
        self._teller.say(f"{len(house.agents)} agents sign in ...")
        return await _started(self._program("people", "dialer.demo.people", "--crowd", str(file)))

    async def _watched(self, watch: Watch, people: ChildProcess) -> Worked:
        ended = asyncio.create_task(people.wait_until_ended(), name="people")
        working = asyncio.create_task(watch.until_worked(self._options.time_limit), name="watch")
        try:
            await asyncio.wait({ended, working}, return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                raise DemoFailed(
                    f"the simulated people ended with code {ended.result()}; "
                    f"see {self._layout.logs / 'people.log'}"
                )
            return working.result()
        finally:
            ended.cancel()
            working.cancel()

    async def _ran(
        self,
        connection: Connection,
        house: DemoHouse,
        worked: Worked,
        *,
        since: datetime,
        until: datetime,
    ) -> Ran:
        await _last_things(connection)
        return Ran(
            record=await record_of(connection, house.campaign, since=since, until=until),
            permitted=await permitted_attempts(connection, house.campaign),
            house=house,
            worked=worked,
        )

    def _program(self, name: str, module: str, *arguments: str) -> Program:
        ready = self._layout.installation / f"{name}.ready"
        return Program(
            name=name,
            command=(sys.executable, "-m", module, *arguments, "--ready-file", str(ready)),
            ready=ready,
            output=self._layout.logs / f"{name}.log",
            ready_within=_VOICES_WITHIN,
        )


async def _started(program: Program) -> ChildProcess:
    try:
        return await program.start()
    except NotReady as problem:
        raise DemoFailed(f"{problem}; see {program.output}") from None


async def _last_things(connection: Connection) -> None:
    """Wait until recordings are playable and invitations have left, for as long as that may take.

    What is late all the same is counted as missing by the report.
    """
    give_up_at = monotonic() + _LAST_THINGS_WITHIN.total_seconds()
    while monotonic() < give_up_at:
        if not await recordings.still_expected(connection) and not await outbox.undelivered(
            connection
        ):
            return
        await asyncio.sleep(0.25)


def _url(settings: Settings) -> str:
    return f"http://{settings.http_host}:{settings.http_port}"


def _dsn(settings: Settings) -> str:
    url = settings.database_url
    return url.get_secret_value() if url else own_cluster(settings).dsn()
