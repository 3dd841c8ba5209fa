"""An attempt as a screen shows it: the lead, the script in its present branch, the past.

Rule: which questions are asked is decided by :mod:`leads.questionnaire` here, so that no client has
to know the branches.
"""

from datetime import datetime

from dialer.api.card_parts import (
    AttemptCard,
    CampaignShown,
    ChoiceOffered,
    LeadShown,
    MeetingShown,
    NumberShown,
    OfferCard,
    Promised,
    QuestionAsked,
    ScriptNow,
    Tried,
)
from dialer.campaign import CampaignId
from dialer.database import campaigns
from dialer.database.campaigns import CampaignSetup
from dialer.database.pool import Connection
from dialer.previewing import LeadOffer
from leads.lead import AttemptId, LeadId
from leads.meeting import Meeting
from leads.questionnaire import (
    Answers,
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
        campaign=_campaign_shown(CampaignId(row.campaign), setup),
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


async def offer_card(connection: Connection, offer: LeadOffer, *, now: datetime) -> OfferCard:
    """Return a lead before the call, for the screen of whoever may ask for it."""
    card = await lead_card(connection, offer.lead)
    setup = await campaigns.campaign_setup(connection, offer.campaign)
    dialed = next((each.id for each in card.numbers if each.number == offer.number), None)
    return OfferCard(
        campaign=_campaign_shown(offer.campaign, setup),
        lead=lead_shown(card, dialed=dialed),
        was_callback=offer.is_callback,
        earlier_answers=card.answers,
        history=history(card),
        promise=promised(card),
        meetings=tuple(meeting_shown(meeting) for meeting in card.meetings),
        now=now,
    )


def _campaign_shown(campaign: CampaignId, setup: CampaignSetup) -> CampaignShown:
    return CampaignShown(
        id=campaign,
        name=setup.name,
        caller_name=setup.caller_name,
        caller_id=setup.caller_id,
        meeting_minutes=setup.meeting_minutes,
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
