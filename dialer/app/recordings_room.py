"""From a worker's tapes to a recording on record: made while the call goes on, measured, compared.

Rule: what a crash left behind is found again, on disk and on record; a recording that will never
come says so instead of being waited for. What hinders recording is trouble on the board and in
the log, and never a reason to end a call.
"""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import BrokenExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import structlog

from dialer.call_events import CallId
from dialer.database import events, recordings
from dialer.database.pool import CONNECTION_ERRORS, DatabaseUnavailable, Pool
from dialer.minutes import minutes_of
from dialer.ports import AudioLost, AudioReady, Clock
from dialer.telephony.audio_file import KeyRing
from dialer.telephony.differing import Lengths, explained
from dialer.telephony.recording import MergedRecording, RecordingDesk, RecordingProblem

log = structlog.get_logger()

#: How long the end of a call may take to be on record after its tapes are.
END_WITHIN: Final = timedelta(seconds=5)
LOOK_EVERY: Final = timedelta(milliseconds=200)
#: A recording expected for longer than this after its call was closed will never come.
GIVEN_UP_AFTER: Final = timedelta(minutes=2)
SWEEP_EVERY: Final = timedelta(seconds=10)
#: What has been said is coded so often, and can be played from then on.
FOLLOW_EVERY: Final = timedelta(seconds=1)
#: Coding that is so far behind is trouble: the disk or the machine is too slow.
BEHIND: Final = 10.0  # seconds of audio
#: So long after the last call that could not be recorded, the board forgets it.
UNTAPED_SHOWN: Final = timedelta(minutes=1)


class RecordingsRoom:
    """Takes tapes from all workers and writes what became of them."""

    def __init__(
        self,
        pool: Pool,
        clock: Clock,
        *,
        spool: Path,
        directory: Path,
        keys: KeyRing | None = None,
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._directory = directory
        self._desk = RecordingDesk(spool=spool, recordings=directory, keys=keys)
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False
        self._unwritten: str | None = None  # why, while recordings cannot be written
        self._behind_s = 0.0
        self._untaped: AudioLost | None = None  # the last

    def path_of(self, call: CallId) -> str:
        """Return where a call's recording lies, below the recordings directory."""
        return str(self._desk.path_of(str(call)).relative_to(self._directory))

    def take(self, news: AudioReady | AudioLost) -> None:
        """Begin to make the recording of a call whose tapes are whole; or note that it has none."""
        match news:
            case AudioReady(call=call):
                self._begin(self._make(call), call)
            case AudioLost(call=call, why=why):
                self._untaped = news
                log.error("recording_stopped", call_id=str(call), problem=why)
                self._begin(self._give_up(call, why), call)

    def troubles(self) -> tuple[str, ...]:
        """Return what hinders recording, in words."""
        found = []
        if self._unwritten is not None:
            found.append(
                f"recordings cannot be written: {self._unwritten}; what is said is kept in memory "
                "as long as there is room: make room on the disk of recordings_dir"
            )
        if self._behind_s > BEHIND:
            found.append(
                f"recordings are {self._behind_s:.0f} s behind the calls: the disk of "
                "recordings_dir or the machine is too slow"
            )
        if (last := self._untaped) and self._clock.now() - last.at < UNTAPED_SHOWN:
            found.append(f"calls are not recorded: {last.why}; make room in spool_dir")
        return tuple(found)

    async def run(self) -> None:
        """Follow the tapes that run; find what a crash left behind, now and again."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow(), name="recordings of running calls")
            tasks.create_task(self._keep_sweeping(), name="recordings left behind")

    async def close(self) -> None:
        """Finish what is under way."""
        self._closing = True
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._desk.close()

    def _begin(self, work: Coroutine[Any, Any, None], call: CallId) -> None:
        task = asyncio.create_task(work, name=f"recording {call}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _follow(self) -> None:
        while not self._closing:
            try:
                seen = await self._desk.follow()
                self._behind_s = seen.behind_s
                if seen.running:
                    self._note(seen.problem)
            except (BrokenExecutor, RuntimeError, OSError) as error:  # another round may do
                self._note(str(error) or type(error).__name__)
            await self._clock.sleep(FOLLOW_EVERY)

    def _note(self, problem: str | None) -> None:
        if problem != self._unwritten:
            if problem is not None:
                log.error("recordings_unwritable", problem=problem)
            else:
                log.info("recordings_writable")
        self._unwritten = problem

    async def _keep_sweeping(self) -> None:
        while True:
            try:
                await self._sweep()
            except (*CONNECTION_ERRORS, DatabaseUnavailable) as error:
                log.warning("database_lost", problem=type(error).__name__)
            await self._clock.sleep(SWEEP_EVERY)

    async def _make(self, call: CallId) -> None:
        await self._record(call, await self._desk.submit(str(call)))

    async def _record(self, call: CallId, made: MergedRecording | RecordingProblem) -> None:
        if not isinstance(made, MergedRecording) and made.for_now:
            self._note(made.why)  # its tapes stay; the sweep tries again
            return
        self._note(None)
        try:
            await self._put_on_record(call, made)
        except (*CONNECTION_ERRORS, DatabaseUnavailable) as error:
            # The file is there; the sweep finds it when the database is back.
            log.warning("database_lost", call_id=str(call), problem=type(error).__name__)

    async def _put_on_record(self, call: CallId, made: MergedRecording | RecordingProblem) -> None:
        if not isinstance(made, MergedRecording):
            async with self._pool.acquire() as connection:
                await recordings.failed(connection, call, problem=made.why)
            log.warning("recording_failed", call_id=str(call), problem=made.why)
            return
        available_at = self._clock.now()
        within = None if made.slip and made.slip.stopped_because else END_WITHIN
        by_events = await self._seconds_by_events(call, within=within)
        difference = explained(
            Lengths(
                decoded_s=made.seconds, by_events_s=by_events, slip=made.slip, skew_s=made.skew_s
            )
        )
        async with self._pool.acquire() as connection:
            if await events.call(connection, call) is None:  # of another database's time
                log.warning("recording_of_unknown_call", call_id=str(call))
                return
            if await recordings.recording(connection, call) is None:
                await recordings.expect(connection, call, path=self.path_of(call))
            await recordings.measured(
                connection,
                call,
                seconds=made.seconds,
                seconds_by_events=by_events,
                sha256=bytes.fromhex(made.sha256),
                size=made.bytes,
                available_at=available_at,
                difference=difference,
            )
        log.info("recording_playable", call_id=str(call), seconds=round(made.seconds, 2))
        if difference is not None:
            log.warning(
                "recording_differs",
                call_id=str(call),
                seconds=round(made.seconds, 3),
                seconds_by_events=None if by_events is None else round(by_events, 3),
                because=difference,
            )

    async def _give_up(self, call: CallId, why: str) -> None:
        """Put on record why a call has no recording; one that was stopped is measured later."""
        until = self._clock.now() + END_WITHIN
        with suppress(*CONNECTION_ERRORS, DatabaseUnavailable):
            while self._clock.now() < until:
                async with self._pool.acquire() as connection:
                    if await recordings.recording(connection, call) is not None:
                        await recordings.failed(connection, call, problem=why)
                        return
                await self._clock.sleep(LOOK_EVERY)  # its bridge is about to be on record

    async def _seconds_by_events(self, call: CallId, *, within: timedelta | None) -> float | None:
        """Return bridge to hang-up as the events say, waiting for the end to be on record.

        Args:
            within: How long it may take; ``None``: the call goes on, however long.
        """
        until = None if within is None else self._clock.now() + within
        while True:
            async with self._pool.acquire() as connection:
                known = await events.call(connection, call)
            if known and minutes_of(known.events).audio_s:
                return minutes_of(known.events).audio_s
            if self._closing if until is None else self._clock.now() > until:
                return None
            await self._clock.sleep(LOOK_EVERY)

    async def _sweep(self) -> None:
        for made in await self._desk.recover():
            call = CallId(UUID(made.recording))
            self._begin(self._record(call, made), call)
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
