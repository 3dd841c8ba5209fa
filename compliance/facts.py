"""What is known about one wish to call one number: the whole input of the gate.

Rule: facts only, gathered beforehand and frozen. A missing fact is ``None`` (or an empty tuple)
and never counts in favour of calling. Instants are aware datetimes.

The public names of these fields and of every code are listed in ``docs/compliance.md``.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final


class Subject(StrEnum):
    """Who is called, as laws distinguish it. Unknown is treated as a consumer."""

    CONSUMER = "consumer"
    SOLE_TRADER = "sole_trader"
    LEGAL_PERSON = "legal_person"


class Channel(StrEnum):
    """What the callee hears."""

    LIVE_CALL = "live_call"  #: a person speaks
    PRERECORDED = "prerecorded"  #: a recording speaks
    AI_VOICE = "ai_voice"  #: a program speaks; treated as automated calling

    @property
    def automated(self) -> bool:
        """Whether this is calling without human intervention (Directive 2002/58/EC, 13(1))."""
        return self is not Channel.LIVE_CALL


class DialMode(StrEnum):
    """How the number is dialled."""

    MANUAL = "manual"  #: the agent dials
    PREVIEW = "preview"  #: the agent sees the lead and clicks
    PROGRESSIVE = "progressive"  #: the dialer dials when an agent is free
    PREDICTIVE = "predictive"  #: the dialer dials ahead of agents

    @property
    def guarantees_agent(self) -> bool:
        """Whether an agent is on the line before the callee can answer."""
        return self in GUARANTEED


GUARANTEED: Final = frozenset({DialMode.MANUAL, DialMode.PREVIEW})

#: Outcomes of earlier attempts that the gate's rules know; all others are just attempts.
REFUSED: Final = "refused"
ABANDONED: Final = frozenset({"abandoned", "silent"})
MACHINE: Final = "machine_amd"
CONVERSATIONS: Final = frozenset({"connected", "refused"})
ANSWERED: Final = CONVERSATIONS | ABANDONED | {MACHINE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """An existing or former customer relation of the controller with the lead."""

    last_at: datetime | None = None  #: the latest dealing
    contract_active: bool = False
    offer_similar: bool = False  #: what is offered is similar to what was bought
    offer_related: bool = False  #: what is offered belongs to the running contract


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadFacts:
    """Whom the call would reach."""

    id: int = 0
    country: str | None = None  #: ISO 3166-1 alpha-2
    subdivision: str | None = None  #: the part of ISO 3166-2 after the hyphen
    time_zone: str | None = None  #: IANA
    subject: Subject | None = None  #: None: unknown
    age: int | None = None
    deceased: bool = False
    erased: bool = False
    restricted: bool = False  #: GDPR 18
    objected_at: datetime | None = None  #: GDPR 21(2); counts from its instant
    retention_until: datetime | None = None  #: exclusive
    source: str | None = None  #: third_party: bought or borrowed data
    obtained_at: datetime | None = None
    notice_at: datetime | None = None  #: when the notice of GDPR 14 was given
    balancing_test: str | None = None  #: reference of the written test, GDPR 6(1)(f)
    presumed_consent_documented: bool = False
    relation: Relation | None = None
    established_business_relationship: bool = False  #: 47 CFR 64.1200(f)(5)
    special_category: bool = False  #: GDPR 9
    stored_in: str | None = None  #: country in which the data are stored


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerIdFacts:
    """The caller ID that the callee would see."""

    number: str | None = None  #: E.164
    presented: bool = False
    callable: bool = False  #: a call back reaches the caller
    label_contract: bool = False  #: contract with an operator for displaying the caller's name


@dataclass(frozen=True, slots=True, kw_only=True)
class AbandonStatistics:
    """Counts of the campaign over the window its country defines."""

    live_answered: int  #: abandoned ones included
    abandoned: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignFacts:
    """For whom, why and how the call would be made."""

    id: str
    controller: str  #: the client, by the name that consents carry
    purpose: str
    controller_kind: str | None = None  #: such as charity
    sector: str | None = None
    channel: Channel = Channel.LIVE_CALL
    dial_mode: DialMode = DialMode.PREDICTIVE
    recording: bool = False
    opt_out_in_message: bool = False
    special_category: bool = False
    statistics: AbandonStatistics | None = None  #: None: too few calls to judge
    caller_id: CallerIdFacts = CallerIdFacts()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentFacts:
    """One consent record with what became of it."""

    id: str
    controller: str | None = None
    purposes: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    given_at: datetime | None = None
    renewed_at: datetime | None = None
    expires_at: datetime | None = None  #: exclusive
    withdrawn_at: datetime | None = None  #: inclusive
    evidence: str | None = None  #: reference of a stored evidence object
    automated: bool = False  #: covers calls without human intervention
    separate_document: bool = False
    bound_to: str | None = None  #: person | number_only
    explicit_special: bool = False  #: covers special categories, GDPR 9(2)(a)
    sectors: tuple[str, ...] = ()  #: sectors it names specifically
    out_of_hours: bool = False  #: covers calls outside statutory hours


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackFacts:
    """A time at which the lead asked to be called."""

    controller: str | None
    slot_start: datetime
    slot_end: datetime
    evidence: str | None = None  #: such as the recording in which it was asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterAnswer:
    """The result of screening the number against one register."""

    register: str
    as_of: datetime | None  #: when the authority made the data
    listed: bool
    listed_at: datetime | None = None
    allowed_sectors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressionMatch:
    """A suppression entry compared with the number or person by keyed hash."""

    match: bool
    scope: str  #: "global" or a controller
    kind: str = "hmac_e164"
    key_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierAttempt:
    """An earlier attempt to reach the same person."""

    at: datetime
    outcome: str
    counts: bool = True  #: False: does not count for caps
    number: str | None = None  #: E.164


@dataclass(frozen=True, slots=True, kw_only=True)
class GateInput:
    """Everything the gate looks at."""

    lead: LeadFacts
    campaign: CampaignFacts
    number: str  #: as it would be dialled; parsed with *region_hint*, else the lead's country
    region_hint: str | None = None
    attempt: str = ""  #: names the attempt being opened; empty only for screening
    consents: tuple[ConsentFacts, ...] = ()
    recording_consent: bool = False
    callback: CallbackFacts | None = None
    registers: tuple[RegisterAnswer, ...] = ()
    suppressions: tuple[SuppressionMatch, ...] = ()
    history: tuple[EarlierAttempt, ...] = ()
    use_grace: bool = False  #: use a register's period of grace
    bundle_verified: bool = True
    approved: frozenset[str] | None = None
    """Content hashes of the profiles a person has approved; None: approval is not asked for
    (simulation, demo, lab)."""
    unreadable: tuple[str, ...] = ()  #: what could not be read; any entry refuses the call
