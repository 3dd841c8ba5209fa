"""Letting many wait for the next change of something, without queues that could fill up.

Whoever watches holds the version it has seen and asks for a newer one; what it missed in
between does not matter, since a view is always made of the present.
"""

import asyncio
from collections.abc import Hashable


class Watch:
    """Versions by key, and those who wait for them to grow."""

    def __init__(self) -> None:
        self._versions: dict[Hashable, int] = {}
        self._changed: dict[Hashable, asyncio.Event] = {}

    def version(self, key: Hashable) -> int:
        return self._versions.get(key, 0)

    def bump(self, key: Hashable) -> None:
        """Say that what *key* stands for has changed."""
        self._versions[key] = self.version(key) + 1
        if waiting := self._changed.pop(key, None):
            waiting.set()

    async def wait_until_newer(self, key: Hashable, than: int) -> int:
        """Return the version of *key* as soon as it differs from *than*.

        A version from before a restart is larger than any of now and returns at once.
        """
        while (version := self.version(key)) == than:
            await self._changed.setdefault(key, asyncio.Event()).wait()
        return version
