"""Whether we live, and whether we can work: ``/livez`` and ``/readyz``.

Rule: open to everybody and therefore silent about everything else.
"""

import asyncio

from aiohttp import web

from dialer.api.context import CONTEXT
from dialer.database.pool import CONNECTION_ERRORS


async def livez(_: web.Request) -> web.Response:
    """The process answers."""
    return web.json_response({"status": "alive"})


async def readyz(request: web.Request) -> web.Response:
    """The database answers and nothing keeps us from dialing."""
    context = request.app[CONTEXT]
    troubles = list(context.troubles())
    try:
        async with asyncio.timeout(2), context.pool.acquire() as connection:
            await connection.execute("SELECT 1")
    except CONNECTION_ERRORS:
        troubles.append("the database does not answer")
    status = "not ready" if troubles else "ready"
    return web.json_response(
        {"status": status, "troubles": troubles}, status=503 if troubles else 200
    )
