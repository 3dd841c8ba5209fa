"""Settings: what was found, what was expected, and where it stands."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.operations_guide import settings_table
from dialer.settings import Settings, UnusableSettings, load


def a_file(directory: Path, text: str) -> Path:
    file = directory / "dialer.toml"
    file.write_text(text)
    return file


def problems(file: Path | None, **environ: str) -> str:
    with pytest.raises(UnusableSettings) as error:
        load(file, environ=environ)
    return str(error.value)


def test_the_environment_wins_over_the_file_and_the_file_over_the_default(tmp_path: Path):
    file = a_file(tmp_path, "http_port = 8081\nworkers = 2\n")
    settings = load(file, environ={"DIALER_HTTP_PORT": "8082", "PATH": "/bin"})
    assert (settings.http_port, settings.workers, settings.log_level) == (8082, 2, "info")


def test_what_is_not_said_follows_the_state_directory(tmp_path: Path):
    settings = Settings(state_dir=tmp_path)
    assert settings.recordings_dir == tmp_path / "recordings"
    assert settings.runtime_dir != Settings(state_dir=tmp_path / "other").runtime_dir


def test_a_misspelt_setting_is_refused_with_the_nearest_name(tmp_path: Path):
    said = problems(a_file(tmp_path, "http_prot = 1\n"), DIALER_WORKER="2")
    assert f"{tmp_path / 'dialer.toml'}, http_prot: there is no such setting" in said
    assert "did you mean http_port?" in said
    assert "environment variable DIALER_WORKER: there is no such setting" in said
    assert "did you mean DIALER_WORKERS?" in said


def test_a_bad_value_is_named_with_its_place_and_what_was_expected(tmp_path: Path):
    said = problems(a_file(tmp_path, "workers = 99\n"), DIALER_LOG_LEVEL="loud")
    assert "dialer.toml, workers: found 99, expected less than or equal to 16" in said
    assert "DIALER_LOG_LEVEL: found 'loud', expected 'debug', 'info', 'warning' or 'error'" in said


def test_the_databases_address_is_read_before_anything_starts(tmp_path: Path):
    said = problems(None, DIALER_DATABASE_URL="mysql://dialer:hunter2@db/dialer")
    assert "DIALER_DATABASE_URL: found (secret), expected postgresql://" in said


def test_a_secret_is_never_shown(tmp_path: Path):
    url = "postgresql://dialer:hunter2@db/dialer"
    settings = load(a_file(tmp_path, ""), environ={"DIALER_DATABASE_URL": url})
    assert "hunter2" not in repr(settings)
    said = problems(a_file(tmp_path, f"database_url = ['{url}']\n"))
    assert "hunter2" not in said
    assert "(secret)" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("clock_offset = 3600", "only a lab has another clock"),
        ("tls_key = 'key.pem'", "go together"),
        ("http_host = '0.0.0.0'", "without encryption"),
        ("http_public_url = 'http://dialer.example'", "https://"),
        ("rtp_port_first = 300\nrtp_port_last = 200", "is not below"),
        (f"runtime_dir = '/{'x' * 100}'", "too long for the path of a socket"),
        ("http_port = ", "is not TOML"),
    ],
)
def test_settings_that_do_not_fit_together_are_refused(tmp_path: Path, text: str, said: str):
    assert said in problems(a_file(tmp_path, text))


def test_a_named_file_that_is_not_there_is_an_error(tmp_path: Path):
    assert "there is no such file" in problems(tmp_path / "none.toml")


def test_a_file_that_is_not_text_is_an_error(tmp_path: Path):
    (tmp_path / "dialer.toml").write_bytes(b"\xff\xfe\x00")
    assert "is not UTF-8 text" in problems(tmp_path / "dialer.toml")


@pytest.mark.parametrize(("written", "meant"), [("90", 90), ("PT2M", 120), ("0.5", 0.5)])
def test_durations_are_seconds_or_iso_8601(tmp_path: Path, written: str, meant: float):
    settings = load(a_file(tmp_path, ""), environ={"DIALER_DRAIN_LIMIT": written})
    assert settings.drain_limit == timedelta(seconds=meant)


@given(st.dictionaries(st.sampled_from(sorted(Settings.model_fields)), st.text(max_size=20)))
def test_whatever_is_written_gives_settings_or_a_named_problem(values: dict[str, str]):
    environ = {f"DIALER_{name.upper()}": value for name, value in values.items()}
    try:
        load(None, environ=environ)
    except UnusableSettings as error:
        assert error.problems


def test_every_setting_is_explained_in_the_operations_guide():
    guide = Path(__file__).parent.parent / "docs" / "operations.md"
    assert settings_table() in guide.read_text(), "run: python -m dialer.operations_guide"
    assert "|  |\n" not in settings_table(), "a setting has no description"
