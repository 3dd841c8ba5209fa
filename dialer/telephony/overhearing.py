"""The worker's half of screening: what a callee says in the first seconds, in a growing file.

    call.ID.heard.wav    8,000 samples a second, 16 bits, from the answer on, on tmpfs

Rule: no Python touches the sound; the stack's own recorder writes, and whoever judges reads from
another process. The file is gone when the leg is, or its time is over, whichever comes first;
nothing of it is kept. If it cannot be made the call goes on without being screened.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from dialer.telephony.leg import Leg

if TYPE_CHECKING:  # the core names these files, too, and must not load the SIP stack
    from dialer.telephony.pjsua2 import SipStack


def heard_path(directory: Path, leg: str) -> Path:
    """Return where what *leg* says is written while it is screened."""
    return directory / f"{leg}.heard.wav"


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
        self._open: set[str] = set()

    def begin(self, leg: Leg, *, at: float) -> None:
        """Begin to write what an answered *leg* says, if its order wants that."""
        if leg.order.heard_s <= 0 or leg.name in self._open:
            return
        port = f"{leg.name}.heard"
        if not self._stack.try_recorder(port, heard_path(self._directory, leg.name)):
            return
        self._open.add(leg.name)
        self._stack.wire(f"leg:{leg.name}", f"recorder:{port}")
        self._later(at + leg.order.heard_s, lambda _: self.end(leg.name))

    def end(self, leg: str) -> None:
        """Stop writing and remove the file; whoever reads it may read on to its end."""
        if leg in self._open:
            self._open.discard(leg)
            self._stack.close(f"recorder:{leg}.heard")
            heard_path(self._directory, leg).unlink(missing_ok=True)
