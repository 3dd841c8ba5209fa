"""The open benchmark of pacing: every rule in every cell, with intervals, as tables and curves.

    python -m tests.benchmarks.pacing --quick       about ten minutes: the cells named in docs
    python -m tests.benchmarks.pacing --full        everything, hours

One JSON line per cell and controller goes to standard output, the progress to standard error;
``--out`` receives ``results.jsonl``, ``results.md`` and curves as SVG. A controller whose mean
abandon rate is above the limit is shown and never ranked.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from dialer.simulation.floor import controllers
from dialer.simulation.floor.cli import run_one
from dialer.simulation.floor.measures import Figures, mean_ci95
from dialer.simulation.floor.world import load, named, shipped_worlds
from tests.benchmarks.pacing_curves import curves

#: What counts as within the limit: means of abandon rates are noisy in the last place.
TOLERANCE = 0.0005
QUICK_WORLDS = (
    "stationary_5_25",
    "stationary_5_40",
    "stationary_20_25",
    "stationary_20_40",
    "short2h_5",
)
QUICK_CONTROLLERS = ("progressive", "lookahead", "mean_match", "vicidial_hard_limit")
#: Worlds that are no cells of the benchmark.
NO_CELLS = ("demo", "demo_one_pool", "surprise")
#: Needs signals, of which no cell has any (docs/pacing.md, "Desk signals").
NO_RULES = ("lookahead_signals",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One controller in one world, over its seeds."""

    world: str
    agents: int
    limit: float
    controller: str
    shifts: tuple[Figures, ...]
    seconds: float  #: of one core, per shift

    @property
    def utilisation(self) -> tuple[float, float]:
        return mean_ci95([figures.utilisation for figures in self.shifts])

    @property
    def abandon_rate(self) -> tuple[float, float]:
        return mean_ci95([figures.abandon_rate for figures in self.shifts])

    @property
    def compliant(self) -> bool:
        return self.abandon_rate[0] <= self.limit + TOLERANCE

    def as_json(self) -> dict[str, object]:
        rates = [figures.abandon_rate for figures in self.shifts]
        worst = [figures.worst_running_abandon_rate for figures in self.shifts]
        return {
            "world": self.world,
            "controller": self.controller,
            "seeds": len(self.shifts),
            "utilisation": self.utilisation[0],
            "utilisation_ci95": self.utilisation[1],
            "talk_share": mean_ci95([figures.talk_share for figures in self.shifts])[0],
            "abandon_rate": self.abandon_rate[0],
            "abandon_rate_max": round(max(rates), 6),
            "seeds_above_limit": sum(rate > self.limit for rate in rates),
            "worst_running_abandon_rate": mean_ci95(worst)[0],
            "wait_mean_s": mean_ci95([figures.wait_mean for figures in self.shifts])[0],
            "compliant": self.compliant,
            "cpu_seconds_per_shift": round(self.seconds, 2),
        }


def main() -> int:
    """Run the benchmark asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--full", action="store_true", help="the default")
    parser.add_argument("--seeds", type=int, help="10 quick, 20 full")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--worlds", nargs="*")
    parser.add_argument("--controllers", nargs="*")
    parser.add_argument("--out", type=Path, default=Path("benchmark-pacing"))
    args = parser.parse_args()
    quick = args.quick and not args.full
    worlds = args.worlds or (
        QUICK_WORLDS if quick else [name for name in shipped_worlds() if name not in NO_CELLS]
    )
    rules = args.controllers or (
        QUICK_CONTROLLERS
        if quick
        else [name for name in controllers.names() if name not in NO_RULES]
    )
    seeds = range(args.seeds or (10 if quick else 20))
    args.out.mkdir(parents=True, exist_ok=True)
    cells: list[Cell] = []
    with (args.out / "results.jsonl").open("w") as file:
        for cell in run(worlds, rules, seeds, args.workers):
            line = json.dumps(cell.as_json())
            print(line, flush=True)
            file.write(line + "\n")
            cells.append(cell)
    (args.out / "results.md").write_text(table(cells))
    for name, picture in curves([cell.as_json() | {"agents": cell.agents} for cell in cells]):
        (args.out / name).write_text(picture)
    print(f"tables and curves are in {args.out}", file=sys.stderr)
    return 0


def run(worlds: object, rules: object, seeds: range, workers: int) -> Iterator[Cell]:
    """Yield every cell as it is done."""
    assert isinstance(worlds, list | tuple) and isinstance(rules, list | tuple)
    with ProcessPoolExecutor(workers) as pool:
        for name in worlds:
            world = load(named(name))
            for rule in rules:
                done = list(pool.map(_timed, [(name, rule, seed) for seed in seeds]))
                print(f"{name} {rule}", file=sys.stderr)
                yield Cell(
                    world=name,
                    agents=world.headcount,
                    limit=max(campaign.abandon_rate_limit for campaign in world.campaigns),
                    controller=rule,
                    shifts=tuple(figures for figures, _ in done),
                    seconds=sum(seconds for _, seconds in done) / len(done),
                )


def _timed(job: tuple[str, str, int]) -> tuple[Figures, float]:
    began = time.process_time()
    return run_one(job), time.process_time() - began


def table(cells: list[Cell]) -> str:
    """Return a Markdown table: worlds down, controllers across, the best compliant one bold."""
    rules = list(dict.fromkeys(cell.controller for cell in cells))
    by_place = {(cell.world, cell.controller): cell for cell in cells}
    lines = [
        "Utilisation in %, abandon rate in % in brackets; ✗ = above the limit, not ranked.",
        "",
        "| world | " + " | ".join(rules) + " |",
        "|---" * (len(rules) + 1) + "|",
    ]
    for world in dict.fromkeys(cell.world for cell in cells):
        row = [by_place[world, rule] for rule in rules if (world, rule) in by_place]
        best = max((c.utilisation[0] for c in row if c.compliant), default=0.0)
        shown = []
        for cell in row:
            use, interval = cell.utilisation
            text = f"{100 * use:.1f} ± {100 * interval:.1f} ({100 * cell.abandon_rate[0]:.2f})"
            if not cell.compliant:
                text = f"✗ {text}"
            elif use == best:
                text = f"**{text}**"
            shown.append(text)
        lines.append(f"| {world} | " + " | ".join(shown) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
