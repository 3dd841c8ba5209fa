"""What time it is in the outside world.

The simulated network is the independent witness of what the dialer says about itself, so it must
not ask the dialer's clock. Its own is the real one plus the lab's offset, the same for every
process of a lab; it is read once and then moves with the monotonic clock, so that the instants
of one call are in order whatever is done to the machine's clock meanwhile.
"""

import time
from datetime import UTC, datetime, timedelta


class WallClock:
    """Turns instants of the monotonic clock (and of asyncio's loops) into times of day."""

    def __init__(self, *, offset_seconds: float = 0.0) -> None:
        real = datetime.fromtimestamp(time.time_ns() / 1e9, UTC)
        self._zero = real + timedelta(seconds=offset_seconds - time.monotonic())

    def at(self, monotonic_seconds: float) -> datetime:
        """Return the time of day, in UTC, at an instant of the monotonic clock."""
        return self._zero + timedelta(seconds=monotonic_seconds)


def iso_milliseconds(moment: datetime) -> str:
    """Return an instant as ISO 8601 in UTC with milliseconds.

    >>> iso_milliseconds(datetime(2026, 3, 2, 9, 0, 0, 1500, tzinfo=UTC))
    '2026-03-02T09:00:00.001Z'
    """
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
