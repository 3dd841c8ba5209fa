"""PostgreSQL under our own launcher: whatever is killed, the next start works."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from dialer.database.binaries import find_binaries
from dialer.database.launcher import Cluster, ClusterOptions
from dialer.database.pool import DatabaseUnavailable, connected, open_pool
from dialer.database.unprivileged import runner_of
from dialer.places import UnusableDirectory

pytestmark = pytest.mark.real_time
OPTIONS = ClusterOptions(shared_buffers_mib=16, connections=10)


@pytest.fixture
def sockets() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="callwright-") as directory:
        yield Path(directory)


@pytest.fixture
async def own(tmp_path: Path, sockets: Path) -> AsyncIterator[Cluster]:
    """A durable cluster of this test's own, started."""
    async with Cluster(tmp_path / "pg", sockets=sockets, options=OPTIONS) as cluster:
        yield cluster


async def ask(cluster: Cluster, sql: str) -> object:
    async with connected(cluster.dsn()) as connection:
        return await connection.fetchval(sql)


async def wait_until_gone(pid: int) -> None:
    """Return when process *pid* has ended; the test's own time limit is the guard."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(descriptor, ended.set)
    await ended.wait()
    asyncio.get_running_loop().remove_reader(descriptor)
    os.close(descriptor)


def postmaster(home: Path) -> int:
    return int((home / "data" / "postmaster.pid").read_text().split("\n", 1)[0])


async def test_committed_rows_survive_a_stop_and_a_start(own: Cluster):
    await ask(own, "CREATE TABLE kept AS SELECT 42 AS answer")
    await own.stop()
    await own.start()
    assert await ask(own, "SELECT answer FROM kept") == 42


async def test_committed_rows_survive_a_kill_and_an_immediate_restart(own: Cluster):
    await ask(own, "CREATE TABLE kept AS SELECT 42 AS answer")
    for _ in range(3):
        own.child.send(signal.SIGKILL)
        await own.start()
        assert await ask(own, "SELECT answer FROM kept") == 42


async def test_the_server_dies_with_its_launcher_and_the_next_launcher_starts_at_once(
    tmp_path: Path, sockets: Path
):
    program = (
        "import asyncio, sys; from pathlib import Path\n"
        "from dialer.database.launcher import Cluster\n"
        "async def main():\n"
        "    await Cluster(Path(sys.argv[1]), sockets=Path(sys.argv[2])).start()\n"
        "    print('up', flush=True); await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    home = tmp_path / "pg"
    doomed = subprocess.Popen(  # noqa: ASYNC220 (nothing else runs on this loop)
        [sys.executable, "-c", program, str(home), str(sockets)], stdout=subprocess.PIPE
    )
    with doomed:
        assert doomed.stdout is not None
        assert doomed.stdout.readline() == b"up\n"
        pid = postmaster(home)
        doomed.kill()
    async with Cluster(home, sockets=sockets, options=OPTIONS) as cluster:
        assert await ask(cluster, "SELECT 1") == 1
        assert cluster.child.pid == postmaster(home) != pid
    await wait_until_gone(pid)


async def test_two_dialers_do_not_share_one_database_directory(
    own: Cluster, tmp_path: Path, sockets: Path
):
    with pytest.raises(DatabaseUnavailable, match="another dialer is using"):
        await Cluster(tmp_path / "pg", sockets=sockets).start()


async def test_a_pid_that_belongs_to_another_program_by_now_does_not_hinder(
    own: Cluster, tmp_path: Path
):
    await own.stop()
    (tmp_path / "pg" / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n")
    await own.start()
    assert await ask(own, "SELECT 1") == 1


async def test_a_directory_that_was_only_half_made_is_made_anew(tmp_path: Path, sockets: Path):
    unfinished = tmp_path / "pg" / "data.tmp"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")
    async with Cluster(tmp_path / "pg", sockets=sockets, options=OPTIONS) as cluster:
        assert await ask(cluster, "SELECT 1") == 1
    assert not unfinished.exists()


async def test_it_listens_on_no_network_and_its_directories_are_ours_alone(
    own: Cluster, tmp_path: Path, sockets: Path
):
    assert await ask(own, "SHOW listen_addresses") == ""
    assert (tmp_path / "pg").stat().st_mode & 0o777 == 0o700
    assert (sockets / ".s.PGSQL.5432").stat().st_mode & 0o777 == 0o700


async def test_its_log_quotes_no_row(own: Cluster, tmp_path: Path):
    async with connected(own.dsn()) as connection:
        await connection.execute("CREATE TABLE numbers (number text PRIMARY KEY)")
        for _ in range(2):
            try:
                await connection.execute("INSERT INTO numbers VALUES ($1)", "+447700900123")
            except Exception as error:
                assert "duplicate key" in str(error)
    log = (tmp_path / "pg" / "postgresql.log").read_text()
    assert "duplicate key" in log
    assert "447700900123" not in log


async def test_data_of_another_version_is_refused_with_what_to_do(tmp_path: Path, sockets: Path):
    data = tmp_path / "pg" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("9\n")
    with pytest.raises(DatabaseUnavailable, match=r"PostgreSQL 9, .*install PostgreSQL 9") as error:
        await Cluster(tmp_path / "pg", sockets=sockets).start()
    assert not error.value.retriable


async def test_a_server_that_cannot_start_says_why(tmp_path: Path, sockets: Path):
    home = tmp_path / "pg"
    async with Cluster(home, sockets=sockets, options=OPTIONS):
        pass
    (home / "data" / "postgresql.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(DatabaseUnavailable, match="no_such_setting"):
        await Cluster(home, sockets=sockets, options=OPTIONS).start()


def test_a_directory_without_programs_is_named(tmp_path: Path):
    with pytest.raises(DatabaseUnavailable, match="DIALER_POSTGRES_BIN_DIR"):
        find_binaries(named=tmp_path)


async def test_a_runtime_directory_that_is_a_link_is_refused(tmp_path: Path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "sockets").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UnusableDirectory, match="is not a directory"):
        await Cluster(tmp_path / "pg", sockets=tmp_path / "sockets").start()


def test_root_without_namespaces_runs_the_server_as_nobody():
    runner = runner_of(user=0, try_out=lambda _: False)
    assert (runner.prefix, runner.user) == ((), 65534)


def test_an_ordinary_user_runs_the_server_directly():
    assert runner_of(user=1000).prefix == ()


@pytest.mark.parametrize(
    ("dsn", "found", "retriable"),
    [
        ("postgresql://nobody@127.0.0.1:1/none", "no PostgreSQL answers", True),
        ("postgresql:///none?host=/nowhere", "no PostgreSQL answers", True),
        ("not an address", "cannot be read", False),
    ],
)
async def test_an_address_where_nothing_is_says_what_to_do(dsn: str, found: str, retriable: bool):
    with pytest.raises(DatabaseUnavailable, match=found) as error:
        await open_pool(dsn, connect_limit=timedelta(seconds=2))
    assert error.value.retriable is retriable


async def test_a_database_that_is_not_there_is_named(own: Cluster):
    with pytest.raises(DatabaseUnavailable, match="does not exist"):
        await open_pool(own.dsn("none"))


async def test_the_pool_speaks_utc_and_json(own: Cluster):
    pool = await open_pool(own.dsn(), connections=2)
    try:
        assert await pool.fetchval("SHOW timezone") == "UTC"
        assert await pool.fetchval("SELECT $1::jsonb", {"ok": [1, None]}) == {"ok": [1, None]}
    finally:
        await pool.close()
