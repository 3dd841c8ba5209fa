"""What a trunk may carry, for how long, at which price, and when it is left alone.

Rule: values only; the counting against them is done in :mod:`sip_config.lines`,
:mod:`sip_config.health` and :mod:`sip_config.traffic`. Field names are the keys of the
configuration file and the comment beside a field is its documentation.

Units: ``_s`` seconds; shares are 0..1; money is a Decimal of ``Cost.currency``.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated

from annotated_types import Ge, Gt, Le

from sip_config.notation import Currency, Prefix


@dataclass(frozen=True, slots=True, kw_only=True)
class PortLimits:
    """Limits of every single gateway port."""

    min_gap_s: Annotated[float, Ge(0)] = 0.0  #: pause between two calls on one port


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Ceilings. The dialer counts; a trunk's own refusal is the second guard."""

    channels: Annotated[int, Ge(1)] = 1  #: calls at the same time, both directions
    reserve_inbound: Annotated[int, Ge(0)] = 0  #: channels kept free for people who ring back
    cps: Annotated[float, Gt(0)] = 1.0  #: call attempts per second
    burst: Annotated[int, Ge(1)] = 1  #: attempts that may leave at once
    per_port: PortLimits | None = None  #: limits of every single port
    daily_minutes: Annotated[float, Gt(0)] | None = None  #: minutes a day; null: no ceiling
    max_call_s: Annotated[float, Gt(0)] = 7200.0  #: longest call; then it is ended
    spend_per_day: Annotated[Decimal, Gt(0)] | None = None  #: money a day; null: no ceiling


@dataclass(frozen=True, slots=True, kw_only=True)
class Timers:
    """When we give up; SIP's own time-outs are far too long to dial by."""

    no_provisional_s: Annotated[float, Gt(0)] = 3.0  #: without any 1xx
    no_progress_s: Annotated[float, Gt(0)] = 12.0  #: with a 100 and without a 18x
    ring_s: Annotated[float, Gt(0)] | None = None  #: longest ringing; null: the campaign decides


@dataclass(frozen=True, slots=True, kw_only=True)
class Passive:
    """Health as the calls themselves show it."""

    window: Annotated[int, Ge(1)] = 50  #: number of last calls looked at
    min_asr: Annotated[float, Ge(0), Le(1)] = 0.0  #: lowest share answered
    max_5xx: Annotated[float, Ge(0), Le(1)] = 0.5  #: highest share of calls the trunk itself failed
    max_pdd_s: Annotated[float, Gt(0)] | None = None  #: longest mean delay to ringing; null: any


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """When a host or trunk is left alone, and when it is believed again."""

    options_s: Annotated[float, Gt(0)] | None = 30.0  #: pause between OPTIONS; null: none sent
    fail_after: Annotated[int, Ge(1)] = 3  #: failures in a row until a host is down
    ok_after: Annotated[int, Ge(1)] = 2  #: successes in a row until it is up again
    ok_codes: tuple[Annotated[int, Ge(200), Le(699)], ...] = (200, 401, 403, 404, 405, 407, 501)
    #: statuses that prove a host alive
    passive: Passive = field(default_factory=Passive)  #: see there
    hold_down_s: Annotated[float, Gt(0)] = 60.0  #: how long a trunk rests after failing its calls


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A price for numbers with a prefix."""

    prefix: Prefix  #: E.164 with plus; the longest fitting one counts
    per_minute: Annotated[Decimal, Ge(0)]  #: price of a minute


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What calls on this trunk cost."""

    currency: Currency = "EUR"  #: ISO 4217
    per_minute: Annotated[Decimal, Ge(0)] = Decimal(0)  #: where no rate fits
    rates: tuple[Rate, ...] = ()  #: by prefix
    increments: tuple[Annotated[int, Gt(0)], Annotated[int, Gt(0)]] = (1, 1)
    #: seconds: first billing step, and each further one
    setup: Annotated[Decimal, Ge(0)] = Decimal(0)  #: per answered call


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficConditions:
    """What the carrier demands of our traffic; budgets that pacing has to respect."""

    min_asr: Annotated[float, Ge(0), Le(1)] | None = None  #: lowest share of attempts answered
    min_average_s: Annotated[float, Gt(0)] | None = None  #: shortest mean length of answered calls
    max_short_rate: Annotated[float, Ge(0), Le(1)] | None = None
    #: highest share of short calls among answered ones
    short_call_s: Annotated[float, Gt(0)] = 6.0  #: up to this length a call is short
    minimum_calls: Annotated[int, Ge(1)] = 200  #: below this many attempts nothing is concluded
    enforce: bool = False  #: place no calls while a condition is broken; else only show it
