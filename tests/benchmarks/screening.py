"""How well people are told from machines, on the project's own corpus, beside a baseline.

    python -m tests.benchmarks.screening [--count 300] [--seed 1] [--part dev|held_out|both]

For each part of the corpus: how many people were called machines (fax and special information
tones are counted with them, for they too end the call), how many machines were caught, each with
its 95 % interval (Wilson), and how long after the first word it was known. ``app_amd`` is
Asterisk's rule with its default settings, from its description. Then the CPU time a second of
sound costs, and one JSON line with all of it.
"""

import argparse
import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from math import sqrt
from statistics import quantiles

from dialer.screening.corpus.making import Item, Part, beside, items
from dialer.screening.listening import judgement_of
from dialer.screening.verdict import Mode
from tests.benchmarks.app_amd import AppAmd

NOBODY = {"machine", "fax", "sit"}
Judge = Callable[[Item], tuple[str, float]]


def wilson(found: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share.

    >>> [round(x, 4) for x in wilson(0, 500)]
    [0.0, 0.0076]
    """
    if of == 0:
        return 0.0, 1.0
    z, share = 1.96, found / of
    middle = share + z * z / (2 * of)
    spread = z * sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return max(0.0, (middle - spread) / (1 + z * z / of)), (middle + spread) / (1 + z * z / of)


def ours(mode: Mode) -> Judge:
    def judge(item: Item) -> tuple[str, float]:
        judgement = judgement_of(item.sound, mode)
        return judgement.verdict.value, judgement.at_s

    return judge


def baseline(item: Item) -> tuple[str, float]:
    said, _, at_s = AppAmd()(item.sound)
    return {"MACHINE": "machine", "HUMAN": "human", "NOTSURE": "unsure"}[said], at_s


JUDGES: dict[str, Judge] = {
    "full": ours(Mode.FULL),
    "fast": ours(Mode.FAST),
    "app_amd": baseline,
}


def measured(corpus: list[Item], judge: Judge) -> dict[str, object]:
    table: dict[str, Counter[str]] = defaultdict(Counter)
    delays: dict[str, list[float]] = defaultdict(list)
    for item in corpus:
        verdict, at_s = judge(item)
        table[item.label][verdict] += 1
        if item.speech_starts_s is not None and verdict == item.label:
            delays[item.label].append(at_s - item.speech_starts_s)
    people, machines = table["human"], table["machine"]
    wrong, caught = sum(people[v] for v in NOBODY), machines["machine"]
    return {
        "people": people.total(),
        "people_called_machines": wrong,
        "people_interval": wilson(wrong, people.total()),
        "machines": machines.total(),
        "machines_caught": caught,
        "machines_interval": wilson(caught, machines.total()),
        "seconds_after_first_word": {
            label: [round(value, 2) for value in (sorted(d)[len(d) // 2], quantiles(d, n=20)[-1])]
            for label, d in sorted(delays.items())
            if len(d) > 1
        },
        "table": {label: dict(found) for label, found in sorted(table.items())},
    }


def percent(interval: tuple[float, float]) -> str:
    return f"{interval[0] * 100:4.1f} .. {interval[1] * 100:4.1f} %"


def show(part: Part, judge: str, figures: dict) -> None:
    people, machines = figures["people"], figures["machines"]
    wrong, caught = figures["people_called_machines"], figures["machines_caught"]
    print(
        f"{part.value:9} {judge:8}"
        f" people called machines {wrong:3} of {people} = {wrong / people * 100:5.1f} %"
        f" ({percent(figures['people_interval'])})"
        f"  machines caught {caught:3} of {machines} = {caught / machines * 100:5.1f} %"
        f" ({percent(figures['machines_interval'])})"
    )
    for label, (median, slow) in figures["seconds_after_first_word"].items():
        print(f"{'':18} {label} known {median:.2f} s after the first word (p95 {slow:.2f} s)")


def show_people_beside_others(seed: int, count: int) -> None:
    """People who are not alone where their telephone stands."""
    for background in ("television", "others"):
        for below_db in (15.0, 10.0, 5.0):
            people = [
                beside(Part.HELD_OUT, seed, n, background=background, below_db=below_db)
                for n in range(count)
            ]
            wrong = sum(ours(Mode.FULL)(person)[0] in NOBODY for person in people)
            fast = sum(ours(Mode.FAST)(person)[0] in NOBODY for person in people)
            asterisk = sum(baseline(person)[0] in NOBODY for person in people)
            print(
                f"held_out  {background} {below_db:2.0f} dB weaker: of {count} people called"
                f" machines: full {wrong}, fast {fast}, app_amd {asterisk}"
            )


def cost(corpus: list[Item]) -> float:
    """Milliseconds of CPU for a second of sound, looking twenty times a second."""
    began, seconds = time.process_time(), 0.0
    for item in corpus[:60]:
        seconds += judgement_of(item.sound, Mode.FULL).at_s
    return (time.process_time() - began) * 1000 / seconds


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=300, help="items of each part (300)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--part", choices=[*(p.value for p in Part), "both"], default="both")
    parser.add_argument("--beside", type=int, default=0, help="so many people who are not alone")
    parser.add_argument("--kinds", action="store_true", help="show what was called what")
    options = parser.parse_args()
    if options.beside:
        show_people_beside_others(options.seed, options.beside)
    parts = list(Part) if options.part == "both" else [Part(options.part)]
    result: dict[str, object] = {"benchmark": "screening", "seed": options.seed}
    corpus: list[Item] = []
    for part in parts:
        corpus = list(items(part, options.seed, options.count))
        for name, judge in JUDGES.items():
            figures = measured(corpus, judge)
            result[f"{part.value}.{name}"] = figures
            show(part, name, figures)
            if options.kinds:
                print(json.dumps(figures["table"], indent=2))
    result["cpu_ms_per_second_of_sound"] = round(cost(corpus), 2)
    print(f"{result['cpu_ms_per_second_of_sound']} ms of CPU for a second of sound")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
