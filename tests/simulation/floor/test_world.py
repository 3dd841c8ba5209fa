"""World files: the shipped ones load, wrong ones say what to mend."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.simulation.floor import distribution
from dialer.simulation.floor.reading import Table, WorldError
from dialer.simulation.floor.world import load, named, parse, shipped_worlds

AGENTS = [{"count": 3}]


@pytest.mark.parametrize("name", shipped_worlds())
def test_every_shipped_world_loads_and_has_a_title(name):
    world = load(named(name))
    assert world.title and 1 <= world.headcount <= 200


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "found 0 agents"),
        ({"agents": [{}]}, r"agents\[0\]: count is missing"),
        ({"agents": [{"count": 2.5}]}, "a whole number"),
        ({"agents": AGENTS, "answer_rate": 25}, "answer_rate: found 25"),
        ({"agents": AGENTS, "answer_rat": 0.2}, "unknown key 'answer_rat'"),
        ({"agents": AGENTS, "answer_rate_at": [[60, 0.2], [0, 0.3]]}, "in the order of time"),
        ({"agents": AGENTS, "brownouts": [[0, 60]]}, "from, to, share"),
        ({"agents": AGENTS, "talk": {"kind": "normal"}}, "one of constant, exponential"),
        ({"agents": AGENTS, "talk": {"kind": "gamma", "mean": 5}}, "shape is missing"),
        ({"agents": AGENTS, "talk": {"kind": "mixture", "parts": []}}, "none with a weight"),
        ({"agents": AGENTS, "talk": 5}, "a table of keys and values"),
        ({"agents": AGENTS, "seconds": True}, "found True"),
        ({"agents": AGENTS, "machines": {"share": 0.9}}, "expected at most 1"),
        ({"agents": [{"count": 1, "languages": ["xx"]}]}, "found 'xx'"),
        ({"agents": AGENTS, "campaigns": [{"name": "a"}, {"name": "a"}]}, "have one name"),
        (
            {"agents": AGENTS, "campaigns": [{"name": "a"}], "answer_rate": 0.2},
            r"'answer_rate' at the top; expected it in each of \[\[campaigns\]\]",
        ),
        ({"agents": AGENTS, "title": 5}, "title: found 5; expected a text"),
        ({"agents": AGENTS, "late_ticks": [[9, -20]]}, "seconds above 0"),
        ({"agents": AGENTS, "late_ticks": [[9, float("nan")]]}, "a list of rows"),
        ({"agents": [{"count": 1, "breaks": [[9, 3, 0.5]]}]}, "0 <= from < to"),
        ({"agents": [{"count": 1, "breaks": [[3, 9, 1.5]]}]}, r"shares in 0\.\.1"),
        ({"agents": [{"count": 1, "leaves": [[3, -1]]}]}, r"shares in 0\.\.1"),
        ({"agents": AGENTS, "languages": {"bg": 0, "pl": 0}}, "a share above 0"),
        ({"agents": AGENTS, "leads": 2.5}, "a whole number"),
        ({"agents": AGENTS, "pick_up": {"kind": "constant", "value": 99}}, "a longer limit"),
        ({"agents": AGENTS, "signals": {"script": [0.9, 0.1]}}, "a rising list of numbers"),
        ({"agents": AGENTS, "signals": {"given": 2}}, "given: found 2"),
    ],
)
def test_a_wrong_world_says_where_and_what(values, message):
    with pytest.raises(WorldError, match=message):
        parse(values, "mine")


def test_files_that_are_no_worlds_are_refused_in_one_sentence(tmp_path):
    with pytest.raises(WorldError, match="no such file and no shipped world"):
        named("atlantis")
    broken = tmp_path / "broken.toml"
    broken.write_bytes(b"\xff\xfe")
    with pytest.raises(WorldError, match="is not UTF-8"):
        load(broken)
    broken.write_text("agents = [")
    with pytest.raises(WorldError, match="is not TOML"):
        load(broken)


MEANS = [
    ({"kind": "lognormal", "mean": 20, "sigma": 0.6}, 20),
    ({"kind": "exponential", "mean": 112}, 112),
    ({"kind": "gamma", "mean": 60, "shape": 2}, 60),
    ({"kind": "weibull", "mean": 60, "shape": 1.5}, 60),
    ({"kind": "uniform", "low": 12, "high": 24}, 18),
    ({"kind": "constant", "value": 2}, 2),
    ({"kind": "table", "values": [[5, 1], [15, 1]]}, 10),
    ({"kind": "quantiles", "values": [[0, 0], [1, 10]]}, 5),
    (
        {
            "kind": "mixture",
            "parts": [
                {"weight": 1, "kind": "constant", "value": 1},
                {"weight": 3, "kind": "constant", "value": 5},
            ],
        },
        4,
    ),
]


@pytest.mark.parametrize(("values", "mean"), MEANS)
def test_a_distribution_has_the_mean_it_names(values, mean):
    found = distribution.read(Table(values, "it"))
    drawn = found.sample(np.random.default_rng(1), 60_000)
    assert drawn.mean() == pytest.approx(mean, rel=0.03)
    assert (drawn >= 0).all()


@given(st.floats(1, 50), st.floats(60, 500))
def test_bounds_hold(least, most):
    values = {"kind": "exponential", "mean": 60, "least": least, "most": most}
    drawn = distribution.read(Table(values, "it")).sample(np.random.default_rng(1), 500)
    assert ((drawn >= least) & (drawn <= most)).all()


def test_bounds_that_leave_nothing_are_refused():
    values = {"kind": "uniform", "low": 1, "high": 2, "least": 50}
    with pytest.raises(WorldError, match="fewer than 1 %"):
        distribution.read(Table(values, "it"))
