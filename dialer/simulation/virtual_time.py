"""An event loop whose clock jumps: eight hours of waiting pass in the time of the work done.

Rule: for in-memory ports only. The loop moves its clock whenever nothing is ready, so a real
socket's answer, however quick, comes after every timeout.
"""

import asyncio
import selectors


class _JumpingSelector(selectors.DefaultSelector):
    """Polls real file descriptors without blocking; instead of sleeping, moves the clock."""

    def __init__(self) -> None:
        super().__init__()
        self.elapsed = 0.0  #: virtual seconds since the loop was made

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:  # nothing is scheduled: really wait for the outside world
            return list(super().select(None))
        ready = list(super().select(0))
        if not ready and timeout > 0:
            self.elapsed += timeout
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An event loop on which sleeping costs nothing and times are exact to the microsecond."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Return the virtual seconds since the loop was made."""
        return self._jumping.elapsed
