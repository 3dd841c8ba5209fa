"""``dialer simulate`` and ``dialer replay``.

    dialer simulate WORLD --controller lookahead --seeds 0:20 --json
    dialer simulate --list
    dialer replay LOG.csv --agents 12

Rule: everything printed to standard output is the answer; what went wrong is one sentence on
standard error and exit code 2.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

from dialer.simulation.floor import controllers, measures, replay
from dialer.simulation.floor.measures import Figures
from dialer.simulation.floor.reading import WorldError
from dialer.simulation.floor.shift import Shift
from dialer.simulation.floor.world import World, load, named, shipped_worlds

UNUSABLE = 2


def add_arguments(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register ``simulate`` and ``replay``."""
    simulate = subparsers.add_parser("simulate", help="run a pacing rule through a simulated shift")
    simulate.add_argument("world", nargs="?", help="a world file, or the name of a shipped world")
    simulate.add_argument("--controller", default="lookahead", help="see --list")
    simulate.add_argument("--seeds", default="0:1", help="A:B, B excluded, or one seed")
    simulate.add_argument("--json", action="store_true", help="a JSON line per seed, then the mean")
    simulate.add_argument("--workers", type=int, default=1, help="processes to run seeds in")
    simulate.add_argument("--list", action="store_true", help="name controllers and shipped worlds")
    simulate.set_defaults(run=run_simulate)
    replayed = subparsers.add_parser(
        "replay", help="what this pacing would have given on the shift of a call log"
    )
    replay.add_arguments(replayed)
    replayed.set_defaults(run=replay.run)


def run_simulate(args: argparse.Namespace) -> int:
    """Carry out ``dialer simulate``; return the exit code."""
    if args.list:
        return _list(as_json=args.json)
    try:
        if args.world is None:
            raise WorldError("no world given; expected a file, or a name from --list")
        world = load(named(args.world))
        controllers.make(args.controller, world)
        seeds = parse_seeds(args.seeds)
        if args.workers < 1:
            raise WorldError(f"--workers is {args.workers}; expected 1 or more")
    except WorldError as error:
        print(f"dialer simulate: {error}", file=sys.stderr)
        return UNUSABLE
    shifts: list[Figures] = []
    for figures in shifts_of(args.world, args.controller, seeds, workers=args.workers):
        shifts.append(figures)
        line = json.dumps(figures.as_json()) if args.json else _sentence(figures)
        print(line, flush=True)
    _print_summary(shifts, args.controller, world, as_json=args.json)
    return 0


def shifts_of(name: str, controller: str, seeds: range, *, workers: int = 1) -> Iterator[Figures]:
    """Yield the figures of every seed, in their order."""
    jobs = [(name, controller, seed) for seed in seeds]
    if workers == 1:
        yield from map(run_one, jobs)
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(run_one, jobs)


def run_one(job: tuple[str, str, int]) -> Figures:
    """Run one shift: the name of a world, of a controller, and the seed."""
    name, controller, seed = job
    world = load(named(name))
    return Shift(world, controllers.make(controller, world), seed).run()


def parse_seeds(text: str) -> range:
    """Return the seeds of ``A:B`` (B excluded) or of a single number.

    >>> list(parse_seeds("3:6"))
    [3, 4, 5]
    """
    first, colon, last = text.partition(":")
    if first.isdecimal() and (last.isdecimal() if colon else not last):
        seeds = range(int(first), int(last) if colon else int(first) + 1)
        if len(seeds):
            return seeds
    raise WorldError(f"--seeds is {text!r}; expected A:B with A < B, like 0:20, or one number")


def _list(*, as_json: bool) -> int:
    if as_json:
        print(json.dumps({"controllers": controllers.names(), "worlds": shipped_worlds()}))
        return 0
    print("controllers: " + ", ".join(controllers.names()))
    print("worlds:")
    for name in shipped_worlds():
        print(f"  {name:24} {load(named(name)).title}")
    return 0


def _sentence(figures: Figures) -> str:
    return (
        f"seed {figures.seed}: {figures.utilisation:.1%} of the time in use "
        f"({figures.talk_share:.1%} in talk), {figures.abandoned} of {figures.live_answers} live "
        f"answers abandoned ({figures.abandon_rate:.2%}), wait {figures.wait_mean:.0f} s"
    )


def _print_summary(shifts: list[Figures], controller: str, world: World, *, as_json: bool) -> None:
    summary = measures.summary(shifts)
    if as_json:
        print(json.dumps(summary))
        return
    use = measures.mean_ci95([figures.utilisation for figures in shifts])
    rate = measures.mean_ci95([figures.abandon_rate for figures in shifts])
    limit = max(campaign.abandon_rate_limit for campaign in world.campaigns)
    verdict = "" if rate[0] <= limit + 0.0005 else f"; not within the limit of {limit:.1%}"
    print(
        f"{controller} in {world.title}, {len(shifts)} seeds: in use {use[0]:.1%} ± {use[1]:.1%}, "
        f"abandoned {rate[0]:.2%} ± {rate[1]:.2%}{verdict}"
    )
