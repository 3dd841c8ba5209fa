"""``dialer calls``: one line per attempt, for people and for programs."""

import argparse
import asyncio
import json

from dialer.call_line import CallLine, line_of
from dialer.commands.failing import WRONG, CommandFailed
from dialer.commands.installation import add_settings_argument, installation, settings_of
from dialer.database import campaigns
from dialer.reporting.gathering import tries_of


def add_arguments(
    subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> None:
    """Register ``calls``."""
    parser = subparsers.add_parser("calls", help="list the calls, one line per attempt")
    add_settings_argument(parser)
    parser.add_argument("--campaign", metavar="NAME", help="only this campaign's")
    parser.add_argument("--json", action="store_true", help="JSON lines, every field")
    parser.add_argument("--reveal", action="store_true", help="whole telephone numbers")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the lines, oldest first."""
    lines = asyncio.run(_lines(options))
    for line in lines:
        print(json.dumps(line.as_dict()) if options.json else _in_words(line))
    return 0


async def _lines(options: argparse.Namespace) -> list[CallLine]:
    async with installation(settings_of(options)) as found:
        known = await campaigns.campaigns(found.connection)
        wanted = [each for each in known if options.campaign in (None, each.name)]
        if options.campaign is not None and not wanted:
            names = ", ".join(sorted(each.name for each in known)) or "none"
            raise CommandFailed(f"there is no campaign {options.campaign!r}; known: {names}", WRONG)
        tries = [tried for each in wanted for tried in await tries_of(found.connection, each.id)]
    tries.sort(key=lambda tried: (tried.facts.opened_at, tried.facts.attempt))
    return [line_of(tried.facts, reveal=options.reveal) for tried in tries]


def _in_words(line: CallLine) -> str:
    talk = f"{line.talk_s:6.1f} s" if line.talk_s else f"{'':8}"
    outcome = "abandoned" if line.abandoned else line.outcome or "under way"
    return (
        f"{line.opened_at}  {line.number:>16}  {outcome:18} {talk}  "
        f"{line.disposition or '':18} {line.recording or ''}"
    ).rstrip()
