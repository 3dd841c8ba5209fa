"""Which route fits a number, and in which order its trunks are asked.

Rule: pure. The longest prefix wins among the routes that are open to the campaign at the hour;
chance is an argument.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, time
from zoneinfo import ZoneInfo

from sip_config.availability import again, weighted
from sip_config.config import SipConfig
from sip_config.cost import per_minute
from sip_config.lines import Lines, TrunkLines
from sip_config.route import Day, Member, Policy, Route, RouteGroup, Window


def matching(routes: Iterable[Route], *, number: str, campaign: str, now: datetime) -> Route | None:
    """Return the route with the longest prefix that is open; the first of several."""
    fitting = [
        route
        for route in routes
        if number.startswith(route.prefix)
        and ("*" in route.campaigns or campaign in route.campaigns)
        and (route.windows is None or any(is_open(window, now) for window in route.windows))
    ]
    return max(fitting, key=lambda route: len(route.prefix), default=None)


def is_open(window: Window, now: datetime) -> bool:
    """Whether *now* is within *window*. One that closes before it opens spans midnight."""
    local = now.astimezone(ZoneInfo(window.zone))
    today = tuple(Day)[local.weekday()]
    yesterday = tuple(Day)[local.weekday() - 1]
    opens, clock = time.fromisoformat(window.opens), local.time()
    closes = time.max if window.closes == "24:00" else time.fromisoformat(window.closes)
    if opens <= closes:
        last = clock < closes or window.closes == "24:00"
        return today in window.days and opens <= clock and last
    return (today in window.days and clock >= opens) or (
        yesterday in window.days and clock < closes
    )


def in_order(
    config: SipConfig, lines: Lines, group: RouteGroup, *, number: str, draw: float
) -> Iterator[Member]:
    """Yield the members of *group* in the order in which they are asked."""
    members = [member for member in group.members if member.trunk in config.trunks]

    def state(member: Member) -> TrunkLines:
        return lines.trunks[member.trunk]

    match group.policy:
        case Policy.PRIORITY_WEIGHT:
            yield from _by_weight(members, draw)
        case Policy.LEAST_COST:
            yield from sorted(
                _by_weight(members, draw),
                key=lambda m: per_minute(config.trunks[m.trunk].cost, number),
            )
        case Policy.ROUND_ROBIN:
            yield from sorted(members, key=lambda m: _age(state(m).last_used_at))
        case Policy.LEAST_USED:
            yield from sorted(
                members,
                key=lambda m: (
                    state(m).calls / config.trunks[m.trunk].limits.channels,
                    _age(state(m).last_used_at),
                ),
            )


def _by_weight(members: list[Member], draw: float) -> Iterator[Member]:
    """Yield members by priority, those of one priority in an order that chance and weight give."""
    rest = sorted(members, key=lambda member: member.priority)
    while rest:
        same = [member for member in rest if member.priority == rest[0].priority]
        chosen = same[weighted([member.weight for member in same], draw)]
        yield chosen
        rest.remove(chosen)
        draw = again(draw)


def _age(last_used_at: datetime | None) -> float:
    return last_used_at.timestamp() if last_used_at else 0.0
