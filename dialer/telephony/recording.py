"""Recordings: from the worker's two tapes to one playable file, which grows while the call goes on.

    worker's spool (tmpfs)                         recordings directory (disk)
      NAME.agent.wav  NAME.callee.wav  NAME.tape ──▶ xx/NAME.ogg

Rule: tapes are removed only when the recording is whole under its name. Everything may be asked
for twice, and whatever a crash left in the spool is found again (:meth:`RecordingDesk.recover`).
"""

import asyncio
import fcntl
import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from dialer.telephony.audio_file import AudioKey, KeyRing, envelope_of
from dialer.telephony.following import Progress, complete, follow
from dialer.telephony.merging import Merged, Order, Unmergeable, begin, unfinished
from dialer.telephony.taping import Slip, audio_paths, read_slip, slip_path

_TRIES: Final = 2  # a helper that was killed is replaced once
_AT_ONCE: Final = 16  #: recordings completed together
_ROUNDS: Final = 20  #: of coding until those that run are looked for again
_CAUGHT_UP_S: Final = 2.0

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedRecording:
    """A recording that can be played."""

    recording: str
    path: Path
    seconds: float  #: decoded length
    sha256: str  #: of the Ogg stream
    bytes: int
    skew_s: float = 0.0  #: by how much one side was longer
    slip: Slip | None = None  #: of its tapes; ``None``: it was whole before, they are cleared


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingProblem:
    """A recording that is not playable. Its tapes, if there are any, stay where they are."""

    recording: str
    why: str
    for_now: bool = False  #: trying again may help: the disk was full, the helper was killed


class RecordingDesk:
    """Makes recordings of tapes, in a process of its own.

    Args:
        keys: Seal the recordings with these; ``None``: recordings lie open.
    """

    def __init__(
        self,
        *,
        spool: Path,
        recordings: Path,
        keys: KeyRing | None = None,
    ) -> None:
        self._spool = spool
        self._recordings = recordings
        self._keys = keys
        self._given: dict[str, AudioKey] = {}
        self._helper: ProcessPoolExecutor | None = None
        self._wanted: dict[str, asyncio.Future[MergedRecording | RecordingProblem]] = {}
        self._finisher: asyncio.Task[None] | None = None

    def path_of(self, recording: str) -> Path:
        """Return where a recording lies once it can be played."""
        return self._recordings / recording[-2:] / f"{recording}.ogg"

    async def follow(self) -> Progress:
        """Code what has been said by now in the calls that run. To be asked for every second.

        Raises:
            BrokenExecutor: the helper was killed twice in a row.
        """
        running = await asyncio.to_thread(self._tapes, locked=True)
        if not running:
            return Progress()
        orders = [self._order(name) for name in running]
        for _ in range(_ROUNDS):  # each short, so that a call that ends need not wait for long
            seen = await self._in_helper(partial(follow, orders))
            if seen.behind_s < _CAUGHT_UP_S or seen.problem is not None:
                break
        return seen

    async def submit(self, recording: str) -> MergedRecording | RecordingProblem:
        """Return the recording made of its two tapes, or of an earlier submission."""
        future = self._wanted.get(recording)
        if future is None:
            future = self._wanted[recording] = asyncio.get_running_loop().create_future()
        if self._finisher is None or self._finisher.done():
            self._finisher = asyncio.create_task(self._finish(), name="recordings' ends")
        return await asyncio.shield(future)

    async def recover(self) -> list[MergedRecording | RecordingProblem]:
        """Make recordings of what lies in the spool and nobody is recording any more.

        A slip that is locked belongs to a tape that runs; see ``taping.py``. Tapes that make no
        recording are told of once and then set aside.
        """
        left = await asyncio.to_thread(self._tapes, locked=False)
        return list(await asyncio.gather(*map(self.submit, left)))

    async def close(self) -> None:
        """Finish what is under way and end the helper."""
        if self._finisher is not None:
            await self._finisher
        if self._helper is not None:
            await asyncio.to_thread(self._helper.shutdown, cancel_futures=True)
            self._helper = None

    def _tapes(self, *, locked: bool) -> list[str]:
        slips = sorted(self._spool.glob("*.tape"))
        return [path.stem for path in slips if _is_locked(path) is locked]

    def _order(self, recording: str) -> Order:
        agent, callee = audio_paths(self._spool, recording)
        slip = read_slip(self._spool, recording)
        return Order(
            recording=recording,
            agent=agent,
            callee=callee,
            target=self.path_of(recording),
            key=None if self._keys is None else self._key(recording, self._keys),
            length_s=slip.stopped_at - slip.started_at if slip and slip.stopped_at else None,
        )

    def _key(self, recording: str, keys: KeyRing) -> AudioKey | None:
        """Return the key of a recording: that of the file if it is whole already, or a new one."""
        with suppress(OSError):
            if (envelope := envelope_of(self.path_of(recording))) is not None:
                key = keys.opened(envelope)
                return None if key is None else AudioKey(key=key, envelope=envelope)
        if recording not in self._given:
            self._given[recording] = keys.new(recording)
        return self._given[recording]

    async def _finish(self) -> None:
        while self._wanted:
            names = list(self._wanted)[:_AT_ONCE]
            made = await self._completed(names)
            for name, one in zip(names, made, strict=True):
                self._given.pop(name, None)
                self._wanted.pop(name).set_result(one)

    async def _completed(self, names: list[str]) -> list[MergedRecording | RecordingProblem]:
        try:
            outcomes = await self._in_helper(partial(complete, [self._order(n) for n in names]))
            pairs = list(zip(names, outcomes, strict=True))
            return await asyncio.to_thread(lambda: [self._settled(*pair) for pair in pairs])
        except (OSError, BrokenExecutor, RuntimeError) as error:
            why = str(error) or type(error).__name__
            return [RecordingProblem(recording=n, why=why, for_now=True) for n in names]

    def _settled(
        self, name: str, outcome: Merged | Unmergeable | OSError
    ) -> MergedRecording | RecordingProblem:
        match outcome:
            case Merged():
                slip = read_slip(self._spool, name)
                self._clear(name)
                return MergedRecording(
                    recording=name,
                    path=self.path_of(name),
                    seconds=outcome.seconds,
                    sha256=outcome.sha256,
                    bytes=outcome.bytes,
                    skew_s=outcome.skew_s,
                    slip=slip,
                )
            case FileNotFoundError():
                self._clear(name)
                return RecordingProblem(recording=name, why="there are no tapes of it")
            case Unmergeable():
                self._set_aside(name)
                return RecordingProblem(recording=name, why=str(outcome))
            case _:
                return RecordingProblem(
                    recording=name, why=outcome.strerror or str(outcome), for_now=True
                )

    async def _in_helper(self, job: Callable[[], _T]) -> _T:
        for _ in range(_TRIES - 1):
            try:
                return await self._run(job)
            except BrokenExecutor:  # the helper was killed: another one
                self._helper = None
        try:
            return await self._run(job)
        except BrokenExecutor:
            self._helper = None
            raise

    async def _run(self, job: Callable[[], _T]) -> _T:
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
        unfinished(self.path_of(recording)).unlink(missing_ok=True)


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
