"""Somebody who uses the API, as tests see them."""

from dataclasses import dataclass
from typing import Any

from aiohttp.test_utils import TestClient

PREFIX = "/api/v1"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    json: Any
    headers: Any

    @property
    def type(self) -> str:
        """The problem's name."""
        return str(self.json["type"])


@dataclass(frozen=True, slots=True)
class Visitor:
    """Sends requests with a bearer token, or without."""

    http: TestClient
    token: str | None = None

    async def ask(self, method: str, path: str, body: Any = None, **more: Any) -> Answer:
        headers = {**more.pop("headers", {})}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if body is not None:
            more["json"] = body
        address = path if path.startswith("//") else PREFIX + path
        async with self.http.request(
            method, address.replace("//", "/", 1), headers=headers, **more
        ) as response:
            text = await response.text()
            parsed = None
            if "json" in response.content_type and text:
                parsed = await response.json(content_type=None)
            return Answer(response.status, parsed, response.headers)

    async def get(self, path: str, **more: Any) -> Answer:
        return await self.ask("GET", path, **more)

    async def post(self, path: str, body: Any = None, **more: Any) -> Answer:
        return await self.ask("POST", path, body, **more)

    async def put(self, path: str, body: Any = None, **more: Any) -> Answer:
        return await self.ask("PUT", path, body, **more)
