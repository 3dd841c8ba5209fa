"""Several pools, several campaigns."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.pacing import Abandoned, Aim, Answered, Dialed, Floor, Mode, Pacer
from dialer.pacing.joint import FloorPacer, Terms
from dialer.pacing.shared_floor import Desk, Queue, SharedFloor
from tests.pacing.histories import a_day_so_far

BILINGUAL = frozenset({"bg", "pl"})
MORNING = a_day_so_far()


def test_one_pool_given_as_a_mapping_is_paced_like_a_floor():
    floor = Floor(6, 0, [50.0] * 4, [2.0], [3.0, 8.0], 100.0, 1_000.0, 9_000.0)
    alone = Pacer(Aim()).decide(floor, 0.0).calls
    mapped = Pacer(Aim()).decide({"bg": floor}, 0.0)
    assert abs(mapped.calls - alone) <= 1
    assert mapped.by_pool == {"bg": mapped.calls}


@given(
    st.integers(0, 8),
    st.integers(0, 2),
    st.lists(st.floats(0, 400), max_size=8),
    st.lists(st.floats(0, 40), max_size=6),
    st.lists(st.floats(0, 30), max_size=25),
    st.sampled_from([Mode.PREDICTIVE, Mode.PROGRESSIVE]),
)
@settings(max_examples=25, deadline=None)
def test_a_floor_of_one_queue_is_paced_as_the_pacer_alone_paces_it(
    idle, waiting, talk_ages, wrap_up_ages, ring_ages, mode
):
    def taught() -> Pacer:
        pacer = Pacer(Aim(mode=mode))
        for event in MORNING:
            pacer.observe(event)
        return pacer

    one = Floor(idle, waiting, talk_ages, wrap_up_ages, ring_ages, 500.0, 5_000.0, 9_000.0)
    desk = Desk(
        serves=frozenset({("", "")}),
        idle=idle,
        talk_ages={"": talk_ages},
        wrap_up_ages={"": wrap_up_ages},
    )
    queue = Queue(campaign="", waiting=waiting, ring_ages=ring_ages, leads_left=5_000.0)
    shared = SharedFloor(desks=[desk], queues=[queue], lines_free=500.0, ends_in=9_000.0)
    alone = taught().decide(one, 3_300.0)
    assert FloorPacer({"": taught()}).decide(shared, 3_300.0)["", ""].calls == alone.calls


def test_a_pool_nobody_serves_gets_no_call():
    decision = Pacer(Aim()).decide({"bg": Floor(4, 0), "pl": Floor(0, 0)}, 0.0)
    assert decision.by_pool["pl"] == 0 < decision.by_pool["bg"]


def test_a_bilingual_agent_is_not_counted_twice():
    aim = Aim(mode=Mode.PROGRESSIVE)
    pools = {"bg": Floor(0, 0), "pl": Floor(0, 0), BILINGUAL: Floor(3, 0)}
    assert Pacer(aim).decide(pools, 0.0).calls == 3
    ringing = {"bg": Floor(0, 0, ring_ages=[1.0] * 3), "pl": Floor(0, 0), BILINGUAL: Floor(3, 0)}
    assert Pacer(aim).decide(ringing, 0.0).calls == 0


def test_a_floor_without_a_pool_is_refused():
    with pytest.raises(ValueError, match="has no pool"):
        Pacer(Aim()).decide({}, 0.0)


@given(
    st.dictionaries(st.sampled_from(["bg", "pl", "ro"]), st.integers(0, 8), min_size=1),
    st.integers(0, 6),
    st.integers(0, 30),
    st.integers(0, 40),
    st.sampled_from([Mode.PREDICTIVE, Mode.PROGRESSIVE]),
)
@settings(max_examples=60, deadline=None)
def test_pools_never_get_more_calls_than_lines_or_one_to_one_more_than_agents(
    idle, shared, ringing, lines, mode
):
    pools = {
        name: Floor(count, 0, ring_ages=[4.0] * (ringing % 5), lines_free=float(lines))
        for name, count in idle.items()
    }
    pools[BILINGUAL] = Floor(shared, 0, lines_free=float(lines))
    decision = Pacer(Aim(mode=mode)).decide(pools, 0.0)
    assert decision.calls == sum(decision.by_pool.values()) <= lines
    if mode is Mode.PROGRESSIVE:
        served = sum(idle.values()) + (shared if BILINGUAL & idle.keys() else 0)
        assert decision.calls <= served


def a_shared_floor(*, idle: int, ringing: int = 0) -> SharedFloor:
    names = [("summer", ""), ("winter", "")]
    return SharedFloor(
        desks=[Desk(serves=frozenset(names), idle=idle)],
        queues=[
            Queue(campaign="summer", ring_ages=[5.0] * ringing),
            Queue(campaign="winter"),
        ],
        lines_free=500.0,
        ends_in=20_000.0,
    )


def test_priority_goes_first_and_shares_divide():
    pacers = {"summer": Pacer(Aim()), "winter": Pacer(Aim())}
    first = FloorPacer(pacers, {"winter": Terms(priority=1)}).decide(a_shared_floor(idle=8), 0.0)
    assert first["winter", ""].calls > 3 * max(first["summer", ""].calls, 1)
    pacers = {"summer": Pacer(Aim()), "winter": Pacer(Aim())}
    shared = FloorPacer(pacers, {"summer": Terms(share=3.0)}).decide(a_shared_floor(idle=20), 0.0)
    assert shared["summer", ""].calls > 2 * shared["winter", ""].calls


def test_one_campaign_never_spends_anothers_budget():
    strict = Pacer(Aim(abandon_rate_limit=0.002))
    pacers = {"summer": strict, "winter": Pacer(Aim(abandon_rate_limit=0.05))}
    beside = FloorPacer(pacers).decide(a_shared_floor(idle=6, ringing=10), 0.0)
    alone = FloorPacer({"summer": Pacer(Aim()), "winter": Pacer(Aim(abandon_rate_limit=0.05))})
    assert (
        beside["winter", ""].calls < alone.decide(a_shared_floor(idle=6), 0.0)["winter", ""].calls
    )


def test_a_campaign_without_budget_keeps_an_agent_for_each_of_its_calls():
    spent = Pacer(Aim(mode=Mode.PROGRESSIVE))
    pacers = {"summer": spent, "winter": Pacer(Aim(mode=Mode.PROGRESSIVE))}
    found = FloorPacer(pacers).decide(a_shared_floor(idle=5, ringing=3), 0.0)
    assert found["summer", ""].calls + found["winter", ""].calls == 2


def test_facts_go_to_their_campaign_only():
    floor = FloorPacer({"summer": Pacer(Aim()), "winter": Pacer(Aim())})
    floor.observe("summer", Dialed(1, 0.0))
    floor.observe("summer", Answered(1, 8.0))
    floor.observe("summer", Abandoned(1, 10.0))
    assert floor.pacers["summer"].account(11.0).abandoned == 1
    assert floor.pacers["winter"].account(11.0).live == 0
