"""A demo writes where it may, and nowhere else."""

import pytest

from dialer.demo.layout import Layout, NotOurs


def test_a_directory_with_something_in_it_is_not_touched(tmp_path):
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(NotOurs, match="not of an earlier demo; give another directory with --out"):
        Layout(out=tmp_path).make()
    assert (tmp_path / "letter.txt").read_text() == "mine"


def test_the_directory_of_an_earlier_demo_is_written_anew(tmp_path):
    layout = Layout(out=tmp_path / "new")
    layout.make()
    (layout.recordings / "ab").mkdir()
    layout.calls.write_text("{}")
    layout.make()
    assert sorted(path.name for path in layout.out.iterdir()) == [
        ".callwright-demo",
        "invitations",
        "logs",
        "recordings",
    ]
    assert not list(layout.recordings.iterdir())


def test_an_empty_directory_will_do(tmp_path):
    Layout(out=tmp_path).make()


def test_a_file_in_the_place_of_the_directory_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(NotOurs, match="cannot be used"):
        Layout(out=tmp_path / "file").make()


def test_the_installation_goes_and_the_results_stay(tmp_path):
    layout = Layout(out=tmp_path)
    layout.make()
    layout.installation.mkdir()
    layout.take_down()
    layout.take_down()
    assert not layout.installation.exists()
    assert layout.logs.exists()
