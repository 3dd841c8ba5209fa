"""The installation a run uses, and where it leaves its results.

    DATA/    the installation: `dialer calls --data DATA` looks into it, then and later
    OUT/     calls.jsonl report.json report.html rejected.csv logs/

Rule: a laboratory begins empty. What an earlier laboratory run left in its directory, which a
marker tells, is removed; a database of anything else is never touched.
"""

import shutil
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from dialer.places import private_directory
from dialer.settings import Settings, UnusableSettings, load
from sip_config.config import SipConfig

_MARKER: Final = ".callwright-lab"
_ABOUT: Final = "A laboratory of `dialer run --lab`: the next one in this directory removes it.\n"
_DATABASE: Final = "postgresql"
_KEPT: Final = frozenset({_MARKER, "dialer.lock", "dialer.toml"})
_MOST_LEGS: Final = 500  #: of one telephony worker
_PORTS_PER_LEG: Final = 8
_USUAL_PORT: Final = 8080


class NotOurs(Exception):
    """The directory holds an installation that is not a laboratory's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """Where a run leaves what came of it."""

    out: Path

    @property
    def calls(self) -> Path:
        return self.out / "calls.jsonl"

    @property
    def report_json(self) -> Path:
        return self.out / "report.json"

    @property
    def report_html(self) -> Path:
        return self.out / "report.html"

    @property
    def rejected(self) -> Path:
        return self.out / "rejected.csv"

    @property
    def logs(self) -> Path:
        return self.out / "logs"

    def make(self) -> None:
        """Make the directories.

        Raises:
            NotOurs: They cannot be made.
        """
        try:
            self.logs.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise NotOurs(f"{self.out} cannot be used ({error.strerror}); name another") from None


def settings_for(
    base: Settings,
    trunks: SipConfig,
    *,
    file: Path | None,
    environ: Mapping[str, str],
    agents: int,
    lab: bool,
    offset: timedelta,
) -> Settings:
    """Return the settings of the run: those of the installation, and what the run decides.

    Args:
        base: The settings as they are without the run.
        file: The settings file that was named.
        environ: The environment, with the data directory in it if one was named.

    Raises:
        UnusableSettings: They do not fit together.
    """
    first, last = trunks.site.media.rtp_ports
    chosen_ports = environ.get("DIALER_RTP_PORT_FIRST") or environ.get("DIALER_RTP_PORT_LAST")
    if chosen_ports or last <= first:
        first, last = base.rtp_port_first, base.rtp_port_last
    channels = sum(trunk.limits.channels for trunk in trunks.trunks.values() if trunk.enabled)
    legs = min(channels + agents + 2, _MOST_LEGS, (last - first + 1) // _PORTS_PER_LEG)
    if legs < agents + 1:
        raise UnusableSettings(
            (
                f"the audio ports {first} to {last} suffice for {legs} legs, and there are "
                f"{agents} agents; widen media.rtp_ports to {_PORTS_PER_LEG} ports for each call "
                "and each agent",
            )
        )
    wanted = {
        "DIALER_SIP_CONFIG": trunks.file,
        "DIALER_WORKER_CALLS": str(legs),
        "DIALER_RTP_PORT_FIRST": str(first),
        "DIALER_RTP_PORT_LAST": str(last),
        "DIALER_DRAIN_LIMIT": "15",
        "DIALER_LOG_FORMAT": "json",
    }
    if not environ.get("DIALER_HTTP_PORT") and base.http_port == _USUAL_PORT:
        wanted["DIALER_HTTP_PORT"] = str(_free_port())  # another dialer may have the usual one
    if lab:
        wanted |= {
            "DIALER_LAB": "true",
            "DIALER_CLOCK_OFFSET": str(offset.total_seconds()),
            "DIALER_SIP_HOST": "127.0.0.1",
            "DIALER_HTTP_HOST": "127.0.0.1",
        }
    return load(file, environ=dict(environ) | wanted)


def _free_port() -> int:
    """Return a TCP port that is free at this moment; a core that is started again keeps it."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def begin_laboratory(settings: Settings) -> None:
    """Empty the directory of an earlier laboratory, and mark it as one.

    Raises:
        NotOurs: There is an installation in it that no laboratory run has made.
        UnusableDirectory: It cannot be made.
    """
    state = private_directory(settings.state_dir)
    marker = state / _MARKER
    if not marker.exists() and (state / _DATABASE).exists():
        raise NotOurs(
            f"{state} holds an installation that is not a laboratory's; name another directory "
            "with --data"
        )
    if marker.exists():
        for path in state.iterdir():
            if path.name in _KEPT:
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
    marker.write_text(_ABOUT, encoding="utf-8")
