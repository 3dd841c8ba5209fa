"""`dialer simulate` and `dialer replay`, as they are typed."""

import json

import pytest

from dialer.cli import main

WORLD = """
title = "a small one"
seconds = 1200
answer_rate = 0.4
[[agents]]
count = 4
"""
KEYS = {
    "seed",
    "utilisation",
    "talk_share",
    "abandon_rate",
    "live_answers",
    "abandoned",
    "machines_to_agents",
    "wait_s",
    "attempts",
    "connected",
    "worst_running_abandon_rate",
}


@pytest.fixture
def world(tmp_path):
    path = tmp_path / "small.toml"
    path.write_text(WORLD)
    return str(path)


def test_a_line_per_seed_then_the_mean(world, capsys):
    assert main(["simulate", world, "--controller", "lookahead", "--seeds", "3:6", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["seed"] for line in lines[:-1]] == [3, 4, 5]
    assert all(set(line) == KEYS for line in lines[:-1])
    assert set(lines[-1]) == {"mean", "ci95"}
    mean = sum(line["utilisation"] for line in lines[:-1]) / 3
    assert lines[-1]["mean"]["utilisation"] == pytest.approx(mean, abs=1e-4)
    assert set(lines[-1]["mean"]["wait_s"]) == {"mean", "p95"}


def test_several_workers_give_the_same_figures(world, capsys):
    main(["simulate", world, "--seeds", "0:3", "--json"])
    alone = capsys.readouterr().out
    main(["simulate", world, "--seeds", "0:3", "--json", "--workers", "2"])
    assert capsys.readouterr().out == alone


def test_the_list_names_controllers_and_worlds(capsys):
    assert main(["simulate", "--list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert {"lookahead", "progressive", "vicidial_hard_limit", "mean_match"} <= set(
        listed["controllers"]
    )
    assert {"stationary_20_25", "demo", "languages"} <= set(listed["worlds"])
    assert main(["simulate", "--list"]) == 0


def test_without_json_it_speaks_in_sentences(world, capsys):
    assert main(["simulate", world]) == 0
    out = capsys.readouterr().out
    assert "of the time in use" in out and "abandoned" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "no world given"),
        (["nowhere"], "expected a TOML file or one of"),
        (["demo", "--controller", "magic"], "unknown controller 'magic'"),
        (["demo", "--seeds", "5:2"], "expected A:B with A < B"),
        (["demo", "--seeds", "x"], "expected A:B"),
        (["demo", "--workers", "0"], "expected 1 or more"),
    ],
)
def test_wrong_arguments_end_with_one_sentence(arguments, message, capsys):
    assert main(["simulate", *arguments]) == 2
    found = capsys.readouterr()
    assert message in found.err and not found.out


def test_baselines_run_on_floors_of_several_queues(tmp_path, capsys):
    path = tmp_path / "two.toml"
    path.write_text(
        "seconds = 900\nanswer_rate = 0.4\n[languages]\nbg = 1\npl = 1\n"
        '[[agents]]\ncount = 3\n[[agents]]\ncount = 3\nlanguages = ["bg"]\n'
    )
    for controller in ("mean_match", "vicidial_average", "lookahead"):
        assert main(["simulate", str(path), "--controller", controller, "--json"]) == 0
        assert json.loads(capsys.readouterr().out.splitlines()[0])["connected"] > 5
