"""``dialer retention list|set``: how long what is kept, and what the last look removed.

list    every category with its period, the law or house rule behind it, and its last run
set     another period for a category; the next run goes by it

The dialer runs every category once a day by itself; a legal hold keeps a person's data.
"""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from compliance.retention import DAYS_MOST, Category, RetentionRule
from compliance.store.retention import LastRun, last_run_of_each, retention_rules, set_rule
from dialer.commands.failing import WRONG, CommandFailed
from dialer.commands.installation import (
    Installation,
    add_settings_argument,
    installation,
    settings_of,
)
from dialer.rights.retaining import JOBS

T = TypeVar("T")


def add_arguments(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register ``retention``."""
    parser = subparsers.add_parser("retention", help="how long what is kept")
    commands = parser.add_subparsers(dest="retention_command", required=True, metavar="COMMAND")
    known = commands.add_parser("list", help="periods, their sources, and what the last run did")
    known.set_defaults(run=run_list)
    change = commands.add_parser("set", help="another period; the next run goes by it")
    change.add_argument("category", type=Category, choices=list(Category))
    change.add_argument("--days", type=int, required=True)
    change.add_argument("--source", required=True, help="the law or house rule it follows")
    change.set_defaults(run=run_set)
    for command in (known, change):
        add_settings_argument(command)


def run_list(options: argparse.Namespace) -> int:
    """Print every category on one line."""

    async def lines(found: Installation) -> list[str]:
        rules = await retention_rules(found.connection)
        runs = await last_run_of_each(found.connection)
        return [_line(rules[category], runs.get(category)) for category in Category]

    print("\n".join(asyncio.run(_inside(options, lines))))
    return 0


def run_set(options: argparse.Namespace) -> int:
    """Change one period."""
    if not 1 <= options.days <= DAYS_MOST:
        raise CommandFailed(f"--days: from 1 to {DAYS_MOST}", WRONG)
    if not options.source.strip():
        raise CommandFailed("--source: name the law or the house rule", WRONG)
    rule = RetentionRule(category=options.category, days=options.days, source=options.source)

    async def change(found: Installation) -> None:
        await set_rule(found.connection, rule)

    asyncio.run(_inside(options, change))
    print(f"{rule.category}: {rule.days} days ({rule.source})")
    return 0


def _line(rule: RetentionRule, last: LastRun | None) -> str:
    said = f"{rule.category:<19}{rule.days:>5} days  {rule.source}"
    if rule.category not in JOBS:
        return f"{said}; nothing is removed by itself"
    if last is None:
        return f"{said}; has not run"
    held = f", {last.held} held" if last.held else ""
    return f"{said}; last run {last.at:%Y-%m-%d %H:%M} UTC: {last.removed} removed{held}"


async def _inside(options: argparse.Namespace, work: Callable[[Installation], Awaitable[T]]) -> T:
    async with installation(settings_of(options)) as found:
        return await work(found)
