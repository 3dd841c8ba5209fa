"""``python -m dialer.app``: the core, as the supervisor starts it.

Exit codes: 0 stopped as asked; 2 unusable settings; 3 something needed is missing; 1 a fault.
"""

import argparse
import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import structlog

from dialer import log
from dialer.app.running import CannotRun, Core
from dialer.clock import SystemClock
from dialer.places import UnusableDirectory
from dialer.settings import UnusableSettings, load


def main(arguments: list[str] | None = None) -> int:
    """Run the core until a signal stops it; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m dialer.app", description=__doc__)
    parser.add_argument("--settings", type=Path, metavar="FILE", help="a TOML file of settings")
    parser.add_argument("--ready-file", type=Path, metavar="FILE", help="made when all is ready")
    options = parser.parse_args(arguments)
    try:
        settings = load(options.settings)
        clock = SystemClock(settings.clock_offset)
        log.configure(format=settings.log_format, level=settings.log_level, now=clock.now)
        asyncio.run(Core(settings).run(options.ready_file))
    except UnusableSettings as unusable:
        return _fail("\n".join(unusable.problems), 2)
    except (CannotRun, UnusableDirectory) as missing:
        return _fail(str(missing), 3)
    except Exception as fault:  # what a driver says may hold personal data: it is not printed
        for single in _leaves(fault):
            structlog.get_logger().error("task_failed", task="core", exc_info=single)
        return 1
    return 0


def _leaves(fault: BaseException) -> Iterator[BaseException]:
    """Yield what really went wrong, out of the groups it comes in."""
    if isinstance(fault, BaseExceptionGroup):
        for inner in fault.exceptions:
            yield from _leaves(inner)
    else:
        yield fault


def _fail(sentence: str, code: int) -> int:
    print(f"dialer: {sentence}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
