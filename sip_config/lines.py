"""What the trunks are doing at this moment: calls, tokens, health, minutes, money, caller IDs.

    opening ─▶ Lines ──(sip_config.carrying)──▶ Lines ──▶ …      carried_over: a new configuration

Rule: a value; the engine holds the newest one and is its only writer. Nothing here is the record:
after a restart the counts of the day are given back from the call events.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sip_config.caller_id import CallerIdUse
from sip_config.config import SipConfig
from sip_config.health import HostHealth, TrunkHealth
from sip_config.token_bucket import TokenBucket
from sip_config.traffic import Traffic
from sip_config.trunk import Trunk


@dataclass(frozen=True, slots=True, kw_only=True)
class PortLines:
    """One gateway port."""

    calls: int = 0
    ended_at: datetime | None = None
    minutes: float = 0.0  #: today


@dataclass(frozen=True, slots=True, kw_only=True)
class HostLines:
    """One signalling address of a trunk."""

    health: HostHealth = field(default_factory=HostHealth)
    bucket: TokenBucket | None = None  #: None: no rate of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkLines:
    """One trunk."""

    bucket: TokenBucket
    hosts: Mapping[str, HostLines]  #: by URI
    ports: Mapping[str, PortLines]  #: by channel id
    calls: int = 0  #: being set up or up, both directions
    health: TrunkHealth = field(default_factory=TrunkHealth)
    minutes: float = 0.0  #: today, of ended calls
    spent: Decimal = Decimal(0)  #: today, of ended calls
    last_used_at: datetime | None = None
    traffic: Traffic = field(default_factory=Traffic)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """All trunks and caller IDs."""

    day: date  #: the day the daily counts are of, in the site's zone
    trunks: Mapping[str, TrunkLines]
    bucket: TokenBucket | None = None  #: over all trunks; None: no ceiling
    caller_ids: Mapping[str, CallerIdUse] = field(default_factory=dict)  #: by number

    @property
    def calls(self) -> int:
        """Calls on all trunks."""
        return sum(trunk.calls for trunk in self.trunks.values())

    @property
    def minutes(self) -> float:
        """Minutes of today on all trunks."""
        return sum(trunk.minutes for trunk in self.trunks.values())

    @property
    def spent(self) -> Decimal:
        """Money of today on all trunks."""
        return sum((trunk.spent for trunk in self.trunks.values()), Decimal(0))


def opening(config: SipConfig, now: datetime) -> Lines:
    """Return the lines when nothing has happened yet."""
    limits = config.site.limits
    bucket = (
        TokenBucket.full(per_second=limits.cps, burst=limits.burst, at=now) if limits.cps else None
    )
    trunks = {trunk.id: _opening(trunk, now) for trunk in config.trunks.values()}
    return Lines(day=_day(config, now), trunks=trunks, bucket=bucket)


def carried_over(config: SipConfig, lines: Lines, now: datetime) -> Lines:
    """Return *lines* under a new configuration: known trunks keep what they were doing."""
    fresh = opening(config, now)
    trunks = {
        trunk_id: _carried(old, new, config.trunks[trunk_id])
        if (old := lines.trunks.get(trunk_id))
        else new
        for trunk_id, new in fresh.trunks.items()
    }
    gone = {k: v for k, v in lines.trunks.items() if k not in trunks and v.calls > 0}
    return replace(lines, trunks={**trunks, **gone}, bucket=fresh.bucket)


def restored(
    lines: Lines, trunk_id: str, *, minutes: float, spent: Decimal, traffic: Traffic
) -> Lines:
    """Return *lines* with the counts of the day that the record says, after a restart."""
    trunk = replace(lines.trunks[trunk_id], minutes=minutes, spent=spent, traffic=traffic)
    return replace(lines, trunks={**lines.trunks, trunk_id: trunk})


def of_today(config: SipConfig, lines: Lines, now: datetime) -> Lines:
    """Return *lines* with the daily counts of the day that *now* is in."""
    day = _day(config, now)
    if day == lines.day:
        return lines
    trunks = {
        trunk_id: replace(
            trunk,
            minutes=0.0,
            spent=Decimal(0),
            traffic=Traffic(),
            ports={key: replace(port, minutes=0.0) for key, port in trunk.ports.items()},
        )
        for trunk_id, trunk in lines.trunks.items()
    }
    uses = {
        number: CallerIdUse(last_used_at=use.last_used_at, rests_until=use.rests_until)
        for number, use in lines.caller_ids.items()
    }
    return replace(lines, day=day, trunks=trunks, caller_ids=uses)


def _opening(trunk: Trunk, now: datetime) -> TrunkLines:
    limits = trunk.limits
    hosts = {}
    for uri, cps in _addresses(trunk).items():
        bucket = TokenBucket.full(per_second=cps, burst=limits.burst, at=now) if cps else None
        hosts[uri] = HostLines(bucket=bucket)
    return TrunkLines(
        bucket=TokenBucket.full(per_second=limits.cps, burst=limits.burst, at=now),
        hosts=hosts,
        ports={channel.id: PortLines() for channel in trunk.channels},
    )


def _addresses(trunk: Trunk) -> dict[str, float | None]:
    """Return the addresses calls are sent to, with their own rates."""
    ports: dict[str, float | None] = {str(c.uri): None for c in trunk.channels if c.uri}
    return {**ports, **{str(host.uri): host.cps for host in trunk.hosts}}


def _carried(old: TrunkLines, new: TrunkLines, trunk: Trunk) -> TrunkLines:
    limits = trunk.limits
    return replace(
        old,
        bucket=old.bucket.reconfigured(per_second=limits.cps, burst=limits.burst),
        hosts={
            uri: replace(host, health=old.hosts[uri].health) if uri in old.hosts else host
            for uri, host in new.hosts.items()
        },
        ports={
            **{key: port for key, port in old.ports.items() if port.calls},
            **{key: old.ports.get(key, port) for key, port in new.ports.items()},
        },
    )


def _day(config: SipConfig, now: datetime) -> date:
    return now.astimezone(ZoneInfo(config.site.zone)).date()
