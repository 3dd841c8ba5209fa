"""From a worker's tapes to a recording on record: merged, measured, compared with the events.

Rule: what a crash left behind is found again, on disk and on record; a recording that will never
come says so instead of being waited for.
"""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import structlog

from dialer.call_events import CallId
from dialer.database import events, recordings
from dialer.database.pool import CONNECTION_ERRORS, DatabaseUnavailable, Pool
from dialer.minutes import minutes_of
from dialer.ports import AudioReady, Clock
from dialer.telephony.recording import MergedRecording, RecordingDesk

log = structlog.get_logger()

#: How long the end of a call may take to be on record after its tapes are.
END_WITHIN: Final = timedelta(seconds=5)
LOOK_EVERY: Final = timedelta(milliseconds=200)
#: A recording expected for longer than this after its call was closed will never come.
GIVEN_UP_AFTER: Final = timedelta(minutes=2)
SWEEP_EVERY: Final = timedelta(seconds=10)


class RecordingsRoom:
    """Takes tapes from all workers and writes what became of them."""

    def __init__(self, pool: Pool, clock: Clock, *, spool: Path, directory: Path) -> None:
        self._pool = pool
        self._clock = clock
        self._directory = directory
        self._desk = RecordingDesk(spool=spool, recordings=directory)
        self._tasks: set[asyncio.Task[None]] = set()

    def path_of(self, call: CallId) -> str:
        """Return where a call's recording lies, below the recordings directory."""
        return str(self._desk.path_of(str(call)).relative_to(self._directory))

    def take(self, ready: AudioReady) -> None:
        """Begin to make the recording of a call whose tapes lie in the spool."""
        task = asyncio.create_task(self._make(ready.call), name=f"recording {ready.call}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def run(self) -> None:
        """Find what a crash left behind, now and again."""
        while True:
            try:
                await self._sweep()
            except (*CONNECTION_ERRORS, DatabaseUnavailable) as error:
                log.warning("database_lost", problem=type(error).__name__)
            await self._clock.sleep(SWEEP_EVERY)

    async def close(self) -> None:
        """Finish what is under way."""
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._desk.close()

    async def _make(self, call: CallId) -> None:
        try:
            by_events = await self._seconds_by_events(call)
            made = await self._desk.submit(str(call), seconds_by_events=by_events)
            async with self._pool.acquire() as connection:
                if not isinstance(made, MergedRecording):
                    await recordings.failed(connection, call, problem=made.why)
                    log.warning("recording_failed", call_id=str(call), problem=made.why)
                    return
                if await events.call(connection, call) is None:  # of another database's time
                    log.warning("recording_of_unknown_call", call_id=str(call))
                    return
                if await recordings.recording(connection, call) is None:
                    await recordings.expect(connection, call, path=self.path_of(call))
                await recordings.measured(
                    connection,
                    call,
                    seconds=made.seconds,
                    seconds_by_events=made.seconds_by_events,
                    sha256=bytes.fromhex(made.sha256),
                    size=made.bytes,
                    available_at=self._clock.now(),
                )
        except (*CONNECTION_ERRORS, DatabaseUnavailable) as error:
            # The file is there; the sweep finds it when the database is back.
            log.warning("database_lost", call_id=str(call), problem=type(error).__name__)
            return
        log.info("recording_playable", call_id=str(call), seconds=round(made.seconds, 2))
        if not made.fits_events:
            log.warning(
                "recording_differs",
                call_id=str(call),
                seconds=round(made.seconds, 3),
                seconds_by_events=round(made.seconds_by_events or 0.0, 3),
            )

    async def _seconds_by_events(self, call: CallId) -> float | None:
        until = self._clock.now() + END_WITHIN
        while True:
            async with self._pool.acquire() as connection:
                known = await events.call(connection, call)
            if known and minutes_of(known.events).audio_s:
                return minutes_of(known.events).audio_s
            if self._clock.now() > until:
                return None
            await self._clock.sleep(LOOK_EVERY)

    async def _sweep(self) -> None:
        for made in await self._desk.recover():
            await self._make(CallId(UUID(made.recording)))
        async with self._pool.acquire() as connection:
            expected = await recordings.still_expected(connection)
        for each in expected:
            async with self._pool.acquire() as connection:
                known = await events.call(connection, each.call)
            closed_at = known.closed_at if known else None
            if closed_at is None:
                continue
            is_there = await asyncio.to_thread(self._desk.path_of(str(each.call)).exists)
            if is_there or self._clock.now() - closed_at > GIVEN_UP_AFTER:
                await self._make(each.call)
