"""``dialer registers import|answers|list``: registers of objections, as files or as answers."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

from compliance.profile import Bundle
from compliance.register_file import UnusableRegister, read_answers
from compliance.store.registers import (
    RegisterCollapsed,
    SnapshotKnown,
    import_register_file,
    latest_snapshots,
    record_answers,
)
from dialer.commands.failing import WRONG, CommandFailed
from dialer.commands.installation import (
    Installation,
    add_settings_argument,
    installation,
    settings_of,
)
from dialer.commands.rulebook import bundle_of, instant, keyring_of


def add_arguments(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register ``registers``."""
    parser = subparsers.add_parser("registers", help="import registers of objections")
    commands = parser.add_subparsers(dest="registers_command", required=True, metavar="COMMAND")
    whole = commands.add_parser(
        "import", help="a whole register: number[;listed on[;sectors that may call]] a line"
    )
    whole.add_argument("--supplier", default="authority", help="whom the file was got from")
    whole.add_argument(
        "--collapse-is-real", action="store_true", help="believe a file much shorter than the last"
    )
    whole.set_defaults(run=run_import)
    answers = commands.add_parser(
        "answers", help="what a register that is never handed out said: number;yes|no a line"
    )
    answers.set_defaults(run=run_answers)
    for command in (whole, answers):
        command.add_argument("file", type=Path)
        command.add_argument("--register", required=True, metavar="ID", help="such as TPS")
        command.add_argument(
            "--as-of",
            type=instant,
            required=True,
            metavar="WHEN",
            help="when the authority made it",
        )
        command.add_argument("--country", metavar="CC", help="of numbers in local format")
    known = commands.add_parser("list", help="registers in use, and how old their data are")
    known.set_defaults(run=run_list)
    for command in (whole, answers, known):
        add_settings_argument(command)


def registers_of(bundle: Bundle) -> dict[str, tuple[str, ...]]:
    """Return the registers the profiles know, each with its countries."""
    found: dict[str, set[str]] = {}
    for country in sorted(bundle.countries):
        for rules in bundle.versions(country, subdivision=None, controller="", campaign=""):
            for register in rules.registers:
                found.setdefault(register.id, set()).add(country)
    return {register: tuple(sorted(countries)) for register, countries in sorted(found.items())}


def run_import(options: argparse.Namespace) -> int:
    """Import a register as it came, all or nothing."""
    region, content = _looked(options)

    async def work(found: Installation) -> int:
        if options.as_of > found.now:
            raise CommandFailed("--as-of lies in the future", WRONG)
        return await import_register_file(
            found.connection,
            options.register,
            content,
            region=region,
            as_of=options.as_of,
            fetched_at=found.now,
            supplier=options.supplier,
            keyring=keyring_of(found.settings),
            collapse_is_real=options.collapse_is_real,
        )

    print(f"{options.register}: {_run(options, work)} numbers, as of {options.as_of:%Y-%m-%d}")
    return 0


def run_answers(options: argparse.Namespace) -> int:
    """Record answers about single numbers."""
    region, content = _looked(options)

    async def work(found: Installation) -> int:
        answers = read_answers(content, region=region)
        await record_answers(
            found.connection,
            options.register,
            answers,
            as_of=options.as_of,
            keyring=keyring_of(found.settings),
        )
        return len(answers)

    print(f"{options.register}: {_run(options, work)} answers, as of {options.as_of:%Y-%m-%d}")
    return 0


def run_list(options: argparse.Namespace) -> int:
    """Print each register with the age of its data."""
    settings = settings_of(options)
    known = registers_of(bundle_of(settings))

    async def look() -> tuple[dict[str, tuple[datetime, int]], datetime]:
        async with installation(settings) as found:
            return await latest_snapshots(found.connection), found.now

    snapshots, now = asyncio.run(look())
    for register, countries in known.items():
        if register in snapshots:
            as_of, rows = snapshots[register]
            state = f"{rows:,} numbers, as of {as_of:%Y-%m-%d} ({(now - as_of).days} days ago)"
        else:
            state = "no file imported: leads it covers wait"
        print(f"{register:20} {' '.join(countries):8} {state}")
    return 0


def _looked(options: argparse.Namespace) -> tuple[str, bytes]:
    known = registers_of(bundle_of(settings_of(options)))
    if options.register not in known:
        names = ", ".join(known)
        raise CommandFailed(
            f"no profile knows a register {options.register!r}; known: {names}", WRONG
        )
    try:
        content = options.file.read_bytes()
    except OSError as error:
        raise CommandFailed(f"{options.file}: {error.strerror}", WRONG) from None
    return options.country or known[options.register][0], content


def _run(options: argparse.Namespace, work: Callable[[Installation], Awaitable[int]]) -> int:
    async def inside() -> int:
        async with installation(settings_of(options)) as found:
            try:
                return await work(found)
            except (UnusableRegister, RegisterCollapsed, SnapshotKnown) as error:
                raise CommandFailed(f"{options.file}: {error}", WRONG) from None

    return asyncio.run(inside())
