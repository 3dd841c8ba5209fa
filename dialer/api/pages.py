"""The console: static pages and their parts, with the headers every response carries.

Rule: a page holds no data; everything it shows comes from the public API with the visitor's own
session. So the parts are open to all, and the pages of somebody signed in merely lead others to the
sign-in page. Nothing is loaded from elsewhere and nothing is written inline (strict CSP).
"""

import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from typing import Final
from urllib.parse import quote

from aiohttp import web

from dialer.api.context import CONTEXT
from dialer.api.door import caller_of
from dialer.api.problem import Problem
from dialer.api.reach import AGENTS, EVERYBODY, FLOOR, READERS
from dialer.database.accounts import Role

POLICY: Final = "; ".join(
    (
        *("default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:"),
        *("connect-src 'self'", "media-src 'self'", "font-src 'self'", "form-action 'self'"),
        *("base-uri 'none'", "frame-ancestors 'none'"),
    )
)
_HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self)",
}
_TYPES: Final = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PagePart:
    """A file of the console."""

    content: bytes
    media: str
    mark: str  #: ETag


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page and who has it."""

    path: str
    file: str
    roles: frozenset[Role] | None  #: None: everybody, signed in or not


PAGES: Final = (
    Page(path="/", file="home.html", roles=EVERYBODY),
    Page(path="/desk", file="desk.html", roles=AGENTS),
    Page(path="/board", file="board.html", roles=FLOOR | {Role.ADMIN}),
    Page(path="/why", file="why.html", roles=READERS | {Role.ADMIN}),
    Page(path="/waterfall", file="waterfall.html", roles=READERS | {Role.ADMIN}),
    Page(path="/sign-in", file="sign-in.html", roles=None),
    Page(path="/enter/{token:[A-Za-z0-9_-]{1,200}}", file="enter.html", roles=None),
)


#: What a browser is shown at an address that is none.
NOWHERE: Final = web.AppKey("nowhere", PagePart)


def parts() -> Mapping[str, PagePart]:
    """Return every file of the console by name."""
    found = {}
    for file in (files("dialer.console") / "static").iterdir():
        content = file.read_bytes()
        suffix = "." + file.name.rpartition(".")[2]
        media = _TYPES.get(suffix) or mimetypes.guess_type(file.name)[0]
        found[file.name] = PagePart(
            content=content,
            media=media or "application/octet-stream",
            mark=f'"{sha256(content).hexdigest()[:24]}"',
        )
    return found


def add_pages(application: web.Application) -> None:
    """Serve the console."""
    known = parts()

    async def part(request: web.Request) -> web.StreamResponse:
        found = known.get(request.match_info["name"])
        if found is None or found.media == "text/html":
            raise web.HTTPNotFound
        return _sent(request, found)

    application[NOWHERE] = known["nowhere.html"]
    application.router.add_get("/static/{name}", part)
    for page in PAGES:
        application.router.add_get(page.path, _served(page, known[page.file]))


def _served(page: Page, part: PagePart):  # type: ignore[no-untyped-def]  # aiohttp's Handler
    async def serve(request: web.Request) -> web.StreamResponse:
        if page.roles is not None:
            try:
                caller = await caller_of(request)
            except Problem:
                caller = None
            if caller is None:
                raise web.HTTPSeeOther(f"/sign-in?to={quote(page.path)}")
            if caller.user.role not in page.roles:
                raise web.HTTPSeeOther("/")
        return _sent(request, part)

    return serve


def _sent(request: web.Request, part: PagePart) -> web.Response:
    headers = {"ETag": part.mark, "Cache-Control": "no-cache"}
    if request.headers.get("If-None-Match") == part.mark:
        return web.Response(status=304, headers=headers)
    charset = "utf-8" if part.media.startswith("text/") else None
    return web.Response(
        body=part.content, content_type=part.media, charset=charset, headers=headers
    )


def nowhere(request: web.Request) -> web.Response | None:
    """Return the page that says there is none; ``None``: no browser asks for a page."""
    if request.method != "GET" or "text/html" not in request.headers.get("Accept", ""):
        return None
    page = request.app[NOWHERE]
    return web.Response(status=404, body=page.content, content_type=page.media, charset="utf-8")


async def guard_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Give every response the headers that keep browsers careful."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["Server"] = "callwright"  # not the versions of what it is made of
    if request.app[CONTEXT].secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
