"""The clients' salespeople, and when each may be booked: ``/reps``.

Rule: availability is replaced for a whole stretch of time and never half: what is offered twice
stands once. Whoever signs in as a rep offers the own time, and nobody else's.
"""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, model_validator

from dialer.api.model import Id, Incoming, Instant, Language, Line, Outgoing
from dialer.api.operation import Asked, operation
from dialer.api.problem import not_found
from dialer.api.reach import HOUSE, READERS, client_of, keep_to_client
from dialer.campaign import ClientId
from dialer.database import accounts, house
from dialer.database.accounts import AccountRefused, Role, UserId
from dialer.database.pool import Connection
from leads.importing.words import time_zone
from leads.rep import Interval, Rep, RepId
from leads.store import reps

REPS = frozenset({Role.REP})


def _zone(text: str) -> str:
    if (zone := time_zone(text)) is None:
        raise ValueError("an IANA time zone such as Europe/Sofia")
    return zone


class NewRep(Incoming):
    """A salesperson of a client."""

    client: Id
    name: Line
    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+$", max_length=254, description="is invited")
    time_zone: Annotated[str, Field(max_length=64), AfterValidator(_zone)]
    languages: tuple[Language, ...] = Field((), max_length=20, description="none: any")
    login: str | None = Field(
        None, max_length=100, description="the account the rep signs in with; none: never does"
    )


class RepNow(Outgoing):
    """A salesperson of a client."""

    id: int
    client: int
    name: str
    email: str
    time_zone: str
    languages: tuple[str, ...]


class Offered(Incoming):
    """A time at which the rep may be booked."""

    starts_at: Instant
    ends_at: Instant

    @model_validator(mode="after")
    def _ends_later(self) -> Self:
        if self.starts_at >= self.ends_at:
            raise ValueError("an end after the start")
        return self


class Availability(Incoming):
    """When a rep may be booked, for a stretch of time."""

    from_: Instant = Field(alias="from")
    until: Instant
    times: tuple[Offered, ...] = Field(max_length=2000, description="none: at no time")

    @model_validator(mode="after")
    def _within(self) -> Self:
        if self.from_ >= self.until:
            raise ValueError("until after from")
        if any(not self.from_ <= one.starts_at < one.ends_at <= self.until for one in self.times):
            raise ValueError("times between from and until")
        return self


class Stretch(Incoming):
    """Which stretch of time is of interest."""

    from_: Instant = Field(alias="from")
    until: Instant


class OfferedNow(Outgoing):
    """A time at which the rep may be booked, whether or not a meeting stands in it."""

    starts_at: datetime
    ends_at: datetime


@operation("GET", "/reps", roles=READERS)
async def all_of_them(asked: Asked[None, None]) -> tuple[RepNow, ...]:
    """List reps, a client's user those of the own client."""
    only = client_of(asked.user)
    async with asked.connection() as connection:
        ids = [each.id for each in await house.clients(connection) if only in (None, each.id)]
        found = [(one, rep) for one in ids for rep in await reps.reps_of_client(connection, one)]
    return tuple(_shown(rep, client) for client, rep in found)


@operation("POST", "/reps", roles=HOUSE, status=201)
async def add(asked: Asked[NewRep, None]) -> RepNow:
    """Add a rep; meetings are booked once there is availability."""
    wish = asked.body
    async with asked.connection() as connection:
        if wish.client not in {each.id for each in await house.clients(connection)}:
            raise house.HouseRefused("unknown_client", f"there is no client {wish.client}")
        made = await reps.add_rep(
            connection,
            client=wish.client,
            name=wish.name,
            email=wish.email,
            time_zone=wish.time_zone,
            languages=wish.languages,
            user=await _account(connection, wish),
        )
        rep, client = await reps.load_rep(connection, made)
    return _shown(rep, client)


@operation("GET", "/reps/{rep:int}/availability", roles=READERS | REPS)
async def availability(asked: Asked[None, Stretch]) -> tuple[OfferedNow, ...]:
    """List when a rep may be booked, by time."""
    wanted = asked.query
    async with asked.connection() as connection:
        rep = await _mine(asked, connection)
        return await _offered(connection, rep, wanted.from_, wanted.until)


@operation("PUT", "/reps/{rep:int}/availability", roles=HOUSE | REPS)
async def offer(asked: Asked[Availability, None]) -> tuple[OfferedNow, ...]:
    """Replace when a rep may be booked, between two instants; meetings stay as they are."""
    wish = asked.body
    async with asked.connection() as connection, connection.transaction():
        rep = await _mine(asked, connection)
        await reps.clear_availability(connection, rep, from_=wish.from_, until=wish.until)
        times = {Interval(each.starts_at, each.ends_at) for each in wish.times}
        await reps.add_availability(connection, rep, sorted(times))
        return await _offered(connection, rep, wish.from_, wish.until)


async def _offered(
    connection: Connection, rep: RepId, from_: datetime, until: datetime
) -> tuple[OfferedNow, ...]:
    found = await reps.availability(connection, [rep], from_=from_, until=until)
    return tuple(OfferedNow(starts_at=each.starts_at, ends_at=each.ends_at) for each in found[rep])


async def _mine(asked: Asked[Any, Any], connection: Connection) -> RepId:
    """Return the rep of the address.

    Raises:
        Problem: There is none, of another client, or a rep asks for somebody else.
    """
    rep, client = await reps.load_rep(connection, RepId(asked.number("rep")))
    keep_to_client(asked.user, client)
    if asked.user.role is Role.REP:
        own = await reps.rep_of_user(connection, asked.user.id)
        if own is None or own.id != rep.id:
            raise not_found(f"there is no rep {rep.id}")
    return rep.id


async def _account(connection: Connection, wish: NewRep) -> UserId | None:
    if wish.login is None:
        return None
    user = await accounts.user_of_login(connection, wish.login)
    if user is None or user.role is not Role.REP or user.client != ClientId(wish.client):
        raise AccountRefused("not_a_rep", "there is no rep of this client with that login")
    if await reps.rep_of_user(connection, user.id) is not None:
        raise AccountRefused("rep_already", "somebody signs in with that login already")
    return user.id


def _shown(rep: Rep, client: int) -> RepNow:
    return RepNow(
        id=rep.id,
        client=client,
        name=rep.name,
        email=rep.email,
        time_zone=rep.time_zone,
        languages=rep.languages,
    )
