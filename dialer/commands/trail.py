"""``dialer trail verify|checkpoint|replay``: is the record of decisions what it was?"""

import argparse
import asyncio
from pathlib import Path

from compliance.checkpoints import append_checkpoints
from compliance.store.auditing import TrailReport, take_checkpoints, verify_trail
from compliance.store.replaying import ReplayReport, replay_trail
from dialer.commands.failing import MISSING, CommandFailed
from dialer.commands.installation import add_settings_argument, installation, settings_of
from dialer.commands.rulebook import bundle_of, checkpoints_file, checkpoints_in, signing_key_of
from dialer.places import private_directory


def add_arguments(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register ``trail``."""
    parser = subparsers.add_parser("trail", help="verify the record of decisions")
    commands = parser.add_subparsers(dest="trail_command", required=True, metavar="COMMAND")
    verify = commands.add_parser(
        "verify", help="name every altered, missing or reordered entry; exit code 1 if there are"
    )
    verify.add_argument(
        "--checkpoints", type=Path, metavar="FILE", help="a copy kept elsewhere; default: our own"
    )
    verify.set_defaults(run=run_verify)
    checkpoint = commands.add_parser("checkpoint", help="sign the chains as they are now")
    checkpoint.set_defaults(run=run_checkpoint)
    replayed = commands.add_parser(
        "replay", help="decide everything again from what was stored; exit code 1 if it differs"
    )
    replayed.set_defaults(run=run_replay)
    for command in (verify, checkpoint, replayed):
        add_settings_argument(command)


def run_verify(options: argparse.Namespace) -> int:
    """Print what is wrong, one line each."""
    report = asyncio.run(_verified(options))
    for fault in report.faults:
        print(f"client {fault.client_id}: entry {fault.number}: {fault.kind}: {fault.detail}")
    whole = "intact" if report.intact else f"BROKEN at {len(report.faults)} places"
    print(f"{report.entries} entries, {report.checkpoints} checkpoints: {whole}")
    if not report.checkpoints:
        print("without checkpoints a chain that was rewritten as a whole looks intact")
    return 0 if report.intact else 1


async def _verified(options: argparse.Namespace) -> TrailReport:
    settings = settings_of(options)
    if options.checkpoints is not None and not options.checkpoints.exists():
        raise CommandFailed(f"{options.checkpoints}: there is no such file", MISSING)
    points = checkpoints_in(options.checkpoints or checkpoints_file(settings))
    key = signing_key_of(settings).public_key()
    async with installation(settings) as found:
        return await verify_trail(found.connection, points, key)


def run_checkpoint(options: argparse.Namespace) -> int:
    """Append a checkpoint of every chain."""
    settings = settings_of(options)

    async def take() -> int:
        async with installation(settings) as found:
            points = await take_checkpoints(
                found.connection, signing_key_of(settings), now=found.now
            )
        private_directory(checkpoints_file(settings).parent)
        append_checkpoints(checkpoints_file(settings), points)
        return len(points)

    count = asyncio.run(take())
    print(f"{count} chains signed in {checkpoints_file(settings)}")
    return 0


def run_replay(options: argparse.Namespace) -> int:
    """Print how many decisions come out as they were recorded, and name those that do not."""
    settings = settings_of(options)
    bundle = bundle_of(settings)

    async def again() -> ReplayReport:
        async with installation(settings) as found:
            return await replay_trail(found.connection, bundle)

    report = asyncio.run(again())
    for client, number in report.different:
        print(f"client {client}: entry {number}: decides differently today")
    print(
        f"{report.same} decisions come out the same, {len(report.different)} differ; "
        f"{report.without_input} without their input, {report.other_rules} under other rules"
    )
    return 1 if report.different else 0
