"""The supervisor: in order, again when killed, in reverse, and nothing left behind."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from dialer.child import CannotStart, Child, Program
from dialer.database.keeping import Postgres
from dialer.database.launcher import Cluster, ClusterOptions
from dialer.database.pool import connected
from dialer.supervisor import AlreadyRunning, Supervisor, owned

pytestmark = pytest.mark.real_time

#: Notes that it started, is ready, and notes that it stopped when told.
STEADY = 'trap "echo -{0} >>{1}/history; exit 0" TERM; echo +{0} >>{1}/history; touch {2};'
STEADY += " while :; do sleep 0.02; done"


def a_program(directory: Path, name: str, script: str = STEADY, **changes: object) -> Program:
    ready = directory / f"{name}.ready"
    command = ("sh", "-c", script.format(name, directory, ready))
    return replace(Program(name=name, command=command, ready=ready), **changes)


def history(directory: Path) -> list[str]:
    return (directory / "history").read_text().split()


async def wait_until(holds: Callable[[], bool]) -> None:
    """Return when *holds*; the test's own time limit is the guard."""
    while not holds():  # noqa: ASYNC110 (what is waited for happens in other processes)
        await asyncio.sleep(0.01)


@asynccontextmanager
async def running(*children: Child) -> AsyncIterator[Supervisor]:
    supervisor, ready = Supervisor(children), asyncio.Event()
    task = asyncio.create_task(supervisor.run(ready.set))
    await ready.wait()
    yield supervisor
    supervisor.stop()
    assert await task == 0
    assert supervisor.pids() == {}


def is_alive(pid: int) -> bool:
    with suppress(ProcessLookupError, FileNotFoundError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


async def test_children_start_in_order_and_stop_in_reverse(tmp_path: Path):
    async with running(*(a_program(tmp_path, name) for name in "abc")) as supervisor:
        assert sorted(supervisor.pids()) == ["a", "b", "c"]
    assert history(tmp_path) == ["+a", "+b", "+c", "-c", "-b", "-a"]


async def test_a_killed_child_is_started_again_and_the_others_never_notice(tmp_path: Path):
    async with running(a_program(tmp_path, "a"), a_program(tmp_path, "b")) as supervisor:
        for _ in range(3):
            before = supervisor.pids()
            os.kill(before["a"], signal.SIGKILL)
            await wait_until(lambda before=before: "a" in supervisor.pids() != before)
            assert supervisor.pids()["b"] == before["b"]
    assert history(tmp_path).count("+a") == 4


async def test_nothing_is_left_when_the_supervisor_is_killed(tmp_path: Path):
    program = """
import asyncio, sys
from pathlib import Path
from dialer.supervisor import Supervisor
sys.path.insert(0, sys.argv[2])
from tests.test_supervisor import a_program
home = Path(sys.argv[1])
supervisor = Supervisor([a_program(home, "a"), a_program(home, "b")])
asyncio.run(supervisor.run(lambda: print(*supervisor.pids().values(), flush=True)))
"""
    root = str(Path(__file__).parent.parent)
    command = [sys.executable, "-c", program, str(tmp_path), root]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root) as doomed:  # noqa: ASYNC220
        assert doomed.stdout is not None
        line = ""
        while not line.split() or "{" in line:  # log lines come before
            line = (await asyncio.to_thread(doomed.stdout.readline)).decode()
            line = "" if not line.replace(" ", "").strip().isdigit() else line
        doomed.kill()
    pids = [int(pid) for pid in line.split()]
    assert len(pids) == 2
    await wait_until(lambda: not any(is_alive(pid) for pid in pids))


async def test_a_child_that_says_it_is_no_use_ends_everything_with_its_code(tmp_path: Path):
    children = [a_program(tmp_path, "a"), a_program(tmp_path, "b", "exit 2")]
    assert await Supervisor(children).run() == 2
    assert history(tmp_path) == ["+a", "-a"]


async def test_a_program_that_is_not_there_ends_everything(tmp_path: Path):
    nowhere = Program(name="a", command=("/nowhere/program",), ready=tmp_path / "ready")
    with pytest.raises(CannotStart, match="No such file"):
        await nowhere.start()
    assert await Supervisor([nowhere]).run() == 3


async def test_a_child_that_fails_at_first_is_tried_again(tmp_path: Path):
    script = "if [ -e {1}/tried ]; then touch {2}; exec sleep 1000; fi; touch {1}/tried; exit 1"
    async with running(a_program(tmp_path, "a", script)) as supervisor:
        assert list(supervisor.pids()) == ["a"]


async def test_what_has_run_before_is_started_again_even_if_it_says_it_is_no_use(tmp_path: Path):
    script = "n=$(cat {1}/n 2>/dev/null || echo 0); echo $((n+1)) >{1}/n; "
    script += "[ $n = 1 ] && exit 2; touch {2}; exec sleep 1000"
    async with running(a_program(tmp_path, "a", script)) as supervisor:
        first = supervisor.pids()["a"]
        os.kill(first, signal.SIGKILL)
        await wait_until(lambda: supervisor.pids().get("a", first) != first)
    assert (tmp_path / "n").read_text().strip() == "3"


async def test_a_child_that_never_becomes_ready_is_ended_and_tried_again(tmp_path: Path):
    script = "[ -e {1}/tried ] && touch {2}; touch {1}/tried; exec sleep 1000"
    slow = a_program(tmp_path, "a", script, ready_within=timedelta(seconds=0.3))
    async with running(slow) as supervisor:
        assert list(supervisor.pids()) == ["a"]


async def test_a_child_that_will_not_stop_is_killed(tmp_path: Path):
    script = 'trap "" TERM; touch {2}; while :; do sleep 0.02; done'
    async with running(a_program(tmp_path, "a", script, stop_within=timedelta(seconds=0.2))):
        pass


async def test_a_second_signal_does_not_wait_for_live_calls(tmp_path: Path):
    script = 'trap "trap \\"exit 0\\" TERM; touch {1}/draining" TERM; touch {2};'
    script += " while :; do sleep 0.02; done"
    child = a_program(tmp_path, "a", script, stop_within=timedelta(hours=1))
    async with running(child) as supervisor:
        os.kill(os.getpid(), signal.SIGTERM)
        await wait_until((tmp_path / "draining").exists)
        os.kill(os.getpid(), signal.SIGTERM)
        await wait_until(lambda: not supervisor.pids())


async def test_a_stop_while_starting_stops_what_was_started(tmp_path: Path):
    supervisor = Supervisor([a_program(tmp_path, "a"), a_program(tmp_path, "b", "sleep 1000")])
    task = asyncio.create_task(supervisor.run())
    await wait_until(lambda: "a" in supervisor.pids())
    supervisor.stop()
    assert await task == 0
    assert history(tmp_path) == ["+a", "-a"]


def test_a_state_directory_has_one_dialer(tmp_path: Path):
    refused = f"process {os.getpid()}.*DIALER_STATE_DIR"
    with owned(tmp_path), pytest.raises(AlreadyRunning, match=refused), owned(tmp_path):
        pass
    with owned(tmp_path):
        pass


async def test_postgresql_is_kept_too(tmp_path: Path):
    cluster = Cluster(
        tmp_path / "pg",
        sockets=Path(f"/tmp/callwright-kept-{os.getpid()}"),
        options=ClusterOptions(shared_buffers_mib=16),
    )
    async with running(Postgres(cluster)) as supervisor:
        first = supervisor.pids()["postgresql"]
        os.kill(first, signal.SIGKILL)
        await wait_until(lambda: supervisor.pids().get("postgresql", first) != first)
        async with connected(cluster.dsn()) as connection:
            assert await connection.fetchval("SELECT 1") == 1
