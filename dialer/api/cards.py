"""An attempt as a screen shows it: the lead, the script in its present branch, the past.

Rule: which questions are asked is decided by :mod:`leads.questionnaire` here, so that no client has
to know the branches.
"""

from collections.abc import Mapping
from datetime import datetime

from pydantic import Field

from dialer.api.model import Outgoing
from dialer.campaign import CampaignId
from dialer.database import campaigns
from dialer.database.campaigns import CampaignSetup
from dialer.database.pool import Connection
from leads.disposition import Disposition
from leads.lead import AttemptId, LeadId, LeadState
from leads.meeting import Meeting
from leads.questionnaire import (
    Answer,
    Answers,
    QuestionKind,
    Questionnaire,
    asked,
    complete,
    next_question,
    standing_answers,
)
from leads.scripting import questionnaire_from
from leads.store import attempts, dispositions
from leads.store.cards import LeadCard, lead_card
from leads.store.claiming import zone_of


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


async def attempt_card(connection: Connection, attempt: AttemptId, *, now: datetime) -> AttemptCard:
    """Return an attempt for the screen.

    Raises:
        UnknownRow: There is no such attempt.
    """
    row = await attempts.load_attempt(connection, attempt)
    card = await lead_card(connection, row.lead)
    given = (await dispositions.answers_of(connection, [attempt])).get(attempt, {})
    setup = await campaigns.campaign_setup(connection, CampaignId(row.campaign))
    questionnaire = rules_of(setup)
    return AttemptCard(
        attempt=attempt,
        open=row.closed_at is None,
        opened_at=row.opened_at,
        was_callback=row.was_callback,
        obligations=row.obligations,
        campaign=CampaignShown(
            id=row.campaign,
            name=setup.name,
            caller_name=setup.caller_name,
            caller_id=setup.caller_id,
            meeting_minutes=setup.meeting_minutes,
        ),
        lead=lead_shown(card, dialed=row.number),
        opening=questionnaire.opening,
        questions=_questions(questionnaire),
        script=script_now(questionnaire, given),
        earlier_answers={key: value for key, value in card.answers.items() if key not in given},
        history=tuple(tried for tried in history(card) if tried.attempt != attempt),
        promise=promised(card),
        meetings=tuple(meeting_shown(meeting) for meeting in card.meetings),
        now=now,
    )


def rules_of(setup: CampaignSetup) -> Questionnaire:
    """Return a campaign's script.

    Raises:
        InvalidScript: It cannot be used.
    """
    return questionnaire_from(setup.questionnaire)


def script_now(questionnaire: Questionnaire, answers: Answers) -> ScriptNow:
    """Return where the conversation stands after *answers*."""
    following = next_question(questionnaire, answers)
    return ScriptNow(
        answers=standing_answers(questionnaire, answers),
        asked=tuple(question.id for question in asked(questionnaire, answers)),
        next=None if following is None else following.id,
        complete=complete(questionnaire, answers),
    )


def _questions(questionnaire: Questionnaire) -> tuple[QuestionAsked, ...]:
    return tuple(
        QuestionAsked(
            id=question.id,
            kind=question.kind,
            text=question.text,
            required=question.required,
            choices=tuple(
                ChoiceOffered(value=choice.value, label=choice.label) for choice in question.choices
            ),
            least=question.least,
            most=question.most,
        )
        for question in questionnaire.questions
    )


def lead_shown(card: LeadCard, *, dialed: int | None = None) -> LeadShown:
    """Return who a lead is.

    Args:
        dialed: The number (its id) of the attempt in question.
    """
    row = card.row
    numbers = card.numbers
    current = next((number for number in numbers if number.id == dialed), None)
    first = current or (numbers[0] if numbers else None)
    return LeadShown(
        id=LeadId(row.lead.id),
        state=row.lead.state,
        name=row.name,
        company=row.company,
        email=row.email,
        city=row.city,
        country=row.country,
        languages=row.languages,
        time_zone=zone_of(row, first.number if first else None),
        subject=row.subject,
        numbers=tuple(
            NumberShown(number=number.number, kind=number.kind.value, dialed=number.id == dialed)
            for number in numbers
        ),
        fields=row.fields,
        source=row.source,
    )


def history(card: LeadCard) -> tuple[Tried, ...]:
    """Return a lead's attempts, oldest first."""
    return tuple(
        Tried(
            attempt=tried.attempt,
            at=tried.at,
            outcome=tried.outcome,
            abandoned=tried.abandoned,
            disposition=tried.disposition,
            agent=tried.agent,
            note=tried.note,
        )
        for tried in card.tries
    )


def promised(card: LeadCard) -> Promised | None:
    """Return the open promise to a lead."""
    promise = card.promise
    if promise is None:
        return None
    return Promised(due_at=promise.due_at, agent=promise.agent, promised_at=promise.promised_at)


def meeting_shown(meeting: Meeting) -> MeetingShown:
    return MeetingShown(
        id=meeting.id,
        rep=meeting.rep,
        starts_at=meeting.starts_at,
        ends_at=meeting.ends_at,
        state=meeting.state.value,
        verdict=meeting.verdict,
    )
