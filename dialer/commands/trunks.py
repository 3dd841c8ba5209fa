"""``dialer trunks``: the commands of ``sip_config.cli``, and those that need a running dialer.

dialer trunks reload      the running dialer reads its trunk file again; prints what changes
"""

import argparse
import asyncio
import fcntl
import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from dialer.clock import SystemClock
from dialer.commands.failing import MISSING, WRONG, CommandFailed
from dialer.commands.installation import add_settings_argument, settings_of
from dialer.settings import UnusableSettings, load
from dialer.supervisor import RELOAD
from dialer.telephony.trunk_check import CannotCheck, check_trunks
from sip_config import cli
from sip_config.config import SipConfig

PATIENCE_S: Final = 15.0  #: for the running dialer to say what came of it


def add_arguments(
    subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> None:
    """Register ``trunks`` with all its subcommands."""
    commands = cli.add_arguments(subparsers, probe=_probe, house=_house)
    command = commands.add_parser("reload", help="let the running dialer read its file again")
    add_settings_argument(command)
    command.set_defaults(run=_reload)


def _house() -> cli.House:
    """Return what the settings say that trunk files have to fit."""
    try:
        found = load(None)
    except UnusableSettings:
        return cli.House()  # of interest to what uses them
    ports = (found.rtp_port_first, found.rtp_port_last)
    return cli.House(legs=found.worker_calls, audio_ports=ports)


def _probe(config: SipConfig, number: str | None) -> Sequence[cli.Finding]:
    """Look at the trunks over the network, with a worker of our own.

    Raises:
        CommandFailed: there is no worker to look with.
    """
    try:
        return asyncio.run(check_trunks(config, number, SystemClock().now()))
    except CannotCheck as cannot:
        raise CommandFailed(str(cannot), MISSING) from None


def _reload(options: argparse.Namespace) -> int:
    """Ask the supervisor to have the file read again; print what came of it."""
    settings = settings_of(options)
    said = settings.sockets.trunks_said
    before = _said(said)
    pid = _supervisor(settings.state_dir)
    try:
        os.kill(pid, RELOAD)
    except (ProcessLookupError, PermissionError) as error:
        raise CommandFailed(f"process {pid} cannot be told: {error.strerror}", MISSING) from None
    until = time.monotonic() + PATIENCE_S
    while (found := _said(said)) == before:
        if time.monotonic() > until:
            raise CommandFailed(f"the dialer did not answer within {PATIENCE_S:g} s", MISSING)
        time.sleep(0.05)
    if not found["accepted"]:
        raise CommandFailed(f"the file before stays in force: {found['problem']}", WRONG)
    print("\n".join(found["plan"]))
    return 0


def _supervisor(state_dir: Path) -> int:
    """Return the process that runs the installation."""
    missing = f"no dialer runs with {state_dir}; start one with `dialer serve`"
    try:
        with (state_dir / "dialer.lock").open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:  # it runs: the number in the file is its own
                return int(lock.read())
    except (OSError, ValueError):
        pass
    raise CommandFailed(missing, MISSING)


def _said(file: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found
