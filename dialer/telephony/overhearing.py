"""The worker's half of screening: what a callee says in the first seconds, in a growing file.

    call.ID.heard.wav    8,000 samples a second, 16 bits, from the answer on, on tmpfs
    call.ID.line.wav     the same of what the line says before anybody has the call

Rule: no Python touches the sound; the stack's own recorder writes, and whoever judges reads from
another process. The file is gone when the leg is, or its time is over, whichever comes first;
nothing of it is kept. If it cannot be made the call goes on without being screened.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from dialer.telephony.commands import LineAudio
from dialer.telephony.leg import Leg

if TYPE_CHECKING:  # the core names these files, too, and must not load the SIP stack
    from dialer.telephony.pjsua2 import SipStack


def heard_path(directory: Path, leg: str) -> Path:
    """Return where what *leg* says is written while it is screened."""
    return directory / f"{leg}.heard.wav"


def line_path(directory: Path, leg: str) -> Path:
    """Return where what the line of *leg* says is written until somebody has the call."""
    return directory / f"{leg}.line.wav"


class Overhearing:
    """The files of one worker. Lives in the SIP thread."""

    def __init__(
        self,
        directory: Path,
        stack: "SipStack",
        later: Callable[[float, Callable[[float], None]], None],
    ) -> None:
        self._directory = directory
        self._stack = stack
        self._later = later
        self._open: dict[str, Path] = {}  # by the recorder's name

    def early(self, leg: Leg) -> None:
        """Begin to write what the line of *leg* says before the answer, if its order wants that."""
        if leg.order.line is not LineAudio.NOTHING:
            self._write(leg.name, f"{leg.name}.line", line_path(self._directory, leg.name))

    def answered(self, leg: Leg, *, at: float) -> None:
        """Write what an answered *leg* says, and its line no longer, if its order wants that."""
        if leg.order.line is LineAudio.ALL:
            self.early(leg)
        else:
            self._close(f"{leg.name}.line")
        port = f"{leg.name}.heard"
        if leg.order.heard_s > 0 and self._write(
            leg.name, port, heard_path(self._directory, leg.name)
        ):
            self._later(at + leg.order.heard_s, lambda _: self._close(port))

    def taken(self, leg: str) -> None:
        """Write no longer what the line of *leg* says: an agent has the call."""
        self._close(f"{leg}.line")

    def end(self, leg: str) -> None:
        """Stop writing and remove the files; whoever reads them may read on to their ends."""
        self._close(f"{leg}.line")
        self._close(f"{leg}.heard")

    def _write(self, leg: str, port: str, path: Path) -> bool:
        if port in self._open or not self._stack.try_recorder(port, path):
            return False
        self._open[port] = path
        self._stack.wire(f"leg:{leg}", f"recorder:{port}")
        return True

    def _close(self, port: str) -> None:
        if (path := self._open.pop(port, None)) is not None:
            self._stack.close(f"recorder:{port}")
            path.unlink(missing_ok=True)
