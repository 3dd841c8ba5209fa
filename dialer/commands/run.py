"""``dialer run``: one campaign from one file, dialed until its list is worked.

Exit codes: 0 the list was worked; 1 it was not, or something failed; 2 wrong arguments or files;
3 the SIP stack holds too few calls, or PostgreSQL is missing; 130 stopped by Ctrl-C.
"""

import argparse
import asyncio
import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from dialer.clock import SystemClock
from dialer.commands.failing import MISSING, WRONG, CommandFailed
from dialer.commands.rulebook import bundle_of, instant, keyring_of
from dialer.database.accounts import AccountRefused
from dialer.database.house import HouseRefused
from dialer.database.pool import DatabaseUnavailable
from dialer.demo.http_api import Refused, Unreachable
from dialer.demo.telling import Teller
from dialer.demo.watching import NoFloor
from dialer.places import UnusableDirectory
from dialer.running.campaign_file import Loaded, load
from dialer.running.furnishing import AlreadyThere
from dialer.running.phones import phone_problems, trunk_problems
from dialer.running.place import NotOurs, Results, begin_laboratory, settings_for
from dialer.running.results import failures, summary, write_results
from dialer.running.run import CampaignRun, Ran
from dialer.serving_beside import NotServing
from dialer.settings import Settings, UnusableSettings
from dialer.settings import load as load_settings
from dialer.supervisor import AlreadyRunning
from dialer.telephony.stack import installed_stack, require_capacity
from leads.importing import UnreadableList
from sip_config.config import SipConfig
from sip_config.loading import load as load_trunks
from sip_config.problem import ConfigurationError

STOPPED: Final = 130


def add_arguments(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register ``run``."""
    parser = subparsers.add_parser(
        "run",
        help="dial one campaign from a file until its list is worked",
        description="Sets up client, agents, campaign and list as the campaign file says, calls "
        "the agents' phones, dials through the trunks of the trunk file, and reports. "
        "docs/running.md explains the file.",
    )
    add = parser.add_argument
    add("campaign", type=Path, metavar="CAMPAIGN.yaml", help="the campaign file")
    add("--sip-config", type=Path, metavar="FILE", help="the trunk file; else DIALER_SIP_CONFIG")
    add("--settings", type=Path, metavar="FILE", help="default: dialer.toml")
    add("--data", type=Path, metavar="DIR", help="the installation; else DIALER_STATE_DIR")
    add("--out", type=Path, metavar="DIR", help="results; default: run below the installation")
    add(
        "--lab",
        action="store_true",
        help="a laboratory: begins empty, calls nobody beyond this machine, needs no consents",
    )
    add(
        "--clock",
        type=instant,
        metavar="WHEN",
        help="what the dialer's clock says at the start, such as 2026-11-23T10:00:00Z; a lab's",
    )
    add("--json", action="store_true", help="print the report as JSON on standard output")
    parser.set_defaults(run=run)


def run(asked: argparse.Namespace) -> int:
    """Run the campaign; return the exit code."""
    if asked.clock is not None and not asked.lab:
        raise CommandFailed("--clock: only a lab has another clock; add --lab", WRONG)
    try:
        loaded = load(asked.campaign)
        environ = dict(os.environ)
        if asked.data is not None:
            environ["DIALER_STATE_DIR"] = str(asked.data.absolute())
        base = load_settings(asked.settings, environ=environ)
        trunks = _trunks(asked, base)
        _check(loaded, trunks, lab=asked.lab)
        settings = settings_for(
            base,
            trunks,
            file=asked.settings,
            environ=environ,
            agents=len(loaded.campaign.agents),
            lab=asked.lab,
            offset=asked.clock - SystemClock().now() if asked.clock else timedelta(0),
        )
    except ConfigurationError as wrong:
        raise CommandFailed(str(wrong), WRONG) from None
    except UnusableSettings as unusable:
        raise CommandFailed("\n".join(unusable.problems), WRONG) from None
    if (problem := require_capacity(installed_stack(), settings.worker_calls)) is not None:
        raise CommandFailed(problem, MISSING)
    with Teller(errors=asked.json) as teller:
        return _run(asked, loaded, trunks, settings, teller)


def _run(
    asked: argparse.Namespace,
    loaded: Loaded,
    trunks: SipConfig,
    settings: Settings,
    teller: Teller,
) -> int:
    results = Results(out=(asked.out or settings.state_dir / "run").absolute())
    try:
        if asked.lab:
            begin_laboratory(settings)
        results.make()
        running = CampaignRun(
            loaded,
            trunks,
            settings,
            results,
            bundle=bundle_of(settings),
            keyring=keyring_of(settings),
            teller=teller,
        )
        ran = asyncio.run(running.run())
    except (asyncio.CancelledError, KeyboardInterrupt):
        teller.put_away()
        teller.say(f"Stopped. Everything has ended; the logs are in {results.logs}")
        return STOPPED
    except _FAILURES as failed:
        raise CommandFailed(str(failed), _code(failed)) from None
    report = write_results(ran, results, settings)
    return _told(ran, report, results, settings, asked.json, teller)


def _told(
    ran: Ran,
    report: dict[str, Any],
    results: Results,
    settings: Settings,
    as_json: bool,
    teller: Teller,
) -> int:
    teller.put_away()
    teller.say("")
    for line in summary(ran, report):
        teller.say(line)
    found = list(failures(ran, report))
    for failure in found:
        teller.say(f"NOT WELL: {failure}")
    teller.say("")
    teller.say(f"results     {results.out}")
    teller.say(f"recordings  {settings.recordings_dir}")
    teller.say(f"every call  dialer calls --json --data {settings.state_dir}")
    if as_json:
        print(json.dumps(report, indent=2, ensure_ascii=False))
    if ran.stopped:
        return STOPPED
    return 1 if found else 0


def _trunks(asked: argparse.Namespace, base: Settings) -> SipConfig:
    file = asked.sip_config or base.sip_config
    if file is None:
        raise CommandFailed("no trunk file; name it with --sip-config (docs/trunks.md)", WRONG)
    return load_trunks(file.absolute(), lab=asked.lab or base.lab)


def _check(loaded: Loaded, trunks: SipConfig, *, lab: bool) -> None:
    """Refuse what would fail later.

    Raises:
        ConfigurationError: Says all of it.
    """
    problems = [loaded.placed(each) for each in phone_problems(loaded.campaign, trunks, lab=lab)]
    problems += trunk_problems(trunks) if lab else ()
    if problems:
        raise ConfigurationError(problems)


_FAILURES: Final = (
    AccountRefused,
    AlreadyRunning,
    AlreadyThere,
    DatabaseUnavailable,
    HouseRefused,
    NoFloor,
    NotOurs,
    NotServing,
    Refused,
    UnreadableList,
    Unreachable,
    UnusableDirectory,
)


def _code(failed: Exception) -> int:
    match failed:
        case NotServing():
            return failed.exit_code
        case DatabaseUnavailable():
            return MISSING
        case AlreadyThere() | NotOurs() | UnreadableList() | UnusableDirectory():
            return WRONG
        case _:
            return 1
