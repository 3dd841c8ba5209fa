"""Closing an attempt in PostgreSQL: what the leads' own store does, and what follows outside it.

Rule: runs in the caller's transaction. An invitation is promised to the outbox, and a wish not to
be called becomes a suppression, in the same commit as the disposition that says so.
"""

from datetime import datetime, timedelta
from uuid import uuid4

from compliance.store.suppressions import add_suppressions
from compliance.suppression import Keyring, Reach, Why
from dialer.campaign import CampaignId, ClientId
from dialer.database import campaigns
from dialer.database.campaigns import CampaignSetup
from dialer.database.inviting import invite
from dialer.database.pool import Connection
from dialer.ports import Closed, Closing, ClosingRefused
from leads.disposition import Disposition
from leads.qualification import qualification_from
from leads.rep import Interval, RepId
from leads.retry import plan_from
from leads.scripting import questionnaire_from
from leads.store import attempts, closing, people
from leads.store.ending import AttemptEnd, Booking, CampaignRules, Promise, Recorded


class Closings:
    """Closes attempts of one team."""

    def __init__(self, keyring: Keyring, *, organizer: str) -> None:
        self._keyring = keyring
        self._organizer = organizer

    async def close(self, connection: Connection, wish: Closing, *, now: datetime) -> Closed:
        """Carry out *wish*.

        Raises:
            leads.store.faults.Unfit: something in it does not fit; nothing was changed.
            ClosingRefused: the disposition is not one of ours.
        """
        attempt = await attempts.load_attempt(connection, wish.attempt)
        setup = await campaigns.campaign_setup(connection, CampaignId(attempt.campaign))
        done = await closing.close_attempt(connection, _end(wish), rules=_rules(setup), now=now)
        if done.repeated:
            return Closed(lead_state=done.lead.state, repeated=True)
        if done.suppresses:
            await self._suppress(connection, wish, setup.client, now=now)
        if done.meeting is not None:
            await invite(connection, done.meeting, setup, organizer=self._organizer, now=now)
        return Closed(
            lead_state=done.lead.state,
            qualified=done.judgement.qualified if done.judgement else None,
            meeting_uid=str(done.meeting.uid) if done.meeting else None,
        )

    async def _suppress(
        self, connection: Connection, wish: Closing, client: ClientId, *, now: datetime
    ) -> None:
        person = (await attempts.load_attempt(connection, wish.attempt)).person
        numbers = await people.numbers_of_person(connection, person)
        await add_suppressions(
            connection,
            [number.number for number in numbers],
            client_id=client,
            reach=Reach.PERSON,
            why=Why.OBJECTION,
            keyring=self._keyring,
            now=now,
            call_id=wish.call,
        )


def _end(wish: Closing) -> AttemptEnd:
    return AttemptEnd(
        attempt=wish.attempt,
        outcome=wish.outcome,
        counts=wish.counts,
        abandoned=wish.abandoned,
        recorded=_recorded(wish),
    )


def _recorded(wish: Closing) -> Recorded | None:
    if wish.disposition is None:
        return None
    try:
        disposition = Disposition(wish.disposition)
    except ValueError:
        known = ", ".join(Disposition)
        detail = f"{wish.disposition!r} is no disposition; known: {known}"
        raise ClosingRefused("disposition", detail) from None
    booking = promise = None
    if wish.booking is not None:
        starts_at = wish.booking.starts_at
        slot = Interval(starts_at, starts_at + timedelta(minutes=wish.booking.minutes))
        booking = Booking(rep=RepId(wish.booking.rep), slot=slot, uid=uuid4())
    if wish.promise is not None:
        promise = Promise(due_at=wish.promise.due_at, personal=wish.promise.personal)
    return Recorded(
        disposition=disposition,
        agent=wish.agent,
        note=wish.note,
        answers=wish.answers,
        booking=booking,
        promise=promise,
    )


def _rules(setup: CampaignSetup) -> CampaignRules:
    questionnaire = questionnaire_from(setup.questionnaire)
    script = dict(setup.questionnaire)
    return CampaignRules(
        plan=plan_from(setup.retry),
        questionnaire=questionnaire,
        qualification=qualification_from(script.get("qualification", {}), questionnaire),
    )
