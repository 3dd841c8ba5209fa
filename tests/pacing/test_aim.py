"""Aims refuse what they cannot mean."""

import pytest

from dialer.pacing import Aim, ConnectClock


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"abandon_rate_limit": 3}, "3 per cent is 0.03"),
        ({"abandon_rate_limit": float("nan")}, "expected a share"),
        ({"mode": "warp"}, "warp"),
        ({"window_seconds": 1}, "window_seconds is 1"),
        ({"window_origin": float("inf")}, "finite instant"),
        ({"talk_share_target": 1.5}, "talk_share_target is 1.5"),
        ({"calls_per_second": 0}, "above 0, or None"),
        ({"judged_from_live_answers": -1}, "0 or more"),
        ({"ring_limit_seconds": 1}, "ring_limit_seconds is 1"),
    ],
)
def test_a_wrong_aim_says_what_is_expected(wrong, message):
    with pytest.raises(ValueError, match=message):
        Aim(**wrong)


def test_the_connect_limit_runs_from_where_the_rule_says():
    assert Aim().patience_seconds == 2.0
    assert Aim(connect_clock=ConnectClock.GREETING_END).patience_seconds == pytest.approx(2.8)
    assert Aim(screening_seconds=2.5).patience_seconds == 0.0
