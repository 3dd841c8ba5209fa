"""A call leaves, a call ends, a host answers: what each makes of the lines.

    Lines ──started──▶ Lines ──ended──▶ Lines      (and options_answered, inbound)

Rule: pure; every call that was started is ended exactly once, whatever became of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from sip_config.caller_id import CallerIdUse, shown
from sip_config.causes import Outcome
from sip_config.config import SipConfig
from sip_config.cost import price
from sip_config.health import Seen
from sip_config.lines import HostLines, Lines, PortLines, TrunkLines, of_today
from sip_config.trunk import Trunk


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a call occupies: part of every route."""

    trunk_id: str
    host: str  #: URI of the host
    port: str | None  #: id of the channel
    caller_id: str
    pool: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEnd:
    """What the end of a call tells about the lines."""

    number: str  #: the number called, E.164
    outcome: Outcome
    seconds: float | None = None  #: from answer to end; None: not answered
    delay_seconds: float | None = None  #: from INVITE to ringing
    reacted: bool = True  #: any answer of the host was seen
    retry_after_seconds: float | None = None


def started(config: SipConfig, lines: Lines, taken: Taken, now: datetime) -> Lines:
    """Return the lines after a call has left."""
    lines = of_today(config, lines, now)
    trunk = lines.trunks[taken.trunk_id]
    host = trunk.hosts[taken.host]
    trunk = replace(
        trunk,
        calls=trunk.calls + 1,
        bucket=trunk.bucket.take(now) or trunk.bucket,
        hosts={
            **trunk.hosts,
            taken.host: _asked(host, config.trunks[taken.trunk_id], now),
        },
        ports=_port_changed(trunk, taken.port, calls=1),
        last_used_at=now,
    )
    uses = dict(lines.caller_ids)
    pool = config.pool(taken.pool) if taken.pool else None
    if pool is not None:
        use = uses.get(taken.caller_id, CallerIdUse())
        uses[taken.caller_id] = shown(use, limits=pool.limits, now=now)
    return replace(
        lines,
        trunks={**lines.trunks, taken.trunk_id: trunk},
        bucket=lines.bucket and (lines.bucket.take(now) or lines.bucket),
        caller_ids=uses,
    )


def resumed(lines: Lines, taken: Taken) -> Lines:
    """Return the lines with a call that is up since before a restart.

    It occupies its trunk and port again; what leaving cost (a token, one showing of the caller
    ID) was paid when it left.
    """
    if (trunk := lines.trunks.get(taken.trunk_id)) is None:
        return lines
    trunk = replace(trunk, calls=trunk.calls + 1, ports=_port_changed(trunk, taken.port, calls=1))
    return replace(lines, trunks={**lines.trunks, taken.trunk_id: trunk})


def ended(config: SipConfig, lines: Lines, taken: Taken, end: CallEnd, now: datetime) -> Lines:
    """Return the lines after a call has ended, for whatever reason."""
    lines = of_today(config, lines, now)
    state, trunk = lines.trunks.get(taken.trunk_id), config.trunks.get(taken.trunk_id)
    if state is None:
        return lines
    minutes = (end.seconds or 0.0) / 60
    state = replace(
        state,
        calls=max(0, state.calls - 1),
        ports=_port_changed(state, taken.port, calls=-1, minutes=minutes, ended_at=now),
        minutes=state.minutes + minutes,
    )
    if trunk is not None:
        state = _learned(trunk, state, taken, end, now)
    uses = dict(lines.caller_ids)
    if end.outcome is Outcome.ANSWERED and (use := uses.get(taken.caller_id)):
        uses[taken.caller_id] = replace(use, answered=use.answered + 1)
    return replace(lines, trunks={**lines.trunks, taken.trunk_id: state}, caller_ids=uses)


def options_answered(
    config: SipConfig, lines: Lines, trunk_id: str, host: str, status: int | None, now: datetime
) -> Lines:
    """Return the lines after an OPTIONS; ``status``: None if there was no answer."""
    trunk, state = config.trunks.get(trunk_id), lines.trunks.get(trunk_id)
    if trunk is None or state is None or host not in state.hosts:
        return lines
    state = _host_reacted(trunk, state, host, status in trunk.health.ok_codes, now)
    return replace(lines, trunks={**lines.trunks, trunk_id: state})


def inbound(lines: Lines, trunk_id: str, change: int) -> Lines:
    """Return the lines after a call came in (+1) or such a call ended (-1)."""
    state = lines.trunks.get(trunk_id)
    if state is None:
        return lines
    state = replace(state, calls=max(0, state.calls + change))
    return replace(lines, trunks={**lines.trunks, trunk_id: state})


def _learned(
    trunk: Trunk, state: TrunkLines, taken: Taken, end: CallEnd, now: datetime
) -> TrunkLines:
    """Return *state* with what the end of a call says about the trunk."""
    seen = Seen(outcome=end.outcome, delay_seconds=end.delay_seconds)
    cost = Decimal(0) if end.seconds is None else price(trunk.cost, end.number, end.seconds)
    state = replace(
        state,
        spent=state.spent + cost,
        traffic=state.traffic.after(end.seconds, trunk.traffic),
        health=state.health.after(seen, health=trunk.health, now=now),
    )
    if end.outcome is Outcome.TRUNK_RATE:
        bucket = state.bucket.slowed(now, pause_seconds=end.retry_after_seconds)
        state = replace(state, bucket=bucket)
    if end.reacted or end.outcome is Outcome.TRUNK_DOWN:
        state = _host_reacted(trunk, state, taken.host, end.reacted, now)
    return state


def _host_reacted(
    trunk: Trunk, state: TrunkLines, uri: str, alive: bool, now: datetime
) -> TrunkLines:
    if (host := state.hosts.get(uri)) is None:
        return state
    health = host.health.after(alive, health=trunk.health, now=now)
    return replace(state, hosts={**state.hosts, uri: replace(host, health=health)})


def _asked(host: HostLines, trunk: Trunk, now: datetime) -> HostLines:
    """Return *host* after a call was sent to it; one that is down gets one call at a time."""
    bucket = host.bucket and (host.bucket.take(now) or host.bucket)
    health = host.health
    if not health.is_up:
        health = replace(health, retry_at=now + timedelta(seconds=trunk.health.hold_down_s))
    return HostLines(health=health, bucket=bucket)


def _port_changed(
    trunk: TrunkLines,
    port_id: str | None,
    *,
    calls: int,
    minutes: float = 0.0,
    ended_at: datetime | None = None,
) -> Mapping[str, PortLines]:
    if port_id is None or (port := trunk.ports.get(port_id)) is None:
        return trunk.ports
    changed = PortLines(
        calls=max(0, port.calls + calls),
        ended_at=ended_at or port.ended_at,
        minutes=port.minutes + minutes,
    )
    return {**trunk.ports, port_id: changed}
