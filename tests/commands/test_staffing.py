"""`dialer staffing`, as it is typed."""

import json

import pytest

from dialer.cli import main

LIST = ["staffing", "--leads", "6000", "--answer-rates", "0.25,0.18,0.12", "--agents", "12"]


def planned(capsys, *more: str) -> dict[str, object]:
    assert main([*LIST, *more, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


def test_a_list_lasts_as_long_as_its_attempts_at_the_talk_share(capsys):
    found = planned(capsys, "--talk-share", "0.74")
    attempts = 6 * found["per_1000_leads"][-1]["attempts"]
    assert found["lasts_hours"] == pytest.approx(attempts / found["attempts_per_hour"], rel=0.01)
    assert not found["limited_by_supply"]
    assert [plan["people"] for plan in found["per_1000_leads"]] == [250, 385, 459]


def test_leads_that_come_due_slowly_are_the_limit_and_it_is_said(capsys):
    found = planned(capsys, "--due-per-hour", "500", "--hours", "40")
    assert found["limited_by_supply"]
    assert 0 < found["agents_the_supply_feeds"] < 12
    assert found["agents_needed"] >= 1
    assert main([*LIST, "--due-per-hour", "500", "--hours", "40"]) == 0
    told = capsys.readouterr().out
    assert "limited by leads coming due" in told and "To finish in 40 hours" in told


def test_a_talk_share_nobody_bears_is_called_so(capsys):
    assert main([*LIST, "--talk-share", "0.95"]) == 0
    assert "Nobody bears that for long" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--answer-rates", "25"], "expected shares above 0, at most 1"),
        (["--answer-rates", "x"], "expected shares above 0, at most 1"),
        (["--talk-share", "74"], "expected a share above 0, at most 1"),
        (["--agents", "0"], "--agents is 0; expected 1 or more"),
        (["--leads", "nan"], "--leads is nan"),
        (["--due-per-hour", "0"], "expected a number above 0"),
        (["--hours", "0"], "expected both above 0"),
        (["--talk-seconds", "0"], "talk_seconds is 0.0"),
    ],
)
def test_figures_that_make_no_sense_end_with_one_sentence(more, message, capsys):
    assert main([*LIST, *more]) != 0
    found = capsys.readouterr()
    assert message in found.err and not found.out


def test_figures_that_make_no_sense_are_wrong_arguments(capsys):
    assert main(["staffing", "--leads", "10", "--answer-rates", "2", "--agents", "1"]) == 2
    assert "--answer-rates is '2'" in capsys.readouterr().err


def test_the_command_alone_lists_the_commands(capsys):
    assert main([]) == 2
    shown = capsys.readouterr()
    assert "a whole campaign over real SIP" in shown.err and not shown.out
