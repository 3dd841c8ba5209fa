"""The life of the core process: database, floors, recordings, outbox, HTTP; and the way down.

    migrate ─▶ floors (one per team) + recordings + outbox + HTTP ─▶ ready
    SIGTERM ─▶ no new calls; live ones finish ─▶ HTTP ends ─▶ floors end      (again: at once)

Rule: what the process cannot run without is said in one sentence with a remedy
(:class:`CannotRun`); everything else is retried and shown as trouble on the board.
"""

import asyncio
import json
import secrets
import signal
import ssl
from collections.abc import Coroutine, Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import structlog
from aiohttp import web

from compliance.checkpoints import UnusableCheckpoints
from compliance.loading import SHIPPED, UnusableProfiles, load
from compliance.store.hashing_keys import ForeignKeyring, bound_keyring
from compliance.suppression import Keyring, UnusableKeyring
from dialer import __version__
from dialer.api.application import application
from dialer.api.context import STOPPING, ApiContext
from dialer.api.desk import Desk
from dialer.app.recordings_room import RecordingsRoom
from dialer.app.screening_room import ScreeningRoom
from dialer.app.team_floor import Building, TeamFloor
from dialer.app.trunks_room import TrunksRoom
from dialer.app.upkeep import Checkpoints, checkpoint, keep_checkpoints, keep_retention
from dialer.clock import SystemClock
from dialer.database import house, outbox
from dialer.database.migrating import MigrationFailed, MigrationRefused, migrate
from dialer.database.pool import (
    CONNECTION_ERRORS,
    Connection,
    DatabaseUnavailable,
    Pool,
    open_pool,
)
from dialer.database.sealing import MIGRATION, bind, open_vault, seal_what_is_plain
from dialer.places import private_directory
from dialer.rights.audio_keys import AudioKeys
from dialer.rights.retaining import Keeper
from dialer.rights.revoking import end_revoked_calls
from dialer.settings import Settings
from dialer.team import TeamId
from dialer.telephony.identity_message import IdentityMessages
from dialer.telephony.ring_back_messages import RingBackMessages
from dialer.trunk_board import Reloaded
from leads.lead import PersonId
from leads.store.vault import UnusableVault
from sip_config.problem import ConfigurationError

log = structlog.get_logger()

LOOK_FOR_TEAMS_EVERY: Final = timedelta(seconds=1)
HTTP_ENDS_WITHIN: Final = 3.0  #: seconds an open request gets when the process stops
NO_TRUNKS: Final = "no trunks are configured (DIALER_SIP_CONFIG): no calls are placed"


class CannotRun(Exception):
    """The process lacks something it cannot run without; the message says what to do."""


class Core:
    """Everything the core process runs."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._clock = SystemClock(settings.clock_offset)
        self._desks: dict[TeamId, Desk] = {}
        self._floors: dict[TeamId, TeamFloor] = {}
        self._without_worker: set[TeamId] = set()
        self._floor_tasks: list[asyncio.Task[None]] = []
        self._stop = asyncio.Event()
        self._hurry = asyncio.Event()
        self._trunks: TrunksRoom | None = None
        self._reloading: asyncio.Future[Reloaded] | None = None

    def stop(self) -> None:
        """Begin to stop; the second time, without waiting for live calls."""
        if self._stop.is_set():
            self._hurry.set()
        self._stop.set()

    async def run(self, ready_file: Path | None) -> None:
        """Run until :meth:`stop`.

        Raises:
            CannotRun: something is missing; the message names the remedy.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        pool = await self._open_database()
        try:
            await self._run(pool, ready_file)
        finally:
            await _closed(pool)

    async def _run(self, pool: Pool, ready_file: Path | None) -> None:
        building = self._building(pool, await self._keyring(pool))
        await self._remember_today(pool)
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._reload_trunks)
        checkpoints = self._checkpoints()
        runner, port = await self._serve(pool, building)
        async with asyncio.TaskGroup() as tasks:
            background = [
                tasks.create_task(building.recordings.run(), name="recordings"),
                tasks.create_task(self._deliver(pool), name="outbox"),
                tasks.create_task(building.screening.run(), name="screening"),
                tasks.create_task(self._keep_floors(building, tasks), name="floors"),
                tasks.create_task(keep_checkpoints(checkpoints, pool, self._clock), name="trail"),
                tasks.create_task(self._retain(pool, building), name="retention"),
                tasks.create_task(
                    end_revoked_calls(pool, self._revoke, self._clock), name="revocations"
                ),
            ]
            if ready_file is not None:
                _announce(ready_file, {"http_port": port})
            log.info("dialer_started", version=__version__, http_port=port)
            await self._stop.wait()
            log.info("dialer_draining", live_calls=self._live_calls())
            await self._drain()
            runner.app[STOPPING].set()
            await runner.cleanup()
            await building.recordings.close()
            for task in (*background, *self._floor_tasks):
                task.cancel()
        await checkpoint(checkpoints, pool, self._clock)
        log.info("dialer_stopped", reason="asked")

    # --- Parts -----------------------------------------------------------------------------

    async def _open_database(self) -> Pool:
        url = self._settings.database_url
        if url is None:
            raise CannotRun("no database is named; start with `dialer serve`, which runs one")
        dsn = url.get_secret_value()
        try:
            self._vault = open_vault(self._settings.state_dir)
            pool = await open_pool(
                dsn,
                vault=self._vault,
                application="callwright",
                connections=self._settings.database_connections,
            )
            async with pool.acquire() as connection:
                await migrate(
                    connection,
                    now=self._clock.now(),
                    conversions={MIGRATION: seal_what_is_plain},
                )
                await bind(connection)
                await self._remember_lab(connection)
        except (DatabaseUnavailable, MigrationRefused, MigrationFailed, UnusableVault) as error:
            raise CannotRun(str(error)) from None
        return pool

    async def _remember_lab(self, connection: Connection) -> None:
        settings = self._settings
        if (await house.installation(connection)).lab and not settings.lab:
            raise CannotRun(
                "this database belongs to a lab; set DIALER_LAB=true, or use another database"
            )
        await house.set_up(connection, lab=settings.lab, clock_offset=settings.clock_offset)

    async def _keyring(self, pool: Pool) -> Keyring:
        keys = private_directory(self._settings.state_dir / "keys")
        try:
            async with pool.acquire() as connection:
                return await bound_keyring(
                    connection,
                    keys / "suppression.json",
                    make_key=secrets.token_bytes,
                    now=self._clock.now(),
                )
        except (ForeignKeyring, UnusableKeyring) as error:
            raise CannotRun(str(error)) from None

    def _building(self, pool: Pool, keyring: Keyring) -> Building:
        settings, clock = self._settings, self._clock
        try:
            bundle = load(settings.profiles_dir or SHIPPED)
        except UnusableProfiles as error:
            raise CannotRun(str(error)) from None
        return Building(
            pool=pool,
            clock=clock,
            bundle=bundle,
            keyring=keyring,
            carriage=self._trunks_room().carriage,
            recordings=RecordingsRoom(
                pool,
                clock,
                spool=private_directory(settings.spool_dir),
                directory=private_directory(settings.recordings_dir),
                keys=AudioKeys(self._vault) if settings.recordings_sealed else None,
            ),
            messages=IdentityMessages(
                private_directory(settings.state_dir / "prompts"),
                otherwise=settings.identity_language,
            ),
            ring_back_messages=RingBackMessages(
                private_directory(settings.state_dir / "prompts"),
                otherwise=settings.identity_language,
            ),
            screening=ScreeningRoom(
                clock, socket=settings.sockets.screening, spool=settings.spool_dir
            ),
            organizer=settings.organizer,
            lease=settings.claim_lease,
        )

    def _trunks_room(self) -> TrunksRoom:
        settings = self._settings
        try:
            self._trunks = TrunksRoom(
                settings.sip_config,
                lab=settings.lab,
                clock=self._clock,
                said=settings.sockets.trunks_said,
                changed=self._trunks_changed,
            )
        except ConfigurationError as error:
            raise CannotRun(str(error)) from None
        return self._trunks

    async def _serve(self, pool: Pool, building: Building) -> tuple[web.AppRunner, int]:
        settings = self._settings
        context = ApiContext(
            pool=pool,
            clock=self._clock,
            desks=self._desks,
            recordings_dir=settings.recordings_dir,
            secure=settings.tls_certificate is not None or settings.http_public_url is not None,
            public_origin=settings.http_public_url,
            lab=settings.lab,
            version=__version__,
            keyring=building.keyring,
            bundle=building.bundle,
            outbox_dir=settings.outbox_dir,
            organizer=building.organizer,
            evidence_dir=settings.evidence_dir,
            troubles=self._troubles,
            trunks=self._trunks,
        )
        runner = web.AppRunner(
            application(context), shutdown_timeout=HTTP_ENDS_WITHIN, access_log=None
        )
        await runner.setup()
        try:
            site = web.TCPSite(
                runner, settings.http_host, settings.http_port, ssl_context=_tls(settings)
            )
            await site.start()
        except OSError as error:
            raise CannotRun(
                f"http://{settings.http_host}:{settings.http_port} cannot be served: "
                f"{error.strerror}; set DIALER_HTTP_PORT to another port, or 0 for any free one"
            ) from None
        return runner, runner.addresses[0][1]

    async def _keep_floors(self, building: Building, tasks: asyncio.TaskGroup) -> None:
        """Run a floor for every team there is, and for those that come."""
        while True:
            try:
                async with building.pool.acquire() as connection:
                    teams = [team for team, _ in await house.teams(connection)]
                for team in sorted(teams):
                    await self._open_floor(team, building, tasks)
            except (*CONNECTION_ERRORS, DatabaseUnavailable) as error:
                log.warning("database_lost", problem=type(error).__name__)
            await self._clock.sleep(LOOK_FOR_TEAMS_EVERY)

    async def _open_floor(self, team: TeamId, building: Building, tasks: asyncio.TaskGroup) -> None:
        if team in self._floors:
            return
        number = len(self._floors) + 1
        if number > self._settings.workers:
            self._without_worker.add(team)
            return
        socket = self._settings.sockets.worker(number)
        floor = await TeamFloor.prepared(team, number, socket, building)
        self._floors[team] = floor
        self._desks[team] = floor.desk
        self._floor_tasks.append(tasks.create_task(floor.run(), name=f"floor of team {team}"))

    async def _remember_today(self, pool: Pool) -> None:
        assert self._trunks is not None
        await self._trunks.remember_today(pool)

    def _reload_trunks(self) -> None:
        if self._trunks is not None:
            self._reloading = asyncio.ensure_future(self._trunks.reload())

    def _trunks_changed(self) -> None:
        for floor in self._floors.values():
            floor.trunks_changed()

    def _checkpoints(self) -> Checkpoints:
        try:
            return Checkpoints(self._settings.state_dir)
        except UnusableCheckpoints as error:
            raise CannotRun(str(error)) from None

    async def _retain(self, pool: Pool, building: Building) -> None:
        keeper = Keeper(
            bundle=building.bundle,
            keyring=building.keyring,
            recordings=self._settings.recordings_dir,
            evidence=self._settings.evidence_dir,
        )
        await keep_retention(keeper, pool, self._clock)

    async def _revoke(self, person: PersonId) -> int:
        return sum([await floor.desk.revoke(person) for floor in list(self._floors.values())])

    async def _deliver(self, pool: Pool) -> None:
        directory = private_directory(self._settings.outbox_dir)
        await outbox.deliver(pool, directory, self._clock)

    # --- Health and the way down -----------------------------------------------------------

    def _troubles(self) -> tuple[str, ...]:
        seen = [trouble for floor in self._floors.values() for trouble in floor.desk.troubles()]
        found = list(dict.fromkeys(seen))  # what hinders all floors is said once
        if self._settings.sip_config is None:
            found.append(NO_TRUNKS)
        if self._without_worker:
            count = len(self._floors) + len(self._without_worker)
            found.append(
                f"{len(self._without_worker)} teams have no telephony worker; set "
                f"DIALER_WORKERS={count}"
            )
        return tuple(found)

    def _live_calls(self) -> int:
        return sum(len(floor.engine.live.calls) for floor in self._floors.values())

    async def _drain(self) -> None:
        """Let live calls finish, for as long as the settings say or until hurried."""
        limit = self._settings.drain_limit
        floors = [floor.engine.drain(limit) for floor in self._floors.values()]
        drained = asyncio.create_task(_all(floors), name="drain")
        hurried = asyncio.create_task(self._hurry.wait(), name="hurry")
        await asyncio.wait([drained, hurried], return_when=asyncio.FIRST_COMPLETED)
        drained.cancel()
        hurried.cancel()


async def _all(works: Iterable[Coroutine[Any, Any, None]]) -> bool:
    await asyncio.gather(*works)
    return True


def _tls(settings: Settings) -> ssl.SSLContext | None:
    if settings.tls_certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(settings.tls_certificate, settings.tls_key)
    except (OSError, ssl.SSLError) as error:
        raise CannotRun(f"the TLS certificate cannot be used: {error}; give PEM files") from None
    return context


def _announce(file: Path, content: Mapping[str, object]) -> None:
    """Write the ready file, whole or not at all."""
    part = file.with_name(f"{file.name}.part")
    part.write_text(json.dumps(content) + "\n", encoding="utf-8")
    part.replace(file)


async def _closed(pool: Pool) -> None:
    try:
        async with asyncio.timeout(5):
            await pool.close()
    except TimeoutError:
        pool.terminate()
