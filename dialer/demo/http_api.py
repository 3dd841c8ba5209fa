"""The dialer's public HTTP API, as a program with a bearer token uses it.

Rule: a refusal (4xx) is :class:`Refused` and means what it says; whatever else goes wrong (nobody
listens, the answer is lost, 5xx) is tried again until :data:`PATIENCE` is over, because a core that
is started again is back in seconds. Every request here may therefore be repeated.
"""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from time import monotonic
from typing import Any, Final, Self

import aiohttp

PATH: Final = "/api/v1"
PATIENCE: Final = timedelta(seconds=60)
_PAUSE_S: Final = 0.3
_ANSWER_WITHIN_S: Final = 75.0  # longer than any long poll


class Refused(Exception):
    """The API refused a request."""

    def __init__(self, status: int, kind: str, detail: str) -> None:
        super().__init__(f"{status} {kind}: {detail}")
        self.status = status
        self.kind = kind  #: stable name, such as not-now or slot-taken


class Unreachable(Exception):
    """The API did not answer for so long that there is no use in waiting."""


class HttpApi:
    """One program's connection; ``async with`` closes it."""

    def __init__(self, base_url: str, token: str, *, patience: timedelta = PATIENCE) -> None:
        """Args:
        base_url: Such as http://127.0.0.1:8080.
        """
        self._patience = patience
        self._session = aiohttp.ClientSession(
            base_url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=aiohttp.ClientTimeout(total=_ANSWER_WITHIN_S),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def get(self, path: str, **query: str | int | float) -> dict[str, Any]:
        """Return what is at *path*."""
        return await self._ask("GET", path, None, query)

    async def post(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Ask for what *path* names."""
        return await self._ask("POST", path, body, {})

    async def put(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Store *body* at *path*."""
        return await self._ask("PUT", path, body, {})

    async def _ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        query: Mapping[str, str | int | float],
    ) -> dict[str, Any]:
        give_up_at = monotonic() + self._patience.total_seconds()
        while True:
            try:
                async with self._session.request(
                    method, PATH + path, json=body, params=dict(query)
                ) as answer:
                    if answer.status < 400:
                        found: dict[str, Any] = await answer.json()
                        return found
                    if answer.status < 500 and answer.status != 429:
                        raise await _refusal(answer)
                    problem = f"status {answer.status}"
            except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, OSError) as error:
                problem = type(error).__name__
            except TimeoutError:
                problem = "no answer"
            if monotonic() >= give_up_at:
                raise Unreachable(f"the dialer's API does not answer ({problem})")
            await asyncio.sleep(_PAUSE_S)


async def _refusal(answer: aiohttp.ClientResponse) -> Refused:
    try:
        told = await answer.json(content_type=None)
        return Refused(answer.status, str(told.get("type", "")), str(told.get("detail", "")))
    except (ValueError, AttributeError):
        return Refused(answer.status, "unknown", answer.reason or "")
