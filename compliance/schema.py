"""The form of profile files, checked key by key before anything is believed.

Rule: an unknown key is an error, because a misspelt rule would silently not apply. Every value
may carry a mark ``c`` saying how certain it is: R read in a source, M remembered, U unsure or
contested, H house policy.
"""

import re
from datetime import date
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

SCHEMA = "telemarketing-compliance-profile/1"
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")


def _time(text: str) -> str:
    if not _TIME.fullmatch(text):
        raise ValueError('a time is "HH:MM" in quotes, from "00:00" to "24:00"')
    return text


def _span(span: list[str]) -> list[str]:
    if len(span) != 2 or span[0] >= span[1]:
        raise ValueError('a span is ["start", "end"], and the start comes first')
    return span


def _in_order(spans: list[list[str]]) -> list[list[str]]:
    if any(later[0] < earlier[1] for earlier, later in pairwise(spans)):
        raise ValueError("spans of a day are in order and do not overlap")
    return spans


Time = Annotated[str, AfterValidator(_time)]
Spans = Annotated[list[Annotated[list[Time], AfterValidator(_span)]], AfterValidator(_in_order)]
SubjectName = Literal["consumer", "sole_trader", "legal_person"]
RegimeName = Literal["opt_in", "presumed", "opt_out", "prohibited"]
Positive = Annotated[int, Field(gt=0)]
NotNegative = Annotated[int, Field(ge=0)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=True)


class Marked(_Part):
    c: str | None = None  #: certainty, and what is uncertain about it

    @property
    def contested(self) -> bool:
        """Whether counsel may decide otherwise: the mark holds a U, or says so."""
        return self.c is not None and re.search(r"\b(U|contested)\b", self.c) is not None


class WindowsPart(Marked):
    basis: Literal["house", "statute", "code_of_conduct"] | None = None
    mon_fri: Spans | None = None
    mon: Spans | None = None
    tue: Spans | None = None
    wed: Spans | None = None
    thu: Spans | None = None
    fri: Spans | None = None
    sat: Spans | None = None
    sun: Spans | None = None
    holiday: Spans | None = None
    eve: Spans | None = None
    override: Literal["none", "explicit_slot", "express_consent"] | None = None


class CapPart(Marked):
    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(\.[a-z0-9]+)*$")]
    max: NotNegative
    hours: Positive | None = None
    days: Positive | None = None
    calendar_days: Positive | None = None
    counts: Literal["attempts", "answered", "conversations"] = "attempts"
    scope: Literal["person", "number", "person_controller"] = "person"

    @model_validator(mode="after")
    def _has_one_period(self) -> Self:
        if sum(p is not None for p in (self.hours, self.days, self.calendar_days)) != 1:
            raise ValueError("a cap has exactly one of hours, days, calendar_days")
        return self


class CooldownsPart(Marked):
    refusal_days: NotNegative | None = None
    abandoned_hours: NotNegative | None = None
    amd_hours: NotNegative | None = None
    agent_guarantee_after_abandon: bool | None = None


class RefusalPart(Marked):
    calendar_days: NotNegative
    full_days: bool = False


class AbandonPart(Marked):
    max_rate: Annotated[float, Field(ge=0, le=1)] | None = None
    window_hours: Positive | None = None
    window: Literal["campaign", "campaign_30d"] | None = None
    denominator: Literal["live_answered", "calls_connected_ok"] | None = None
    max_seconds_to_agent: Annotated[float, Field(gt=0)] | None = None
    clock_from: Literal["answer", "end_of_greeting"] | None = None
    info_message: Literal["required", "comfort_noise", "none"] | None = None
    min_ring_seconds: NotNegative | None = None
    report_retention_days: Positive | None = None


class RegimePart(_Part):
    live: RegimeName
    automated: RegimeName


class ConsentPart(Marked):
    consumer: RegimePart
    sole_trader: RegimePart
    legal_person: RegimePart


class ConsentRulesPart(Marked):
    max_age_days: Positive | None = None
    separate_per_channel: bool = False
    automated_needs_own_consent: bool = False
    separate_document: bool = False
    bound_to_person: bool = False
    evidence_retention_days: Positive | None = None
    evidence_clock: Literal["grant", "grant_and_each_use", "withdrawal"] = "grant"


class CustomerExceptionPart(Marked):
    related_contract: bool = False
    similar_products: bool = False
    max_days_since_relation: Positive | None = None
    only_controllers: list[str] = []


class RegisterPart(Marked):
    id: str
    subjects: list[SubjectName]
    max_age_days: Positive | None = None
    effective_days_of_month: list[Annotated[int, Field(ge=1, le=28)]] = []
    grace_days: NotNegative = 0
    use_grace: bool = False
    consent_override: Literal["never", "any", "given_after_listing"] = "never"
    ebr_override: bool = False
    sector_choices: bool = False

    @model_validator(mode="after")
    def _grows_stale(self) -> Self:
        if self.max_age_days is None and not self.effective_days_of_month:
            raise ValueError("a register has max_age_days or effective_days_of_month")
        return self


class CallerIdPart(Marked):
    must_present: bool = False
    must_be_callable: bool = False
    required_prefix: str | None = None
    forbidden_types: list[str] = []
    label_required: bool = False
    planned_prefix: str | None = None  #: announced, not yet in force


class RecordingPart(Marked):
    all_party_consent: bool = False


class TransferPart(Marked):
    localisation: bool = False


class BanPart(Marked):
    sector: str
    since: date | None = Field(default=None, alias="from")
    until: date | None = Field(default=None, alias="to")
    exception: Literal["related_contract", "specific_consent_or_request"] | None = Field(
        default=None, alias="except"
    )


class CalendarPart(_Part):
    code: str
    regional: bool = True  #: whether holidays of subdivisions count


class OverlayPart(Marked):
    """What a layer below the country may say: only what tightens."""

    windows: WindowsPart | None = None
    caps: list[CapPart] = []
    cooldowns: CooldownsPart | None = None
    refusal: RefusalPart | None = None
    abandon: AbandonPart | None = None
    consent: ConsentPart | None = None
    consent_rules: ConsentRulesPart | None = None
    registers: list[RegisterPart] = []
    auto_dial: Literal["allowed", "prohibited"] | None = None
    cli: CallerIdPart | None = None
    recording: RecordingPart | None = None
    bans: list[BanPart] = []
    sources: list[str] = []


class CounselNotePart(_Part):
    """A lawyer's signed opinion by which a client may read a contested value more loosely."""

    by: str
    at: date
    note: str
    values: list[str]  #: top-level keys it may loosen


class LayerPart(OverlayPart):
    id: str
    level: Literal["client", "campaign"]
    name: str  #: the controller, or the id of the campaign
    country: str | None = None  #: None: everywhere
    counsel_note: CounselNotePart | None = None


class HousePart(_Part):
    windows: WindowsPart
    caps: list[CapPart]
    cooldowns: CooldownsPart
    abandon: AbandonPart
    slot_tolerance_minutes: NotNegative


class ProfilePart(_Part):
    id: str
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    tz: Annotated[list[str], Field(min_length=1)]
    valid_from: date
    valid_to: date | None = None
    review_by: date
    calendar: str | CalendarPart | None = None
    consent: ConsentPart
    consent_rules: ConsentRulesPart
    customer_exception: CustomerExceptionPart | None = None
    registers: list[RegisterPart] = []
    auto_dial: Literal["allowed", "prohibited"]
    windows: WindowsPart | None = None
    caps: list[CapPart] = []
    cooldowns: CooldownsPart | None = None
    refusal: RefusalPart | None = None
    abandon: AbandonPart | None = None
    cli: CallerIdPart
    recording: RecordingPart | None = None
    transfer: TransferPart | None = None
    bans: list[BanPart] = []
    subdivisions: dict[str, OverlayPart] = {}
    sources: list[str] = []


class SourcePart(_Part):
    """Where a rule was read, and when."""

    title: str
    read_at: date
    certainty: str
    text: str = ""


class FilePart(_Part):
    """One file of a bundle."""

    schema_: Literal["telemarketing-compliance-profile/1"] = Field(alias="schema")
    house: HousePart | None = None
    profiles: list[ProfilePart] = []
    layers: list[LayerPart] = []
    sources: dict[str, SourcePart] = {}
