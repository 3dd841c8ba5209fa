"""What pacing steers by, from what a manager decided."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dialer import pacing
from dialer.aiming import THIRTY_DAYS, aim_of, window_began
from dialer.campaign import AbandonWindow, Mode
from dialer.floor_pacing import FloorPacing
from tests.system.scene import a_campaign

SOFIA = "+35924910000"
MONDAY = datetime(2026, 11, 23, 10, tzinfo=UTC)


def test_a_day_begins_at_midnight_where_the_caller_id_is_at_home():
    campaign = a_campaign(2, caller_id=SOFIA)
    assert window_began(campaign, MONDAY) == datetime(2026, 11, 22, 22, tzinfo=UTC)
    aim = aim_of(campaign, MONDAY)
    assert (aim.window, aim.window_seconds) == (pacing.Window.FIXED, 86_400)
    into_the_window = (MONDAY.timestamp() - aim.window_origin) % aim.window_seconds
    assert timedelta(seconds=into_the_window) == MONDAY - window_began(campaign, MONDAY)


@pytest.mark.parametrize("at", [MONDAY, MONDAY + timedelta(days=17, hours=14, minutes=3)])
def test_what_the_record_counts_is_what_pacing_counts_over_thirty_days(at: datetime):
    campaign = a_campaign(2, caller_id=SOFIA, abandon_window=AbandonWindow.THIRTY_DAYS)
    aim, began = aim_of(campaign, at), window_began(campaign, at)
    assert timedelta(0) <= at - began < THIRTY_DAYS
    assert (began.timestamp() - aim.window_origin) % aim.window_seconds == 0


def test_a_rolling_day_is_the_last_24_hours_and_a_campaigns_window_is_everything():
    rolling = a_campaign(2, abandon_window=AbandonWindow.ROLLING_DAY)
    assert window_began(rolling, MONDAY) == MONDAY - timedelta(days=1)
    assert aim_of(rolling, MONDAY).window is pacing.Window.ROLLING
    whole = a_campaign(2, abandon_window=AbandonWindow.CAMPAIGN)
    assert window_began(whole, MONDAY).year == 1970
    assert aim_of(whole, MONDAY).window is pacing.Window.CAMPAIGN


def test_a_manager_chooses_between_most_talk_and_fewest_abandons():
    assert aim_of(a_campaign(2), MONDAY).talk_share_target is None
    calm = a_campaign(2, talk_share_target=0.74, hard_stop=True)
    aim = aim_of(calm, MONDAY)
    assert (aim.talk_share_target, aim.hard_stop) == (0.74, True)
    none = a_campaign(2, abandon_rate_limit=0.0)
    assert aim_of(none, MONDAY).mode is pacing.Mode.ZERO_ABANDON


def test_what_talks_are_expected_to_last_is_believed_at_first():
    short = a_campaign(2, expected_talk=timedelta(seconds=6), expected_wrap_up=timedelta(0))
    aim = aim_of(short, MONDAY)
    assert (aim.expected_talk_seconds, aim.expected_wrap_up_seconds) == (6.0, 0.1)


def test_what_is_decided_anew_is_taken_while_the_campaign_runs_and_nothing_is_forgotten():
    campaign = a_campaign(2)
    pacer = pacing.Pacer(replace(aim_of(campaign, MONDAY), screening_false_positive_rate=0.01))
    floor = FloorPacing(lambda _: pacer)
    floor.add(campaign)
    pacer.resume(live_answers=300, abandoned=6, at=MONDAY.timestamp())
    floor.change(replace(campaign, abandon_rate_limit=0.01, mode=Mode.PROGRESSIVE), MONDAY)
    assert (pacer.aim.abandon_rate_limit, pacer.aim.mode) == (0.01, pacing.Mode.PROGRESSIVE)
    assert pacer.aim.screening_false_positive_rate == 0.01, "measured, not decided"
    account = pacer.account(MONDAY.timestamp())
    assert account.slack < 0 and account.live > 300
