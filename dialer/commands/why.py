"""``dialer why NUMBER``: may this number be called now, and what says so?"""

import argparse
import asyncio
import json

from compliance.why import WhyReport, in_words
from compliance.writing import plain
from dialer.commands.installation import add_settings_argument, installation, settings_of
from dialer.commands.rulebook import bundle_of, client_named, keyring_of, number_of
from dialer.database.explaining import why


def add_arguments(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register ``why``."""
    parser = subparsers.add_parser(
        "why",
        help="may this number be called now, and what says so?",
        description="Every gate's verdict with its evidence, consents, suppressions, attempts.",
    )
    add_settings_argument(parser)
    parser.add_argument("number", help="E.164, such as +442079460123")
    parser.add_argument("--country", metavar="CC", help="of a number in local format")
    parser.add_argument("--client", metavar="NAME", help="only for this client's calls")
    parser.add_argument("--json", action="store_true", help="every field")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the report."""
    report = asyncio.run(_report(options))
    if options.json:
        print(json.dumps(plain(report), ensure_ascii=False, indent=2))
    else:
        print(in_words(report), end="")
    return 0


async def _report(options: argparse.Namespace) -> WhyReport:
    settings = settings_of(options)
    number, bundle = number_of(options.number, options.country), bundle_of(settings)
    async with installation(settings) as found:
        return await why(
            found.connection,
            number,
            client=await client_named(found.connection, options.client),
            bundle=bundle,
            keyring=keyring_of(settings),
            now=found.now,
        )
