"""What the pacing of a campaign steers by, from what its manager decided.

Rule: pure. A day begins at midnight where the caller ID is at home, whose regulator counts it so;
it lasts 24 hours, so after a night on which clocks change it begins an hour off until the dialer
is started again.
"""

from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from dialer import pacing
from dialer.campaign import AbandonWindow, Campaign, Mode
from leads.phone import PhoneNumber, time_zones

#: The abandon rate is kept at every instant from so many live answers on.
JUDGED_FROM: Final = 200

#: Of talks and wrap-ups that are expected, in seconds.
SHORTEST_S: Final = 0.1
DAY: Final = timedelta(days=1)
THIRTY_DAYS: Final = timedelta(days=30)
#: Periods of 30 days are counted from here.
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_LENGTHS: Final = {
    AbandonWindow.DAY: DAY,
    AbandonWindow.ROLLING_DAY: DAY,
    AbandonWindow.THIRTY_DAYS: THIRTY_DAYS,
}
_WINDOWS: Final = {
    AbandonWindow.DAY: pacing.Window.FIXED,
    AbandonWindow.ROLLING_DAY: pacing.Window.ROLLING,
    AbandonWindow.THIRTY_DAYS: pacing.Window.FIXED,
    AbandonWindow.CAMPAIGN: pacing.Window.CAMPAIGN,
}


def aim_of(campaign: Campaign, now: datetime) -> pacing.Aim:
    """Return what pacing steers *campaign* by; its instants are those of POSIX."""
    zero = campaign.mode is Mode.PREDICTIVE and campaign.abandon_rate_limit == 0
    return pacing.Aim(
        mode=pacing.Mode.ZERO_ABANDON if zero else pacing.Mode(campaign.mode.value),
        abandon_rate_limit=campaign.abandon_rate_limit,
        window=_WINDOWS[campaign.abandon_window],
        window_seconds=_LENGTHS.get(campaign.abandon_window, DAY).total_seconds(),
        window_origin=_midnight(campaign, now).timestamp() % DAY.total_seconds(),
        judged_from_live_answers=JUDGED_FROM,
        hard_stop=campaign.hard_stop,
        talk_share_target=campaign.talk_share_target,
        expected_talk_seconds=max(campaign.expected_talk.total_seconds(), SHORTEST_S),
        expected_wrap_up_seconds=max(campaign.expected_wrap_up.total_seconds(), SHORTEST_S),
        connect_limit_seconds=campaign.connect_limit.total_seconds(),
        ring_limit_seconds=campaign.ring_limit.total_seconds(),
    )


def window_began(campaign: Campaign, now: datetime) -> datetime:
    """Return since when the abandon rate of *campaign* counts at *now*."""
    match campaign.abandon_window:
        case AbandonWindow.DAY:
            return _midnight(campaign, now)
        case AbandonWindow.ROLLING_DAY:
            return now - DAY
        case AbandonWindow.THIRTY_DAYS:
            origin = EPOCH + (_midnight(campaign, now) - EPOCH) % DAY
            return origin + (now - origin) // THIRTY_DAYS * THIRTY_DAYS
        case AbandonWindow.CAMPAIGN:
            return EPOCH


def _midnight(campaign: Campaign, now: datetime) -> datetime:
    """Return the beginning of the present day where the caller ID is at home, in UTC."""
    zones = time_zones(PhoneNumber(campaign.caller_id))
    local = now.astimezone(ZoneInfo(zones[0]) if zones else UTC)
    return datetime.combine(local.date(), time(), local.tzinfo).astimezone(UTC)
