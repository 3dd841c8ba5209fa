"""A campaign from its file: dialer started, furnished, dialed until the list is worked, stopped.

Rule: whatever happens, everything that was started is stopped. A signal ends the dialing, and what
came of it is reported all the same; a second one ends everything at once.
"""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import Any, Final

from compliance.profile import Bundle
from compliance.suppression import Keyring
from dialer.clock import SystemClock
from dialer.database import recordings
from dialer.database.pool import Connection, connected
from dialer.database.sealing import open_vault
from dialer.demo.http_api import HttpApi
from dialer.demo.telling import Teller
from dialer.demo.watching import STILL_FOR, NoFloor, Watch, Worked
from dialer.reporting.gathering import record_of
from dialer.reporting.record import Record
from dialer.running.auto_agent import AutoAgent
from dialer.running.campaign_file import Loaded
from dialer.running.furnishing import Furnished, furnish
from dialer.running.phones import wayless
from dialer.running.place import Results
from dialer.serving import own_cluster
from dialer.serving_beside import serving
from dialer.settings import Settings
from sip_config.config import SipConfig

_WENT_HOME_WITHIN_S: Final = 30.0
_PLAYABLE_WITHIN_S: Final = 30.0
_LOOK_EVERY_S: Final = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a run leaves to be reported."""

    record: Record
    house: Furnished
    worked: Worked
    stopped: bool  #: by a signal
    wayless: dict[str, int]  #: numbers that no trunk would carry, by the reason


class CampaignRun:
    """One run."""

    def __init__(
        self,
        loaded: Loaded,
        trunks: SipConfig,
        settings: Settings,
        results: Results,
        *,
        bundle: Bundle,
        keyring: Keyring,
        teller: Teller,
    ) -> None:
        self._loaded = loaded
        self._trunks = trunks
        self._settings = settings
        self._results = results
        self._bundle = bundle
        self._keyring = keyring
        self._teller = teller
        self._stop = asyncio.Event()
        self.clock = SystemClock(settings.clock_offset)

    async def run(self) -> Ran:
        """Run all of it.

        Raises:
            NotServing, NoFloor: Something did not start; the message says what.
            asyncio.CancelledError: A second signal arrived.
        """
        say, settings = self._teller.say, self._settings
        async with AsyncExitStack() as stack:
            say(f"The dialer's clock says {self.clock.now():%A, %d %B %Y, %H:%M} UTC.")
            say(f"Starting the dialer in {settings.state_dir} ...")
            await stack.enter_async_context(
                serving(
                    settings,
                    logs=self._results.logs,
                    now=self.clock.now,
                    ready=self._take_signals,
                )
            )
            connection = await stack.enter_async_context(
                connected(_dsn(settings), vault=open_vault(settings.state_dir))
            )
            house = await furnish(
                connection,
                self._loaded,
                trunks=self._trunks,
                lab=settings.lab,
                bundle=self._bundle,
                keyring=self._keyring,
                now=self.clock.now(),
            )
            url = f"http://{settings.http_host}:{settings.http_port}"
            lost = self._tell_of(house, url)
            floor = await stack.enter_async_context(HttpApi(url, house.manager_token))
            watch = Watch(floor, house.campaign, self._teller, note=f"{url}{house.board_link}")
            await watch.wait_for_team()
            async with self._agents(house, url) as agents:
                since = self.clock.now()
                worked = await self._dialed(floor, watch, house, agents)
                until = self.clock.now()
                self._teller.put_away()
                say("The agents finish their calls ...")
                await watch.until_quiet()
            await _tapes(connection)
            record = await record_of(connection, house.campaign, since=since, until=until)
            stopped = self._stop.is_set()
            return Ran(record=record, house=house, worked=worked, stopped=stopped, wayless=lost)

    # --- Parts ------------------------------------------------------------------------------

    def _take_signals(self) -> None:
        task = asyncio.current_task()
        assert task is not None

        def taken() -> None:
            if self._stop.is_set():
                task.cancel()
            else:
                self._teller.put_away()
                self._teller.say("Stopping: no new calls. Once more, and everything ends at once.")
                self._stop.set()

        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, taken)

    def _tell_of(self, house: Furnished, url: str) -> dict[str, int]:
        """Say what was set up, and what will not work; return the numbers no trunk carries."""
        say, result = self._teller.say, house.imported.list.result
        say(
            f"{result.total} rows: {len(result.accepted)} leads, {len(result.rejected)} rejected, "
            f"{len(result.duplicates)} duplicates; {house.imported.proven} consents with evidence"
        )
        if house.lent_consents:
            say(f"Laboratory: {house.lent_consents} leads call on the laboratory's own statement.")
        for reason, count in result.reasons.items():
            say(f"  {count} rows: {reason.value}")
        spoken = {each for agent in self._loaded.campaign.agents for each in agent.languages}
        unheard = [row for row in result.accepted if not spoken & set(row.languages)]
        if unheard:
            wanted = ", ".join(sorted({each for row in unheard for each in row.languages}))
            say(f"  {len(unheard)} leads speak a language no agent speaks: {wanted}")
        numbers = [found.number for row in result.accepted for found in row.numbers]
        lost = wayless(self._loaded.campaign, self._trunks, numbers, self.clock.now())
        for why, count in lost.items():
            say(f"  {count} numbers have no way out: {why}")
        say(f"Live board: {url}{house.board_link}")
        for agent in house.agents:
            if agent.auto is None:
                say(f"Desk of {agent.name}: {url}{agent.desk_link}")
        return dict(lost)

    @asynccontextmanager
    async def _agents(self, house: Furnished, url: str) -> AsyncIterator[list[asyncio.Task[None]]]:
        """Have the agents without people at work; yield their work."""
        async with AsyncExitStack() as stack:
            working: list[tuple[AutoAgent, asyncio.Task[None]]] = []
            for each in house.agents:
                if each.auto is not None:
                    api = await stack.enter_async_context(HttpApi(url, each.token))
                    agent = AutoAgent(api, each.auto)
                    task = asyncio.create_task(agent.work(), name=f"agent {each.name}")
                    working.append((agent, task))
            tasks = [task for _, task in working]
            try:
                yield tasks
                for agent, _ in working:
                    agent.go_home()
                if tasks:
                    await asyncio.wait(tasks, timeout=_WENT_HOME_WITHIN_S)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _dialed(
        self, floor: HttpApi, watch: Watch, house: Furnished, agents: list[asyncio.Task[None]]
    ) -> Worked:
        """Dial until the list is worked, the time is over, or somebody stops it."""
        self._teller.say("The agents' phones are called ...")
        limit = timedelta(minutes=self._loaded.campaign.limits.minutes)
        by_themselves = sum(each.auto is not None for each in house.agents)
        # People take their time to come; then only the limit ends the run.
        still_for = STILL_FOR if by_themselves == len(house.agents) else 2 * limit

        async def work() -> Worked:
            if by_themselves:
                await watch.wait_for_agents(by_themselves)
            await floor.post(f"/campaigns/{house.campaign}/start")
            return await watch.until_worked(limit, still_for=still_for)

        working = asyncio.create_task(work(), name="watch")
        stopping = asyncio.create_task(self._stop.wait(), name="stop")
        try:
            await asyncio.wait({working, stopping, *agents}, return_when=asyncio.FIRST_COMPLETED)
            for agent in agents:
                if agent.done():
                    agent.result()  # raises: by itself no agent goes home
            if working.done():
                worked = working.result()
            else:
                left = await _left(floor, house)
                worked = Worked(done=False, left=left, sentence=f"Stopped; {left} leads left.")
        except NoFloor as problem:
            raise NoFloor(f"{problem}: {await self._phones_in_words(floor)}") from None
        finally:
            working.cancel()
            stopping.cancel()
        await floor.post(f"/campaigns/{house.campaign}/finish")
        return worked

    async def _phones_in_words(self, floor: HttpApi) -> str:
        """Return what is known about phones that are not up."""
        seen: dict[str, Any] = await floor.get("/board")
        troubles = [trouble for team in seen["teams"] for trouble in team["trouble"]]
        logs = self._results.logs / "dialer.log"
        return "; ".join([*troubles, f"the log is {logs}"])


async def _left(floor: HttpApi, house: Furnished) -> int:
    stock = await floor.get(f"/campaigns/{house.campaign}/stock")
    return int(stock["due"] + stock["claimed"])


async def _tapes(connection: Connection) -> None:
    """Wait until recordings are playable, for as long as that may take."""
    give_up_at = monotonic() + _PLAYABLE_WITHIN_S
    while monotonic() < give_up_at:
        if not await recordings.still_expected(connection):
            return
        await asyncio.sleep(_LOOK_EVERY_S)


def _dsn(settings: Settings) -> str:
    url = settings.database_url
    return url.get_secret_value() if url else own_cluster(settings).dsn()
