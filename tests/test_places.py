"""Directories that are ours alone."""

import os
from pathlib import Path

import pytest

from dialer.places import Sockets, UnusableDirectory, private_directory, runtime_directory


def test_a_directory_is_made_with_its_parents_and_only_we_may_enter(tmp_path: Path):
    made = private_directory(tmp_path / "a" / "b")
    assert made.stat().st_mode & 0o777 == 0o700


def test_a_directory_others_could_enter_is_closed(tmp_path: Path):
    (tmp_path / "open").mkdir(mode=0o777)
    assert private_directory(tmp_path / "open").stat().st_mode & 0o077 == 0


def test_a_file_in_the_way_is_named(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(UnusableDirectory, match=r"file: File exists"):
        private_directory(tmp_path / "file")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_a_directory_of_somebody_else_is_refused(tmp_path: Path):
    (tmp_path / "theirs").mkdir()
    os.chown(tmp_path / "theirs", 65534, 65534)
    with pytest.raises(UnusableDirectory, match="belongs to user 65534"):
        private_directory(tmp_path / "theirs")


def test_every_installation_has_its_own_runtime_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/1000")
    one, other = runtime_directory(tmp_path / "one"), runtime_directory(tmp_path / "other")
    assert one != other
    assert one.parent == Path("/run/user/1000")
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/" + "x" * 90)
    assert len(str(runtime_directory(tmp_path))) < 40


def test_a_socket_that_would_not_fit_is_refused_before_it_is_made():
    with pytest.raises(UnusableDirectory, match="at most 88 bytes"):
        Sockets(directory=Path("/" + "x" * 88))
    assert Sockets(directory=Path("/" + "x" * 87)).worker(1).name == "worker-1.sock"
