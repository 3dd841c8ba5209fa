"""Whom never to call: ``/suppressions``.

Rule: once stored, no gate lets a call through; calls that ring at this moment are ended. The number
is kept as a keyed hash alone.
"""

from typing import Annotated

from pydantic import Field

from compliance.store.suppressions import add_suppressions
from compliance.suppression import Reach, Why
from dialer.api.model import Id, Incoming, Instant, Outgoing
from dialer.api.operation import Asked, operation
from dialer.api.problem import unavailable
from dialer.api.reach import STAFF
from leads import phone
from leads.store import people


class SuppressionWish(Incoming):
    """Who is not to be called, and why."""

    number: Annotated[str, Field(min_length=3, max_length=40)] = Field(description="E.164")
    reason: Why = Why.OBJECTION
    reach: Reach = Field(Reach.PERSON, description="person: all numbers of who has this one")
    client: Id | None = Field(None, description="for whose calls; none: for everybody's")
    until: Instant | None = Field(None, description="none: for good; an objection has no end")


class Suppressed(Outgoing):
    """What a suppression did."""

    numbers: int = Field(description="so many numbers are on the list now")
    calls_ended: int = Field(description="that rang at this moment")


@operation("POST", "/suppressions", roles=STAFF, status=201)
async def add(asked: Asked[SuppressionWish, None]) -> Suppressed:
    """Never call a number, or a person, again."""
    context, wish = asked.context, asked.body
    if context.keyring is None:
        raise unavailable("no-keyring", "the keys of the suppression list are not loaded")
    number = phone.asked_about(wish.number)
    numbers = {number}
    async with asked.connection() as connection, connection.transaction():
        person = await people.person_of(connection, number)
        if person is not None and wish.reach is Reach.PERSON:
            known = await people.numbers_of_person(connection, person)
            numbers |= {each.number for each in known}
        await add_suppressions(
            connection,
            numbers,
            client_id=wish.client,
            reach=wish.reach,
            why=wish.reason,
            keyring=context.keyring,
            now=context.clock.now(),
            until=None if wish.reason is Why.OBJECTION else wish.until,
        )
    ended = 0
    if person is not None:
        for desk in list(context.desks.values()):
            ended += await desk.revoke(person)
    return Suppressed(numbers=len(numbers), calls_ended=ended)
