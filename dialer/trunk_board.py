"""The trunks as the board and the API show them: plain values, made when asked for.

Rule: pure. What is shown is what routing decides by, and for nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sip_config.config import SipConfig
from sip_config.lines import HostLines, Lines, TrunkLines, of_today
from sip_config.room import room_on
from sip_config.traffic import conditions
from sip_config.trunk import Trunk


class TrunkState(StrEnum):
    """Whether a trunk carries calls."""

    UP = "up"
    HELD = "held"  #: it rests after failing calls
    DOWN = "down"  #: none of its hosts reacts
    DISABLED = "disabled"  #: switched off in the file


@dataclass(frozen=True, slots=True, kw_only=True)
class HostOnBoard:
    """One signalling address."""

    uri: str
    is_up: bool
    failures: int  #: in a row


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionOnBoard:
    """One condition of the carrier on our traffic of today."""

    measure: str
    limit: float
    value: float | None  #: None: nothing to measure yet
    is_kept: bool
    headroom: int | None  #: further bad calls until it breaks


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkOnBoard:
    """One trunk at one instant."""

    trunk: str
    kind: str
    state: TrunkState
    because: str  #: why it does not carry calls; empty while it does
    fault: str  #: what the telephony worker says is wrong with it; empty: nothing
    until: datetime | None  #: when it may again, if time alone decides
    calls: int  #: being set up or up, both directions
    channels: int
    room: int  #: calls that could leave now
    cps: float  #: calls per second by the file
    cps_now: float  #: less after the trunk said "too fast"
    closed_until: datetime | None  #: it asked us to wait
    minutes: float  #: today, of ended calls
    minutes_limit: float | None
    spent: Decimal  #: today, of ended calls
    spend_limit: Decimal | None
    currency: str
    answer_rate: float | None  #: of the last calls, 0..1 (ASR)
    failure_rate: float | None  #: of the last calls, 0..1: those the trunk itself failed
    post_dial_delay_s: float | None  #: mean of the last calls that rang
    hosts: tuple[HostOnBoard, ...]
    conditions: tuple[ConditionOnBoard, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerIdOnBoard:
    """One number we show."""

    caller_id: str  #: E.164
    calls: int  #: today
    answered: int
    answer_rate: float | None  #: 0..1
    rests_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkBoard:
    """All trunks and the numbers we show."""

    file: str
    trunks: tuple[TrunkOnBoard, ...] = ()
    caller_ids: tuple[CallerIdOnBoard, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reloaded:
    """What came of the wish to read the trunk file again."""

    at: datetime
    accepted: bool
    problem: str = ""  #: why not
    plan: tuple[str, ...] = ()  #: what has changed, in words


def trunk_board(
    config: SipConfig, lines: Lines, now: datetime, *, faults: Mapping[str, str]
) -> TrunkBoard:
    """Return what the trunks are doing at *now*.

    Args:
        faults: By trunk: what the workers say is wrong with it.
    """
    lines = of_today(config, lines, now)
    return TrunkBoard(
        file=config.file,
        trunks=tuple(
            _trunk(trunk, lines.trunks[trunk.id], now, fault=faults.get(trunk.id, ""))
            for trunk in config.trunks.values()
            if trunk.id in lines.trunks
        ),
        caller_ids=tuple(
            CallerIdOnBoard(
                caller_id=number,
                calls=use.calls,
                answered=use.answered,
                answer_rate=use.answer_rate,
                rests_until=use.rests_until if use.rests_until and use.rests_until > now else None,
            )
            for number, use in sorted(lines.caller_ids.items())
        ),
    )


def _trunk(trunk: Trunk, state: TrunkLines, now: datetime, *, fault: str) -> TrunkOnBoard:
    word, because, until = _state(trunk, state, now)
    closed_until = state.bucket.closed_until
    limits = trunk.limits
    return TrunkOnBoard(
        trunk=trunk.id,
        kind=trunk.kind.value,
        state=word,
        because=because,
        fault=fault,
        until=until,
        calls=state.calls,
        channels=limits.channels,
        room=room_on(trunk, state, now),
        cps=limits.cps,
        cps_now=round(state.bucket.rate_at(now), 3),
        closed_until=closed_until if closed_until and closed_until > now else None,
        minutes=round(state.minutes, 2),
        minutes_limit=limits.daily_minutes,
        spent=state.spent,
        spend_limit=limits.spend_per_day,
        currency=trunk.cost.currency,
        answer_rate=state.health.answer_rate,
        failure_rate=state.health.failure_rate,
        post_dial_delay_s=state.health.mean_delay_seconds,
        hosts=tuple(_host(uri, host) for uri, host in state.hosts.items()),
        conditions=_conditions(trunk, state),
    )


def _state(
    trunk: Trunk, state: TrunkLines, now: datetime
) -> tuple[TrunkState, str, datetime | None]:
    if not trunk.enabled:
        return TrunkState.DISABLED, "switched off in the file", None
    if not any(host.health.is_up for host in state.hosts.values()):
        retries = [host.health.retry_at for host in state.hosts.values() if host.health.retry_at]
        return TrunkState.DOWN, "none of its hosts reacts", min(retries, default=None)
    if not state.health.usable(now):
        return TrunkState.HELD, state.health.held_for, state.health.held_until
    return TrunkState.UP, "", None


def _host(uri: str, host: HostLines) -> HostOnBoard:
    return HostOnBoard(uri=uri, is_up=host.health.is_up, failures=host.health.failures)


def _conditions(trunk: Trunk, state: TrunkLines) -> tuple[ConditionOnBoard, ...]:
    """Return the carrier's conditions; none counts as broken before enough calls were made."""
    early = state.traffic.attempts < trunk.traffic.minimum_calls
    return tuple(
        ConditionOnBoard(
            measure=one.measure.value,
            limit=one.limit,
            value=one.value,
            is_kept=one.is_kept or early,
            headroom=one.headroom,
        )
        for one in conditions(state.traffic, trunk.traffic)
    )
