"""How an attempt ends, as values: what the network said and what the agent recorded.

Rule: these say what is wished; :mod:`leads.store.closing` carries it out or refuses it whole.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from leads.disposition import Disposition
from leads.lead import AttemptId, Lead
from leads.meeting import Meeting
from leads.qualification import Judgement, Qualification
from leads.questionnaire import Questionnaire
from leads.rep import Interval, RepId
from leads.retry import RetryPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """A meeting agreed in the conversation."""

    rep: RepId
    slot: Interval
    uid: UUID  #: of the invitation


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """A callback promised in the conversation."""

    due_at: datetime
    personal: bool = False  #: by the agent who promised it


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What the agent recorded."""

    disposition: Disposition
    agent: int | None  #: None: recorded by the dialer itself
    note: str = ""
    answers: Mapping[str, object] = field(default_factory=dict)
    booking: Booking | None = None  #: with meeting_booked and only then
    promise: Promise | None = None  #: with callback and only then


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptEnd:
    """How an attempt ended."""

    attempt: AttemptId
    outcome: str  #: sip_config.causes.Outcome
    counts: bool = True
    abandoned: bool = False
    recorded: Recorded | None = None  #: None: nobody talked


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignRules:
    """What a campaign says about the end of attempts."""

    plan: RetryPlan = field(default_factory=RetryPlan)
    questionnaire: Questionnaire = field(
        default_factory=lambda: Questionnaire(opening={}, questions=())
    )
    qualification: Qualification = field(default_factory=Qualification)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedAttempt:
    """What closing did."""

    lead: Lead
    judgement: Judgement | None = None
    meeting: Meeting | None = None
    suppresses: bool = False  #: the caller must write a suppression of the person
    repeated: bool = False  #: it was closed before; nothing was changed
