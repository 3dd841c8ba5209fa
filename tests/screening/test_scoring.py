"""``dialer amd score`` on a corpus it has not been tuned on, and on files that are none."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dialer.cli import main
from dialer.screening.corpus.__main__ import write
from dialer.screening.corpus.making import Part, item

needs_speech = pytest.mark.skipif(
    shutil.which("espeak-ng") is None, reason="espeak-ng is not installed"
)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("corpus")
    write(directory, Part.HELD_OUT, seed=7, count=60)
    return directory


@needs_speech
def test_people_are_not_called_machines_and_machines_are_caught(
    corpus: Path, capsys: pytest.CaptureFixture[str]
):
    assert main(["amd", "score", str(corpus)]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    labels = {
        line["file"]: line["label"]
        for line in map(json.loads, (corpus / "labels.jsonl").read_text().splitlines())
    }
    assert {line["file"] for line in lines} == labels.keys()
    assert all(set(line) == {"file", "verdict", "decided_after_s", "evidence"} for line in lines)
    of_people = [line["verdict"] for line in lines if labels[line["file"]] == "human"]
    of_machines = [line["verdict"] for line in lines if labels[line["file"]] == "machine"]
    assert not {"machine", "fax", "sit"} & set(of_people)
    assert of_machines.count("machine") >= 0.8 * len(of_machines)
    for exact in ("fax", "sit"):
        assert {line["verdict"] for line in lines if labels[line["file"]] == exact} == {exact}


@needs_speech
def test_an_item_follows_from_part_seed_and_number():
    one, again = (item(Part.DEV, 3, 5) for _ in range(2))
    assert one.name == again.name
    assert (one.sound == again.sound).all()
    assert len(item(Part.DEV, 4, 5).sound) != len(one.sound)


def test_a_broken_file_is_told_and_the_others_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    soundfile.write(tmp_path / "b.wav", np.zeros(48000), 8000)
    (tmp_path / "a.wav").write_bytes(b"RIFF nothing")
    (tmp_path / "labels.jsonl").write_text("{}")
    assert main(["amd", "score", str(tmp_path)]) == 2
    said = capsys.readouterr()
    assert json.loads(said.out)["file"] == "b.wav"
    assert json.loads(said.out)["verdict"] == "silence"
    assert "a.wav: not a sound file" in said.err
    assert "1 of 2 files could not be read" in said.err


def test_a_name_that_is_no_text_is_as_good_as_any(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    names = [os.fsdecode(name) for name in (b"a\xff.wav", "б ü\n.wav".encode())]
    for name in names:
        with (tmp_path / name).open("wb") as file:
            soundfile.write(file, np.zeros(48000), 8000, format="WAV")
    assert main(["amd", "score", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert out.isascii()
    assert [json.loads(line)["file"] for line in out.splitlines()] == names


@pytest.mark.parametrize("made", [True, False])
def test_a_directory_without_sound_is_said(
    tmp_path: Path, made: bool, capsys: pytest.CaptureFixture[str]
):
    where = tmp_path if made else tmp_path / "nowhere"
    assert main(["amd", "score", str(where)]) == 2
    assert ("holds no sound files" if made else "no such directory") in capsys.readouterr().err
