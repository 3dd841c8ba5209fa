"""How many more calls the trunks could take at this instant: what pacing may spend.

Rule: pure. Channels, the money and minutes of the day, and a carrier's conditions on our traffic
bound the answer; the rate of calls does not, for a token that is missing now is there in a moment.
"""

from datetime import datetime

from sip_config.config import SipConfig
from sip_config.lines import Lines, TrunkLines, of_today
from sip_config.traffic import conditions
from sip_config.trunk import Trunk


def room(config: SipConfig, lines: Lines, now: datetime) -> int:
    """Return how many calls could leave now over all trunks together."""
    lines = of_today(config, lines, now)
    free = sum(
        room_on(trunk, lines.trunks[trunk.id], now)
        for trunk in config.trunks.values()
        if trunk.id in lines.trunks
    )
    limits = config.site.limits
    if limits.channels is not None:
        free = min(free, limits.channels - lines.calls)
    if limits.daily_minutes is not None:
        free = min(free, int(limits.daily_minutes - lines.minutes) - lines.calls)
    if limits.spend_per_day is not None and lines.spent >= limits.spend_per_day:
        return 0
    return max(0, free)


def room_on(trunk: Trunk, state: TrunkLines, now: datetime) -> int:
    """Return how many calls could leave on one trunk now."""
    reachable = any(host.health.usable(now) for host in state.hosts.values())
    if not trunk.enabled or not reachable or not state.health.usable(now):
        return 0
    limits = trunk.limits
    free = trunk.outbound_channels - state.calls
    if limits.daily_minutes is not None:  # a call that is up counts as a minute, as in routing
        free = min(free, int(limits.daily_minutes - state.minutes) - state.calls)
    if limits.spend_per_day is not None:
        each = trunk.cost.per_minute + trunk.cost.setup
        left = limits.spend_per_day - state.spent
        free = min(free, int(left / each) - state.calls) if each else free if left > 0 else 0
    if trunk.traffic.enforce and state.traffic.attempts >= trunk.traffic.minimum_calls:
        stands = conditions(state.traffic, trunk.traffic)
        if not all(one.is_kept for one in stands):
            return 0
        heads = [one.headroom - state.calls for one in stands if one.headroom is not None]
        free = min([free, *heads])
    return max(0, free)
