"""``dialer demo``: a list of 5,000 rows from file to booked meetings, over real SIP, on loopback.

Exit codes: 0 worked and the logs agree; 1 they differ, or something failed; 2 wrong arguments;
3 the SIP stack holds too few calls, or PostgreSQL is missing; 130 stopped by Ctrl-C.
"""

import argparse
import asyncio
import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Final

from dialer.clock import SystemClock
from dialer.commands.failing import MISSING, WRONG, CommandFailed
from dialer.database.pool import DatabaseUnavailable
from dialer.demo.http_api import Refused, Unreachable
from dialer.demo.installing import NotEmpty
from dialer.demo.layout import Layout, NotOurs, default_out
from dialer.demo.options import Options
from dialer.demo.results import Results, summary, write_results
from dialer.demo.running import Demo, DemoFailed, Ran
from dialer.demo.telling import Teller
from dialer.demo.watching import NoFloor
from dialer.places import UnusableDirectory
from dialer.settings import UnusableSettings
from dialer.simulation.example_list import write as write_example_list
from dialer.supervisor import AlreadyRunning
from dialer.telephony.stack import installed_stack, require_capacity
from leads.importing import UnreadableList

EXAMPLE_ROWS: Final = 5000
EXAMPLE_LIST: Final = Path(__file__).parents[2] / "examples" / "leads.csv"
EXAMPLE_SEED: Final = 7
STOPPED: Final = 130


def add_arguments(
    subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> None:
    """Register ``demo``."""
    parser = subparsers.add_parser(
        "demo",
        help="a whole campaign over real SIP, with simulated people",
        description="A whole call centre on this machine: a list is imported, every record asked "
        "for permission, called over real SIP, and talked to by simulated agents, up to booked "
        "meetings. Nothing leaves the machine.",
    )
    add = parser.add_argument
    add("--rows", type=_count(1, 200_000), default=EXAMPLE_ROWS, help="of the list")
    add("--agents", type=_count(1, 60), default=20)
    add("--seed", type=int, default=EXAMPLE_SEED, help="the same seed, the same people")
    add(
        "--fast-forward",
        type=_factor,
        default=20.0,
        metavar="X",
        help="talk, wrap-up and breaks are X times shorter (default %(default)s)",
    )
    add("--out", type=Path, metavar="DIR", help="default: demo/DATE-TIME")
    add("--json", action="store_true", help="print the report as JSON on standard output")
    add(
        "--time-limit",
        type=_count(1, 600),
        default=30,
        metavar="MINUTES",
        help="end then, whatever is left (default %(default)s)",
    )
    add("--keep", action="store_true", help="leave the installation, with its database, in place")
    parser.set_defaults(run=run)


def run(asked: argparse.Namespace) -> int:
    """Run the demo; return its exit code."""
    options = Options(
        rows=asked.rows,
        agents=asked.agents,
        seed=asked.seed,
        fast_forward=asked.fast_forward,
        time_limit=timedelta(minutes=asked.time_limit),
        as_json=asked.json,
        keep=asked.keep,
    )
    if (problem := require_capacity(installed_stack(), options.legs)) is not None:
        raise CommandFailed(problem, MISSING)
    layout = Layout(out=(asked.out or default_out(SystemClock().now())).absolute())
    with Teller(errors=options.as_json) as teller:
        try:
            layout.make()
            ran = asyncio.run(_run(options, layout, teller))
        except (asyncio.CancelledError, KeyboardInterrupt):
            teller.put_away()
            teller.say(f"Stopped. Everything has ended; the logs are in {layout.logs}")
            return STOPPED
        except NotOurs as problem_found:
            raise CommandFailed(str(problem_found), WRONG) from None
        except UnusableSettings as unusable:
            raise CommandFailed("\n".join(unusable.problems), WRONG) from None
        except _FAILURES as problem_found:
            raise CommandFailed(str(problem_found), _code(problem_found)) from None
        results = write_results(ran, layout)
        if not options.keep:
            layout.take_down()
        _tell(results, ran, layout, teller)
    if options.as_json:
        print(json.dumps(results.json, indent=2, ensure_ascii=False))
    return 1 if results.failures else 0


_FAILURES: Final = (
    AlreadyRunning,
    DatabaseUnavailable,
    DemoFailed,
    NoFloor,
    NotEmpty,
    Refused,
    UnreadableList,
    Unreachable,
    UnusableDirectory,
)


def _code(problem: Exception) -> int:
    match problem:
        case DemoFailed():
            return problem.exit_code
        case DatabaseUnavailable():
            return MISSING
        case NotEmpty() | UnreadableList() | UnusableDirectory():
            return WRONG
        case _:
            return 1


async def _run(options: Options, layout: Layout, teller: Teller) -> Ran:
    list_file = EXAMPLE_LIST
    if options.rows != EXAMPLE_ROWS or not list_file.exists():
        folder = layout.installation / "list"
        list_file = await asyncio.to_thread(
            write_example_list, folder, count=options.rows, seed=EXAMPLE_SEED
        )
    demo = Demo(options, layout, list_file=list_file, environ=os.environ, teller=teller)
    return await demo.run()


def _tell(results: Results, ran: Ran, layout: Layout, teller: Teller) -> None:
    teller.put_away()
    teller.say("")
    teller.say(ran.worked.sentence)
    for line in summary(results):
        teller.say(line)
    teller.say("")
    for failure in results.failures:
        teller.say(f"NOT WELL: {failure}")
    for file in (layout.report_html, layout.report_json, layout.calls, layout.network):
        teller.say(f"{file}")
    teller.say(f"{layout.invitations}  {layout.recordings}  {layout.rejected}  {layout.logs}")


def _count(least: int, most: int) -> "_Whole":
    return _Whole(least, most)


class _Whole:
    """Reads a whole number within bounds."""

    def __init__(self, least: int, most: int) -> None:
        self._least, self._most = least, most

    def __call__(self, text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = self._least - 1
        if not self._least <= number <= self._most:
            expected = f"a whole number in {self._least}..{self._most}"
            raise argparse.ArgumentTypeError(f"found {text!r}, expected {expected}")
        return number


def _factor(text: str) -> float:
    try:
        factor = float(text)
    except ValueError:
        factor = 0.0
    if not 1 <= factor <= 200:
        raise argparse.ArgumentTypeError(f"found {text!r}, expected a factor in 1..200")
    return factor
