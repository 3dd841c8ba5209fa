"""The rules of one country at one time, as frozen values; and the bundle that holds them all.

    house ─▶ country ─▶ subdivision ─▶ client ─▶ campaign
           fills silence   only tighten from here on (compliance/layering.py)

Rule: rules are data. A :class:`Rules` is complete (nothing is left silent) and immutable; which
one applies follows from country, day, subdivision, client and campaign, and from nothing else.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from compliance.facts import Subject

Span = tuple[int, int]  #: minutes of the local day, half-open
Day = tuple[Span, ...]


class Regime(StrEnum):
    """On what ground a kind of call may be made. Ordered from loosest to strictest."""

    OPT_OUT = "opt_out"  #: a written balancing test, unless they object
    PRESUMED = "presumed"  #: consent may be presumed, documented for each campaign
    OPT_IN = "opt_in"  #: prior consent
    PROHIBITED = "prohibited"  #: never, whatever the consent

    @property
    def strictness(self) -> int:
        return list(Regime).index(self)


class Override(StrEnum):
    """What lifts statutory hours."""

    NONE = "none"
    EXPLICIT_SLOT = "explicit_slot"  #: a date and time that the lead asked for, with evidence
    EXPRESS_CONSENT = "express_consent"  #: consent that covers calls outside hours


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """When calls may be placed, in the called party's local time."""

    basis: str  #: house | statute | code_of_conduct
    days: tuple[Day, ...]  #: Monday first
    holiday: Day | None  #: None: a holiday is a day like others
    eve: Day | None = None  #: bounds the day before a holiday; None: like others
    override: Override = Override.NONE
    rule: str = "house.hours"
    sources: tuple[str, ...] = ()

    def on(self, day: date, is_holiday: Callable[[date], bool]) -> Day:
        """Return the open spans of *day*."""
        if self.holiday is not None and is_holiday(day):
            return self.holiday
        usual = self.days[day.weekday()]
        if self.eve is not None and is_holiday(day + timedelta(days=1)):
            return _shared(usual, self.eve)
        return usual


def _shared(one: Day, other: Day) -> Day:
    """Return the minutes open in both.

    >>> _shared(((540, 780), (840, 1200)), ((600, 900),))
    ((600, 780), (840, 900))
    """
    both = ((max(a, c), min(b, d)) for a, b in one for c, d in other)
    return tuple((start, end) for start, end in both if start < end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """At most *limit* attempts in a period. Exactly one of the periods is given."""

    id: str
    limit: int  #: inclusive
    rolling: timedelta | None = None  #: hours or days to the second
    calendar_days: int | None = None  #: local days, the day of the attempt included
    counts: str = "attempts"  #: attempts | answered | conversations
    scope: str = "person"  #: person | number | person_controller
    sources: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        """The public code.

        >>> Cap(id="fr.30d", limit=4, calendar_days=30).code
        'CAP_FR_30D'
        """
        return "CAP_" + "".join(c if c.isalnum() else "_" for c in self.id.upper())


@dataclass(frozen=True, slots=True, kw_only=True)
class Cooldowns:
    """How long to leave a person in peace after what happened."""

    refusal: timedelta | None  #: rolling; None when *refusal_days* rules
    refusal_days: int | None = None  #: local calendar days
    refusal_full_days: bool = False  #: the day of the refusal is not counted
    abandoned: timedelta = timedelta()
    machine: timedelta = timedelta()
    agent_guarantee_after_abandon: bool = False
    rule: str = "house.cooldowns"
    refusal_rule: str = "house.cooldowns"
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Abandonment:
    """What counts as abandoned here, and how often it may happen."""

    max_rate: Decimal  #: inclusive, 0..1
    denominator: str  #: live_answered | calls_connected_ok
    window_hours: int | None  #: None: the whole campaign or 30 days of it, see *window*
    window: str | None  #: campaign | campaign_30d
    max_seconds_to_agent: Decimal
    clock_from: str = "answer"  #: answer | end_of_greeting
    info_message: str = "required"  #: required | comfort_noise | none
    min_ring_seconds: int = 15
    report_retention_days: int | None = None
    rule: str = "house.abandon"
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """A register of objections that has to be asked."""

    id: str
    subjects: frozenset[Subject]
    max_age_days: int | None = None  #: how old an answer may be
    effective_days_of_month: tuple[int, ...] = ()  #: days on which a new list takes effect
    grace_days: int = 0
    use_grace: bool = False
    consent_override: str = "never"  #: never | any | given_after_listing
    ebr_override: bool = False
    sector_choices: bool = False
    rule: str = ""
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRules:
    """What a consent must be to count."""

    max_age_days: int | None = None  #: from giving or renewal; exclusive
    separate_document: bool = False
    bound_to_person: bool = False
    evidence_retention_days: int | None = None
    evidence_clock: str = "grant"


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerException:
    """Which own customers may be called without consent."""

    related_contract: bool = False
    similar_products: bool = False
    max_days_since_relation: int | None = None
    only_controllers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerIdRules:
    must_present: bool = False
    must_be_callable: bool = False
    required_prefix: str | None = None
    forbidden_types: frozenset[str] = frozenset()  #: names of number types, such as MOBILE
    label_required: bool = False
    rule: str = "house.cli"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ban:
    """A sector that may not call at all, or only some."""

    sector: str
    since: date | None = None  #: inclusive
    until: date | None = None  #: inclusive
    exception: str | None = None  #: related_contract | specific_consent_or_request
    rule: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Every rule of one country, complete, with the layers below it applied."""

    profile: str  #: id of the country profile
    sha256: str  #: of the profile and the house layer as loaded, in hexadecimal
    country: str
    zones: tuple[ZoneInfo, ...]
    zone_names: frozenset[str]
    valid_from: date
    valid_to: date | None  #: inclusive
    review_by: date
    calendar: str | None  #: code of the holiday library
    regional_holidays: bool
    live: Mapping[Subject, Regime]
    automated: Mapping[Subject, Regime]
    #: The country's own regimes, before layers: a stricter one adds to what they ask for.
    country_live: Mapping[Subject, Regime]
    country_automated: Mapping[Subject, Regime]
    consent: ConsentRules
    customer_exception: CustomerException | None
    registers: tuple[Register, ...]
    automatic_dialing: bool  #: whether modes without an agent's own click are allowed
    windows: Windows
    caps: tuple[Cap, ...]
    cooldowns: Cooldowns
    abandonment: Abandonment
    caller_id: CallerIdRules
    recording_needs_consent: bool
    localisation: bool
    bans: tuple[Ban, ...]
    slot_tolerance: timedelta
    sources: tuple[str, ...]
    layers: tuple[str, ...] = ()  #: ids of the layers applied below the country
    counsel_notes: tuple[str, ...] = ()  #: notes by which a layer loosened a contested value

    def in_force(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


Resolver = Callable[[str, str | None, str, str], tuple[Rules, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """All profiles, loaded and validated. Made by :mod:`compliance.loading`."""

    sha256: str  #: of everything in it, in hexadecimal
    resolve: Resolver = field(repr=False)
    #: What each profile says, word for word, by its content hash; and the sources that all name.
    texts: Mapping[str, Mapping[str, object]] = field(repr=False)
    sources: Mapping[str, Mapping[str, object]] = field(repr=False)
    countries: frozenset[str] = frozenset()
    #: Parts of countries that have rules of their own, with their country.
    subdivisions: frozenset[tuple[str, str]] = frozenset()
    house_slot_tolerance: timedelta = timedelta(minutes=15)

    def sources_of(self, sha256: str) -> dict[str, Mapping[str, object]]:
        """Return the sources a profile names, by its content hash: title, certainty, day read."""
        named = self.texts.get(sha256, {}).get("sources")
        keys = named if isinstance(named, list) else []
        return {key: self.sources[key] for key in keys if key in self.sources}

    def versions(
        self, country: str, *, subdivision: str | None, controller: str, campaign: str
    ) -> tuple[Rules, ...]:
        """Return all versions of a country's rules, oldest first; empty: no profile."""
        if country not in self.countries:
            return ()
        return self.resolve(country, subdivision, controller, campaign)


def age_in_days(earlier: datetime, later: datetime) -> float:
    """Return the days from *earlier* to *later*, in fractions.

    >>> from datetime import UTC
    >>> age_in_days(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 2, 12, tzinfo=UTC))
    1.5
    """
    return (later - earlier) / timedelta(days=1)
