"""The ``dialer`` command.

Rule: only the module of the subcommand that was asked for is imported, so that every command
starts at once; a command that cannot do its work ends with one sentence, never a traceback.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Final

from dialer import __version__
from dialer.commands.failing import WRONG, CommandFailed

#: Subcommand -> the module that registers it, and what it is for.
COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "demo": ("dialer.demo.cli", "a whole campaign over real SIP, with simulated people"),
    "run": ("dialer.commands.run", "dial one campaign from a file until its list is worked"),
    "check": ("dialer.commands.check", "see whether this machine can run the dialer"),
    "serve": ("dialer.commands.serve", "run the dialer until it is told to stop"),
    "user": ("dialer.commands.user", "add and disable accounts"),
    "calls": ("dialer.commands.calls", "list the calls, one line per attempt"),
    "why": ("dialer.commands.why", "may this number be called now, and what says so?"),
    "waterfall": ("dialer.commands.waterfall", "where a campaign's rows stay behind"),
    "abandonment": ("dialer.commands.abandonment", "abandoned calls by each country's law"),
    "lists": ("dialer.commands.lists", "attest lists, audit the sample"),
    "suppress": ("dialer.commands.suppress", "never call a number, or a file of numbers"),
    "keys": ("dialer.commands.keys", "the keys under which numbers are hashed"),
    "registers": ("dialer.commands.registers", "import registers of objections"),
    "profiles": ("dialer.commands.profiles", "country profiles and their approval"),
    "person": ("dialer.commands.person", "a person's data and requests: export, erase ..."),
    "retention": ("dialer.commands.retention", "how long what is kept"),
    "trail": ("dialer.commands.trail", "verify the record of decisions"),
    "evidence": ("dialer.commands.evidence", "pack what an authority asks for about one number"),
    "trunks": ("dialer.commands.trunks", "look at and check the trunk file"),
    "amd": ("dialer.commands.amd", "tell people from machines in sound files"),
    "gate": ("compliance.cli", "decide cases by the country profiles"),
    "simulate": ("dialer.simulation.floor.cli", "try pacing on simulated floors"),
    "staffing": ("dialer.commands.staffing", "how long a list lasts, and for how many agents"),
    "replay": ("dialer.simulation.floor.cli", "what this pacing would have given on a past shift"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = _parser(given[0] if given else "")
    if not given:
        parser.print_help(sys.stderr)
        return WRONG
    options = parser.parse_args(given)
    try:
        code: int = options.run(options)
    except CommandFailed as failed:
        print(f"dialer: {failed}", file=sys.stderr)
        return failed.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of our output has gone, such as `head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


def _parser(command: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dialer",
        description="An outbound lead-generation dialer.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="`dialer COMMAND --help` explains a command.",
    )
    parser.add_argument("--version", action="version", version=f"callwright {__version__}")
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")
    for name, (module, purpose) in COMMANDS.items():
        if name == command:
            import_module(module).add_arguments(subparsers)
        elif COMMANDS.get(command, ("",))[0] != module:
            subparsers.add_parser(name, help=purpose)
    return parser


if __name__ == "__main__":
    sys.exit(main())
