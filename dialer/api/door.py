"""Who is asking, and whether they may.

    Authorization: Bearer cwb_…   a program            cookie   a browser, signed in
    neither                       nobody; only what is open to all

Rule: a browser sends its cookie along with whatever another site makes it send. So a request that
changes something and is known by a cookie, or would be given one, must come from our own pages:
by ``Sec-Fetch-Site`` (Fetch Metadata), else by ``Origin``. Programs have neither header, and the
cookie is ``SameSite=Lax`` besides. The cookie's name begins with ``__Host-`` wherever there is
TLS, so that no other host of the domain can set it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from aiohttp import web

from dialer.api.context import CONTEXT, ApiContext
from dialer.api.problem import Problem, not_allowed, not_signed_in
from dialer.database import accounts
from dialer.database.accounts import Role, TokenKind, User

#: How long a browser stays signed in: a long working day.
SESSION_LIFE: Final = timedelta(hours=14)
#: How long a program's token lives that was asked for by signing in.
BEARER_LIFE: Final = timedelta(days=30)
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_LONGEST_TOKEN: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody who is signed in."""

    user: User
    token: str
    by: TokenKind


def cookie_name(context: ApiContext) -> str:
    return "__Host-callwright" if context.secure else "callwright"


async def caller_of(request: web.Request) -> Caller | None:
    """Return who is asking; ``None``: nobody says, or the session has ended.

    Raises:
        Problem: A bearer token was shown that is not good.
    """
    context = request.app[CONTEXT]
    if (header := request.headers.get("Authorization")) is not None:
        scheme, _, token = header.partition(" ")
        caller = None
        if scheme.lower() == "bearer":
            caller = await _known(context, token.strip(), TokenKind.BEARER)
        if caller is None:
            raise not_signed_in("the bearer token is not good, or has expired")
        return caller
    cookie = request.cookies.get(cookie_name(context), "")
    return await _known(context, cookie, TokenKind.SESSION) if cookie else None


async def _known(context: ApiContext, token: str, kind: TokenKind) -> Caller | None:
    if not token or len(token) > _LONGEST_TOKEN:
        return None
    async with context.pool.acquire(timeout=5) as connection:
        user = await accounts.whoami(connection, token, kind, now=context.clock.now())
    return None if user is None else Caller(user=user, token=token, by=kind)


def admit(caller: Caller | None, roles: Collection[Role] | None, request: web.Request) -> None:
    """Let in who may use an address, or say why not.

    Args:
        roles: Who may; ``None``: everybody, signed in or not. An administrator may whatever
            anybody may.

    Raises:
        Problem: Nobody is signed in, the role is another one, or another site sent the request.
    """
    if (caller is None or caller.by is TokenKind.SESSION) and request.method not in SAFE_METHODS:
        _refuse_other_sites(request)
    if roles is None:
        return
    if caller is None:
        raise not_signed_in()
    role = caller.user.role
    if role not in roles and role is not Role.ADMIN:
        raise not_allowed("your role does not have access to this", role=role.value)


def _refuse_other_sites(request: web.Request) -> None:
    site = request.headers.get("Sec-Fetch-Site")
    if site in ("same-origin", "none"):
        return
    origin = request.headers.get("Origin")
    if site is None and (origin is None or origin == own_origin(request)):
        return
    raise Problem(403, "other-site", "this request was sent by a page of another site")


def own_origin(request: web.Request) -> str:
    """Return the origin under which browsers know us."""
    context = request.app[CONTEXT]
    if context.public_origin is not None:
        return context.public_origin.rstrip("/")
    return f"{'https' if context.secure else 'http'}://{request.host}"


def let_in(response: web.StreamResponse, context: ApiContext, token: str) -> None:
    """Give the browser its cookie."""
    response.set_cookie(
        cookie_name(context),
        token,
        max_age=int(SESSION_LIFE.total_seconds()),
        path="/",
        secure=context.secure,
        httponly=True,
        samesite="Lax",
    )


def see_out(response: web.StreamResponse, context: ApiContext) -> None:
    """Take the browser's cookie back."""
    response.del_cookie(
        cookie_name(context), path="/", secure=context.secure, httponly=True, samesite="Lax"
    )


def home_of(role: Role) -> str:
    """Return the page somebody of *role* begins at."""
    match role:
        case Role.AGENT:
            return "/desk"
        case Role.SUPERVISOR:
            return "/board"
        case _:
            return "/"
