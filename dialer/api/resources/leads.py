"""Leads and promised callbacks: ``/leads``, ``/callbacks``.

Rule: what one client's campaign learned of a person is shown for that lead alone.
"""

from datetime import datetime, timedelta
from typing import Final

from pydantic import Field

from dialer.api.card_parts import LeadShown, MeetingShown, Promised, Tried
from dialer.api.cards import history, lead_shown, meeting_shown, promised
from dialer.api.model import Id, Incoming, Outgoing
from dialer.api.operation import Asked, operation
from dialer.api.problem import Problem
from dialer.api.reach import AGENTS, FLOOR, READERS, desk_of, keep_to_client
from dialer.campaign import CampaignId
from dialer.database import campaigns
from dialer.database.accounts import Role
from leads.lead import LeadId
from leads.questionnaire import Answer
from leads.store import callbacks
from leads.store.cards import lead_card

_HORIZON: Final = timedelta(days=90)


class LeadInFull(Outgoing):
    """A lead with its past."""

    lead: LeadShown
    campaign: int
    list: int
    line: int = Field(description="of the list's file")
    next_attempt_at: datetime | None
    retired_because: str | None
    answers: dict[str, Answer] = Field(description="the latest to each question")
    history: tuple[Tried, ...]
    promise: Promised | None
    meetings: tuple[MeetingShown, ...]


class CallbacksWanted(Incoming):
    """Whose promises are of interest."""

    agent: Id | None = Field(None, description="for supervisors; agents see their own")


class CallbackNow(Outgoing):
    """A call that was promised."""

    lead: int
    agent: int | None
    due_at: datetime
    promised_at: datetime


@operation("GET", "/leads/{lead:int}", roles=READERS)
async def one(asked: Asked[None, None]) -> LeadInFull:
    """Return a lead with all that happened to it."""
    async with asked.connection() as connection:
        card = await lead_card(connection, LeadId(asked.number("lead")))
        campaign = await campaigns.campaign(connection, CampaignId(card.row.campaign))
    keep_to_client(asked.user, campaign.client)
    lead = card.row.lead
    return LeadInFull(
        lead=lead_shown(card),
        campaign=card.row.campaign,
        list=card.row.list_id,
        line=card.row.line,
        next_attempt_at=lead.next_attempt_at,
        retired_because=lead.retired_because.value if lead.retired_because else None,
        answers=card.answers,
        history=history(card),
        promise=promised(card),
        meetings=tuple(meeting_shown(meeting) for meeting in card.meetings),
    )


@operation("GET", "/callbacks", roles=AGENTS | FLOOR)
async def promises(asked: Asked[None, CallbacksWanted]) -> tuple[CallbackNow, ...]:
    """List the personal callbacks of an agent that are still to be kept, earliest first."""
    agent: int | None = asked.query.agent
    if asked.user.role is Role.AGENT:
        own, _ = await desk_of(asked)
        agent = own
    if agent is None:
        raise Problem(422, "invalid", "agent: found nothing, expected a value")
    until = asked.context.clock.now() + _HORIZON
    async with asked.connection() as connection:
        found = await callbacks.promises_of_agent(connection, agent, until=until)
    return tuple(
        CallbackNow(
            lead=each.lead, agent=each.agent, due_at=each.due_at, promised_at=each.promised_at
        )
        for each in found
    )
