"""What `dialer serve` runs: the settings turned into children, each with what it needs."""

import socket
from pathlib import Path

import pytest

from dialer.child import Program
from dialer.serving import children, notify_service_manager
from dialer.serving_beside import given_up
from dialer.settings import Settings, UnusableSettings, load
from dialer.telephony.worker import load as load_worker


def some_settings(directory: Path, **changes: object) -> Settings:
    return Settings(state_dir=directory / "state", runtime_dir=directory / "run", **changes)


def programs(settings: Settings) -> dict[str, Program]:
    return {each.name: each for each in children(settings) if isinstance(each, Program)}


def test_what_others_depend_on_starts_first(tmp_path: Path):
    names = [child.name for child in children(some_settings(tmp_path, workers=2))]
    assert names == ["postgresql", "worker-1", "worker-2", "core"]


def test_a_server_of_somebody_else_is_not_started(tmp_path: Path):
    url = "postgresql://dialer@db.example/dialer"
    settings = some_settings(tmp_path, database_url=url)
    assert [child.name for child in children(settings)] == ["worker-1", "core"]
    core = programs(settings)["core"]
    assert (core.environment or {})["DIALER_DATABASE_URL"] == url


def test_the_core_is_given_the_effective_settings_and_the_databases_address(tmp_path: Path):
    given = some_settings(tmp_path, workers=2, lab=True, clock_offset=-3600, http_port=8081)
    environment = programs(given)["core"].environment
    read = load(Path("/dev/null"), environ=dict(environment or {}))
    assert read.database_url is not None
    assert str(tmp_path / "run") in read.database_url.get_secret_value().replace("%2F", "/")
    assert read.model_copy(update={"database_url": None}) == given


def test_each_worker_can_read_its_configuration_and_has_its_own_ports(tmp_path: Path):
    started = programs(some_settings(tmp_path, workers=2, sip_port=5060))
    first, second = (
        load_worker(Path(started[name].command[-1])).sip for name in ("worker-1", "worker-2")
    )
    assert (first.bind_port, second.bind_port) == (5060, 5061)
    assert first.rtp_first + first.rtp_count <= second.rtp_first
    assert first.loopback_only


def test_a_worker_gets_no_settings_of_the_dialer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DIALER_DATABASE_URL", "postgresql://user:secret@db.example/dialer")
    worker = programs(some_settings(tmp_path))["worker-1"]
    assert not [name for name in worker.environment or {} if name.startswith("DIALER_")]


def test_too_few_audio_ports_are_refused_with_what_is_needed():
    environ = {"DIALER_RTP_PORT_FIRST": "20000", "DIALER_RTP_PORT_LAST": "20099"}
    with pytest.raises(UnusableSettings, match="100 per worker, and 400 calls need 3200"):
        load(Path("/dev/null"), environ=environ)


def test_the_service_manager_is_told_when_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    notify_service_manager("READY=1")
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(address)
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        notify_service_manager("READY=1")
        assert manager.recv(100) == b"READY=1"


def test_a_start_that_failed_is_told_in_the_words_of_whoever_gave_up(tmp_path: Path):
    log = tmp_path / "dialer.log"
    assert given_up(log) == ""
    log.write_text('{"event": "child_started"}\ndialer: first\n{"x": 1}\ndialer: no PostgreSQL\n')
    assert given_up(log) == "no PostgreSQL"
