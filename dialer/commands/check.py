"""``dialer check``: can this machine run the dialer, and with what?"""

import argparse
import shutil
from collections.abc import Iterator
from dataclasses import dataclass

from compliance.loading import SHIPPED, UnusableProfiles, load
from dialer.commands.failing import MISSING, CommandFailed
from dialer.commands.installation import add_settings_argument, settings_of
from dialer.database.binaries import find_binaries
from dialer.database.pool import DatabaseUnavailable
from dialer.settings import Settings
from dialer.telephony.stack import MINIMUM_CALLS, installed_stack, require_capacity
from sip_config.loading import examine
from sip_config.problem import ConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    what: str
    found: str
    remedy: str = ""  #: what to do about it; empty: it is well
    needed: bool = True  #: the dialer cannot run without it


def add_arguments(
    subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> None:
    """Register ``check``."""
    parser = subparsers.add_parser("check", help="see whether this machine can run the dialer")
    add_settings_argument(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print what was found; exit code 3 if something needed is missing."""
    settings = settings_of(options)
    missing = []
    for finding in findings(settings):
        mark = "ok" if not finding.remedy else "MISSING" if finding.needed else "note"
        print(f"{mark:8}{finding.what:18}{finding.found}")
        if finding.remedy:
            print(f"{'':26}→ {finding.remedy}")
        if finding.remedy and finding.needed:
            missing.append(finding.what)
    if missing:
        raise CommandFailed(f"not ready: {', '.join(missing)}", MISSING)
    print("ready")
    return 0


def findings(settings: Settings) -> Iterator[Finding]:
    """Yield what was found, one thing after the other."""
    stack = installed_stack()
    problem = require_capacity(stack, MINIMUM_CALLS)
    yield Finding(what="SIP stack", found=stack.describe(), remedy=problem or "")
    yield Finding(
        what="SIP over TLS",
        found="with this system's OpenSSL" if stack.tls else "not built in",
        remedy="" if stack.tls else "install libssl-dev and run `make setup` again",
        needed=False,
    )
    yield _database(settings)
    yield _profiles(settings)
    yield _trunks(settings)
    yield Finding(
        what="voices",
        found=shutil.which("espeak-ng") or "no espeak-ng: prompts are speech-like sounds",
        remedy="" if shutil.which("espeak-ng") else "install espeak-ng",
        needed=False,
    )


def _database(settings: Settings) -> Finding:
    if settings.database_url is not None:
        return Finding(what="database", found="the server of DIALER_DATABASE_URL")
    try:
        found = find_binaries(
            named=settings.postgres_bin_dir, data=settings.state_dir / "postgresql" / "data"
        )
    except DatabaseUnavailable as error:
        return Finding(what="database", found="no PostgreSQL", remedy=str(error))
    return Finding(what="database", found=f"embedded PostgreSQL {found.major}")


def _profiles(settings: Settings) -> Finding:
    try:
        bundle = load(settings.profiles_dir or SHIPPED)
    except UnusableProfiles as error:
        return Finding(what="country profiles", found="unusable", remedy=str(error))
    countries = " ".join(sorted(bundle.countries))
    return Finding(what="country profiles", found=f"{countries} ({bundle.sha256[:12]})")


def _trunks(settings: Settings) -> Finding:
    if settings.sip_config is None:
        return Finding(
            what="trunks",
            found="none: no calls can be placed",
            remedy="write a file as docs/trunks.md says and set DIALER_SIP_CONFIG",
            needed=False,
        )
    try:
        config, warnings = examine(settings.sip_config, lab=settings.lab)
    except ConfigurationError as error:
        return Finding(what="trunks", found="unusable", remedy=str(error))
    remedy = "; ".join(map(str, warnings))
    return Finding(what="trunks", found=", ".join(config.trunks), remedy=remedy, needed=False)
