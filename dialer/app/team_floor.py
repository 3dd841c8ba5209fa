"""One team's floor in the core: engine, telephone, ledger and desk, joined.

Rule: a team has a telephony worker of its own, since whoever talks to whom must meet in one mixer.
"""

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import uuid4

import structlog

from compliance.decision import Bundle
from compliance.suppression import Keyring
from dialer import pacing
from dialer.aiming import aim_of, window_began
from dialer.app.peers import peers_of_trunks
from dialer.app.recordings_room import RecordingsRoom
from dialer.app.screening_room import ScreeningRoom
from dialer.call_events import CallId
from dialer.campaign import Campaign, CampaignId
from dialer.carriage import Carriage
from dialer.clock import SystemClock
from dialer.database import campaigns
from dialer.database.callers import HourOfAnswers, answers_since, screening_errors
from dialer.database.ledger import PostgresLedger
from dialer.database.pool import CONNECTION_ERRORS, DatabaseUnavailable, Pool
from dialer.database.ring_backs import PostgresRingBacks
from dialer.desk import TeamDesk
from dialer.engine import Engine
from dialer.screening.error_rate import BELIEVED
from dialer.team import TeamId
from dialer.telephony.client import WorkerTelephony
from dialer.telephony.commands import Peer
from dialer.telephony.identity_message import IdentityMessages
from dialer.telephony.ring_back_messages import RingBackMessages
from dialer.telephony.trunk_mapping import configuration

log = structlog.get_logger()

PREPARE_EVERY: Final = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Building:
    """What all floors of a process share."""

    pool: Pool
    clock: SystemClock
    bundle: Bundle
    keyring: Keyring
    carriage: Carriage
    recordings: RecordingsRoom
    messages: IdentityMessages
    ring_back_messages: RingBackMessages
    screening: ScreeningRoom
    organizer: str
    lease: timedelta  #: how long a claimed lead is an engine's


@dataclass(frozen=True, slots=True)
class SoFar:
    """What pacing must know of a campaign's past when its engine starts."""

    hours: tuple[HourOfAnswers, ...]  #: of the window its abandon rate counts in
    screening_errors: float  #: share of people taken for machines, 0..1


class TeamFloor:
    """A running team."""

    def __init__(
        self,
        team: TeamId,
        worker: int,
        socket: Path,
        building: Building,
        so_far: dict[CampaignId, SoFar],
    ) -> None:
        self._building = building
        self._so_far = so_far
        self._team = team
        self.telephony = WorkerTelephony(
            socket,
            clock=building.clock,
            identity_message=building.messages.for_placement,
            trunks=configuration(building.carriage.config, worker=worker),
            spoken=building.ring_back_messages.file_of,
        )
        self._worker = worker
        self._peers: tuple[Peer, ...] = ()
        ledger = PostgresLedger(
            building.pool,
            team,
            bundle=building.bundle,
            keyring=building.keyring,
            organizer=building.organizer,
            recording_path=building.recordings.path_of,
            lease=building.lease,
        )
        self.engine = Engine(
            ledger=ledger,
            telephony=self.telephony,
            clock=building.clock,
            pacer=self._pacer,
            carriage=building.carriage,
            new_call_id=lambda: CallId(uuid4()),
            audio=building.recordings.take,
            ring_backs=PostgresRingBacks(
                building.pool,
                team,
                keyring=building.keyring,
                country=building.carriage.config.site.country,
            ),
            screening=building.screening,
            lines=building.screening,
        )
        self.desk = TeamDesk(self.engine, building.recordings.troubles)

    @classmethod
    async def prepared(
        cls, team: TeamId, worker: int, socket: Path, building: Building
    ) -> "TeamFloor":
        """Return the floor of *team* with what pacing must know of the day so far."""
        now = building.clock.now()
        if building.carriage.screens or building.carriage.listens_to_lines:
            building.screening.want()
        async with building.pool.acquire() as connection:
            found = await campaigns.campaigns(connection, team=team)
            so_far = {
                each.id: SoFar(
                    hours=await answers_since(connection, each.id, since=window_began(each, now)),
                    screening_errors=await screening_errors(connection, each.id, now=now)
                    if building.carriage.screens
                    else 0.0,
                )
                for each in found
            }
        floor = cls(team, worker, socket, building, so_far)
        await floor.prepare_messages()
        return floor

    async def run(self) -> None:
        """Run until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.telephony.run(), name=f"telephony of team {self._team}")
            tasks.create_task(self.engine.run(), name=f"engine of team {self._team}")
            tasks.create_task(self._keep_messages(), name=f"messages of team {self._team}")

    async def prepare_messages(self) -> None:
        """Have every campaign's identity message ready."""
        async with self._building.pool.acquire() as connection:
            found = await campaigns.campaigns(connection, team=self._team)
        callers = {(campaign.caller_name, campaign.caller_id) for campaign in found}
        await self._building.messages.prepare(sorted(callers))

    async def _prepare_for_callers(self) -> None:
        """Have ready what people hear who call us back, and only then let them in."""
        async with self._building.pool.acquire() as connection:
            found = await campaigns.campaigns(connection, team=self._team)
        names = sorted({campaign.caller_name for campaign in found})
        await self._building.ring_back_messages.prepare(names)
        await self._let_in_peers()

    async def _let_in_peers(self) -> None:
        """Tell the worker whose calls ring, if that has changed."""
        peers = await peers_of_trunks(self._building.carriage.config)
        if peers != self._peers:
            self._peers = peers
            self.telephony.let_in(peers)

    def trunks_changed(self) -> None:
        """Tell the worker of another trunk file."""
        self.telephony.configure(configuration(self._building.carriage.config, worker=self._worker))

    async def _keep_messages(self) -> None:
        while True:
            try:
                await self._prepare_for_callers()
                await self._building.clock.sleep(PREPARE_EVERY)
                await self.prepare_messages()
            except (*CONNECTION_ERRORS, DatabaseUnavailable) as error:
                log.warning("database_lost", problem=type(error).__name__)
                await self._building.clock.sleep(PREPARE_EVERY)

    def _pacer(self, campaign: Campaign) -> pacing.Pacer:
        so_far = self._so_far.get(campaign.id)
        begins = BELIEVED if self._building.carriage.screens else 0.0
        errors = so_far.screening_errors if so_far else begins
        aim = aim_of(campaign, self._building.clock.now())
        pacer = pacing.Pacer(replace(aim, screening_false_positive_rate=errors))
        for hour in so_far.hours if so_far else ():
            pacer.resume(
                live_answers=hour.live,
                abandoned=min(hour.abandoned, hour.live),
                at=hour.at.timestamp(),
            )
        return pacer
