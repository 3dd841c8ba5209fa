"""``dialer abandonment CAMPAIGN``: abandoned calls as each country's law counts them."""

import argparse
import asyncio
import json

from compliance.writing import plain
from dialer.commands.installation import add_settings_argument, installation, settings_of
from dialer.commands.rulebook import bundle_of, campaign_named
from dialer.reporting.abandonment import UnderLaw, under_all_laws


def add_arguments(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register ``abandonment``."""
    parser = subparsers.add_parser(
        "abandonment",
        help="abandoned calls as each country's law counts them",
        description="The same calls under every definition: window, denominator, seconds, clock.",
    )
    add_settings_argument(parser)
    parser.add_argument("campaign", help="name or id")
    parser.add_argument("--json", action="store_true", help="every field")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print one paragraph for each definition."""
    found = asyncio.run(_found(options))
    if options.json:
        print(json.dumps(plain(found), ensure_ascii=False, indent=2))
    else:
        print("\n".join(in_words(each) for each in found))
    return 0


def in_words(law: UnderLaw) -> str:
    """Return one definition with its figures as a person reads it in a terminal."""
    report = law.report
    return (
        f"{' '.join(law.profiles)}\n"
        f"  {report.abandoned:,} of {report.answered:,} {law.share_of} of {law.window}: "
        f"{report.rate:.2%}, limit {float(report.limit):.2%}: {law.verdict}\n"
        f"  abandoned: no agent within {law.clock}; the callee then hears {law.callee_hears}"
    )


async def _found(options: argparse.Namespace) -> tuple[UnderLaw, ...]:
    settings = settings_of(options)
    bundle = bundle_of(settings)
    async with installation(settings) as found:
        campaign = await campaign_named(found.connection, options.campaign)
        return await under_all_laws(found.connection, campaign, bundle=bundle, now=found.now)
