"""One route, said once: method, path, roles, and in the function's signature what goes in and out.

    @operation("POST", "/agents/me/pause", roles=AGENTS)
    async def pause(asked: Asked[PauseWish, None]) -> AgentNow:
        '''Take no calls until ready is asked for.'''

Body and query are read by the models named in ``Asked[Body, Query]`` (``None``: there is none), the
answer is written by the type returned (``None``: 204), and :mod:`dialer.api.openapi` documents all
of it from the same places.

Rule: ``roles`` has no default. ``None`` opens an address to everybody and is meant to look odd.
"""

import inspect
import re
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from functools import cache
from types import NoneType
from typing import Any, Final, Generic, Literal, TypeVar, get_args, get_type_hints
from uuid import UUID

from aiohttp import web
from asyncpg.pool import PoolAcquireContext
from pydantic import BaseModel, TypeAdapter

from dialer.api import reading
from dialer.api.context import CONTEXT, ApiContext
from dialer.api.door import Caller, admit, caller_of
from dialer.api.problem import not_signed_in
from dialer.database.accounts import Role, User

PREFIX: Final = "/api/v1"

B = TypeVar("B")
Q = TypeVar("Q")

#: What may stand behind the colon of a path's parameter, and its pattern.
PATTERNS: Final = {
    "int": r"[1-9][0-9]{0,17}",
    "name": r"[a-z][a-z0-9_]{0,63}",
    "uuid": r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}",
}
PARAMETER: Final = re.compile(r"\{(\w+):(\w+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked(Generic[B, Q]):
    """A request, read."""

    context: ApiContext
    request: web.Request
    caller: Caller | None
    body: B
    query: Q

    @property
    def user(self) -> User:
        """Who asks; for operations that have roles there always is one."""
        if self.caller is None:
            raise not_signed_in()
        return self.caller.user

    def number(self, name: str) -> int:
        """Return a path parameter of the kind ``int``."""
        return int(self.request.match_info[name])

    def name(self, name: str) -> str:
        """Return a path parameter of the kind ``name``."""
        return self.request.match_info[name]

    def uuid(self, name: str) -> UUID:
        """Return a path parameter of the kind ``uuid``."""
        return UUID(self.request.match_info[name])

    def connection(self) -> "PoolAcquireContext[Any]":
        """Lend a connection to the database, for an ``async with``."""
        return self.context.pool.acquire(timeout=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One route with all that is known of it."""

    id: str
    method: str
    path: str  #: below :data:`PREFIX`, such as /attempts/{attempt:int}
    roles: frozenset[Role] | None  #: None: open to everybody
    function: Callable[[Any], Awaitable[Any]]
    body: type[BaseModel] | None
    query: type[BaseModel] | None
    answer: Any  #: a type; None: there is no content
    status: int
    media: str  #: of the answer
    upload: str | None  #: media type of a body the function reads itself
    text: str  #: the documentation

    @property
    def route(self) -> str:
        """The path in aiohttp's notation."""
        return PREFIX + PARAMETER.sub(lambda p: f"{{{p[1]}:{PATTERNS[p[2]]}}}", self.path)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Let in, read, call, render."""
        caller = await caller_of(request)
        admit(caller, self.roles, request)
        result = await self.function(
            Asked(
                context=request.app[CONTEXT],
                request=request,
                caller=caller,
                body=await reading.read_json(request, self.body) if self.body else None,
                query=reading.read_query(request, self.query) if self.query else None,
            )
        )
        if isinstance(result, web.StreamResponse):
            return result
        if self.answer is None:
            return web.Response(status=204)
        return as_json(result, self.answer, status=self.status)


@cache
def adapter_of(type_: Any) -> "TypeAdapter[Any]":
    """Return what writes values of a type; made once, for that takes longer than writing."""
    return TypeAdapter(type_)


def as_json(value: object, type_: Any, *, status: int = 200) -> web.Response:
    """Return *value* as a JSON response."""
    body = adapter_of(type_).dump_json(value)
    return web.Response(body=body, status=status, content_type="application/json")


Function = Callable[[Asked[B, Q]], Awaitable[Any]]


def operation(
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"],
    path: str,
    *,
    roles: Collection[Role] | None,
    status: int = 200,
    answer: Any = None,
    media: str = "application/json",
    upload: str | None = None,
) -> Callable[[Function[B, Q]], Operation]:
    """Make the decorated function an operation.

    Args:
        answer: For functions that return a response of their own: what is in it.
        media: Media type of such a response.
        upload: Media type of a body that the function reads itself.
    """

    def made(function: Function[B, Q]) -> Operation:
        hints = get_type_hints(function)
        returned = hints.pop("return")
        (asked,) = hints.values()
        body, query = (None if kind is NoneType else kind for kind in get_args(asked))
        own = returned is not NoneType and not _is_response(returned)
        answered = returned if own else answer
        module = function.__module__.rpartition(".")[2]
        return Operation(
            id=f"{module}.{function.__name__}",
            method=method,
            path=path,
            roles=None if roles is None else frozenset(roles),
            function=function,
            body=body,
            query=query,
            answer=answered,
            status=204 if answered is None and media == "application/json" else status,
            media=media,
            upload=upload,
            text=inspect.getdoc(function) or "",
        )

    return made


def _is_response(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, web.StreamResponse)
