"""The laboratory's settings follow from what was asked for."""

import socket
from datetime import UTC, datetime, timedelta

import pytest

from dialer.demo.cli import add_arguments
from dialer.demo.layout import Layout
from dialer.demo.options import (
    LOOPBACK,
    MORNING,
    Options,
    clock_offset,
    free_http_port,
    settings_for,
)
from dialer.settings import UnusableSettings


def options(**changes):
    given = {
        "rows": 100,
        "agents": 20,
        "seed": 7,
        "fast_forward": 20.0,
        "time_limit": timedelta(minutes=5),
        "as_json": False,
        "keep": False,
    }
    return Options(**{**given, **changes})


def settings(tmp_path, environ, **changes):
    return settings_for(
        options(**changes),
        Layout(out=tmp_path),
        offset=timedelta(days=3),
        trunks=tmp_path / "trunks.yaml",
        environ=environ,
    )


def test_the_clock_starts_on_a_working_morning():
    for real in (datetime(2026, 8, 1, 3, tzinfo=UTC), datetime(2030, 1, 1, 23, tzinfo=UTC)):
        assert real + clock_offset(real) == MORNING
    assert MORNING.strftime("%A") == "Monday"


def test_the_installation_is_a_lab_on_loopback_in_a_place_of_its_own(tmp_path):
    found = settings(tmp_path, {})
    assert found.lab
    assert (found.http_host, found.sip_host) == (LOOPBACK, LOOPBACK)
    assert found.clock_offset == timedelta(days=3)
    assert found.state_dir == tmp_path / "installation"
    assert found.recordings_dir == tmp_path / "recordings"


def test_a_database_may_be_named_and_nothing_else_of_the_user_s_settings_counts(tmp_path):
    environ = {"DIALER_DATABASE_URL": "postgresql:///empty", "DIALER_SIP_HOST": "192.0.2.1"}
    found = settings(tmp_path, environ)
    assert found.database_url is not None
    assert found.sip_host == LOOPBACK


def test_a_wrong_setting_is_refused_with_its_name(tmp_path):
    with pytest.raises(UnusableSettings, match="DIALER_LOG_LEVEL"):
        settings(tmp_path, {"DIALER_LOG_LEVEL": "loud"})


@pytest.mark.parametrize("agents", [1, 4, 20, 60])
def test_the_stack_is_asked_for_what_the_floor_needs(agents):
    asked = options(agents=agents)
    assert asked.legs >= asked.channels + agents
    assert asked.legs <= 512


def test_a_port_somebody_has_is_not_taken():
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        assert free_http_port() != taken.getsockname()[1]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--rows", "0"], "expected a whole number in 1..200000"),
        (["--rows", "many"], "found 'many'"),
        (["--agents", "61"], "expected a whole number in 1..60"),
        (["--fast-forward", "0.5"], "expected a factor in 1..200"),
    ],
)
def test_a_wrong_argument_says_what_is_expected(arguments, expected, capsys):
    import argparse

    parser = argparse.ArgumentParser()
    add_arguments(parser.add_subparsers())
    with pytest.raises(SystemExit) as stopped:
        parser.parse_args(["demo", *arguments])
    assert stopped.value.code == 2
    assert expected in capsys.readouterr().err
