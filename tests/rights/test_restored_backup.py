"""A backup of the whole database, taken before an erasure and restored after it, with today's keys.

Everything is real: a cluster of this test's own with its log, the keys in their file, a copy of the
data directory as a backup of files makes it.
"""

import asyncio
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dialer.database.launcher import Cluster, ClusterOptions
from dialer.database.migrating import migrate
from dialer.database.pool import connected
from dialer.database.sealing import bind, open_vault
from dialer.rights.subject import erase_person
from leads.store.leads import load_leads
from leads.store.people import numbers_of_leads
from tests.builders import LONG_AGO, MONDAY_MORNING
from tests.opened import everything_in
from tests.rights.conftest import a_village_in
from tests.rights.scene import KEYS
from tests.rights.test_subject import TRACES, with_a_past

pytestmark = pytest.mark.real_time
OPTIONS = ClusterOptions(shared_buffers_mib=16, connections=10)


@pytest.fixture
def sockets() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="callwright-") as directory:
        yield Path(directory)


def copied(directory: Path, backup: Path) -> None:
    """As a backup of files does it: owners and times stay."""
    subprocess.run(["cp", "-a", directory, backup], check=True, timeout=60)


def readable_in(directory: Path) -> dict[str, str]:
    """Every file below *directory* in which a trace can be read, with the trace."""
    found = {}
    for file in directory.rglob("*"):
        if file.is_file():
            content = file.read_bytes().lower()
            found |= {
                str(file.relative_to(directory)): trace
                for trace in TRACES
                if trace.lower().encode() in content
            }
    return found


async def test_a_data_directory_copied_before_an_erasure_says_nothing_when_it_is_restored(
    tmp_path: Path, sockets: Path
):
    state, backup = tmp_path / "state", tmp_path / "backup"
    vault = open_vault(state)
    cluster = Cluster(state / "postgresql", sockets=sockets / "now", options=OPTIONS)
    async with cluster, connected(cluster.dsn(), vault=vault) as connection:
        await migrate(connection, now=LONG_AGO)
        await bind(connection)
        village = await a_village_in(connection, state)
        await with_a_past(village)
        before = await everything_in(connection)
    assert all(trace in before for trace in TRACES if trace != "123-456")
    assert "Maria Georgieva" in before
    # Not even before the erasure does a file of the database or its log show anything.
    about = {str(file.relative_to(state)) for file in files_about(state)}
    assert set(readable_in(state)) == about
    assert len(about) == 2
    await asyncio.to_thread(copied, state / "postgresql", backup)

    async with cluster, connected(cluster.dsn(), vault=vault) as connection:
        receipt = await erase_person(
            connection,
            village.ivan,
            client=None,
            keyring=KEYS,
            places=village.places,
            now=MONDAY_MORNING,
        )
        village = replace(village, connection=connection)
    assert {one["what"] for one in receipt["stays"]} == {
        *("suppression hashes", "consents without content", "decisions"),
        "calls without words and numbers",
    }
    assert not readable_in(tmp_path)

    restored = Cluster(backup, sockets=sockets / "then", options=OPTIONS)
    async with restored, connected(restored.dsn(), vault=vault) as connection:
        await bind(connection)
        after = await everything_in(connection)
        for trace in TRACES:
            assert trace not in after, trace
        assert "Maria Georgieva" in after
        leads = [lead.lead for lead in village.imported.list.leads]
        await load_leads(connection, leads)  # what cannot be opened stops nobody else's calls
        assert [n.number for n in (await numbers_of_leads(connection, leads))[leads[1]]] == [
            "+359888123457"
        ]
    assert not readable_in(tmp_path)
    vault.close()


def files_about(state: Path) -> list[Path]:
    """The files that are meant to speak about people: recordings and invitations."""
    return [
        file
        for place in ("recordings", "outbox")
        for file in (state / place).rglob("*")
        if file.is_file()
    ]
