"""The parts of a card, as they leave the house: question, answer, lead, past.

Rule: shapes alone; :mod:`dialer.api.cards` fills them from the stores.
"""

from collections.abc import Mapping
from datetime import datetime

from pydantic import Field

from dialer.api.model import Outgoing
from leads.disposition import Disposition
from leads.lead import LeadState
from leads.questionnaire import Answer, QuestionKind


class ChoiceOffered(Outgoing):
    """An answer offered."""

    value: str
    label: Mapping[str, str] = Field(description="by language; the empty one holds for all")


class QuestionAsked(Outgoing):
    """One question of the script."""

    id: str
    kind: QuestionKind
    text: Mapping[str, str] = Field(description="by language; the empty one holds for all")
    required: bool
    choices: tuple[ChoiceOffered, ...]
    least: float | None
    most: float | None


class ScriptNow(Outgoing):
    """Where the conversation stands."""

    answers: Mapping[str, Answer] = Field(description="given in this attempt")
    asked: tuple[str, ...] = Field(description="questions the script asks now, in order")
    next: str | None = Field(description="the first of them without an answer")
    complete: bool = Field(description="every required one has an answer")


class NumberShown(Outgoing):
    """One of the lead's numbers."""

    number: str
    kind: str
    dialed: bool = Field(description="it is the one of this attempt")


class LeadShown(Outgoing):
    """Who the lead is."""

    id: int
    state: LeadState
    name: str
    company: str
    email: str
    city: str
    country: str
    languages: tuple[str, ...]
    time_zone: str = Field(description="IANA; of the lead, or else of the number")
    subject: str
    numbers: tuple[NumberShown, ...]
    fields: Mapping[str, str] = Field(description="further columns of the list, as sent")
    source: str


class Tried(Outgoing):
    """An earlier attempt."""

    attempt: int
    at: datetime
    outcome: str | None
    abandoned: bool
    disposition: Disposition | None
    agent: int | None
    note: str


class MeetingShown(Outgoing):
    """A meeting of the lead."""

    id: int
    rep: int
    starts_at: datetime
    ends_at: datetime
    state: str
    verdict: str | None


class Promised(Outgoing):
    """A callback that was promised."""

    due_at: datetime
    agent: int | None
    promised_at: datetime


class CampaignShown(Outgoing):
    """For whom and what the call is."""

    id: int
    name: str
    caller_name: str
    caller_id: str
    meeting_minutes: int


class OfferCard(Outgoing):
    """A lead that an agent may ask to be called."""

    campaign: CampaignShown
    lead: LeadShown
    was_callback: bool = Field(description="the call was promised")
    earlier_answers: Mapping[str, Answer] = Field(description="given in earlier attempts")
    history: tuple[Tried, ...] = Field(description="earlier attempts, oldest first")
    promise: Promised | None
    meetings: tuple[MeetingShown, ...]
    now: datetime


class AttemptCard(Outgoing):
    """All that an agent's screen shows."""

    attempt: int
    open: bool
    opened_at: datetime
    was_callback: bool = Field(description="the call was promised")
    obligations: tuple[str, ...] = Field(description="what the permit asks of the conversation")
    campaign: CampaignShown
    lead: LeadShown
    opening: Mapping[str, str] = Field(description="what is said first, by language")
    questions: tuple[QuestionAsked, ...] = Field(description="all; `script.asked` says which now")
    script: ScriptNow
    earlier_answers: Mapping[str, Answer] = Field(description="given in earlier attempts")
    history: tuple[Tried, ...] = Field(description="earlier attempts, oldest first")
    promise: Promised | None
    meetings: tuple[MeetingShown, ...]
    now: datetime
