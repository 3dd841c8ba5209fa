"""How long a client's list takes from the file to leads that can be claimed. Prints JSON lines.

    python -m tests.benchmarks.importing [--rows 10000]

The list is the example list, with everything real lists have wrong; PostgreSQL is our own, with
durability.
"""

import argparse
import asyncio
import json
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from dialer import log
from dialer.clock import SystemClock
from dialer.database import campaigns
from dialer.database.importing import import_for_campaign, read_for_client, references_of
from dialer.database.pool import connected
from dialer.simulation import example_list
from leads.importing import ImportOptions
from leads.list_files import evidence_hashes, read_list_file
from leads.store.vault import Vault
from tests.benchmarks.database import own_database
from tests.builders import MONDAY_MORNING, a_setup_in


@contextmanager
def measured(what: str, rows: int) -> Iterator[dict[str, object]]:
    """Print how long the block took, with what it noted."""
    noted: dict[str, object] = {}
    began, began_cpu = time.monotonic(), time.process_time()
    yield noted
    seconds = time.monotonic() - began
    figures = {
        "benchmark": "importing",
        "what": what,
        "rows": rows,
        "seconds": round(seconds, 3),
        "cpu_seconds": round(time.process_time() - began_cpu, 3),
        "rows_per_second": round(rows / seconds),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        **noted,
    }
    print(json.dumps(figures), flush=True)


async def run(rows: int, home: Path) -> None:
    file = example_list.write(home / "list", count=rows, seed=7)
    vault = Vault.opened(home / "people.sqlite")
    async with own_database(home) as dsn, connected(dsn, vault=vault) as connection:
        setup = await a_setup_in(connection, purpose="sales.energy")
        campaign = await campaigns.create_campaign(connection, setup)
        content = read_list_file(file)
        with measured("read", rows) as noted:
            client = int(setup.client)
            result = await read_for_client(connection, content, ImportOptions(), client=client)
            noted["accepted"] = len(result.accepted)
        with measured("store", rows) as noted:
            imported = await import_for_campaign(
                connection,
                campaign,
                result,
                name="benchmark",
                file_name=file.name,
                content=content,
                evidence=evidence_hashes(file, references_of(result.accepted)),
                now=MONDAY_MORNING,
            )
            noted["leads"], noted["consents"] = len(imported.list.leads), imported.consents


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    options = parser.parse_args()
    log.configure(format="json", level="error", now=SystemClock().now)  # figures only
    with TemporaryDirectory(prefix="cw-") as home:
        asyncio.run(run(options.rows, Path(home)))


if __name__ == "__main__":
    main()
