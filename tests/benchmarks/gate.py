"""How many decisions the gate makes in a second, in one process. Prints one JSON line.

    python -m tests.benchmarks.gate [--decisions 10000]

Every decision is about another number, so that no cache of numbers helps.
"""

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path

from compliance.cases import merged, read
from compliance.decision import check
from compliance.loading import load

FILE = Path(__file__).parents[1] / "compliance" / "decisions.json"
SPARE = {"+48501": "+48501{:06}", "+33612": "+33612{:06}", "+359888": "+359888{:06}"}


def inputs(count: int):
    content = json.loads(FILE.read_bytes())
    cases = [case for case in content["cases"] if "op" not in case["input"]]
    asked = [read(merged(content["defaults"], c["input"]), name=c["id"]) for c in cases]
    for place in range(count):
        facts, now = asked[place % len(asked)]
        for prefix, form in SPARE.items():
            if facts.number.startswith(prefix):
                facts = replace(facts, number=form.format(place % 1_000_000))
        yield facts, now


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--decisions", type=int, default=10_000)
    count = parser.parse_args().decisions
    bundle = load()
    asked = list(inputs(count))
    began, began_cpu = time.monotonic(), time.process_time()
    allowed = sum(check(facts, bundle, now).verdict == "allow" for facts, now in asked)
    seconds = time.monotonic() - began
    figures = {
        "benchmark": "gate",
        "decisions": count,
        "allowed": allowed,
        "seconds": round(seconds, 3),
        "cpu_seconds": round(time.process_time() - began_cpu, 3),
        "decisions_per_second": round(count / seconds),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
