"""The whole engine beside the simulator, in the same worlds, over several seeds.

    python -m tests.benchmarks.engine_in_worlds --minutes 60 --seeds 4

The engine needs about 12 s of a core for an hour of ten agents, the simulator half a second.
"""

import argparse
import logging
import time

import structlog

from dialer.simulation.floor.measures import Figures, mean_ci95
from dialer.simulation.floor.world import parse
from tests.system.world_floor import in_simulator, under_engine

WORLDS: dict[str, dict[str, object]] = {
    "10 agents, .25": {"agents": [{"count": 10}], "answer_rate": 0.25},
    "20 agents, .40": {"agents": [{"count": 20}], "answer_rate": 0.40},
    "two languages": {
        "answer_rate": 0.35,
        "languages": {"bg": 0.6, "pl": 0.4},
        "agents": [
            {"count": 5, "languages": ["bg"]},
            {"count": 4, "languages": ["pl"]},
            {"count": 3},
        ],
    },
}
FIGURES = ("utilisation", "talk_share", "abandon_rate", "wait_mean")


def main() -> None:
    """Print a row for every world and figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--worlds", nargs="*", choices=list(WORLDS), default=list(WORLDS))
    args = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    for name in args.worlds:
        values = {"seconds": 60.0 * args.minutes, "judged_from_live_answers": 200, **WORLDS[name]}
        world = parse(values, name)
        began = time.process_time()
        engine = [under_engine(world, seed) for seed in range(args.seeds)]
        spent = (time.process_time() - began) / args.seeds
        simulated = [in_simulator(world, seed) for seed in range(3 * args.seeds)]
        print(f"{name}: {args.seeds} shifts of the engine, {spent:.1f} s of a core each")
        for figure in FIGURES:
            print(f"  {figure:14} engine {_told(engine, figure)}  simulator "
                  f"{_told(simulated, figure)}", flush=True)  # fmt: skip


def _told(shifts: list[Figures], figure: str) -> str:
    mean, interval = mean_ci95([float(getattr(each, figure)) for each in shifts])
    return f"{mean:.4f} ± {interval:.4f}"


if __name__ == "__main__":
    main()
