"""The attempt an agent is in: card, script, answers, disposition. ``/attempts``.

Rule: an agent sees and fills in the attempt of their own call and no other. Answers are saved as
they are given; the disposition closes the attempt with everything that follows, and is done when
it is durable.
"""

from typing import Annotated, Any

from pydantic import Field

from dialer.api.card_parts import AttemptCard, ScriptNow
from dialer.api.cards import attempt_card, rules_of, script_now
from dialer.api.model import Id, Incoming, Instant, Outgoing, Text
from dialer.api.operation import Asked, operation
from dialer.api.problem import not_found
from dialer.api.reach import AGENTS, FLOOR, conflict, desk_of
from dialer.call_events import AgentId
from dialer.campaign import CampaignId
from dialer.database import campaigns
from dialer.database.accounts import Role
from dialer.ports import Booking, Promise
from dialer.views import Disposal
from leads.disposition import Disposition
from leads.lead import AttemptId
from leads.store import attempts as attempts_store
from leads.store import closing, dispositions, leads


class GivenAnswer(Incoming):
    """What the person answered."""

    value: Annotated[str, Field(max_length=4000)] | bool | int | float = Field(
        description="a choice's value, a number, a text, a date such as 2026-11-23, or true/false"
    )


class BookingWish(Incoming):
    """A meeting agreed in the conversation."""

    rep: Id
    starts_at: Instant = Field(description="begin of a free slot")


class PromiseWish(Incoming):
    """A callback promised in the conversation."""

    due_at: Instant
    personal: bool = Field(False, description="you yourself promised to call")


class DispositionWish(Incoming):
    """What came of the call."""

    disposition: Disposition
    note: Text = ""
    answers: dict[str, Any] = Field(
        default_factory=dict, max_length=200, description="further answers, by question"
    )
    booking: BookingWish | None = Field(None, description="with meeting_booked, and only then")
    callback: PromiseWish | None = Field(None, description="with callback, and only then")


class Disposed(Outgoing):
    """What the disposition did."""

    attempt: int
    disposition: Disposition
    lead_state: str
    qualified: bool | None
    meeting_uid: str | None
    repeated: bool = Field(description="it was recorded before; nothing was changed")


@operation("GET", "/attempts/{attempt:int}", roles=AGENTS | FLOOR)
async def card(asked: Asked[None, None]) -> AttemptCard:
    """Return the lead, the script and all that happened before, for the screen."""
    attempt = AttemptId(asked.number("attempt"))
    if asked.user.role is Role.AGENT:
        await _own_call(asked, attempt)
    async with asked.connection() as connection:
        return await attempt_card(connection, attempt, now=asked.context.clock.now())


@operation("PUT", "/attempts/{attempt:int}/answers/{question:name}", roles=AGENTS)
async def answer(asked: Asked[GivenAnswer, None]) -> ScriptNow:
    """Save an answer as it is given; a corrected one replaces the earlier.

    Returns the answers so far and which questions the script asks now.
    """
    attempt = AttemptId(asked.number("attempt"))
    await _own_call(asked, attempt)
    async with asked.connection() as connection:
        known = await attempts_store.load_attempt(connection, attempt)
        setup = await campaigns.campaign_setup(connection, CampaignId(known.campaign))
        questionnaire = rules_of(setup)
        given = await closing.answer(
            connection,
            attempt,
            questionnaire,
            {asked.name("question"): asked.body.value},
            now=asked.context.clock.now(),
        )
    return script_now(questionnaire, given)


@operation("POST", "/attempts/{attempt:int}/disposition", roles=AGENTS)
async def dispose(asked: Asked[DispositionWish, None]) -> Disposed:
    """Record what came of the call, and close the attempt.

    May be repeated: the same disposition again answers `repeated: true`. With an
    `Idempotency-Key` header the same answer comes back.
    """
    key = asked.request.headers.get("Idempotency-Key")
    request = f"{asked.number('attempt')} {asked.body.model_dump_json()}"
    remembered = asked.context.remembered
    return await remembered.once(asked.user.id, key, request, lambda: _dispose(asked))


async def _dispose(asked: Asked[DispositionWish, None]) -> Disposed:
    attempt, wish = AttemptId(asked.number("attempt")), asked.body
    agent, desk = await desk_of(asked)
    call = desk.view(agent).call
    if call is None or call.attempt != attempt:
        return await _recorded_before(asked, attempt, agent)
    closed = await desk.dispose(agent, await _disposal(asked, call.campaign))
    return Disposed(
        attempt=attempt,
        disposition=wish.disposition,
        lead_state=closed.lead_state,
        qualified=closed.qualified,
        meeting_uid=closed.meeting_uid,
        repeated=closed.repeated,
    )


async def _disposal(asked: Asked[DispositionWish, None], campaign: CampaignId) -> Disposal:
    wish, booking = asked.body, None
    if wish.booking is not None:
        async with asked.connection() as connection:
            minutes = (await campaigns.campaign(connection, campaign)).meeting_minutes
        booking = Booking(rep=wish.booking.rep, starts_at=wish.booking.starts_at, minutes=minutes)
    promise = None
    if wish.callback is not None:
        promise = Promise(due_at=wish.callback.due_at, personal=wish.callback.personal)
    return Disposal(
        disposition=wish.disposition.value,
        note=wish.note,
        answers=wish.answers,
        booking=booking,
        promise=promise,
    )


async def _recorded_before(
    asked: Asked[DispositionWish, None], attempt: AttemptId, agent: AgentId
) -> Disposed:
    """Answer a disposition that may have been recorded already, its answer having been lost."""
    async with asked.connection() as connection:
        known = await attempts_store.load_attempt(connection, attempt)
        recorded = (await dispositions.load_dispositions(connection, [attempt])).get(attempt)
        if recorded is None or recorded.agent != agent:
            raise not_found(f"you have no call of attempt {attempt}")
        row = await leads.load_lead(connection, known.lead)
    if recorded.code is not asked.body.disposition:
        raise conflict(
            "attempt-closed",
            f"attempt {attempt} is closed as {recorded.code.value}",
            disposition=recorded.code.value,
        )
    judgement = recorded.judgement
    return Disposed(
        attempt=attempt,
        disposition=recorded.code,
        lead_state=row.lead.state.value,
        qualified=None if judgement is None else judgement.qualified,
        meeting_uid=None,
        repeated=True,
    )


async def _own_call(asked: Asked[Any, None], attempt: AttemptId) -> None:
    agent, desk = await desk_of(asked)
    call = desk.view(agent).call
    if call is None or call.attempt != attempt:
        raise not_found(f"you have no call of attempt {attempt}")
