"""The worker's half of recording: two mono files a call, on tmpfs, and a slip that says whose.

    NAME.agent.wav    what the agent said       NAME.callee.wav    what the callee said
    NAME.tape         the slip (JSON); locked with flock(2) while the tape runs

Rule: both files start on one tick of the bridge and hear silence when nobody speaks, so they
stay of one length. A tape that cannot be written is given up, and told of; the call goes on.
Whoever finds a slip that is not locked finds a tape that nobody will finish: its worker died, and
what is in the files is all there is.
"""

import fcntl
import json
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dialer.telephony.events import Recorded, Untaped
from dialer.telephony.sip_settings import SipRefused

if TYPE_CHECKING:  # the core reads tapes, too, and must not load the SIP stack
    from dialer.telephony.pjsua2 import SipStack

_SETTLE_S: Final = 0.02  #: between looks whether the stack has finished a file
_SETTLE_LIMIT_S: Final = 2.0
WAV_HEADER: Final = 44
_ROOM_TO_BEGIN: Final = 16 * 2**20  #: bytes free in the spool for another tape; a minute needs 2 MB
_ROOM_TO_GO_ON: Final = 8 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """What lies beside the two files of a recording."""

    recording: str
    callee: str
    agent: str  #: the first; another may have followed
    started_at: float  #: CLOCK_MONOTONIC seconds
    stopped_at: float | None = (
        None  #: CLOCK_MONOTONIC seconds; ``None``: it runs, or its worker died
    )
    stopped_because: str | None = None  #: why it was stopped before the call's end


class NoRoom(Exception):
    """The spool is full, or nearly. Says so."""


def slip_path(directory: Path, recording: str) -> Path:
    """Return where the slip of *recording* lies."""
    return directory / f"{recording}.tape"


def audio_paths(directory: Path, recording: str) -> tuple[Path, Path]:
    """Return where what the agent and what the callee said lie."""
    return directory / f"{recording}.agent.wav", directory / f"{recording}.callee.wav"


def read_slip(directory: Path, recording: str) -> Slip | None:
    """Return the slip of *recording*; ``None`` when there is none, or nothing is written on it."""
    try:
        return Slip(**json.loads(slip_path(directory, recording).read_text()))
    except (OSError, ValueError, TypeError):
        return None


@dataclass(slots=True)
class _Tape:
    slip: Slip
    lock: int  # file descriptor of the slip

    def write(self) -> None:
        with suppress(OSError):  # the tape is what counts; a full spool is looked for elsewhere
            os.pwrite(self.lock, json.dumps(asdict(self.slip)).encode(), 0)


class Tapes:
    """The recordings under way in one worker. Lives in the SIP thread."""

    def __init__(
        self,
        directory: Path,
        stack: "SipStack",
        tell: Callable[[float, Recorded | Untaped], None],
        later: Callable[[float, Callable[[float], None]], None],
    ) -> None:
        self._directory = directory
        self._stack = stack
        self._tell = tell
        self._later = later
        self._tapes: dict[str, _Tape] = {}  # by callee leg
        self._given_up: set[str] = set()  # recordings that were stopped, or never began

    def of(self, callee: str) -> str | None:
        """Return the name of the recording that runs for a callee."""
        tape = self._tapes.get(callee)
        return tape.slip.recording if tape else None

    def begin(self, recording: str, callee: str, agent: str, *, now: float) -> bool:
        """Make the files of a recording that is about to start, and return whether it may.

        When it may not, it is told why, and the call goes on: nobody is left in silence because
        of a disk.
        """
        if recording in self._given_up:
            return False  # it was told; a tape of the same name would go over what there is
        try:
            self._look_for_room(_ROOM_TO_BEGIN)
            self._open(recording, callee, agent)
        except (NoRoom, SipRefused, OSError) as error:
            why = (error.strerror or "it failed") if isinstance(error, OSError) else str(error)
            self._give_up(recording, callee, why, now)
            return False
        return True

    def look(self, now: float) -> None:
        """Stop all tapes when there is no room left. To be asked for every second."""
        if not self._tapes:
            return
        try:
            self._look_for_room(_ROOM_TO_GO_ON)
        except NoRoom as error:
            for callee, tape in list(self._tapes.items()):
                tape.slip = replace(tape.slip, stopped_because=str(error))
                self._give_up(tape.slip.recording, callee, str(error), now)
                self.stop(callee, at=now, now=now)

    def _look_for_room(self, least: int) -> None:
        found = os.statvfs(self._directory)
        free = found.f_bavail * found.f_frsize
        if free < least:
            raise NoRoom(f"only {free / 2**20:.0f} MiB are left for the tapes of running calls")

    def _give_up(self, recording: str, callee: str, why: str, now: float) -> None:
        self._given_up.add(recording)
        self._tell(now, Untaped(recording=recording, callee=callee, why=why))

    def _open(self, recording: str, callee: str, agent: str) -> None:
        path = slip_path(self._directory, recording)
        unlocked = path.with_suffix(".new")  # nobody finds the slip before it is locked
        lock = os.open(unlocked, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        unlocked.replace(path)
        slip = Slip(recording=recording, callee=callee, agent=agent, started_at=0.0)
        agent_path, callee_path = audio_paths(self._directory, recording)
        try:
            self._stack.open_recorder(f"{recording}.agent", agent_path)
            self._stack.open_recorder(f"{recording}.callee", callee_path)
        except Exception:
            self._stack.close(f"recorder:{recording}.agent")
            os.close(lock)
            for left in (path, agent_path, callee_path):
                left.unlink(missing_ok=True)
            raise
        self._tapes[callee] = _Tape(slip, lock)

    def started(self, callee: str, *, at: float) -> None:
        """Write down when it began."""
        tape = self._tapes[callee]
        tape.slip = replace(tape.slip, started_at=at)
        tape.write()

    def stop(self, callee: str, *, at: float, now: float) -> None:
        """End the callee's tape, if there is one; it is told of when its files are whole."""
        if (tape := self._tapes.pop(callee, None)) is None:
            return
        name = tape.slip.recording
        self._stack.close(f"recorder:{name}.agent")
        self._stack.close(f"recorder:{name}.callee")
        tape.slip = replace(tape.slip, stopped_at=at)
        tape.write()
        self._settle(tape, at, now + _SETTLE_LIMIT_S, now)

    def _settle(self, tape: _Tape, stopped_at: float, limit: float, now: float) -> None:
        paths = audio_paths(self._directory, tape.slip.recording)
        if now < limit and not all(_is_whole(path) for path in paths):
            self._later(now + _SETTLE_S, lambda at: self._settle(tape, stopped_at, limit, at))
            return
        os.close(tape.lock)
        self._tell(
            now,
            Recorded(
                recording=tape.slip.recording,
                callee=tape.slip.callee,
                agent=tape.slip.agent,
                agent_path=str(paths[0]),
                callee_path=str(paths[1]),
                started_at=tape.slip.started_at,
                stopped_at=stopped_at,
            ),
        )


def _is_whole(path: Path) -> bool:
    """Return whether the header of a WAV says how much follows: written when it is closed."""
    try:
        with path.open("rb") as file:
            header = file.read(WAV_HEADER)
    except OSError:
        return False
    says = int.from_bytes(header[40:44], "little")
    return len(header) == WAV_HEADER and 0 < says <= path.stat().st_size - WAV_HEADER
