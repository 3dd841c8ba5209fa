"""Which trunk, host, port and caller ID carry a call."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sip_config.availability import Obstacle
from sip_config.blocking import Blocked
from sip_config.carrying import CallEnd, ended, inbound, options_answered, started
from sip_config.causes import Ending, Outcome
from sip_config.lines import carried_over, opening, restored
from sip_config.ordering import is_open
from sip_config.route import FailOver, Window
from sip_config.routing import CallRequest, Chosen, NoRoute, choose, may_fail_over
from sip_config.traffic import Traffic
from tests.sip_config.files import LONDON, NOW, READING, a_file, a_group, a_trunk, loaded

POOL = {"id": "main", "numbers": [{"e164": "+442079460101", "answers": "agents"}]}


class Desk:
    """A configuration, its lines and a clock: places calls as an engine does."""

    def __init__(self, tmp_path, file: dict[str, Any]) -> None:
        self.config = loaded(tmp_path, file)
        self.now = NOW
        self.lines = opening(self.config, NOW)

    def ask(self, number=LONDON, **request) -> Chosen | NoRoute:
        return choose(self.config, self.lines, CallRequest(number=number, **request), self.now)

    def call(self, number=LONDON, **request) -> Chosen:
        chosen = self.ask(number, **request)
        assert isinstance(chosen, Chosen), chosen
        self.lines = started(self.config, self.lines, chosen.taken, self.now)
        return chosen

    def end(self, chosen: Chosen, outcome=Outcome.NO_ANSWER, **facts) -> None:
        end = CallEnd(number=LONDON, outcome=outcome, **facts)
        self.lines = ended(self.config, self.lines, chosen.taken, end, self.now)

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def obstacles(self, number=LONDON, **request) -> list[Obstacle]:
        found = self.ask(number, **request)
        assert isinstance(found, NoRoute), found
        return [reason.obstacle for reason in found.reasons]


@pytest.fixture
def desk(tmp_path):
    return lambda **changes: Desk(tmp_path, a_file(**changes))


def two(**changes: Any) -> dict[str, Any]:
    trunks = [a_trunk(), a_trunk(id="b", hosts=[{"uri": "sip:127.0.0.2"}])]
    return {"trunks": trunks, **a_group("pbx", "b", **changes)}


def test_a_call_leaves_with_everything_an_invite_needs(desk):
    chosen = desk().call()
    assert chosen.request_uri == "sip:+442079460123@127.0.0.1:5060"
    assert chosen.from_uri == "<sip:+442079460101@127.0.0.1:5060>"
    assert chosen.caller_id == "+442079460101"
    assert chosen.trunk_id == "pbx"


def test_the_longest_prefix_wins_then_the_order(desk):
    one = desk(
        **{
            **two(),
            "routes": [
                {"prefix": "", "deny": True, "reason": "nowhere"},
                {"prefix": "+44", "trunk": "pbx"},
                {"prefix": "+4420", "trunk": "b"},
                {"prefix": "+4420", "trunk": "pbx"},
            ],
        },
        blocklists={"international": {"allow_countries": ["GB", "BG"]}},
    )
    assert one.call(LONDON).trunk_id == "b"
    assert one.call(READING).trunk_id == "pbx"
    refused = one.ask("+35924200000")
    assert refused.reasons[0].obstacle is Obstacle.DENIED
    assert refused.reasons[0].detail == "nowhere"
    assert refused.is_permanent


def test_a_route_belongs_to_campaigns_and_hours(desk):
    window = {"days": ["mon"], "opens": "09:00", "closes": "10:30", "zone": "Europe/London"}
    one = desk(
        routes=[
            {"prefix": "+44", "trunk": "pbx", "campaigns": ["spring"], "windows": [window]},
        ]
    )
    assert one.call(campaign="spring")
    assert one.obstacles(campaign="autumn") == [Obstacle.NO_ROUTE]
    one.wait(30 * 60)
    assert one.obstacles(campaign="spring") == [Obstacle.NO_ROUTE]


def test_a_window_may_span_midnight():
    window = Window(days=("fri",), opens="22:00", closes="02:00", zone="Europe/Sofia")
    friday = datetime(2026, 11, 27, 21, 30, tzinfo=UTC)  # 23:30 in Sofia
    assert is_open(window, friday)
    assert is_open(window, friday + timedelta(hours=2))
    assert not is_open(window, friday + timedelta(hours=3))
    assert not is_open(window, friday - timedelta(hours=22))
    assert is_open(Window(), friday)


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("999", Blocked.EMERGENCY),
        ("+449098790123", Blocked.PREMIUM),
        ("+35924200000", Blocked.COUNTRY),
        ("+4420794", Blocked.INVALID),
    ],
)
def test_a_blocked_number_is_refused_before_any_route(desk, number, reason):
    refused = desk().ask(number)
    assert refused.reasons[0].blocked is reason
    assert refused.is_permanent and refused.retry_at is None


def test_what_would_be_dialled_is_checked_again(desk):
    rules = [{"match": r"^\+441184960123$", "replace": "999"}]
    one = desk(trunks=[a_trunk(number_rules=rules)])
    assert one.call(LONDON)
    refused = one.ask(READING)
    assert refused.reasons[0].obstacle is Obstacle.ALTERED
    assert refused.reasons[0].blocked is Blocked.EMERGENCY


def test_weights_share_calls_within_a_priority(desk):
    file = two()
    file["route_groups"][0]["members"] = [
        {"trunk": "pbx", "priority": 1, "weight": 80},
        {"trunk": "b", "priority": 1, "weight": 20},
    ]
    one = desk(**file)
    counted = [one.ask(draw=step / 100).trunk_id for step in range(100)]
    assert (counted.count("pbx"), counted.count("b")) == (80, 20)


def test_a_lower_priority_is_asked_only_when_the_first_has_an_obstacle(desk):
    file = two()
    file["route_groups"][0]["members"][1]["priority"] = 2
    file["trunks"][0]["limits"]["channels"] = 1
    one = desk(**file)
    assert [one.call().trunk_id for _ in range(2)] == ["pbx", "b"]


def test_the_cheapest_trunk_for_the_number_is_asked_first(desk):
    file = two(policy="least_cost")
    file["trunks"][0]["cost"] = {
        "per_minute": "0.01",
        "rates": [{"prefix": "+44118", "per_minute": "0.05"}],
    }
    file["trunks"][1]["cost"] = {"per_minute": "0.02"}
    one = desk(**file)
    assert one.call(LONDON).trunk_id == "pbx"
    assert one.call(READING).trunk_id == "b"
    assert one.call(READING).cost_per_minute == Decimal("0.02")


def test_round_robin_and_least_used_share_evenly(desk):
    one = desk(**two(policy="round_robin"))
    order = []
    for _ in range(4):
        one.wait(1)
        order.append(one.call().trunk_id)
    assert order == ["pbx", "b", "pbx", "b"]
    file = two(policy="least_used")
    file["trunks"][1]["limits"]["channels"] = 2
    other = desk(**file)
    order = [other.call().trunk_id for _ in range(9)]
    assert order.count("b") == 2 and order.count("pbx") == 7


def test_a_full_trunk_takes_no_call_until_one_ends(desk):
    one = desk(trunks=[a_trunk(limits={"channels": 3, "reserve_inbound": 1, "cps": 9, "burst": 9})])
    calls = [one.call(), one.call()]
    assert one.obstacles() == [Obstacle.CHANNELS]
    one.end(calls[0])
    assert one.call()
    one.lines = inbound(one.lines, "pbx", +1)
    one.end(calls[1])
    assert one.obstacles() == [Obstacle.CHANNELS]
    one.lines = inbound(one.lines, "pbx", -1)
    assert one.call()


def test_calls_leave_at_the_rate_of_trunk_host_and_house(desk):
    slow = {"channels": 9, "cps": 2, "burst": 1}
    one = desk(trunks=[a_trunk(limits=slow)])
    one.call()
    refused = one.ask()
    assert refused.reasons[0].obstacle is Obstacle.RATE
    assert refused.retry_at == NOW + timedelta(seconds=0.5)
    one.now = refused.retry_at
    assert one.call()
    host = [{"uri": "sip:127.0.0.1", "cps": 0.5}]
    by_host = desk(trunks=[a_trunk(hosts=host, limits={"channels": 9, "cps": 9})])
    by_host.call()
    by_host.wait(1)
    assert by_host.ask().retry_at == NOW + timedelta(seconds=2)
    house = desk(**two(), limits={"cps": 1, "burst": 1})
    house.call()
    assert house.obstacles() == [Obstacle.RATE]


def test_a_trunk_that_says_too_fast_is_slowed_and_obeyed(desk):
    one = desk()
    one.end(one.call(), Outcome.TRUNK_RATE, retry_after_seconds=7)
    assert one.lines.trunks["pbx"].bucket.rate == 5.0
    assert one.ask().retry_at == NOW + timedelta(seconds=7)


def test_a_host_that_does_not_react_is_passed_over_and_tried_again_later(desk):
    hosts = [{"uri": "sip:127.0.0.1", "priority": 1}, {"uri": "sip:127.0.0.2", "priority": 2}]
    one = desk(trunks=[a_trunk(hosts=hosts, health={"fail_after": 2, "hold_down_s": 60})])
    for _ in range(2):
        one.end(one.call(), Outcome.TRUNK_DOWN, reacted=False)
    assert one.call().taken.host == "sip:127.0.0.2"
    one.wait(60)
    assert one.call().taken.host == "sip:127.0.0.1"
    assert one.call().taken.host == "sip:127.0.0.2", "one call at a time to a host that is down"


def test_options_bring_a_host_down_and_up(desk):
    one = desk(trunks=[a_trunk(health={"fail_after": 1, "ok_after": 1, "ok_codes": [200, 404]})])

    def answers(status):
        one.lines = options_answered(
            one.config, one.lines, "pbx", "sip:127.0.0.1:5060", status, one.now
        )

    answers(None)
    assert one.obstacles() == [Obstacle.HOST_DOWN]
    answers(503)
    assert one.obstacles() == [Obstacle.HOST_DOWN]
    answers(404)
    assert one.call()


def test_what_was_tried_is_not_tried_again(desk):
    one = desk(**two())
    first = one.ask()
    second = one.ask(tried=frozenset({(first.trunk_id, first.taken.host)}))
    assert {first.trunk_id, second.trunk_id} == {"pbx", "b"}
    both = frozenset((c.trunk_id, c.taken.host) for c in (first, second))
    assert one.obstacles(tried=both) == [Obstacle.TRIED, Obstacle.TRIED]


def test_minutes_and_money_of_the_day_are_ceilings(desk):
    limits = {"channels": 9, "cps": 9, "burst": 9, "daily_minutes": 10}
    one = desk(trunks=[a_trunk(limits=limits)])
    one.end(one.call(), Outcome.ANSWERED, seconds=9.5 * 60)
    assert one.obstacles() == [Obstacle.MINUTES]
    one.now = NOW + timedelta(days=1)
    assert one.call()
    limits = {"channels": 9, "cps": 9, "burst": 9, "spend_per_day": "1.00"}
    paid = desk(trunks=[a_trunk(limits=limits, cost={"per_minute": "0.30"})])
    paid.end(paid.call(), Outcome.ANSWERED, seconds=120)
    assert paid.call(), "0.60 spent and a minute for the next call fit"
    assert paid.obstacles() == [Obstacle.SPEND]
    house = desk(limits={"spend_per_day": "0.5"}, trunks=[a_trunk(cost={"per_minute": "0.30"})])
    house.end(house.call(), Outcome.ANSWERED, seconds=120)
    assert house.obstacles() == [Obstacle.SPEND]


def test_the_day_of_the_ceilings_begins_at_midnight_of_the_site(desk):
    limits = {"channels": 9, "cps": 9, "burst": 9, "daily_minutes": 10}
    one = desk(trunks=[a_trunk(limits=limits)], zone="Europe/Sofia")
    one.end(one.call(), Outcome.ANSWERED, seconds=600)
    one.now = datetime(2026, 11, 23, 21, 59, tzinfo=UTC)
    assert one.obstacles() == [Obstacle.MINUTES]
    one.now = datetime(2026, 11, 23, 22, 0, tzinfo=UTC)
    assert one.call()


def test_a_route_may_be_too_dear_and_a_trunk_disabled(desk):
    routes = [{"prefix": "", "trunk": "pbx", "max_cost_per_minute": "0.05"}]
    assert desk(routes=routes, trunks=[a_trunk(cost={"per_minute": "0.06"})]).obstacles() == [
        Obstacle.PRICE
    ]
    assert desk(trunks=[a_trunk(enabled=False)]).obstacles() == [Obstacle.DISABLED]


def test_an_enforced_condition_of_the_carrier_stops_a_trunk(desk):
    traffic = {"min_asr": 0.5, "minimum_calls": 4, "enforce": True}
    limits = {"channels": 9, "cps": 9, "burst": 9}
    one = desk(trunks=[a_trunk(traffic=traffic, limits=limits)])
    for _ in range(4):
        one.end(one.call(), Outcome.NO_ANSWER)
    assert one.obstacles() == [Obstacle.TRAFFIC]


def a_box(**changes: Any) -> dict[str, Any]:
    return a_trunk(
        kind="gateway_fxo",
        channels=[
            {"id": "1", "line": "+442079460201"},
            {"id": "2", "line": "+442079460202", "uri": "sip:127.0.0.1:5062", "prefix": "7"},
        ],
        limits={"channels": 2, "cps": 9, "burst": 9, "per_port": {"min_gap_s": 3}},
        **changes,
    )


def test_each_port_of_a_box_shows_its_own_line_and_rests_after_a_call(desk):
    one = desk(trunks=[a_box()])
    first, second = one.call(), one.call()
    assert [first.taken.port, second.taken.port] == ["1", "2"]
    assert [first.caller_id, second.caller_id] == ["+442079460201", "+442079460202"]
    assert second.request_uri == "sip:7442079460123@127.0.0.1:5062"
    assert one.obstacles() == [Obstacle.CHANNELS]
    one.end(first)
    refused = one.ask()
    assert refused.reasons[0].obstacle is Obstacle.PORT
    assert refused.retry_at == NOW + timedelta(seconds=3)
    one.wait(3)
    assert one.call().taken.port == "1"


def test_a_wanted_number_chooses_the_port_that_shows_it(desk):
    one = desk(trunks=[a_box()])
    assert one.call(caller_id="+442079460202").taken.port == "2"
    assert one.obstacles(caller_id="+442079460202") == [Obstacle.PORT]


def numbers(*last: int, **facts: Any) -> list[dict[str, Any]]:
    return [{"e164": f"+44207946010{n}", "answers": "agents", **facts} for n in last]


def pools(*found: dict[str, Any]) -> dict[str, Any]:
    return {"caller_ids": {"pools": list(found)}}


def test_a_caller_id_is_shown_only_where_it_is_verified(desk):
    own = [*numbers(1, verified_on=["pbx"]), *numbers(2, verified_on=["b"])]
    one = desk(**{**two(policy="round_robin"), **pools({"id": "p", "numbers": own})})
    assert one.call().caller_id == "+442079460101"
    one.wait(1)
    chosen = one.call()
    assert (chosen.trunk_id, chosen.caller_id) == ("b", "+442079460102")
    assert one.ask(caller_id="+442079460101").trunk_id == "pbx"


def test_a_number_in_no_pool_is_not_shown_unless_there_are_no_pools(desk):
    assert desk().obstacles(caller_id="+442079460999") == [Obstacle.CALLER_ID]
    assert desk().obstacles(caller_id="nothing") == [Obstacle.CALLER_ID]
    bare = desk(caller_ids={})
    assert bare.call(caller_id="+442079460999").caller_id == "+442079460999"
    assert bare.obstacles() == [Obstacle.CALLER_ID]


def test_a_pool_belongs_to_campaigns(desk):
    one = desk(
        **pools(
            {"id": "p", "numbers": numbers(1), "campaigns": ["spring"]},
            {"id": "q", "numbers": numbers(2)},
        )
    )
    assert one.call(campaign="spring").caller_id == "+442079460101"
    assert one.call(campaign="autumn").caller_id == "+442079460102"
    assert one.obstacles(campaign="autumn", caller_id="p") == [Obstacle.CALLER_ID]


def test_a_number_rests_after_its_calls_of_the_day(desk):
    pool = {"id": "p", "numbers": numbers(1, 2), "limits": {"max_calls_per_day": 2}}
    one = desk(**pools(pool))
    assert [one.call().caller_id[-1] for _ in range(4)] == ["1", "1", "2", "2"]
    assert one.obstacles() == [Obstacle.CALLER_ID]
    one.now = NOW + timedelta(hours=24)
    assert one.call().caller_id[-1] == "1"


def test_the_share_of_answered_calls_is_known_for_each_number(desk):
    one = desk()
    one.end(one.call(), Outcome.ANSWERED, seconds=30)
    one.end(one.call(), Outcome.NO_ANSWER)
    assert one.lines.caller_ids["+442079460101"].answer_rate == 0.5


def test_strategies_choose_as_they_are_named(desk):
    def order(strategy, count=4, **request):
        one = desk(**pools({"id": "p", "numbers": numbers(1, 2, 3), "strategy": strategy}))
        found = []
        for _ in range(count):
            one.wait(1)
            found.append(one.call(**request).caller_id[-1])
        return "".join(found)

    assert order("fixed") == "1111"
    assert order("round_robin") == "1231"
    assert order("least_recent") == "1231"
    sticky = {lead: order("sticky_per_lead", lead=lead) for lead in "abcdefghij"}
    assert all(len(set(shown)) == 1 for shown in sticky.values())
    assert len(set(sticky.values())) > 1


def test_local_presence_shows_the_number_nearest_to_the_callee(desk):
    own = [*numbers(1, regions=["+4420"]), *numbers(2, regions=["+44118", "+44"])]
    one = desk(**pools({"id": "p", "numbers": own, "strategy": "local_presence"}))
    assert one.call(LONDON).caller_id[-1] == "1"
    assert one.call(READING).caller_id[-1] == "2"


@pytest.mark.parametrize(
    ("outcome", "ending", "attempts", "elapsed", "allowed"),
    [
        (Outcome.CONGESTION, {}, 1, 1.0, True),
        (Outcome.CONGESTION, {"ringing_seen": True}, 1, 1.0, False),
        (Outcome.CONGESTION, {}, 3, 1.0, False),
        (Outcome.CONGESTION, {}, 1, 6.0, False),
        (Outcome.BUSY, {}, 1, 1.0, False),
        (Outcome.INVALID_NUMBER, {}, 1, 1.0, False),
    ],
)
def test_another_trunk_is_asked_before_ringing_only(outcome, ending, attempts, elapsed, allowed):
    asked = may_fail_over(
        outcome, Ending(**ending), FailOver(), attempts=attempts, elapsed_seconds=elapsed
    )
    assert asked is allowed


def test_a_second_opinion_on_a_number_is_asked_once():
    policy = FailOver(on=(Outcome.INVALID_NUMBER,))
    ending = Ending(sip_status=404)

    def asked(attempts):
        return may_fail_over(
            Outcome.INVALID_NUMBER, ending, policy, attempts=attempts, elapsed_seconds=1
        )

    assert asked(1) and not asked(2)


def test_a_new_file_keeps_what_the_trunks_are_doing(desk, tmp_path):
    one = desk()
    call = one.call()
    limits = {"channels": 1, "cps": 1}
    new = loaded(tmp_path, a_file(trunks=[a_trunk(limits=limits), a_trunk(id="new")]))
    one.config, one.lines = new, carried_over(new, one.lines, NOW)
    assert one.obstacles() == [Obstacle.CHANNELS]
    gone = loaded(tmp_path, a_file(trunks=[a_trunk(id="new")], routes=[{"trunk": "new"}]))
    one.config, one.lines = gone, carried_over(gone, one.lines, NOW)
    assert one.lines.trunks["pbx"].calls == 1
    one.end(call)
    assert one.lines.trunks["pbx"].calls == 0


def test_no_reason_holds_a_telephone_number(desk):
    one = desk(trunks=[a_trunk(limits={"channels": 1})])
    one.call()
    for number in (LONDON, "+449098790123", "999"):
        refused = one.ask(number)
        assert number.strip("+") not in repr(refused)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("call"), st.floats(0, 1), st.sampled_from([LONDON, READING])),
        st.tuples(st.just("end"), st.integers(0, 20), st.sampled_from(Outcome)),
        st.tuples(st.just("wait"), st.floats(0, 30), st.just(None)),
    ),
    max_size=40,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(steps=STEPS)
def test_no_order_of_calls_and_ends_exceeds_a_limit_or_loses_a_channel(tmp_path, steps):
    file = two()
    file["trunks"][0]["limits"] = {"channels": 3, "reserve_inbound": 1, "cps": 2, "burst": 2}
    file["trunks"][1] = {**a_box(), "id": "b"}
    one = Desk(tmp_path, a_file(**file))
    up: list[Chosen] = []
    for kind, value, what in steps:
        if kind == "wait":
            one.wait(value)
        elif kind == "end" and up:
            seconds = 20.0 if what is Outcome.ANSWERED else None
            one.end(up.pop(value % len(up)), what, seconds=seconds)
        elif kind == "call":
            chosen = one.ask(what, draw=value)
            if isinstance(chosen, Chosen):
                assert one.ask(what, draw=value) == chosen
                up.append(one.call(what, draw=value))
            else:
                assert chosen.reasons
                assert chosen.retry_at is None or chosen.retry_at > one.now
        by_trunk = [c.trunk_id for c in up]
        assert by_trunk.count("pbx") == one.lines.trunks["pbx"].calls <= 2
        assert by_trunk.count("b") == one.lines.trunks["b"].calls <= 2
        ports = [c.taken.port for c in up if c.trunk_id == "b"]
        assert len(ports) == len(set(ports))


def test_every_started_call_that_ends_gives_its_channel_back_even_after_midnight(desk):
    one = desk()
    call = one.call()
    one.now = NOW + timedelta(days=2)
    one.end(call, Outcome.ANSWERED, seconds=60)
    assert one.lines.trunks["pbx"].calls == 0
    assert one.lines.minutes == 1.0
    assert replace(one.lines).day.isoformat() == "2026-11-25"


def test_the_house_has_ceilings_over_all_trunks(desk):
    assert desk(**two(), limits={"channels": 1}).call()
    one = desk(**two(), limits={"channels": 1})
    one.call()
    assert one.obstacles() == [Obstacle.CHANNELS]
    house = desk(**two(), limits={"daily_minutes": 1})
    house.end(house.call(), Outcome.ANSWERED, seconds=60)
    assert house.obstacles() == [Obstacle.MINUTES]


def test_after_a_restart_the_counts_of_the_day_are_given_back(desk):
    limits = {"channels": 9, "cps": 9, "daily_minutes": 10}
    one = desk(trunks=[a_trunk(limits=limits)])
    one.lines = restored(
        one.lines, "pbx", minutes=9.5, spent=Decimal("0.10"), traffic=Traffic(attempts=3)
    )
    assert one.lines.spent == Decimal("0.10")
    assert one.obstacles() == [Obstacle.MINUTES]


def test_a_port_with_used_up_minutes_is_left_alone(desk):
    box = a_box()
    box["channels"][0]["daily_minutes"] = 5
    one = desk(trunks=[box])
    first = one.call()
    assert first.taken.port == "1"
    one.end(first, Outcome.ANSWERED, seconds=300)
    one.wait(3)
    assert one.call().taken.port == "2"
    assert one.obstacles() == [Obstacle.PORT]


def test_what_comes_late_about_a_trunk_or_host_that_is_gone_changes_nothing(desk, tmp_path):
    one = desk()
    call = one.call()
    other = loaded(tmp_path, a_file(trunks=[a_trunk(id="new")], routes=[{"trunk": "new"}]))
    fresh = opening(other, NOW)
    end = CallEnd(number=LONDON, outcome=Outcome.BUSY)
    assert ended(other, fresh, call.taken, end, NOW) == fresh
    assert options_answered(other, fresh, "pbx", "sip:127.0.0.1", 200, NOW) == fresh
    assert inbound(fresh, "pbx", +1) == fresh
    moved = loaded(tmp_path, a_file(trunks=[a_trunk(hosts=[{"uri": "sip:127.0.0.7"}])]))
    lines = ended(moved, carried_over(moved, one.lines, NOW), call.taken, end, NOW)
    assert lines.trunks["pbx"].calls == 0
