"""Rights of persons: ``/requests``, ``/people/...``, ``/withdrawals``, ``/holds``.

Rule: numbers come in bodies. What stops calls works at once and ends those that ring; what is
closed has a receipt.
"""

from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import Field

from compliance.revocation import Heard
from compliance.store import requests
from compliance.store.erasing import PersonIsHeld
from compliance.subject_request import (
    ImpossibleExtension,
    RequestKind,
    Result,
    SubjectRequest,
    extended,
)
from compliance.writing import plain
from dialer.api.model import Id, Incoming, Instant, Line, Outgoing
from dialer.api.operation import Asked, operation
from dialer.api.problem import Problem, not_found, unavailable
from dialer.api.reach import HOUSE, conflict
from dialer.api.resources.why import NumberAsked
from dialer.campaign import ClientId
from dialer.database import house
from dialer.database.accounts import Role
from dialer.database.pool import Connection
from dialer.rights import asking
from dialer.rights.subject import PersonInCall, Places, erase_person, export_person
from leads import phone
from leads.lead import PersonId
from leads.store import people
from leads.store.details import Detail

GUARDIANS: Final = frozenset({Role.DPO})
INBOX: Final = HOUSE | GUARDIANS

Json = dict[str, Any]


class OfPerson(NumberAsked):
    """Whose data."""

    client: Id | None = Field(None, description="only what this client has; none: everything")


class NewRequest(NumberAsked):
    """What a person asks for."""

    kind: RequestKind
    client: Id = Field(description="the controller who was asked")
    received_at: Instant | None = Field(None, description="none: now")


class Withdrawal(NumberAsked):
    """A consent taken back."""

    client: Id


class Because(Incoming):
    """The reason the person is told."""

    because: Line


class Correction(Incoming):
    """What is to be corrected; for rectification alone."""

    company: Annotated[str, Field(max_length=200)] | None = None
    name: Annotated[str, Field(max_length=200)] | None = None
    email: Annotated[str, Field(max_length=200)] | None = None
    city: Annotated[str, Field(max_length=200)] | None = None


class NewHold(NumberAsked):
    """A dispute that needs a person's data."""

    because: Line


class RequestNow(Outgoing):
    """A request in the inbox."""

    id: int
    client: int
    kind: RequestKind
    received_at: datetime
    due_at: datetime
    overdue: bool
    extended_because: str | None
    calls_ended: int = Field(0, description="that rang when it was received")


class Held(Outgoing):
    """A legal hold."""

    id: int


class Stopped(Outgoing):
    """What a withdrawal did."""

    calls_ended: int


@operation("GET", "/requests", roles=INBOX)
async def inbox(asked: Asked[None, None]) -> tuple[RequestNow, ...]:
    """List the open requests, the most urgent first."""
    now = asked.context.clock.now()
    async with asked.connection() as connection:
        found = await requests.open_requests(connection)
    return tuple(_shown(number, request, now) for number, request in found)


@operation("POST", "/requests", roles=INBOX, status=201)
async def receive(asked: Asked[NewRequest, None]) -> RequestNow:
    """Put a request into the inbox; objection, restriction and erasure stop calls at once."""
    wish, now = asked.body, asked.context.clock.now()
    at = wish.received_at or now
    if at > now:
        raise Problem(422, "invalid", "received_at: lies in the future")
    async with asked.connection() as connection:
        await _client(connection, wish.client)
        person = await person_of(connection, wish)
        number, request = await asking.receive(
            connection,
            wish.kind,
            client=ClientId(wish.client),
            person=person,
            keyring=_house(asked).keyring,
            heard=Heard(at=at),
            now=now,
        )
    ended = await revoked(asked, person)
    return _shown(number, request, now, ended)


@operation("POST", "/requests/{request:int}/extend", roles=INBOX)
async def extend(asked: Asked[Because, None]) -> RequestNow:
    """Give a request two more months; the person is told why."""
    number, now = asked.number("request"), asked.context.clock.now()
    async with asked.connection() as connection, connection.transaction():
        request = await requests.load_request(connection, number)
        if request is None:
            raise not_found(f"there is no request {number}")
        try:
            longer = extended(request, asked.body.because, now=now)
        except ImpossibleExtension as impossible:
            raise conflict("impossible-extension", str(impossible)) from None
        await requests.save_extension(connection, number, longer)
    return _shown(number, longer, now)


@operation("POST", "/requests/{request:int}/fulfil", roles=GUARDIANS)
async def fulfil(asked: Asked[Correction, None]) -> Json:
    """Carry a request out and close it: the export, or the receipt of what was done."""
    corrected = {detail: value for detail in Detail if (value := getattr(asked.body, detail.value))}
    async with asked.connection() as connection:
        try:
            done = await asking.fulfil(
                connection,
                asked.number("request"),
                _house(asked),
                corrected=corrected,
                now=asked.context.clock.now(),
            )
        except asking.CannotFulfil as cannot:
            if cannot.because == "unknown_request":
                raise not_found(str(cannot)) from None
            raise conflict(cannot.because.replace("_", "-"), str(cannot)) from None
        except (PersonIsHeld, PersonInCall) as kept:
            raise _kept(kept) from None
    return _json(done)


@operation("POST", "/requests/{request:int}/refuse", roles=GUARDIANS)
async def refuse(asked: Asked[Because, None]) -> None:
    """Close a request without doing what it asks; the person is told why and how to complain."""
    number = asked.number("request")
    async with asked.connection() as connection:
        closed = await requests.close_request(
            connection,
            number,
            Result.REFUSED,
            receipt=asked.body.model_dump_json(),
            now=asked.context.clock.now(),
        )
    if not closed:
        raise not_found(f"there is no open request {number}")


@operation("POST", "/people/export", roles=GUARDIANS)
async def export(asked: Asked[OfPerson, None]) -> Json:
    """Return everything about a person."""
    async with asked.connection() as connection:
        person = await known(connection, asked.body)
        content = await export_person(
            connection,
            person,
            client=None if asked.body.client is None else ClientId(asked.body.client),
            keyring=_house(asked).keyring,
            now=asked.context.clock.now(),
        )
    return _json(content)


@operation("POST", "/people/erase", roles=GUARDIANS)
async def erase(asked: Asked[OfPerson, None]) -> Json:
    """Erase a person and return the receipt."""
    things = _house(asked)
    async with asked.connection() as connection:
        person = await known(connection, asked.body)
        try:
            receipt = await erase_person(
                connection,
                person,
                client=None if asked.body.client is None else ClientId(asked.body.client),
                keyring=things.keyring,
                places=things.places,
                now=asked.context.clock.now(),
            )
        except (PersonIsHeld, PersonInCall) as kept:
            raise _kept(kept) from None
    return _json(receipt)


@operation("POST", "/withdrawals", roles=INBOX, status=201)
async def withdraw(asked: Asked[Withdrawal, None]) -> Stopped:
    """Record that a person takes back every consent given to a client."""
    now = asked.context.clock.now()
    async with asked.connection() as connection:
        await _client(connection, asked.body.client)
        person = await known(connection, asked.body)
        await asking.withdraw(
            connection, person, client=ClientId(asked.body.client), heard=Heard(at=now), now=now
        )
    return Stopped(calls_ended=await revoked(asked, person))


@operation("POST", "/holds", roles=GUARDIANS, status=201)
async def hold(asked: Asked[NewHold, None]) -> Held:
    """Keep everything about a person from removal while a dispute lasts."""
    async with asked.connection() as connection:
        number = await requests.place_hold(
            connection,
            await known(connection, asked.body),
            because=asked.body.because,
            placed_by=asked.user.login,
            now=asked.context.clock.now(),
        )
    return Held(id=number)


@operation("DELETE", "/holds/{hold:int}", roles=GUARDIANS)
async def lift(asked: Asked[None, None]) -> None:
    """End a legal hold."""
    number = asked.number("hold")
    async with asked.connection() as connection:
        lifted = await requests.lift_hold(connection, number, now=asked.context.clock.now())
    if not lifted:
        raise not_found(f"no hold {number} is in force")


async def person_of(connection: Connection, wish: NumberAsked) -> PersonId | None:
    """Return whose the number is."""
    return await people.person_of(connection, phone.asked_about(wish.number, wish.country))


async def known(connection: Connection, wish: NumberAsked) -> PersonId:
    """Return whose the number is.

    Raises:
        Problem: Nobody's.
    """
    person = await person_of(connection, wish)
    if person is None:
        raise not_found("nobody on our lists has this number")
    return person


async def revoked(asked: Asked[Any, Any], person: PersonId | None) -> int:
    """End the calls to *person* that nobody has answered yet; return how many."""
    if person is None:
        return 0
    return sum([await desk.revoke(person) for desk in list(asked.context.desks.values())])


async def _client(connection: Connection, client: int) -> None:
    if client not in {each.id for each in await house.clients(connection)}:
        raise not_found(f"there is no client {client}")


def _house(asked: Asked[Any, Any]) -> asking.House:
    context = asked.context
    if context.keyring is None or context.outbox_dir is None:
        raise unavailable("no-keyring", "the keys of the suppression list are not loaded")
    places = Places(recordings=context.recordings_dir, outbox=context.outbox_dir)
    return asking.House(keyring=context.keyring, places=places)


def _kept(kept: PersonIsHeld | PersonInCall) -> Problem:
    type_ = "person-held" if isinstance(kept, PersonIsHeld) else "person-in-call"
    return conflict(type_, str(kept))


def _json(content: object) -> Json:
    shown = plain(content)
    assert isinstance(shown, dict)
    return shown


def _shown(number: int, request: SubjectRequest, now: datetime, ended: int = 0) -> RequestNow:
    return RequestNow(
        id=number,
        client=request.client_id,
        kind=request.kind,
        received_at=request.received_at,
        due_at=request.due_at,
        overdue=request.is_overdue(now),
        extended_because=request.extended_because,
        calls_ended=ended,
    )
