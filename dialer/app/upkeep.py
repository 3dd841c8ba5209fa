"""What the core does beside dialing so that the record stays trustworthy and no longer than it may.

    every few minutes, and at the end   a signed checkpoint of every chain, outside the database
    once a day                          what has outlived its purpose is removed

Rule: neither ever stops the dialing; what fails is said in the log and tried again.
"""

from datetime import timedelta
from pathlib import Path
from typing import Final

import asyncpg
import structlog

from compliance.checkpoints import append_checkpoints, load_or_make_signing_key
from compliance.store.auditing import take_checkpoints
from compliance.verifying import Checkpoint
from dialer.database.pool import CONNECTION_ERRORS, DatabaseUnavailable, Pool
from dialer.places import private_directory
from dialer.ports import Clock
from dialer.rights.hearing import prove_spoken_consents
from dialer.rights.retaining import Keeper, run_due

log = structlog.get_logger()

CHECKPOINT_EVERY: Final = timedelta(minutes=5)
RETENTION_LOOKS_EVERY: Final = timedelta(hours=1)
_FAULTS: Final = (*CONNECTION_ERRORS, DatabaseUnavailable, asyncpg.PostgresError)


class Checkpoints:
    """The file of signed checkpoints of one installation."""

    def __init__(self, state_dir: Path) -> None:
        self.path = private_directory(state_dir / "checkpoints") / "checkpoints.jsonl"
        self.key = load_or_make_signing_key(private_directory(state_dir / "keys") / "trail.key")
        self._last: dict[int, int] = {}

    async def take(self, pool: Pool, clock: Clock) -> list[Checkpoint]:
        """Sign every chain that has grown since the last time; they are on disk on return."""
        async with pool.acquire() as connection:
            points = await take_checkpoints(connection, self.key, now=clock.now())
        grown = [one for one in points if self._last.get(one.client_id) != one.number]
        append_checkpoints(self.path, grown)
        self._last.update({one.client_id: one.number for one in grown})
        return grown


async def keep_checkpoints(checkpoints: Checkpoints, pool: Pool, clock: Clock) -> None:
    """Take checkpoints until cancelled."""
    while True:
        await checkpoint(checkpoints, pool, clock)
        await clock.sleep(CHECKPOINT_EVERY)


async def checkpoint(checkpoints: Checkpoints, pool: Pool, clock: Clock) -> None:
    """Take a checkpoint, or say why none was taken."""
    try:
        async with pool.acquire() as connection:
            await prove_spoken_consents(connection, now=clock.now())
        taken = await checkpoints.take(pool, clock)
    except (*_FAULTS, OSError) as error:
        log.warning("checkpoint_failed", problem=type(error).__name__)
        return
    if taken:
        log.info("checkpoints_taken", chains=len(taken))


async def keep_retention(keeper: Keeper, pool: Pool, clock: Clock) -> None:
    """Run the daily jobs until cancelled."""
    while True:
        try:
            await run_due(pool, keeper, now=clock.now())
        except (*_FAULTS, OSError) as error:
            log.warning("retention_failed", problem=type(error).__name__)
        await clock.sleep(RETENTION_LOOKS_EVERY)
