"""Whether a trunk, one of its hosts and one of its ports can take one more call now.

Rule: pure questions about one trunk. A "no" is a :class:`Reason` that says what stands in the way
and, if time alone removes it, when to ask again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from sip_config.blocking import Blocked
from sip_config.config import SipConfig
from sip_config.cost import per_minute
from sip_config.lines import Lines, PortLines, TrunkLines
from sip_config.traffic import broken
from sip_config.trunk import Channel, Host, Trunk


class Obstacle(StrEnum):
    """What stands in a call's way."""

    BLOCKED = "blocked"  #: nobody may call this number
    NO_ROUTE = "no_route"  #: no route fits number, campaign and hour
    DENIED = "denied"  #: a route forbids it
    DISABLED = "disabled"  #: the trunk is switched off
    TRIED = "tried"  #: this call has been tried there
    HELD = "held"  #: the trunk rests after failing
    HOST_DOWN = "host_down"  #: no host of the trunk reacts
    CHANNELS = "channels"  #: all channels are taken
    PORT = "port"  #: no gateway port may dial yet
    RATE = "rate"  #: too many calls a second
    MINUTES = "minutes"  #: the day's minutes are used up
    SPEND = "spend"  #: the day's money is used up
    PRICE = "price"  #: dearer than the route allows
    TRAFFIC = "traffic"  #: a condition of the carrier is broken
    SUPERVISION = "supervision"  #: it does not tell answers, and the campaign is paced by them
    CALLER_ID = "caller_id"  #: no caller ID may be shown
    ALTERED = "altered"  #: what would be dialled is not allowed


#: Obstacles that no waiting removes: the file or the number has to change.
PERMANENT = frozenset({Obstacle.BLOCKED, Obstacle.DENIED, Obstacle.ALTERED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One obstacle."""

    obstacle: Obstacle
    detail: str = ""  #: for people; no telephone number in it
    trunk_id: str | None = None
    retry_at: datetime | None = None  #: when time alone may have removed it
    blocked: Blocked | None = None  #: with BLOCKED and ALTERED


def house_obstacle(config: SipConfig, lines: Lines, now: datetime) -> Reason | None:
    """Return what stands in the way of any call at all."""
    limits = config.site.limits
    if limits.channels is not None and lines.calls >= limits.channels:
        return Reason(obstacle=Obstacle.CHANNELS, detail="all trunks together")
    if limits.daily_minutes is not None and lines.minutes >= limits.daily_minutes:
        return Reason(obstacle=Obstacle.MINUTES, detail="all trunks together")
    if limits.spend_per_day is not None and lines.spent >= limits.spend_per_day:
        return Reason(obstacle=Obstacle.SPEND, detail="all trunks together")
    if lines.bucket is not None and lines.bucket.take(now) is None:
        return Reason(
            obstacle=Obstacle.RATE,
            detail="all trunks together",
            retry_at=lines.bucket.ready_at(now),
        )
    return None


def trunk_obstacle(
    trunk: Trunk,
    state: TrunkLines,
    *,
    number: str,
    now: datetime,
    max_cost_per_minute: Decimal | None = None,
) -> Reason | None:
    """Return what stands in the way of a call to *number* on *trunk* as a whole."""

    def no(obstacle: Obstacle, detail: str = "", retry_at: datetime | None = None) -> Reason:
        return Reason(obstacle=obstacle, detail=detail, retry_at=retry_at, trunk_id=trunk.id)

    limits = trunk.limits
    minute = per_minute(trunk.cost, number)
    if not trunk.enabled:
        return no(Obstacle.DISABLED)
    if max_cost_per_minute is not None and minute > max_cost_per_minute:
        return no(Obstacle.PRICE, f"{minute} {trunk.cost.currency} a minute")
    if not state.health.usable(now):
        return no(Obstacle.HELD, state.health.held_for, state.health.held_until)
    if state.calls >= trunk.outbound_channels:
        return no(Obstacle.CHANNELS, f"{state.calls} of {trunk.outbound_channels} taken")
    # A call that is up has not been counted yet: each is taken for a minute.
    pending = state.calls + 1
    if limits.daily_minutes is not None and state.minutes + pending > limits.daily_minutes:
        return no(Obstacle.MINUTES, f"{state.minutes:.0f} of {limits.daily_minutes:.0f} used")
    if limits.spend_per_day is not None and (
        state.spent + pending * (minute + trunk.cost.setup) > limits.spend_per_day
    ):
        return no(Obstacle.SPEND, f"{state.spent} of {limits.spend_per_day} spent")
    if trunk.traffic.enforce and (failed := broken(state.traffic, trunk.traffic)):
        return no(Obstacle.TRAFFIC, ", ".join(one.measure.value for one in failed))
    if state.bucket.take(now) is None:
        return no(Obstacle.RATE, retry_at=state.bucket.ready_at(now))
    return None


def free_host(
    trunk: Trunk,
    state: TrunkLines,
    *,
    tried: frozenset[tuple[str, str]],
    draw: float,
    now: datetime,
) -> Host | Reason:
    """Return the host to ask: of the lowest priority that has one, by weight.

    Args:
        tried: Trunk ids and URIs this call has been sent to already.
        draw: A number in 0..1 that decides among weights.
    """
    reasons: list[Reason] = []
    usable: list[Host] = []
    for host in trunk.hosts:
        lines = state.hosts[host.uri]
        if (trunk.id, str(host.uri)) in tried:
            reasons.append(Reason(obstacle=Obstacle.TRIED, trunk_id=trunk.id))
        elif not lines.health.usable(now):
            reasons.append(
                Reason(
                    obstacle=Obstacle.HOST_DOWN,
                    detail=host.uri.host,
                    trunk_id=trunk.id,
                    retry_at=lines.health.retry_at,
                )
            )
        elif lines.bucket is not None and lines.bucket.take(now) is None:
            retry_at = lines.bucket.ready_at(now)
            reasons.append(Reason(obstacle=Obstacle.RATE, trunk_id=trunk.id, retry_at=retry_at))
        else:
            usable.append(host)
    if not usable:
        return reasons[0]
    first = min(host.priority for host in usable)
    best = [host for host in usable if host.priority == first]
    return best[weighted([host.weight for host in best], draw)]


def free_port(
    trunk: Trunk, state: TrunkLines, *, draw_line: str | None, now: datetime
) -> Channel | Reason | None:
    """Return the gateway port to use, None if the trunk has no ports of its own.

    The port that has rested longest is taken, so that lines and SIM cards wear evenly.

    Args:
        draw_line: Only ports with this caller ID or without one of their own; None: any.
    """
    if not trunk.channels:
        return None
    gap = trunk.limits.per_port.min_gap_s if trunk.limits.per_port else 0.0
    ready: list[tuple[Channel, PortLines]] = []
    retry: list[datetime] = []
    for channel in trunk.channels:
        port = state.ports.get(channel.id, PortLines())
        if port.calls or (channel.daily_minutes and port.minutes >= channel.daily_minutes):
            continue
        if draw_line is not None and channel.line not in {None, draw_line}:
            continue
        if port.ended_at is not None and now < (free := port.ended_at + timedelta(seconds=gap)):
            retry.append(free)
            continue
        ready.append((channel, port))
    if not ready:
        return Reason(obstacle=Obstacle.PORT, trunk_id=trunk.id, retry_at=min(retry, default=None))
    return min(ready, key=lambda pair: (pair[1].ended_at is not None, pair[1].ended_at))[0]


def weighted(weights: list[int], draw: float) -> int:
    """Return the index *draw* (0..1) falls on when each index is as wide as its weight.

    >>> [weighted([80, 20], draw) for draw in (0.0, 0.79, 0.81, 1.0)]
    [0, 0, 1, 1]
    """
    rest = draw * sum(weights)
    for index, weight in enumerate(weights):
        if rest < weight:
            return index
        rest -= weight
    return len(weights) - 1


def again(draw: float) -> float:
    """Return another number in 0..1 that *draw* gives, for the next choice of the same call."""
    return (draw * 7919.0 + 0.618) % 1.0
