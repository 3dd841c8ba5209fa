"""The whole engine, on virtual time, in the worlds of the simulator: the same figures within noise.

What ``dialer simulate`` promises is only worth something if the engine keeps it: hopper, gate,
ledger, trunks, desks and the record stand between the Pacer and its calls here. Longer shifts:
``python -m tests.benchmarks.engine_in_worlds``.
"""

from statistics import mean, stdev

import pytest

from dialer.pacing import Mode
from dialer.simulation.floor.measures import Figures
from dialer.simulation.floor.world import World, parse
from tests.system.world_floor import in_simulator, under_engine

ONE_POOL = {"seconds": 1_500, "agents": [{"count": 10}], "answer_rate": 0.3}
LANGUAGES = {
    "seconds": 1_200,
    "answer_rate": 0.35,
    "languages": {"bg": 0.6, "pl": 0.4},
    "agents": [
        {"count": 4, "languages": ["bg"]},
        {"count": 3, "languages": ["pl"]},
        {"count": 3},
    ],
}
CAMPAIGNS = {
    "seconds": 1_200,
    "campaigns": [
        {"name": "summer", "answer_rate": 0.4},
        {"name": "winter", "answer_rate": 0.3, "abandon_rate_limit": 0.0},
    ],
    "agents": [{"count": 4, "campaigns": ["summer"]}, {"count": 5}],
}
VOICEMAIL = {
    "seconds": 1_200,
    "answer_rate": 0.3,
    "machines": {"share": 0.4},
    "screening": {
        "seconds": 0.0,
        "false_positive_rate": 0.0,
        "false_negative_rate": 1.0,
    },
    "agents": [{"count": 8, "breaks": [[300, 600, 0.5]], "leaves": [[900, 0.25]]}],
}


def a_world(values: dict[str, object]) -> World:
    return parse({"judged_from_live_answers": 200, **values}, "a world")


def agrees(found: Figures, simulated: list[Figures], name: str, give: float) -> None:
    """Check a figure against the simulator's mean, its noise and *give* (what an engine costs)."""
    expected = [float(getattr(figures, name)) for figures in simulated]
    tolerance = 3.0 * stdev(expected) + give
    assert float(getattr(found, name)) == pytest.approx(mean(expected), abs=tolerance), name


@pytest.mark.parametrize("values", [ONE_POOL, LANGUAGES, CAMPAIGNS, VOICEMAIL])
def test_the_engine_in_a_world_has_the_figures_of_the_simulator(values):
    world = a_world(values)
    found = under_engine(world, seed=1)
    simulated = [in_simulator(world, seed) for seed in range(1, 6)]
    agrees(found, simulated, "utilisation", 0.02)
    agrees(found, simulated, "talk_share", 0.02)
    agrees(found, simulated, "live_answers", 5)
    agrees(found, simulated, "machines_to_agents", 3)
    agrees(found, simulated, "wait_mean", 3.0)
    assert found.live_answers == found.connected + found.abandoned
    assert found.abandoned <= max(figures.abandoned for figures in simulated) + 2


def test_one_to_one_the_engine_abandons_nobody_either():
    world = a_world(ONE_POOL | {"seconds": 600})
    found = under_engine(world, seed=2, mode=Mode.PROGRESSIVE)
    simulated = [in_simulator(world, seed, "progressive") for seed in range(1, 6)]
    agrees(found, simulated, "utilisation", 0.02)
    assert found.abandoned == 0
