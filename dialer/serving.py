"""What ``dialer serve`` runs: the settings turned into children, and the supervisor over them.

Part of the composition root, beside ``app.py`` and ``cli.py``: it may know every edge.

Rule: children are given their settings whole, by environment, with the database's address
filled in. They read no settings file of their own, so all of them see the same.
"""

import json
import os
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Final

from dialer.child import Child, Program
from dialer.database.keeping import Postgres
from dialer.database.launcher import Cluster, ClusterOptions
from dialer.places import private_directory
from dialer.settings import PREFIX, Settings
from dialer.supervisor import Supervisor, owned
from dialer.telephony.sip_settings import SipSettings, is_loopback
from sip_config.endpoint import Media
from sip_config.loading import load
from sip_config.problem import ConfigurationError

NO_FILE: Final = os.devnull  #: a settings file without settings
#: What a process gets to end its calls and write down the last of it.
HANG_UP_WITHIN: Final = timedelta(seconds=20)


def children(settings: Settings, *, output: Path | None = None) -> tuple[Child, ...]:
    """Return what has to run, in the order of starting; write the workers' configuration.

    Args:
        output: A file for what the programs print; ``None``: our own output.
    """
    found: list[Child] = []
    url = settings.database_url.get_secret_value() if settings.database_url else None
    if url is None:
        cluster = own_cluster(settings)
        found.append(Postgres(cluster))
        url = cluster.dsn()
    found += [_worker(settings, number, output) for number in range(1, settings.workers + 1)]
    found.append(_core(settings, url, output))
    return tuple(found)


async def serve(
    settings: Settings,
    *,
    ready: Callable[[], None] = lambda: None,
    output: Path | None = None,
) -> int:
    """Run the dialer until a signal stops it; return the exit code.

    Args:
        ready: Called once, when everything is ready.
        output: A file for what the programs print; ``None``: our own output.

    Raises:
        AlreadyRunning: Another dialer holds the state directory.
        UnusableDirectory: A directory cannot be made or is not ours alone.
    """

    def tell() -> None:
        ready()
        notify_service_manager("READY=1")

    with owned(settings.state_dir):
        private_directory(settings.runtime_dir)
        private_directory(settings.spool_dir)
        return await Supervisor(children(settings, output=output)).run(tell)


def own_cluster(settings: Settings) -> Cluster:
    """Return the PostgreSQL of this installation; it is not started."""
    return Cluster(
        settings.state_dir / "postgresql",
        sockets=settings.sockets.postgres,
        options=ClusterOptions(
            bin_dir=settings.postgres_bin_dir,
            shared_buffers_mib=settings.postgres_shared_buffers_mib,
            connections=settings.database_connections + 30,
        ),
    )


def notify_service_manager(state: str) -> None:
    """Tell systemd, if it started us (sd_notify(3))."""
    if not (address := os.environ.get("NOTIFY_SOCKET")):
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.connect(address.replace("@", "\0", 1) if address.startswith("@") else address)
        manager.send(state.encode())


def _core(settings: Settings, database_url: str, output: Path | None) -> Program:
    ready = settings.sockets.ready("core")
    return Program(
        name="core",
        command=(
            *(sys.executable, "-m", "dialer.app"),
            *("--settings", NO_FILE, "--ready-file", str(ready)),
        ),
        ready=ready,
        environment=_others() | settings.environment(database_url=database_url),
        output=output,
        stop_within=settings.drain_limit + HANG_UP_WITHIN,
        reload_signal=signal.SIGHUP,
    )


def _worker(settings: Settings, number: int, output: Path | None) -> Program:
    """Return telephony worker *number*; its configuration is a file in the runtime directory."""
    ports = (settings.rtp_port_last - settings.rtp_port_first + 1) // settings.workers
    sip = SipSettings(
        bind_host=settings.sip_host,
        bind_port=settings.sip_port + number - 1 if settings.sip_port else 0,
        rtp_first=settings.rtp_port_first + (number - 1) * ports,
        rtp_count=ports,
        max_calls=settings.worker_calls,
        jitter_ms=_jitter(settings),
        loopback_only=is_loopback(settings.sip_host),
    )
    drain_s = HANG_UP_WITHIN.total_seconds() / 2  # the core has let live calls finish before
    configuration = {"sip": asdict(sip), "spool": str(settings.spool_dir), "drain_s": drain_s}
    file = private_directory(settings.runtime_dir) / f"worker-{number}.json"
    file.write_text(json.dumps(configuration))
    listening = settings.sockets.worker(number)
    return Program(
        name=f"worker-{number}",
        command=(
            *(sys.executable, "-m", "dialer.telephony.worker"),
            *("--socket", str(listening), "--config", str(file)),
        ),
        ready=listening,
        environment=_others(),
        output=output,
        stop_within=HANG_UP_WITHIN,
    )


def _jitter(settings: Settings) -> tuple[int, int]:
    """Return how long the trunk file lets audio wait; of a file that cannot be used, the default.

    What is wrong with the file is for the core to say.
    """
    media = Media()
    if settings.sip_config is not None:
        with suppress(ConfigurationError):
            media = load(settings.sip_config, with_secrets=False).site.media
    return media.jitter_ms.min, media.jitter_ms.max


def _others() -> dict[str, str]:
    """Return the environment without our own settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
