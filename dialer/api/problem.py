"""Refusals as problem documents: RFC 9457, ``application/problem+json``.

Rule: ``type`` is a stable name in kebab case that programs may rely on, ``detail`` a sentence for
people; facts stand beside them as fields. Nothing of what a person typed is repeated.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

MEDIA_TYPE: Final = "application/problem+json"


class Problem(Exception):
    """A request that is refused, and what the client is told."""

    def __init__(
        self,
        status: int,
        type_: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        **facts: Any,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.type = type_
        self.detail = detail
        self.headers = dict(headers or {})
        self.facts = facts

    def document(self) -> dict[str, Any]:
        """Return the members of the problem document."""
        return {
            "type": self.type,
            "title": self.type.replace("-", " ").capitalize(),
            "status": self.status,
            "detail": self.detail,
            **self.facts,
        }

    def response(self) -> web.Response:
        """Return the problem as an HTTP response."""
        return web.Response(
            status=self.status,
            body=json.dumps(self.document(), ensure_ascii=False).encode(),
            content_type=MEDIA_TYPE,
            headers=self.headers,
        )


def not_signed_in(detail: str = "sign in first") -> Problem:
    """The door is closed to who does not say who they are."""
    return Problem(401, "not-signed-in", detail, headers={"WWW-Authenticate": "Bearer"})


def not_allowed(detail: str, **facts: Any) -> Problem:
    return Problem(403, "not-allowed", detail, **facts)


def not_found(detail: str = "there is nothing of that address") -> Problem:
    return Problem(404, "not-found", detail)


def unavailable(type_: str, detail: str, *, retry_after_seconds: int = 1) -> Problem:
    """Something we need is away; the same request may succeed a little later."""
    return Problem(503, type_, detail, headers={"Retry-After": str(retry_after_seconds)})
