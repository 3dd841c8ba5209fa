"""``dialer evidence NUMBER``: what an authority asks for about a number, with a receipt."""

import argparse
import asyncio
import json
import os
from pathlib import Path

from dialer.commands.failing import WRONG, CommandFailed
from dialer.commands.installation import add_settings_argument, installation, settings_of
from dialer.commands.rulebook import (
    bundle_of,
    checkpoints_file,
    checkpoints_in,
    instant,
    keyring_of,
    number_of,
    signing_key_of,
)
from dialer.rights import evidence
from leads.phone import redact


def add_arguments(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register ``evidence``."""
    parser = subparsers.add_parser(
        "evidence",
        help="pack what an authority asks for about one number",
        description="Decisions with the rules they were made by, consents, suppressions, calls and "
        "recordings' hashes of a period; with a signed receipt.",
    )
    add_settings_argument(parser)
    parser.add_argument("number", help="E.164, such as +442079460123")
    parser.add_argument("--country", metavar="CC", help="of a number in local format")
    parser.add_argument("--from", dest="since", type=instant, required=True, metavar="WHEN")
    parser.add_argument("--until", type=instant, required=True, metavar="WHEN", help="not included")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write pack and receipt."""
    if options.since >= options.until:
        raise CommandFailed("--from is not before --until", WRONG)
    count, receipt = asyncio.run(_written(options))
    print(f"{count} decisions in {options.out}; receipt in {receipt}")
    return 0


async def _written(options: argparse.Namespace) -> tuple[int, Path]:
    settings = settings_of(options)
    number, bundle = number_of(options.number, options.country), bundle_of(settings)
    async with installation(settings) as found:
        pack = await evidence.pack(
            found.connection,
            number,
            since=options.since,
            until=options.until,
            bundle=bundle,
            checkpoints=checkpoints_in(checkpoints_file(settings)),
            keyring=keyring_of(settings),
            now=found.now,
        )
        content = evidence.written(pack)
        signed = evidence.receipt(
            options.out.name,
            content,
            signing_key_of(settings),
            number=redact(number),
            now=found.now,
        )
    receipt = options.out.with_suffix(".receipt.json")
    write_new(options.out, content)
    write_new(receipt, (json.dumps(signed, indent=2) + "\n").encode())
    decisions = pack["decisions"]
    return len(decisions) if isinstance(decisions, list) else 0, receipt


def write_new(path: Path, content: bytes) -> None:
    """Write a file that only we can read and that is not there yet.

    Raises:
        CommandFailed: It is there, or cannot be written.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise CommandFailed(f"{path}: {reason}; give another name", WRONG) from None
    with os.fdopen(handle, "wb") as file:
        file.write(content)
