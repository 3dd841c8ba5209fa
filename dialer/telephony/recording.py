"""Recordings: from the worker's two tapes to one playable file.

    worker's spool (tmpfs)                         recordings directory (disk)
      NAME.agent.wav  NAME.callee.wav  NAME.tape ──▶ xx/NAME.ogg

Rule: tapes are removed only when the recording is whole under its name. Everything may be asked
for twice, and whatever a crash left in the spool is found again (:meth:`RecordingDesk.recover`).
"""

import asyncio
import fcntl
import multiprocessing
import os
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from dialer.telephony.merging import Merged, Unmergeable, begin, measure, merge
from dialer.telephony.taping import audio_paths, slip_path

LENGTH_TOLERANCE_S: Final = 0.1  #: between the decoded length and bridge to hang-up by events
_TRIES: Final = 2  # a helper that was killed is replaced once


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedRecording:
    """A recording that can be played."""

    recording: str
    path: Path
    seconds: float  #: decoded length
    sha256: str
    bytes: int
    seconds_by_events: float | None = None  #: bridge to hang-up, if it was told

    @property
    def fits_events(self) -> bool:
        """Whether the decoded length is what the events say, within the tolerance."""
        by_events = self.seconds_by_events
        return by_events is None or abs(self.seconds - by_events) <= LENGTH_TOLERANCE_S


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingProblem:
    """A recording that is not playable. Its tapes, if there are any, stay where they are."""

    recording: str
    why: str


class RecordingDesk:
    """Merges tapes into recordings, one after the other, in a process of its own."""

    def __init__(self, *, spool: Path, recordings: Path) -> None:
        self._spool = spool
        self._recordings = recordings
        self._helper: ProcessPoolExecutor | None = None
        self._under_way: dict[str, asyncio.Task[MergedRecording | RecordingProblem]] = {}

    def path_of(self, recording: str) -> Path:
        """Return where a recording lies once it can be played."""
        return self._recordings / recording[-2:] / f"{recording}.ogg"

    async def submit(
        self, recording: str, *, seconds_by_events: float | None = None
    ) -> MergedRecording | RecordingProblem:
        """Return the recording made of its two tapes, or of an earlier submission."""
        task = self._under_way.get(recording)
        if task is None:
            task = asyncio.create_task(
                self._work(recording, seconds_by_events), name=f"recording {recording}"
            )
            self._under_way[recording] = task
            task.add_done_callback(lambda _: self._under_way.pop(recording, None))
        return await asyncio.shield(task)

    async def recover(self) -> list[MergedRecording | RecordingProblem]:
        """Merge what lies in the spool and nobody is recording any more.

        A slip that is locked belongs to a tape that runs; see ``taping.py``. Tapes that make no
        recording are told of once and then set aside.
        """
        left = await asyncio.to_thread(self._left_over)
        return [await self.submit(recording) for recording in left]

    async def close(self) -> None:
        """Finish what is under way and end the helper."""
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)
        if self._helper is not None:
            await asyncio.to_thread(self._helper.shutdown, cancel_futures=True)
            self._helper = None

    def _left_over(self) -> list[str]:
        return sorted(path.stem for path in self._spool.glob("*.tape") if not _is_locked(path))

    async def _work(
        self, recording: str, seconds_by_events: float | None
    ) -> MergedRecording | RecordingProblem:
        target = self.path_of(recording)
        agent, callee = audio_paths(self._spool, recording)
        tapes = await asyncio.to_thread(lambda: agent.exists() or callee.exists())
        job = partial(merge, agent, callee, target) if tapes else partial(measure, target)
        try:
            merged = await self._in_helper(job)
        except FileNotFoundError:
            await asyncio.to_thread(self._clear, recording)
            return RecordingProblem(recording=recording, why="there are no tapes of it")
        except Unmergeable as error:
            await asyncio.to_thread(self._set_aside, recording)
            return RecordingProblem(recording=recording, why=str(error))
        except (OSError, BrokenExecutor, RuntimeError) as error:  # trying later may help
            return RecordingProblem(recording=recording, why=str(error))
        await asyncio.to_thread(self._clear, recording)
        return MergedRecording(
            recording=recording,
            path=target,
            seconds=merged.seconds,
            sha256=merged.sha256,
            bytes=merged.bytes,
            seconds_by_events=seconds_by_events,
        )

    async def _in_helper(self, job: partial[Merged]) -> Merged:
        for _ in range(_TRIES - 1):
            try:
                return await self._run(job)
            except BrokenExecutor:  # the helper was killed: another one
                self._helper = None
        return await self._run(job)

    async def _run(self, job: partial[Merged]) -> Merged:
        if self._helper is None:
            spawn = multiprocessing.get_context("spawn")
            self._helper = ProcessPoolExecutor(1, mp_context=spawn, initializer=begin)
        return await asyncio.get_running_loop().run_in_executor(self._helper, job)

    def _set_aside(self, recording: str) -> None:
        with suppress(FileNotFoundError):
            slip = slip_path(self._spool, recording)
            slip.rename(slip.with_suffix(".useless"))

    def _clear(self, recording: str) -> None:
        for path in (*audio_paths(self._spool, recording), slip_path(self._spool, recording)):
            path.unlink(missing_ok=True)


def _is_locked(slip: Path) -> bool:
    """Return whether a worker still writes the tape of *slip*."""
    try:
        descriptor = os.open(slip, os.O_RDONLY)
    except OSError:
        return True  # it went: its recording is being finished by somebody
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
