"""The network as a process: how it starts, what it says when it cannot, and how it ends."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.simulation.network.caller import PATIENCE, Caller
from tests.simulation.network.conftest import NUMBER, Lines

pytestmark = pytest.mark.real_time

ROOT = Path(__file__).parents[3]
COMMAND = [sys.executable, "-m", "dialer.simulation.network", "--synthetic-voices"]


async def until_there(file: Path) -> dict[str, object]:
    async with asyncio.timeout(60):
        while (said := _read(file)) is None:  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.02)
    return said


def _read(file: Path) -> dict[str, object] | None:
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else None


def started(tmp_path: Path, *options: str) -> subprocess.Popen[bytes]:
    files = ("--log", str(tmp_path / "network.jsonl"), "--ready-file", str(tmp_path / "ready"))
    return subprocess.Popen([*COMMAND, *files, "--max-seconds", "60", *options], cwd=ROOT)


async def test_it_says_where_it_listens_takes_calls_and_ends_when_told(tmp_path):
    network = started(tmp_path, "--fate", "123=busy", "--fate", "*=no_answer")
    try:
        ready = await until_there(tmp_path / "ready")
        assert ready["pid"] == network.pid
        caller = await Caller.open((str(ready["host"]), int(ready["port"])))
        await caller.invite(NUMBER).until_status(486)
        ringing = caller.invite("+442079460124")
        await ringing.until_status(180)
        network.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(network.wait, PATIENCE) == 0
        caller.close()
    finally:
        network.kill()
        network.wait()
    first, second = Lines(tmp_path / "network.jsonl")()
    assert (first["status"], "open" in first) == (486, False)
    assert (second["status"], second["open"]) == (None, True)


async def test_its_log_is_on_the_clock_of_the_lab(tmp_path):
    network = started(tmp_path, "--fate", "*=busy", "--clock-offset", "-86400")
    try:
        ready = await until_there(tmp_path / "ready")
        caller = await Caller.open((str(ready["host"]), int(ready["port"])))
        await caller.invite(NUMBER).until_status(486)
        [line] = await Lines(tmp_path / "network.jsonl").until(1)
        caller.close()
    finally:
        network.kill()
        network.wait()
    real = datetime.fromtimestamp(os.stat(tmp_path / "network.jsonl").st_mtime, UTC)
    shift = real - datetime.fromisoformat(line["ended_at"])
    assert abs(shift - timedelta(days=1)) < timedelta(seconds=30)


def started_by_another(tmp_path: Path) -> subprocess.Popen[bytes]:
    """Start a process that starts the network, and return that process."""
    files = ["--log", str(tmp_path / "log"), "--ready-file", str(tmp_path / "ready")]
    script = "import subprocess, sys, time; subprocess.Popen(sys.argv[1:]); time.sleep(60)"
    command = [*COMMAND, *files, "--max-seconds", "60"]
    return subprocess.Popen([sys.executable, "-c", script, *command], cwd=ROOT)


async def test_it_ends_with_the_process_that_started_it(tmp_path):
    parent = started_by_another(tmp_path)
    try:
        ready = await until_there(tmp_path / "ready")
    finally:
        parent.kill()
        parent.wait()
    async with asyncio.timeout(PATIENCE):
        while _runs(int(ready["pid"])):  # noqa: ASYNC110 - not our child, so not to be waited for
            await asyncio.sleep(0.05)


def _runs(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--listen", "192.0.2.1:5060"], "not an IPv4 loopback address"),
        (["--listen", "nowhere"], "is no HOST:PORT"),
        (["--fast-forward", "0"], "not a factor in 1..1000"),
        (["--fate", "7=dances"], "there is no fate 'dances'"),
        (["--mix", "absent.toml"], "cannot read the mix absent.toml"),
        (["--log", "/nonexistent/folder/log"], "No such file or directory"),
    ],
)
def test_what_it_cannot_start_with_is_said_in_a_sentence(tmp_path, options, message):
    ended = subprocess.run(
        [*COMMAND, "--log", str(tmp_path / "log"), "--max-seconds", "5", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 2
    assert message in ended.stderr
    assert "Traceback" not in ended.stderr


async def test_a_port_in_use_is_said_in_a_sentence(tmp_path):
    network = started(tmp_path)
    try:
        ready = await until_there(tmp_path / "ready")
        ended = await asyncio.to_thread(
            subprocess.run,
            [*COMMAND, "--log", str(tmp_path / "log2"), "--listen", f"127.0.0.1:{ready['port']}"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
        )
    finally:
        network.kill()
        network.wait()
    assert (ended.returncode, "Traceback" in ended.stderr) == (2, False)
    assert "Address already in use" in ended.stderr
