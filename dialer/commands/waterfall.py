"""``dialer waterfall CAMPAIGN``: where a campaign's rows stay behind, and what would free most."""

import argparse
import asyncio
import json

from compliance.waterfall import Waterfall, in_words
from compliance.writing import plain
from dialer.commands.installation import add_settings_argument, installation, settings_of
from dialer.commands.rulebook import bundle_of, campaign_named, keyring_of
from dialer.database.explaining import waterfall


def add_arguments(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register ``waterfall``."""
    parser = subparsers.add_parser(
        "waterfall",
        help="where a campaign's rows stay behind, and what would free most",
        description="rows > leads > in play > valid > basis > not suppressed > registers > hours "
        "> caps > dialable now, and how many are dialable in each hour of the coming week.",
    )
    add_settings_argument(parser)
    parser.add_argument("campaign", help="name or id")
    parser.add_argument("--json", action="store_true", help="every field")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the waterfall."""
    found = asyncio.run(_waterfall(options))
    if options.json:
        print(json.dumps(plain(found), ensure_ascii=False, indent=2))
    else:
        print(in_words(found), end="")
    return 0


async def _waterfall(options: argparse.Namespace) -> Waterfall:
    settings = settings_of(options)
    bundle = bundle_of(settings)
    async with installation(settings) as found:
        return await waterfall(
            found.connection,
            await campaign_named(found.connection, options.campaign),
            bundle=bundle,
            keyring=keyring_of(settings),
            now=found.now,
        )
