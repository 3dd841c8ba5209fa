"""The worker's half of recording: two mono files a call, on tmpfs, and a slip that says whose.

    NAME.agent.wav    what the agent said       NAME.callee.wav    what the callee said
    NAME.tape         the slip (JSON); locked with flock(2) while the tape runs

Rule: both files start on one tick of the bridge and hear silence when nobody speaks, so they
stay of one length. Whoever finds a slip that is not locked finds a tape that nobody will finish:
its worker died, and what is in the files is all there is.
"""

import fcntl
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dialer.telephony.events import Recorded

if TYPE_CHECKING:  # the core reads tapes, too, and must not load the SIP stack
    from dialer.telephony.pjsua2 import SipStack

_SETTLE_S: Final = 0.02  #: between looks whether the stack has finished a file
_SETTLE_LIMIT_S: Final = 2.0
WAV_HEADER: Final = 44


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """What lies beside the two files of a recording."""

    recording: str
    callee: str
    agent: str  #: the first; another may have followed
    started_at: float  #: CLOCK_MONOTONIC seconds


def slip_path(directory: Path, recording: str) -> Path:
    """Return where the slip of *recording* lies."""
    return directory / f"{recording}.tape"


def audio_paths(directory: Path, recording: str) -> tuple[Path, Path]:
    """Return where what the agent and what the callee said lie."""
    return directory / f"{recording}.agent.wav", directory / f"{recording}.callee.wav"


@dataclass(slots=True)
class _Tape:
    slip: Slip
    lock: int  # file descriptor of the slip


class Tapes:
    """The recordings under way in one worker. Lives in the SIP thread."""

    def __init__(
        self,
        directory: Path,
        stack: "SipStack",
        tell: Callable[[float, Recorded], None],
        later: Callable[[float, Callable[[float], None]], None],
    ) -> None:
        self._directory = directory
        self._stack = stack
        self._tell = tell
        self._later = later
        self._tapes: dict[str, _Tape] = {}  # by callee leg

    def of(self, callee: str) -> str | None:
        """Return the name of the recording that runs for a callee."""
        tape = self._tapes.get(callee)
        return tape.slip.recording if tape else None

    def open(self, recording: str, callee: str, agent: str) -> None:
        """Make the files of a recording that is about to start.

        Raises:
            OSError: the slip cannot be written.
            SipRefused: an audio file cannot be written.
        """
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
            raise
        self._tapes[callee] = _Tape(slip, lock)

    def started(self, callee: str, *, at: float) -> None:
        """Write down when it began."""
        tape = self._tapes[callee]
        tape.slip = Slip(**{**asdict(tape.slip), "started_at": at})
        os.pwrite(tape.lock, json.dumps(asdict(tape.slip)).encode(), 0)

    def stop(self, callee: str, *, at: float, now: float) -> None:
        """End the callee's tape, if there is one; it is told of when its files are whole."""
        if (tape := self._tapes.pop(callee, None)) is None:
            return
        name = tape.slip.recording
        self._stack.close(f"recorder:{name}.agent")
        self._stack.close(f"recorder:{name}.callee")
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
