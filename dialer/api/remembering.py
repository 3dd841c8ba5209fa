"""Requests that may be repeated: the ``Idempotency-Key`` header.

    first time ──▶ carried out, its answer remembered      same key, same body ──▶ the same answer
                                                           same key, other body ──▶ refused

Rule: only success is remembered; a refusal changed nothing and may be tried again. A repetition
that arrives while the first is under way waits for it. What survives a restart is the database's
to say; this only spares the second look.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Any, Final, TypeVar

from dialer.api.problem import Problem

ROOM: Final = 5_000
KEY_LIMIT: Final = 128  #: characters

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Answer:
    digest: bytes
    done: "asyncio.Task[Any]"


class Remembered:
    """The latest answers by user and key."""

    def __init__(self) -> None:
        self._answers: OrderedDict[tuple[int, str], _Answer] = OrderedDict()

    async def once(
        self, user: int, key: str | None, request: str, carry_out: Callable[[], Awaitable[T]]
    ) -> T:
        """Carry out once per *key* of *user*; without a key, each time.

        Args:
            request: All that makes the request what it is.

        Raises:
            Problem: The key was used for another request, or is too long.
        """
        if key is None:
            return await carry_out()
        if not 1 <= len(key) <= KEY_LIMIT:
            raise Problem(422, "idempotency-key", f"a key has 1 to {KEY_LIMIT} characters")
        digest = sha256(request.encode()).digest()
        place = (user, key)
        known = self._answers.get(place)
        if known is None:
            known = _Answer(digest, asyncio.ensure_future(_awaited(carry_out)))
            self._answers[place] = known
            known.done.add_done_callback(partial(self._forget_failure, place))
            while len(self._answers) > ROOM:
                self._answers.popitem(last=False)
        if known.digest != digest:
            raise Problem(422, "idempotency-key", "this key was used for another request")
        found: T = await asyncio.shield(known.done)
        return found

    def _forget_failure(self, place: tuple[int, str], done: "asyncio.Task[Any]") -> None:
        if done.cancelled() or done.exception() is not None:
            self._answers.pop(place, None)


async def _awaited(carry_out: Callable[[], Awaitable[T]]) -> T:
    return await carry_out()
