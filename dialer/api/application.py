"""The web application: all operations and pages, put together.

    app = application(ApiContext(...))      then an aiohttp runner with access_log=None

Rule: what is reachable without signing in is what this file and ``roles=None`` say, and a test
walks all routes to prove it. Paths may hold one-time tokens: the server must not log them.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from aiohttp import web

from dialer.api import openapi
from dialer.api.context import CONTEXT, STOPPING, ApiContext
from dialer.api.door import admit, caller_of
from dialer.api.health import livez, readyz
from dialer.api.pages import add_pages, guard_headers
from dialer.api.reach import EVERYBODY
from dialer.api.refusals import problems
from dialer.api.resources import OPERATIONS
from dialer.api.sampling import SAMPLES, Samples, sampling

#: The largest body any address takes; most take far less.
BODY_LIMIT: Final = 65 * 1024 * 1024


def application(context: ApiContext) -> web.Application:
    """Return the application, ready to be run."""
    app = web.Application(middlewares=[problems], client_max_size=BODY_LIMIT)
    app[CONTEXT] = context
    app.on_response_prepare.append(guard_headers)
    app[SAMPLES] = Samples()
    app.cleanup_ctx.extend((_stopping, sampling))
    for each in OPERATIONS:
        app.router.add_route(each.method, each.route, each.handle)
    document = openapi.document(OPERATIONS, version=context.version)

    async def described(request: web.Request) -> web.Response:
        admit(await caller_of(request), EVERYBODY, request)
        return web.json_response(document)

    app.router.add_get("/openapi.json", described)
    app.router.add_get("/livez", livez)
    app.router.add_get("/readyz", readyz)
    add_pages(app)
    return app


async def _stopping(app: web.Application) -> AsyncIterator[None]:
    app[STOPPING] = asyncio.Event()
    app.on_shutdown.append(_stop)
    yield


async def _stop(app: web.Application) -> None:
    """End the streams, so that a restart need not wait for browsers."""
    app[STOPPING].set()
