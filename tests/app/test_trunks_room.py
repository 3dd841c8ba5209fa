"""The trunk file of a running core, replaced; and what ``dialer trunks reload`` prints of it."""

import asyncio
import json
from pathlib import Path

import pytest
import yaml

from dialer.app.trunks_room import TrunksRoom
from dialer.cli import main
from dialer.clock import SystemClock
from dialer.supervisor import RELOAD, owned
from tests.sip_config.files import a_file, a_trunk


def write(file: Path, **limits: object) -> None:
    limits = {"channels": 10, "cps": 10, **limits}
    file.write_text(yaml.safe_dump(a_file(trunks=[a_trunk(limits=limits)])))


def gone(file: Path) -> None:
    file.unlink()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "trunks.yaml"
    write(file)
    return file


def a_room(file: Path, said: Path, changes: list[str]) -> TrunksRoom:
    return TrunksRoom(
        file,
        lab=True,
        clock=SystemClock(),
        said=said,
        changed=lambda: changes.append("told"),
    )


async def test_a_good_file_is_taken_and_a_bad_one_changes_nothing(file: Path, tmp_path: Path):
    changes: list[str] = []
    room = a_room(file, tmp_path / "said.json", changes)
    write(file, channels=4)
    taken = await room.reload()
    assert (taken.accepted, taken.plan) == (True, ("at once  pbx  limits",))
    assert room.board().trunks[0].channels == 4
    write(file, channels=0)
    refused = await room.reload()
    assert not refused.accepted and "channels" in refused.problem
    assert room.board().trunks[0].channels == 4
    gone(file)
    assert not (await room.reload()).accepted
    assert changes == ["told"]


async def test_without_a_file_there_is_nothing_to_read(tmp_path: Path):
    room = TrunksRoom(None, lab=True, clock=SystemClock(), said=tmp_path / "said.json")
    assert not (await room.reload()).accepted
    assert room.board().trunks == ()


async def test_the_command_has_it_read_and_prints_what_came_of_it(
    file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    state, run = tmp_path / "state", tmp_path / "run"
    run.mkdir(mode=0o700)
    monkeypatch.setenv("DIALER_STATE_DIR", str(state))
    monkeypatch.setenv("DIALER_RUNTIME_DIR", str(run))
    assert await asyncio.to_thread(main, ["trunks", "reload"]) == 3
    assert "no dialer runs" in capsys.readouterr().err
    room = a_room(file, run / "trunks-reload.json", [])
    tasks: list[asyncio.Task[object]] = []
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(RELOAD, lambda: tasks.append(asyncio.create_task(room.reload())))
    try:
        with owned(state):
            write(file, channels=4)
            assert await asyncio.to_thread(main, ["trunks", "reload"]) == 0
            assert "pbx  limits" in capsys.readouterr().out
            write(file, channels=0)
            assert await asyncio.to_thread(main, ["trunks", "reload"]) == 2
            assert "stays in force" in capsys.readouterr().err
    finally:
        loop.remove_signal_handler(RELOAD)
    assert len(tasks) == 2
    assert json.loads((run / "trunks-reload.json").read_text())["accepted"] is False
