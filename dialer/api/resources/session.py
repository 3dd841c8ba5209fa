"""Signing in and out: ``/session``.

Rule: which of login and password was wrong is not told, and a wrong try costs as much time as a
right one. A one-time link works once.
"""

from datetime import datetime
from typing import Annotated, Literal

import structlog
from aiohttp import web
from pydantic import Field, model_validator

from dialer.api.door import BEARER_LIFE, SESSION_LIFE, home_of, let_in, see_out
from dialer.api.model import Incoming, Line, Outgoing
from dialer.api.operation import Asked, as_json, operation
from dialer.api.problem import Problem
from dialer.api.reach import EVERYBODY
from dialer.database import accounts, house
from dialer.database.accounts import Role, TokenKind, User

log = structlog.get_logger()


class SignIn(Incoming):
    """Login and password, or a one-time link's token."""

    login: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    password: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    link: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    kind: Literal["cookie", "bearer"] = Field(
        "cookie", description="bearer: answer with a token for a program; with a password only"
    )
    label: Line = Field("api", description="what the token is for; shown in lists of tokens")

    @model_validator(mode="after")
    def _one_way(self) -> "SignIn":
        by_password = self.login is not None and self.password is not None
        if by_password == (self.link is not None) or (self.link and self.kind == "bearer"):
            raise ValueError("login and password, or link alone")
        return self


class UserNow(Outgoing):
    """Who is signed in."""

    id: int
    login: str
    name: str
    role: Role
    client: int | None


class AgentOfUser(Outgoing):
    """The agent somebody is."""

    id: int
    team: int


class SessionNow(Outgoing):
    """Who is signed in, and where they begin."""

    user: UserNow
    agent: AgentOfUser | None
    home: str = Field(description="the page this role begins at")
    now: datetime = Field(description="the dialer's clock")
    lab: bool
    expires_at: datetime | None = None
    token: str | None = Field(None, description="of a bearer; shown this once")


@operation("POST", "/session", roles=None, status=201, answer=SessionNow)
async def sign_in(asked: Asked[SignIn, None]) -> web.Response:
    """Sign in.

    With `kind: cookie` a browser gets its cookie; with `kind: bearer` a program gets a token for
    the header `Authorization: Bearer ...`.
    """
    context, wish, now = asked.context, asked.body, asked.context.clock.now()
    if wish.link is not None:
        async with asked.connection() as connection:
            redeemed = await accounts.redeem(connection, wish.link, now=now, life=SESSION_LIFE)
        if redeemed is None:
            log.info("sign_in_refused", reason="link")
            raise Problem(401, "link-not-good", "the link was used before, or has expired")
        user, token, life = *redeemed, SESSION_LIFE
    else:
        user = await _by_password(asked)
        kind, life = TokenKind.SESSION, SESSION_LIFE
        if wish.kind == "bearer":
            kind, life = TokenKind.BEARER, BEARER_LIFE
        async with asked.connection() as connection:
            token = await accounts.create_token(
                connection, user.id, kind, now=now, life=life, label=wish.label
            )
    log.info("signed_in", user_id=user.id, role=user.role.value)
    session = await _session(asked, user, expires_at=now + life)
    if wish.kind == "bearer":
        session = session.model_copy(update={"token": token})
    response = as_json(session, SessionNow, status=201)
    if wish.kind == "cookie":
        let_in(response, context, token)
    return response


@operation("GET", "/session", roles=EVERYBODY)
async def who_am_i(asked: Asked[None, None]) -> SessionNow:
    """Say who is signed in."""
    return await _session(asked, asked.user)


@operation("DELETE", "/session", roles=EVERYBODY)
async def sign_out(asked: Asked[None, None]) -> web.Response:
    """Sign out: the cookie or token is good no more."""
    assert asked.caller is not None  # the roles have seen to it
    async with asked.connection() as connection:
        await accounts.revoke(connection, asked.caller.token)
    response = web.Response(status=204)
    see_out(response, asked.context)
    return response


async def _by_password(asked: Asked[SignIn, None]) -> User:
    context, now = asked.context, asked.context.clock.now()
    login, password = asked.body.login or "", asked.body.password or ""
    key, address = login.strip().lower(), asked.request.remote or ""
    if wait := context.throttle.wait(key, address, now=now):
        log.info("sign_in_refused", reason="too_often")
        seconds = max(1, round(wait.total_seconds()))
        raise Problem(
            429,
            "too-often",
            f"too many wrong tries; wait {seconds} seconds",
            headers={"Retry-After": str(seconds)},
            retry_after_seconds=seconds,
        )
    async with asked.connection() as connection:
        user = await accounts.authenticate(
            connection, context.passwords, login=login, password=password
        )
    if user is None:
        context.throttle.failed(key, address, now=now)
        log.info("sign_in_refused", reason="password")
        raise Problem(401, "wrong-password", "login and password do not fit together")
    context.throttle.succeeded(key, address)
    return user


async def _session(
    asked: Asked[SignIn, None] | Asked[None, None],
    user: User,
    *,
    expires_at: datetime | None = None,
) -> SessionNow:
    async with asked.connection() as connection:
        agent = await house.agent_of_user(connection, user.id)
    return SessionNow(
        user=UserNow(
            id=user.id,
            login=user.login,
            name=user.display_name,
            role=user.role,
            client=user.client,
        ),
        agent=None if agent is None else AgentOfUser(id=agent[0], team=agent[1]),
        home=home_of(user.role),
        now=asked.context.clock.now(),
        lab=asked.context.lab,
        expires_at=expires_at,
    )
