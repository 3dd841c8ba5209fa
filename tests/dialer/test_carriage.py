"""The trunks of a running core: what they have room for, what a restart gives back, a new file."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dialer.call_events import Answered, CallEvent, Ended, EndedBy, FailedOver, Invited, Received
from dialer.campaign import CampaignId, Mode
from dialer.carriage import Carriage
from dialer.day_so_far import PastCall, with_day_so_far
from dialer.on_record import invited_by, taken_by
from dialer.ports import Candidate, Way
from dialer.screening.verdict import Mode as ScreeningMode
from dialer.trunk_board import TrunkState
from dialer.trunk_events import TrunkHeard, TrunkRegistration
from leads.lead import LeadId, NumberId, PersonId
from leads.phone import PhoneNumber
from sip_config.carrying import Taken
from sip_config.lines import opening
from sip_config.traffic import Traffic
from tests.sip_config.files import LONDON, NOW, a_file, a_trunk, loaded
from tests.system.scene import a_campaign

HOST = "sip:127.0.0.1:5060"


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def a_carriage(folder: Path, **trunk: object) -> Carriage:
    config = loaded(folder, a_file(trunks=[a_trunk(**trunk)]))
    return Carriage(config, opening(config, NOW), seed=1)


def a_past_call(*events: CallEvent) -> PastCall:
    return PastCall(
        number=PhoneNumber(LONDON),
        trunk="pbx",
        caller_id="+442079460101",
        opened_at=NOW,
        events=events,
    )


TALK = (
    Invited(after(0), "a"),
    Answered(after(10)),
    Ended(after(130), by=EndedBy.CALLEE),
)


def test_the_way_of_a_call_is_read_back_from_its_events():
    way = Taken(trunk_id="pbx", host=HOST, port="2", caller_id="+442079460101", pool="main")
    invited = invited_by(Invited(NOW, "a"), way)
    assert taken_by([invited], trunk="x", caller_id="y") == way
    over = FailedOver(NOW, "congestion", trunk="second", host="sip:127.0.0.2", caller_id="+44")
    assert taken_by([invited, over], trunk="x", caller_id="y").trunk_id == "second"
    assert taken_by([], trunk="x", caller_id="y").trunk_id == "x"


def test_a_call_from_before_a_restart_occupies_its_trunk_until_it_ends(tmp_path: Path):
    carriage = a_carriage(tmp_path)
    taken = Taken(trunk_id="pbx", host=HOST, port=None, caller_id="+44", pool=None)
    assert carriage.room(NOW) == 10
    carriage.resume(taken, is_up=True)
    carriage.resume(taken, is_up=False)
    assert carriage.room(NOW) == 9
    carriage.came_in("pbx", +1)
    assert carriage.room(NOW) == 8


def test_what_was_used_today_is_counted_again_from_the_record(tmp_path: Path):
    cost = {"per_minute": "0.60", "increments": [60, 60], "currency": "GBP"}
    carriage = a_carriage(tmp_path, cost=cost)
    failed = FailedOver(after(1), "congestion", trunk="pbx", caller_id="+442079460101")
    calls = [
        a_past_call(*TALK),
        a_past_call(Invited(NOW, "b"), failed, *TALK),
        a_past_call(Invited(NOW, "c")),  # not over
        a_past_call(Received(NOW, "d", "pbx"), *TALK[1:]),
    ]
    lines = with_day_so_far(carriage.config, carriage.lines, calls)
    trunk = lines.trunks["pbx"]
    assert trunk.minutes == pytest.approx(4.0), "two talks of ours; who calls us costs nothing"
    assert str(trunk.spent) == "2.40"
    assert trunk.traffic == Traffic(attempts=3, answered=2, short=0, seconds=240.0)
    assert (
        lines.caller_ids["+442079460101"].calls,
        lines.caller_ids["+442079460101"].answered,
    ) == (
        3,
        2,
    )


@pytest.mark.parametrize(
    ("trunk", "room"),
    [
        ({}, 10),
        ({"limits": {"channels": 10, "reserve_inbound": 4, "cps": 10}}, 6),
        ({"limits": {"channels": 10, "cps": 10, "daily_minutes": 7}}, 3),
        (
            {
                "limits": {"channels": 10, "cps": 10, "spend_per_day": "6"},
                "cost": {"per_minute": "0.60", "currency": "GBP"},
            },
            6,
        ),
        ({"traffic": {"min_asr": 0.4, "minimum_calls": 2, "enforce": True}}, 2),
        ({"traffic": {"min_asr": 0.9, "minimum_calls": 2, "enforce": True}}, 0),
        ({"traffic": {"min_asr": 0.9, "minimum_calls": 2}}, 10),
        ({"enabled": False}, 0),
    ],
)
def test_pacing_may_spend_what_channels_ceilings_and_conditions_leave(
    tmp_path: Path, trunk: dict[str, object], room: int
):
    carriage = a_carriage(tmp_path, **trunk)
    unanswered = (Invited(NOW, "x"), Ended(after(20), by=EndedBy.CALLEE))
    calls = [a_past_call(*TALK), a_past_call(*TALK), a_past_call(*unanswered)]
    carriage.lines = with_day_so_far(carriage.config, carriage.lines, calls)
    assert carriage.room(NOW) == room


def test_a_trunk_that_answers_no_options_is_down_until_it_answers_again(tmp_path: Path):
    carriage = a_carriage(tmp_path, health={"fail_after": 2, "ok_after": 1})
    for _ in range(2):
        carriage.heard(TrunkHeard(trunk="pbx", host=HOST, status=None, at=NOW))
    [shown] = carriage.board(NOW).trunks
    assert (shown.state, shown.room, shown.hosts[0].is_up) == (TrunkState.DOWN, 0, False)
    carriage.heard(TrunkHeard(trunk="pbx", host=HOST, status=200, at=NOW))
    [shown] = carriage.board(NOW).trunks
    assert (shown.state, shown.room, shown.because) == (TrunkState.UP, 10, "")


def test_a_registration_that_is_refused_is_shown(tmp_path: Path):
    carriage = a_carriage(tmp_path)
    refused = TrunkRegistration(
        trunk="pbx", registered=False, status=403, reason="Forbidden", at=NOW
    )
    carriage.heard(refused)
    assert "403 Forbidden" in carriage.board(NOW).trunks[0].fault
    carriage.heard(replace(refused, registered=True, status=200))
    assert carriage.board(NOW).trunks[0].fault == ""


def test_a_new_file_keeps_what_the_trunks_were_doing(tmp_path: Path):
    carriage = a_carriage(tmp_path)
    taken = Taken(trunk_id="pbx", host=HOST, port=None, caller_id="+44", pool=None)
    carriage.resume(taken, is_up=True)
    limits = {"channels": 3, "cps": 10, "burst": 10}
    plan = carriage.replace(loaded(tmp_path, a_file(trunks=[a_trunk(limits=limits)])), NOW)
    assert [step.keys for step in plan.steps] == [("limits",)]
    assert carriage.room(NOW) == 2
    assert carriage.board(datetime(2026, 11, 24, tzinfo=UTC)).trunks[0].calls == 1


def a_candidate() -> Candidate:
    return Candidate(
        lead=LeadId(1),
        person=PersonId(1),
        campaign=CampaignId(1),
        number=PhoneNumber(LONDON),
        number_id=NumberId(1),
        languages=(),
        claimed_until=after(60),
    )


@pytest.mark.parametrize(
    ("supervision", "mode", "leaves"),
    [
        ("signalled", Mode.PREDICTIVE, True),
        ("voice", Mode.PREDICTIVE, True),
        ("none", Mode.PREDICTIVE, False),
        ("none", Mode.PROGRESSIVE, True),
    ],
)
def test_calls_paced_by_answers_leave_by_trunks_that_tell_them(
    tmp_path: Path, supervision: str, mode: Mode, leaves: bool
):
    carriage = a_carriage(tmp_path, answer_supervision=supervision)
    campaign = a_campaign(1, mode=mode, caller_id="+442079460101")
    assert isinstance(carriage.take(a_candidate(), campaign, NOW), Way) is leaves
    troubles = carriage.troubles([campaign], NOW)
    assert [("answer_supervision" in trouble) for trouble in troubles] == [True] * (not leaves)


@pytest.mark.parametrize(
    ("mode", "we_listen", "gateway_tells"),
    [("off", None, False), ("fast", ScreeningMode.FAST, False), ("gateway", None, True)],
)
def test_a_trunk_says_who_tells_people_from_machines(
    tmp_path: Path, mode: str, we_listen: ScreeningMode | None, gateway_tells: bool
):
    carriage = a_carriage(tmp_path, amd={"mode": mode})
    way = carriage.take_for(PhoneNumber(LONDON), a_campaign(1, caller_id="+442079460101"), NOW)
    assert isinstance(way, Way)
    assert (way.screening, way.gateway_screens) == (we_listen, gateway_tells)
    assert carriage.screens is (we_listen is not None)
