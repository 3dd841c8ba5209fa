"""The end of an attempt: disposition, answers, lead, meeting and promise in one transaction.

    nobody talked ──▶ the outcome ──▶ another attempt is planned, a promise kept open, or retired
    somebody did  ──▶ the disposition ──▶ its event; a meeting or a promise goes with it

Rule: closing is done once and may be asked for twice: the second time it changes nothing and says
so. What does not fit is refused as a whole.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from leads.callback import (
    Callback,
    ImpossibleCallback,
    Settlement,
    after_unanswered,
    checked_due,
)
from leads.disposition import MEANINGS, Disposition
from leads.lead import AttemptId, Lead, LeadEvent, LeadId, LeadState, RetiredBecause, apply
from leads.meeting import Meeting
from leads.qualification import Judgement, judge
from leads.questionnaire import Answer, InvalidAnswer, Questionnaire, checked_answer
from leads.rep import lies_within
from leads.retry import NoRetry, RetryAt, plan_retry
from leads.store import attempts, callbacks, dispositions, leads, lists, meetings, people, reps
from leads.store.attempts import AttemptRow
from leads.store.claiming import zone_of
from leads.store.connection import Connection
from leads.store.dispositions import DispositionRow
from leads.store.ending import AttemptEnd, Booking, CampaignRules, ClosedAttempt, Recorded
from leads.store.faults import OutsideAvailability, Unfit, all_or_nothing
from leads.store.lead_row import LeadRow

#: Dispositions after which a promised callback still stands: the person was not reached.
_NOT_REACHED = frozenset(
    {None, Disposition.ANSWERING_MACHINE, Disposition.SILENCE, Disposition.WRONG_PERSON}
)


async def close_attempt(
    connection: Connection, end: AttemptEnd, *, rules: CampaignRules, now: datetime
) -> ClosedAttempt:
    """Close an attempt, and do to its lead what its end means.

    Raises:
        Unfit: ``because`` says what does not fit (answers, booking, promise, slot_taken,
            outside_availability, unknown ...); nothing was changed.
    """
    async with all_or_nothing(connection):
        known = await attempts.load_attempt(connection, end.attempt)
        await people.lock_person(connection, known.person)
        row = await leads.load_lead(connection, known.lead, hold=True)
        attempt = await attempts.load_attempt(connection, end.attempt, hold=True)
        if attempt.closed_at is not None:
            return ClosedAttempt(lead=row.lead, repeated=True)
        await attempts.end_attempt(
            connection,
            end.attempt,
            outcome=end.outcome,
            abandoned=end.abandoned,
            counts=end.counts,
            closed_at=now,
        )
        judgement = await _record(connection, end, attempt.lead, rules, now=now)
        lead, meeting = await _conclude(connection, row, attempt, end, rules, now=now)
        await leads.save(connection, lead)
    recorded = end.recorded
    return ClosedAttempt(
        lead=lead,
        judgement=judgement,
        meeting=meeting,
        suppresses=recorded is not None and MEANINGS[recorded.disposition].suppresses,
    )


async def _record(
    connection: Connection, end: AttemptEnd, lead: LeadId, rules: CampaignRules, *, now: datetime
) -> Judgement | None:
    """Save what was recorded; return the judgement on the answers, if there are any."""
    recorded = end.recorded
    if recorded is None:
        return None
    given = checked_answers(rules.questionnaire, recorded.answers)
    if given:
        await dispositions.save_answers(connection, end.attempt, given, lead=lead, now=now)
    answers = (await dispositions.answers_of(connection, [end.attempt])).get(end.attempt, {})
    judgement = judge(rules.qualification, rules.questionnaire, answers) if answers else None
    await dispositions.record(
        connection,
        DispositionRow(
            attempt=end.attempt,
            agent=recorded.agent,
            code=recorded.disposition,
            at=now,
            note=recorded.note,
            judgement=judgement,
        ),
        lead=lead,
    )
    return judgement


def checked_answers(
    questionnaire: Questionnaire, answers: Mapping[str, object]
) -> dict[str, Answer]:
    """Return *answers* as they are stored.

    Raises:
        Unfit: One is to no question of the script, or does not fit its question.
    """
    checked: dict[str, Answer] = {}
    for name, found in answers.items():
        question = questionnaire.question(name)
        if question is None:
            known = ", ".join(question.id for question in questionnaire.questions)
            raise Unfit(f"no question {name[:64]!r}; there are: {known}", because="answers")
        try:
            checked[name] = checked_answer(question, found)
        except InvalidAnswer as unfit:
            raise Unfit(str(unfit), because="answers") from None
    return checked


async def answer(
    connection: Connection,
    attempt: AttemptId,
    questionnaire: Questionnaire,
    answers: Mapping[str, object],
    *,
    now: datetime,
) -> dict[str, Answer]:
    """Save answers as they are given in the conversation; return all that stand so far.

    Raises:
        Unfit: An answer does not fit, or the attempt is closed.
    """
    async with all_or_nothing(connection):
        given = checked_answers(questionnaire, answers)
        found = await attempts.load_attempt(connection, attempt, hold=True)
        if found.closed_at is not None:
            raise Unfit(f"attempt {attempt} is closed", because="attempt_closed")
        await dispositions.save_answers(connection, attempt, given, lead=found.lead, now=now)
        return (await dispositions.answers_of(connection, [attempt])).get(attempt, {})


async def _conclude(
    connection: Connection,
    row: LeadRow,
    attempt: AttemptRow,
    end: AttemptEnd,
    rules: CampaignRules,
    *,
    now: datetime,
) -> tuple[Lead, Meeting | None]:
    """Return the lead after *end*, and the meeting if one was booked."""
    recorded = end.recorded
    _refuse_misfits(recorded)
    disposition = recorded.disposition if recorded else None
    promise = await callbacks.open_promise(connection, row.lead.id)
    if disposition in _NOT_REACHED or recorded is None:
        return await _unreached(connection, row, attempt, promise, rules, now=now), None
    kept = Settlement.KEPT if attempt.was_callback else Settlement.REPLACED
    await callbacks.settle(connection, [row.lead.id], kept, now=now)
    if recorded.booking is not None:
        meeting = await _book(connection, row, attempt, recorded.booking, now=now)
        return _applied(row.lead, LeadEvent.MEETING_BOOKED), meeting
    if recorded.promise is not None:
        return await _promised(connection, row, attempt, recorded, now=now), None
    meaning = MEANINGS[recorded.disposition]
    if meaning.event is LeadEvent.GIVEN_UP:
        because = meaning.retired_because
        return _applied(row.lead, LeadEvent.GIVEN_UP, retired_because=because), None
    return await _planned(connection, row, rules, now=now), None


def _applied(
    lead: Lead,
    event: LeadEvent,
    *,
    next_attempt_at: datetime | None = None,
    retired_because: RetiredBecause | None = None,
    callback_agent: int | None = None,
) -> Lead:
    """Return the lead after *event*, or as it is if it was retired while the call went on."""
    if lead.state is not LeadState.IN_CALL:
        return lead
    return apply(
        lead,
        event,
        next_attempt_at=next_attempt_at,
        retired_because=retired_because,
        callback_agent=callback_agent,
    )


def _refuse_misfits(recorded: Recorded | None) -> None:
    if recorded is None:
        return
    booked = recorded.disposition is Disposition.MEETING_BOOKED
    if booked != (recorded.booking is not None):
        raise Unfit("a meeting belongs to meeting_booked, and only to it", because="booking")
    promised = recorded.disposition is Disposition.CALLBACK
    if promised != (recorded.promise is not None):
        raise Unfit("a promised time belongs to callback, and only to it", because="promise")


async def _promised(
    connection: Connection,
    row: LeadRow,
    attempt: AttemptRow,
    recorded: Recorded,
    *,
    now: datetime,
) -> Lead:
    assert recorded.promise is not None  # the caller has looked
    try:
        due_at = checked_due(recorded.promise.due_at, now=now)
    except ImpossibleCallback as fault:
        raise Unfit(str(fault), because="promise") from None
    if row.lead.state is not LeadState.IN_CALL:
        return row.lead  # retired while the call went on: nothing can be promised
    agent = recorded.agent if recorded.promise.personal else None
    made = Callback(lead=row.lead.id, agent=agent, due_at=due_at, promised_at=now)
    await callbacks.promise(connection, attempt.id, made)
    return _applied(
        row.lead, LeadEvent.CALLBACK_PROMISED, next_attempt_at=due_at, callback_agent=agent
    )


async def _book(
    connection: Connection, row: LeadRow, attempt: AttemptRow, booking: Booking, *, now: datetime
) -> Meeting:
    _, client = await reps.load_rep(connection, booking.rep)
    if client != (await lists.load_list(connection, row.list_id)).client:
        raise Unfit(f"rep {booking.rep} works for another client", because="booking")
    slot = booking.slot
    offered = await reps.availability(
        connection, [booking.rep], from_=slot.starts_at, until=slot.ends_at
    )
    if slot.starts_at <= now or not lies_within(slot, offered[booking.rep]):
        raise OutsideAvailability(f"rep {booking.rep} is not available at {slot.starts_at}")
    return await meetings.add_meeting(
        connection,
        uid=booking.uid,
        rep=booking.rep,
        lead=row.lead.id,
        attempt=attempt.id,
        slot=slot,
        now=now,
    )


async def _unreached(
    connection: Connection,
    row: LeadRow,
    attempt: AttemptRow,
    promise: Callback | None,
    rules: CampaignRules,
    *,
    now: datetime,
) -> Lead:
    """Return the lead after a try that did not reach the person: a promise stands for a while."""
    if promise is None or not attempt.was_callback:
        return await _planned(connection, row, rules, now=now)
    planned, history = await _plan(connection, row, rules, now=now)
    if isinstance(planned, RetryAt) or planned.because is not RetiredBecause.NO_VALID_NUMBER:
        tries = [
            tried
            for tried in history
            if tried.was_callback and tried.opened_at >= promise.promised_at and tried.counts
        ]
        again_at = after_unanswered(len(tries), now=now) if tries else now + _SOON
        if again_at is not None:
            return _applied(
                row.lead,
                LeadEvent.CALLBACK_UNANSWERED,
                next_attempt_at=again_at,
                callback_agent=promise.agent,
            )
    await callbacks.settle(connection, [row.lead.id], Settlement.GIVEN_UP, now=now)
    return _after(row.lead, planned)


#: When to keep a promise whose call failed through no fault of the callee.
_SOON = timedelta(minutes=5)


async def _planned(
    connection: Connection, row: LeadRow, rules: CampaignRules, *, now: datetime
) -> Lead:
    planned, _ = await _plan(connection, row, rules, now=now)
    return _after(row.lead, planned)


def _after(lead: Lead, planned: RetryAt | NoRetry) -> Lead:
    if isinstance(planned, NoRetry):
        return _applied(lead, LeadEvent.GIVEN_UP, retired_because=planned.because)
    return _applied(lead, LeadEvent.RETRY_PLANNED, next_attempt_at=planned.at)


async def _plan(
    connection: Connection, row: LeadRow, rules: CampaignRules, *, now: datetime
) -> tuple[RetryAt | NoRetry, tuple[AttemptRow, ...]]:
    """Return what the campaign's plan says after all attempts so far, and these attempts."""
    history = (await attempts.attempts_of_leads(connection, [row.lead.id]))[row.lead.id]
    numbers = (await people.numbers_of_leads(connection, [row.lead.id])).get(row.lead.id, ())
    planned = plan_retry(
        rules.plan,
        [tried.past for tried in history],
        [number.id for number in numbers],
        now=now,
        zone=zone_of(row, numbers[0].number if numbers else None),
    )
    return planned, history
