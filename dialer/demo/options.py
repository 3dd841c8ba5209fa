"""What a demo is asked for, and the settings of the laboratory that follow from it."""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from dialer.demo.layout import Layout
from dialer.settings import Settings, load

#: By the dialer's clock the demo begins on a working morning, whatever the real hour.
MORNING: Final = datetime(2026, 11, 23, 10, tzinfo=UTC)
LOOPBACK: Final = "127.0.0.1"
#: Of the environment, what a demo lets a user set.
_KEPT: Final = ("DIALER_DATABASE_URL", "DIALER_POSTGRES_BIN_DIR", "DIALER_LOG_LEVEL")
_MOST_CALLS: Final = 500  #: legs of one telephony worker
_LINES_PER_AGENT: Final = 12
_FAVOURITE_PORT: Final = 8080


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line asks for."""

    rows: int
    agents: int
    seed: int
    fast_forward: float
    time_limit: timedelta  #: real time; a list that is not done by then is reported as it is
    as_json: bool
    keep: bool  #: leave the installation in place

    @property
    def channels(self) -> int:
        """Calls to callees at once."""
        return max(20, min(_LINES_PER_AGENT * self.agents, _MOST_CALLS - self.agents - 2))

    @property
    def legs(self) -> int:
        """Calls the SIP stack must hold: callees and agents, with one to spare for each."""
        return self.channels + self.agents + 2


def clock_offset(now: datetime) -> timedelta:
    """Return what to add to the machine's clock so that it is :data:`MORNING` at *now*."""
    return MORNING - now


def settings_for(
    options: Options,
    layout: Layout,
    *,
    offset: timedelta,
    trunks: Path,
    environ: Mapping[str, str],
) -> Settings:
    """Return the settings of the demo's installation.

    Raises:
        UnusableSettings: One of the variables a user may set is wrong.
    """
    wanted = {
        "DIALER_STATE_DIR": str(layout.installation),
        "DIALER_RECORDINGS_DIR": str(layout.recordings),
        "DIALER_OUTBOX_DIR": str(layout.outbox),
        "DIALER_SIP_CONFIG": str(trunks),
        "DIALER_SIP_HOST": LOOPBACK,
        "DIALER_HTTP_HOST": LOOPBACK,
        "DIALER_HTTP_PORT": str(free_http_port()),
        "DIALER_WORKER_CALLS": str(options.legs),
        "DIALER_DRAIN_LIMIT": "15",
        "DIALER_LOG_FORMAT": "json",
        "DIALER_LAB": "true",
        "DIALER_CLOCK_OFFSET": str(offset.total_seconds()),
    }
    kept = {name: environ[name] for name in _KEPT if environ.get(name)}
    return load(Path(os.devnull), environ=wanted | kept)


def free_http_port() -> int:
    """Return the usual port if nobody has it, or else one that is free at this moment."""
    for port in (_FAVOURITE_PORT, 0):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no TCP port is free on loopback")


def free_sip_port() -> int:
    """Return a UDP port that is free at this moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
