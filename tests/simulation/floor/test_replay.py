"""Replaying another dialer's log."""

import csv
import json

import pytest

from dialer.cli import main
from dialer.pacing import Answered, Dialed, TalkEnded
from dialer.simulation.floor import call_log
from dialer.simulation.floor.call_log import LogError, Outcome
from dialer.simulation.floor.controllers import make
from dialer.simulation.floor.shift import Shift
from dialer.simulation.floor.world import parse


class Writes:
    """Keeps a log as another dialer would, around any rule."""

    def __init__(self, rule):
        self.rule = rule
        self.rows = {}
        self.talking = []

    def observe(self, event):
        self.rule.observe(event)
        if isinstance(event, Dialed):
            self.rows[event.call] = {"dialed_at": 1_700_000_000 + event.at, "outcome": "failed"}
        elif isinstance(event, Answered):
            row = self.rows[event.call]
            row |= {"outcome": "live", "answered_at": 1_700_000_000 + event.at}
        elif type(event).__name__ == "Abandoned":
            self.rows[event.call]["outcome"] = "abandoned"
        elif isinstance(event, TalkEnded):
            began = 1_700_000_000 + event.began
            for row in self.rows.values():
                if abs(row.get("answered_at", 0) - began) <= 2.1 and "agent" not in row:
                    row |= {"agent": f"a{event.agent}", "talk_seconds": event.at - event.began}
                    break

    def decide(self, floor, now):
        return self.rule.decide(floor, now)


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    world = parse({"agents": [{"count": 8}], "answer_rate": 0.3, "seconds": 5_400}, "log")
    writes = Writes(make("progressive", world))
    figures = Shift(world, writes, 1).run()
    path = tmp_path_factory.mktemp("log") / "calls.csv"
    names = ["dialed_at", "answered_at", "outcome", "agent", "talk_seconds"]
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(writes.rows.values())
    return path, figures


def test_a_replay_says_what_this_pacing_would_have_given(log, capsys):
    path, figures = log
    assert main(["replay", str(path), "--seeds", "1", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["log"]["attempts"] == figures.attempts
    assert result["log"]["live_answers"] == figures.live_answers
    assert result["log"]["talk_share"] == pytest.approx(figures.talk_share, abs=0.06)
    assert result["lookahead"]["talk_share"]["mean"] > result["log"]["talk_share"] + 0.03
    assert result["lookahead"]["abandon_rate"]["high"] <= 0.035
    assert any("wrap-up" in unknown for unknown in result["the_log_cannot_tell"])


def test_a_replay_can_be_read_by_a_person(log, capsys):
    path, _ = log
    assert main(["replay", str(path), "--seeds", "1"]) == 0
    out = capsys.readouterr().out
    assert "What the log cannot tell" in out and "agent-hours" in out


def test_vicidial_statuses_become_outcomes(tmp_path):
    path = tmp_path / "vicidial.csv"
    path.write_text(
        "call_date,phone_number,status,length_in_sec,user\n"
        "2024-03-04 09:00:00,0,SALE,120,6001\n"
        "2024-03-04 09:00:05,0,DROP,3,VDAD\n"
        "2024-03-04 09:00:06,0,NA,26,VDAD\n"
        "2024-03-04 09:00:07,0,AA,5,VDAD\n"
        "2024-03-04 09:00:08,0,OURS,80,6002\n"
        "2024-03-04 09:00:09,0,OTHER,0,VDAD\n"
        "yesterday,0,SALE,1,6001\n"
    )
    found = call_log.read(path)
    assert [call.outcome for call in found.calls] == [
        Outcome.LIVE,
        Outcome.ABANDONED,
        Outcome.FAILED,
        Outcome.MACHINE,
        Outcome.LIVE,
        Outcome.FAILED,
    ]
    assert [call.agent for call in found.calls] == [0, None, None, None, 1, None]
    assert sum(found.skipped.values()) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "found the columns none"),
        ("a,b\n1,2\n", "expected dialed_at and outcome"),
        ("dialed_at,outcome\n", "no usable row"),
        ("dialed_at,outcome\n1,purple\n", "not one of live"),
        ("dialed_at,outcome\nnan,live\n", "1970 to 2100"),
        ("dialed_at,outcome\n1e300,live\n", "1970 to 2100"),
        ("dialed_at,outcome\nnoon,live\n", "neither ISO 8601 nor seconds"),
    ],
)
def test_a_log_that_is_none_says_what_is_expected(tmp_path, text, message):
    path = tmp_path / "log.csv"
    path.write_text(text)
    with pytest.raises(LogError, match=message):
        call_log.read(path)


def test_a_row_that_cannot_be_is_left_out_and_an_end_stands_for_a_talk(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(
        "dialed_at;outcome;answered_at;ended_at;agent\n"
        "1000;live;1009;1069;a\n"
        "1000;live;900000;;a\n"
        "1000;live;1009;1001;a\n"
    )
    found = call_log.read(path)
    assert [call.talk_seconds for call in found.calls] == [60.0]
    assert found.skipped == {
        "answered_at is not within ten minutes of dialed_at": 1,
        "a duration is not within a day": 1,
    }


def test_a_log_of_many_days_is_to_be_split(tmp_path, capsys):
    path = tmp_path / "log.csv"
    rows = "".join(f"{86_400 * n},live,a,30\n" for n in range(40))
    path.write_text("dialed_at,outcome,agent,talk_seconds\n" + rows)
    assert main(["replay", str(path)]) == 2
    assert "split it by day" in capsys.readouterr().err


def test_too_little_evidence_is_said_not_guessed(tmp_path, capsys):
    path = tmp_path / "log.csv"
    path.write_text("dialed_at,outcome,agent,talk_seconds\n0,live,a,30\n")
    assert main(["replay", str(path)]) == 2
    assert "expected at least 30" in capsys.readouterr().err
    assert main(["replay", str(tmp_path / "nowhere.csv")]) == 2
    assert "cannot be read" in capsys.readouterr().err


def a_vicidial_log(path, *, machines_reach_agents, encoding="utf-8"):
    """Two hours of ten agents, a call each after the other, every third one a machine."""
    rows = ["call_date,phone_number_dialed,status,user,full_name,length_in_sec,dispo_sec"]
    for agent in range(10):
        at = agent * 7
        while at < 7_200:
            clock = f"2024-03-04 {9 + at // 3_600:02}:{at // 60 % 60:02}:{at % 60:02}"
            machine = at % 3 == 0
            status, length = ("A", 12) if machine else ("NI", 60 + at % 90)
            user = f"60{agent}" if machines_reach_agents or not machine else "VDAD"
            rows.append(f'"{clock}",0,{status},{user},"Zoë, {agent}",{length},8')
            rows.append(f"{clock},0,NA,VDAD,,0,0")
            at += length + 8 + 31
    path.write_text("\n".join(rows), encoding=encoding)
    return path


def test_machines_that_reached_agents_do_so_again(tmp_path, capsys):
    path = a_vicidial_log(tmp_path / "log.csv", machines_reach_agents=True)
    assert main(["replay", str(path), "--seeds", "1", "--json"]) == 0
    reached = json.loads(capsys.readouterr().out)
    path = a_vicidial_log(path, machines_reach_agents=False)
    assert main(["replay", str(path), "--seeds", "1", "--json"]) == 0
    recognised = json.loads(capsys.readouterr().out)
    assert reached["log"]["machines_to_agents"] > 100
    assert reached["lookahead"]["machines_to_agents"]["mean"] > 100
    assert recognised["log"]["machines_to_agents"] == 0
    assert recognised["lookahead"]["machines_to_agents"]["high"] == 0
    assert (
        reached["lookahead"]["talk_share"]["mean"]
        < recognised["lookahead"]["talk_share"]["mean"] - 0.01
    )


def test_names_in_another_encoding_do_not_matter(tmp_path):
    path = a_vicidial_log(tmp_path / "log.csv", machines_reach_agents=True, encoding="latin-1")
    found = call_log.read(path)
    assert not found.skipped and {call.agent for call in found.calls} == {None, *range(10)}
