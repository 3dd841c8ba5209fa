"""``dialer suppress NUMBER|FILE``: whom never to call; also a client's or earlier dialer's list."""

import argparse
import asyncio
from datetime import datetime
from pathlib import Path

from compliance.store.suppressions import lift_suppression
from compliance.suppression import Reach, Why
from dialer.commands.failing import WRONG, CommandFailed
from dialer.commands.installation import add_settings_argument, installation, settings_of
from dialer.commands.rulebook import client_named, instant, keyring_of
from dialer.rights.asking import suppress
from leads.phone import InvalidPhoneNumber, PhoneNumber, asked_about


def add_arguments(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register ``suppress``."""
    parser = subparsers.add_parser(
        "suppress",
        help="never call a number, or a file of numbers",
        description="Calls that ring at this moment are ended. Numbers are kept as keyed hashes.",
    )
    add_settings_argument(parser)
    parser.add_argument("what", metavar="NUMBER|FILE", help="one number, or a file: one a line")
    parser.add_argument("--country", metavar="CC", help="of numbers in local format")
    parser.add_argument("--client", metavar="NAME", help="for this client's calls; default: all")
    parser.add_argument(
        "--reason", type=Why, choices=list(Why), help="default: objection; of a file client_list"
    )
    parser.add_argument("--reach", type=Reach, choices=list(Reach), default=Reach.PERSON)
    parser.add_argument("--until", type=instant, metavar="WHEN", help="default: for good")
    parser.add_argument("--lift", metavar="WHY", help="end the suppression instead, and say why")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Suppress, and say what was done."""
    file = Path(options.what)
    if file.is_file():
        numbers = numbers_in(file, options.country)
        reason = options.reason or Why.CLIENT_LIST
    else:
        numbers = [_number(options.what, options.country)]
        reason = options.reason or Why.OBJECTION
    if reason is Why.OBJECTION and options.until is not None:
        raise CommandFailed("an objection has no end; leave --until out", WRONG)
    if options.lift is not None:
        print(f"{asyncio.run(_lifted(options, numbers))} suppressions lifted")
        return 0
    count = asyncio.run(_suppressed(options, numbers, reason, options.until))
    print(f"{count} numbers are not called any more")
    return 0


def numbers_in(file: Path, country: str | None) -> list[PhoneNumber]:
    """Return the numbers of a file: the first cell of each line; a first line of words is a header.

    Raises:
        CommandFailed: A line holds no number. Nothing of a file is used unless all of it can be.
    """
    try:
        lines = file.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        raise CommandFailed(f"{file}: is no readable UTF-8 text", WRONG) from None
    numbers = []
    for place, line in enumerate(lines, start=1):
        cell = line.replace(";", ",").replace("\t", ",").split(",")[0].strip().strip('"')
        if not cell or (place == 1 and not any(sign.isdigit() for sign in cell)):
            continue
        try:
            numbers.append(asked_about(cell, country))
        except InvalidPhoneNumber as error:
            raise CommandFailed(f"{file}: line {place}: {error.sentence}", WRONG) from None
    if not numbers:
        raise CommandFailed(f"{file}: there are no numbers in it", WRONG)
    return numbers


def _number(text: str, country: str | None) -> PhoneNumber:
    try:
        return asked_about(text, country)
    except InvalidPhoneNumber as error:
        sentence = f"{error}; if it should be a file: there is none of that name"
        raise CommandFailed(sentence, WRONG) from None


async def _suppressed(
    options: argparse.Namespace, numbers: list[PhoneNumber], why: Why, until: datetime | None
) -> int:
    settings = settings_of(options)
    async with installation(settings) as found:
        count, _ = await suppress(
            found.connection,
            numbers,
            client=await client_named(found.connection, options.client),
            reach=options.reach,
            why=why,
            keyring=keyring_of(settings),
            now=found.now,
            until=until,
        )
    return count


async def _lifted(options: argparse.Namespace, numbers: list[PhoneNumber]) -> int:
    settings = settings_of(options)
    async with installation(settings) as found, found.connection.transaction():
        client = await client_named(found.connection, options.client)
        return sum(
            [
                await lift_suppression(
                    found.connection,
                    number,
                    client_id=client,
                    because=options.lift,
                    keyring=keyring_of(settings),
                    now=found.now,
                )
                for number in numbers
            ]
        )
