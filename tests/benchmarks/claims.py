"""How many leads a second the ledger claims, opens and closes. Prints JSON lines.

    python -m tests.benchmarks.claims [--leads 2000] [--beside 4]

Every gate is asked in the claim and again in the opening, every decision goes into the trail, and
every commit is durable: this is what the engine really does, without the telephone.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import TypeVar

from compliance.decision import Permit
from dialer.database.ledger import PostgresLedger
from dialer.database.pool import open_pool
from dialer.dialing import REFILL
from dialer.ports import Candidate, Closing, Opening
from leads.lead import AttemptId
from leads.store.vault import Vault
from tests.benchmarks.database import own_database
from tests.contracts.grounds import BOTH, NOW, PostgresGround, an_opening

T = TypeVar("T")
R = TypeVar("R")


def say(what: str, count: int, seconds: float, each: Sequence[float], **noted: object) -> None:
    cut = quantiles(each, n=100, method="inclusive") if len(each) > 1 else [*each] * 99
    figures = {
        "benchmark": "claims",
        "what": what,
        "count": count,
        "seconds": round(seconds, 3),
        "per_second": round(count / seconds, 1),
        "p50_ms": round(1000 * cut[49], 2),
        "p99_ms": round(1000 * cut[98], 2),
        **noted,
    }
    print(json.dumps(figures), flush=True)


async def timed(
    items: Sequence[T], beside: int, do: Callable[[T], Awaitable[R]]
) -> tuple[list[R], float, list[float]]:
    """Do something with every item, *beside* at a time; return results, seconds, each time."""
    waiting, results, each = list(reversed(items)), [], []

    async def work() -> None:
        while waiting:
            item, began = waiting.pop(), time.monotonic()
            results.append(await do(item))
            each.append(time.monotonic() - began)

    began = time.monotonic()
    async with asyncio.TaskGroup() as tasks:
        for _ in range(beside):
            tasks.create_task(work())
    return results, time.monotonic() - began, each


async def claim_all(ledger: PostgresLedger, ground: PostgresGround) -> list[Candidate]:
    found: list[Candidate] = []
    each: list[float] = []
    began = time.monotonic()
    while True:
        at = time.monotonic()
        claim = await ledger.claim(ground.campaign, count=REFILL, languages=BOTH, now=NOW)
        if not claim.looked_at:
            break
        each.append(time.monotonic() - at)
        found += claim.candidates
    say("claimed", len(found), time.monotonic() - began, each, batch=REFILL)
    return found


async def run(leads: int, beside: int, home: Path) -> None:
    async with own_database(home) as dsn:
        vault = Vault.opened(home / "people.sqlite")
        pool = await open_pool(dsn, vault=vault, application="benchmark", connections=beside + 2)
        ground = await PostgresGround.furnished(pool)
        rows = [(f"+35988{number:07}", "bg") for number in range(2_000_000, 2_000_000 + leads)]
        await ground.import_rows(ground.campaign, rows)
        ledger = ground.ledger()
        await ledger.take_over()
        candidates = await claim_all(ledger, ground)
        openings = [an_opening(candidate) for candidate in candidates]
        calls: dict[str, Opening] = {}

        async def open_one(opening: Opening) -> Permit:
            permit = await ledger.open_attempt(opening, now=NOW)
            assert isinstance(permit, Permit)
            calls[permit.attempt] = opening
            return permit

        async def close_one(permit: Permit) -> object:
            opening = calls[permit.attempt]
            attempt = AttemptId(int(permit.attempt))
            closing = Closing(call=opening.call, attempt=attempt, outcome="no_answer")
            return await ledger.close_attempt(closing, (), now=NOW)

        permits, seconds, each = await timed(openings, beside, open_one)
        say("opened", len(permits), seconds, each, beside=beside)
        closed, seconds, each = await timed(permits, beside, close_one)
        say("closed", len(closed), seconds, each, beside=beside)
        await pool.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leads", type=int, default=2_000)
    parser.add_argument("--beside", type=int, default=4, help="at the same time")
    options = parser.parse_args()
    with TemporaryDirectory(prefix="cw-") as home:
        asyncio.run(run(options.leads, options.beside, Path(home)))


if __name__ == "__main__":
    main()
