"""Which trunks may carry calls to which numbers, when, for whom; and which numbers nobody may call.

Rule: values only; the choice is made in :mod:`sip_config.routing`, the refusal in
:mod:`sip_config.blocking`. Field names are the keys of the configuration file.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from annotated_types import Ge, Gt, Le, Len

from sip_config.causes import Outcome
from sip_config.notation import Country, Identifier, Prefix, TimeOfDay, Zone


class Policy(StrEnum):
    """How the members of a group share the calls."""

    PRIORITY_WEIGHT = "priority_weight"  #: lowest priority first, by weight within one
    LEAST_COST = "least_cost"  #: the cheapest for the number called
    ROUND_ROBIN = "round_robin"  #: the one whose last call is the longest ago
    LEAST_USED = "least_used"  #: the one with the smallest share of its channels taken


class Day(StrEnum):
    """A day of the week."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A trunk's place in a group."""

    trunk: Identifier  #: id of the trunk
    priority: Annotated[int, Ge(0), Le(65535)] = 1  #: lower is asked first
    weight: Annotated[int, Ge(1), Le(65535)] = 100  #: share among members of one priority


@dataclass(frozen=True, slots=True, kw_only=True)
class FailOver:
    """When another trunk is asked. Never after a 18x: somebody's telephone has rung."""

    on: tuple[Outcome, ...] = (
        Outcome.CONGESTION,
        Outcome.TRUNK_DOWN,
        Outcome.TRUNK_RATE,
        Outcome.TRUNK_AUTH,
        Outcome.MEDIA,
        Outcome.PROTOCOL,
    )  #: outcomes after which the next trunk is asked
    max_attempts: Annotated[int, Ge(1), Le(10)] = 3  #: INVITEs for one call, the first included
    deadline_s: Annotated[float, Gt(0)] = 6.0  #: no further trunk later than this after the first


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteGroup:
    """Trunks that stand in for each other."""

    id: Identifier  #: name of the group
    policy: Policy = Policy.PRIORITY_WEIGHT  #: how calls are shared
    members: Annotated[tuple[Member, ...], Len(1)]  #: the trunks
    failover: FailOver = field(default_factory=FailOver)  #: when another one is asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Hours in which a route is open. Hours of law belong to the compliance gate, not here."""

    days: Annotated[tuple[Day, ...], Len(1)] = tuple(Day)  #: days of the week
    opens: TimeOfDay = "00:00"  #: from this time, included
    closes: TimeOfDay = "24:00"  #: to this time, not included
    zone: Zone = "UTC"  #: time zone of both


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where calls to numbers with a prefix go; the longest fitting prefix wins, then the order."""

    prefix: Prefix = ""  #: beginning of the number, E.164; "" fits all
    group: Identifier | None = None  #: the group that carries them …
    trunk: Identifier | None = None  #: … or one trunk …
    deny: bool = False  #: … or nobody; exactly one of the three
    reason: str = "no_route"  #: with ``deny``: what the refusal says
    windows: tuple[Window, ...] | None = None  #: when the route is open; null: always
    campaigns: tuple[str, ...] = ("*",)  #: campaigns that may use it; ``*``: all
    max_cost_per_minute: Annotated[Decimal, Gt(0)] | None = None  #: trunks dearer than this: not


@dataclass(frozen=True, slots=True, kw_only=True)
class Emergency:
    """Emergency numbers. Always refused, everywhere; these keys only add to that."""

    builtin: tuple[str, ...] = ()  #: countries of interest, for the reader; all are always on
    extra: tuple[str, ...] = ()  #: further numbers, as dialled


@dataclass(frozen=True, slots=True, kw_only=True)
class Premium:
    """Numbers that cost the caller more than a call."""

    builtin: bool = True  #: refuse what numbering plans call premium rate or shared cost
    extra_prefixes: tuple[Prefix, ...] = ()  #: further prefixes, E.164


@dataclass(frozen=True, slots=True, kw_only=True)
class International:
    """Countries that may be called. Bounds the damage of toll fraud."""

    allow_countries: tuple[Country, ...] | None = None  #: ISO 3166; null: only ``country``


@dataclass(frozen=True, slots=True, kw_only=True)
class Invalid:
    """Numbers that cannot exist."""

    use_phonenumbers: bool = True  #: ask the numbering plans; false only for tests with fiction
    lengths: tuple[Annotated[int, Ge(4), Le(15)], Annotated[int, Ge(4), Le(15)]] = (8, 15)
    #: fewest and most digits, country code included


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocklists:
    """Numbers nobody may call, whatever a route says."""

    emergency: Emergency = field(default_factory=Emergency)  #: always on
    premium: Premium = field(default_factory=Premium)  #: premium rate
    international: International = field(default_factory=International)  #: countries
    invalid: Invalid = field(default_factory=Invalid)  #: impossible numbers
