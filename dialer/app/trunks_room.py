"""The trunk file of a running core: read at the start, replaced while calls are up.

    SIGHUP or POST /trunks/reload ─▶ the file is read and checked ─▶ plan ─▶ new calls use it
                                                  └──unusable──▶ the one before stays

Rule: a file that cannot be used changes nothing and says why. What came of the last wish lies in a
small file beside the sockets, where ``dialer trunks reload`` reads it.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from dialer.carriage import Carriage
from dialer.clock import SystemClock
from dialer.database import events
from dialer.database.pool import Pool
from dialer.day_so_far import PastCall, with_day_so_far
from dialer.trunk_board import Reloaded, TrunkBoard
from leads.phone import PhoneNumber
from leads.store import attempts, people
from sip_config.config import SipConfig, Site
from sip_config.lines import opening
from sip_config.loading import load
from sip_config.problem import ConfigurationError
from sip_config.reloading import in_words

log = structlog.get_logger()

NO_FILE = "no trunk file is configured (DIALER_SIP_CONFIG); name one and start again"


class TrunksRoom:
    """The carriage of this process and the file it is made from."""

    def __init__(
        self,
        file: Path | None,
        *,
        lab: bool,
        clock: SystemClock,
        said: Path,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """Read the file.

        Args:
            changed: Called once another file is in force.
            said: Where the outcome of every later reading is written.

        Raises:
            ConfigurationError: It cannot be used.
        """
        self._file = file
        self._lab = lab
        self._clock = clock
        self._said = said
        self._changed = changed
        self._reading = asyncio.Lock()
        self.carriage = Carriage(config := self._read(), opening(config, clock.now()))

    def board(self) -> TrunkBoard:
        """Return what the trunks are doing now."""
        return self.carriage.board(self._clock.now())

    async def reload(self) -> Reloaded:
        """Read the file again and, if it can be used, let new calls use it."""
        async with self._reading:
            reloaded = await self._reload()
        content = {**asdict(reloaded), "at": reloaded.at.isoformat()}
        part = self._said.with_name(f"{self._said.name}.part")
        part.write_text(json.dumps(content) + "\n", encoding="utf-8")
        part.replace(self._said)
        return reloaded

    async def _reload(self) -> Reloaded:
        now = self._clock.now()
        if self._file is None:
            return Reloaded(at=now, accepted=False, problem=NO_FILE)
        try:
            config = await asyncio.to_thread(self._read)
        except ConfigurationError as error:
            log.warning("trunks_refused", problem=str(error).splitlines()[0])
            return Reloaded(at=now, accepted=False, problem=str(error))
        plan = self.carriage.replace(config, now)
        self._changed()
        log.info("trunks_replaced", steps=len(plan.steps))
        return Reloaded(at=now, accepted=True, plan=tuple(in_words(plan)))

    async def remember_today(self, pool: Pool) -> None:
        """Give back what the trunks have used today, from the record."""
        config, now = self.carriage.config, self._clock.now()
        today = now.astimezone(ZoneInfo(config.site.zone)).replace(
            hour=0, minute=0, second=0, microsecond=0
        )
        async with pool.acquire() as connection:
            calls = await events.calls_between(connection, since=today, until=now)
            tried = await attempts.numbers_of_attempts(connection, [call.attempt for call in calls])
            numbers = await people.numbers_by_id(connection, set(tried.values()))
        past = [
            PastCall(
                number=numbers.get(tried[call.attempt], PhoneNumber("")),
                trunk=call.trunk,
                caller_id=call.caller_id,
                opened_at=call.opened_at,
                events=call.events,
            )
            for call in calls
            if call.attempt in tried
        ]
        carriage = self.carriage
        carriage.lines = with_day_so_far(config, carriage.lines, past)

    def _read(self) -> SipConfig:
        if self._file is None:
            return SipConfig(site=Site(version=1, country="GB"), trunks={}, profiles={}, layers={})
        return load(self._file, lab=self._lab)
