"""What a person says on the telephone that binds everybody: ``/attempts/{attempt}/said``.

Rule: recorded for the client of the campaign, with the call and the second of its recording, so
that it can be heard again.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from compliance.revocation import Heard
from compliance.store.consent_row import NewConsent
from compliance.store.consents import add_consent_event, record_consents
from compliance.store.marks import MarkKind, add_mark
from dialer.api.model import Incoming, Outgoing, Text
from dialer.api.operation import Asked, operation
from dialer.api.problem import not_found, unavailable
from dialer.api.reach import AGENTS, desk_of
from dialer.database import campaigns
from dialer.database.pool import Connection
from dialer.rights import asking
from dialer.views import CallView
from leads.lead import AttemptId
from leads.store import attempts


class Spoken(StrEnum):
    """What was said."""

    CONSENT = "consent"  #: to further calls for the campaign's purpose
    WITHDRAWAL = "withdrawal"  #: of every consent given to the client
    OBJECTION = "objection"  #: to being called at all, GDPR 21(2)
    RECORDING_CONSENT = "recording_consent"  #: to being recorded


class SaidWish(Incoming):
    """What the person said, and when."""

    what: Spoken
    second: Annotated[float, Field(ge=0, le=86_400)] | None = Field(
        None, description="of the recording; none: now"
    )
    wording: Text = Field("", description="what was agreed to; for consent")


class SaidNow(Outgoing):
    """What was recorded."""

    attempt: int
    what: Spoken
    at: datetime
    second: float | None


@operation("POST", "/attempts/{attempt:int}/said", roles=AGENTS, status=201)
async def said(asked: Asked[SaidWish, None]) -> SaidNow:
    """Record a consent, a withdrawal or an objection spoken in your call."""
    attempt, wish, now = AttemptId(asked.number("attempt")), asked.body, asked.context.clock.now()
    agent, desk = await desk_of(asked)
    call = desk.view(agent).call
    if call is None or call.attempt != attempt:
        raise not_found(f"you have no call of attempt {attempt}")
    second = wish.second if wish.second is not None else _second(call, now)
    heard = Heard(at=now, agent_id=agent, call_id=call.call, recording_second=second)
    async with asked.connection() as connection, connection.transaction():
        await _record(asked, connection, call, heard, now)
    return SaidNow(attempt=attempt, what=wish.what, at=now, second=second)


async def _record(
    asked: Asked[SaidWish, None],
    connection: Connection,
    call: CallView,
    heard: Heard,
    now: datetime,
) -> None:
    person = (await attempts.load_attempt(connection, call.attempt)).person
    setup = await campaigns.campaign_setup(connection, call.campaign)
    match asked.body.what:
        case Spoken.OBJECTION:
            if asked.context.keyring is None:
                raise unavailable("no-keyring", "the keys of the suppression list are not loaded")
            await asking.object_to_calls(
                connection,
                person,
                client=setup.client,
                keyring=asked.context.keyring,
                heard=heard,
                now=now,
            )
        case Spoken.WITHDRAWAL:
            await asking.withdraw(connection, person, client=setup.client, heard=heard, now=now)
        case Spoken.RECORDING_CONSENT:
            await add_mark(
                connection,
                MarkKind.RECORDING_CONSENT,
                person_id=person,
                client_id=setup.client,
                heard=heard,
                now=now,
            )
        case Spoken.CONSENT:
            consent = NewConsent(
                client_id=setup.client,
                person_id=person,
                purposes=(setup.purpose,),
                method="voice",
                given_at=now,
                wording=asked.body.wording,
            )
            [number] = await record_consents(connection, [consent], now=now)
            await add_consent_event(connection, number, "confirmed", heard=heard, now=now)


def _second(call: CallView, now: datetime) -> float | None:
    """Return where the recording is now; it begins when the agent was bridged."""
    if call.bridged_at is None:
        return None
    return round(max(0.0, (min(now, call.ended_at or now) - call.bridged_at).total_seconds()), 1)
