"""``dialer serve``: run the installation until it is told to stop."""

import argparse
import asyncio

from dialer import log
from dialer.clock import SystemClock
from dialer.commands.failing import MISSING, WRONG, CommandFailed
from dialer.commands.installation import add_settings_argument, settings_of
from dialer.places import UnusableDirectory
from dialer.serving import serve
from dialer.supervisor import AlreadyRunning
from dialer.telephony.stack import installed_stack, require_capacity


def add_arguments(
    subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> None:
    """Register ``serve``."""
    parser = subparsers.add_parser("serve", help="run the dialer until it is told to stop")
    add_settings_argument(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run until a signal; return the supervisor's exit code."""
    settings = settings_of(options)
    log.configure(
        format=settings.log_format,
        level=settings.log_level,
        now=SystemClock(settings.clock_offset).now,
    )
    problem = require_capacity(installed_stack(), settings.worker_calls)
    if problem is not None:
        raise CommandFailed(problem, MISSING)
    try:
        return asyncio.run(serve(settings))
    except AlreadyRunning as running:
        raise CommandFailed(str(running)) from None
    except UnusableDirectory as unusable:
        raise CommandFailed(str(unusable), WRONG) from None
