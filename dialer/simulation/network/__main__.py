"""``python -m dialer.simulation.network``: the simulated telephone network as a process.

It ends with code 0 on SIGTERM or SIGINT, when the process that started it is gone, and after
``--max-seconds``; with 2 and a sentence on standard error when it cannot start.
"""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

from dialer.simulation.network.behaviour import InvalidMix, Mix
from dialer.simulation.network.exchange import Exchange
from dialer.simulation.network.journal import Journal
from dialer.simulation.network.loopback import Address, loopback_address
from dialer.simulation.network.mix_file import read_mix, rule_from
from dialer.simulation.network.repertoire import Repertoire
from dialer.simulation.network.wall_clock import WallClock
from dialer.simulation.voices import VoiceUnavailable

_PARENT_CHECK_SECONDS = 0.5


def main(arguments: list[str] | None = None) -> int:
    """Run the network until it is told to stop; return the exit code."""
    options = _parser().parse_args(arguments)
    parent = os.getppid()
    try:
        asyncio.run(_run(options, parent))
    except (InvalidMix, VoiceUnavailable, ValueError) as wrong:
        return _fail(str(wrong))
    except OSError as wrong:
        about = f" ({wrong.filename})" if wrong.filename else ""
        return _fail(f"{wrong.strerror or wrong}{about}")
    return 0


def _fail(sentence: str) -> int:
    print(f"simulated network: {sentence}", file=sys.stderr)
    return 2


async def _run(options: argparse.Namespace, parent: int) -> None:
    exchange, journal = _exchange(options)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        await exchange.listen(options.listen)
        if options.ready_file is not None:
            _announce(options.ready_file, exchange.address)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(options.max_seconds):
                await _wait_until_stopped(stop, parent)
    finally:
        exchange.close()
        journal.close()


def _exchange(options: argparse.Namespace) -> tuple[Exchange, Journal]:
    mix = Mix() if options.mix is None else read_mix(options.mix)
    mix = replace(mix, rules=(*(rule_from(text) for text in options.fate), *mix.rules))
    repertoire = Repertoire(espeak=None if options.synthetic_voices else "espeak-ng")
    journal = Journal(options.log, WallClock(offset_seconds=options.clock_offset))
    exchange = Exchange(
        mix=mix,
        seed=options.seed,
        repertoire=repertoire,
        journal=journal,
        fast_forward=options.fast_forward,
    )
    return exchange, journal


async def _wait_until_stopped(stop: asyncio.Event, parent: int) -> None:
    """Return when told to stop, or when the process that started this one is gone."""
    while not stop.is_set() and os.getppid() == parent:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _PARENT_CHECK_SECONDS)


def _announce(file: Path, address: Address) -> None:
    """Write the ready file, whole or not at all."""
    part = file.with_name(f"{file.name}.part")
    content = {"host": address.host, "port": address.port, "pid": os.getpid()}
    part.write_text(json.dumps(content) + "\n", encoding="utf-8")
    part.replace(file)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m dialer.simulation.network",
        description="A simulated telephone network: real SIP and RTP, on loopback only.",
    )
    add = parser.add_argument
    add(
        "--listen",
        type=_address,
        default="127.0.0.1:0",
        metavar="HOST:PORT",
        help="loopback address for SIP; port 0 takes a free one (default %(default)s)",
    )
    add("--log", type=Path, required=True, metavar="FILE", help="one JSON line for each call")
    add("--ready-file", type=Path, metavar="FILE", help="JSON with host and port, once listening")
    add("--seed", type=int, default=0, help="the same seed, the same network (default %(default)s)")
    add(
        "--fast-forward",
        type=_factor,
        default=1.0,
        metavar="X",
        help="talk is X times shorter, 1 or more; all else stays real (default %(default)s)",
    )
    add(
        "--clock-offset",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="added to the real clock in the log (default %(default)s)",
    )
    _add_behaviour(parser)
    return parser


def _add_behaviour(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--mix", type=Path, metavar="FILE", help="how often what happens, as TOML")
    add(
        "--fate",
        action="append",
        default=[],
        metavar="SUFFIX=FATE",
        help="numbers that end so have this fate; * is every number; the first that fits wins",
    )
    add(
        "--max-seconds",
        type=float,
        default=4 * 3600.0,
        metavar="SECONDS",
        help="stop after so long whatever happens (default %(default)s)",
    )
    add("--synthetic-voices", action="store_true", help="do not use espeak-ng")


def _address(text: str) -> Address:
    host, colon, port = text.rpartition(":")
    try:
        if not colon or not port.isdigit():
            raise ValueError(f"{text!r} is no HOST:PORT such as 127.0.0.1:5060")
        return loopback_address(host, int(port))
    except ValueError as wrong:
        raise argparse.ArgumentTypeError(str(wrong)) from wrong


def _factor(text: str) -> float:
    try:
        factor = float(text)
    except ValueError:
        factor = 0.0
    if not 1 <= factor <= 1000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a factor in 1..1000")
    return factor


if __name__ == "__main__":
    sys.exit(main())
