"""Hashing passwords slowly without slowing the dialer.

Argon2id with 19 MiB, two passes, one lane (OWASP Password Storage Cheat Sheet): about 40 ms. One
at a time and off the event loop, so that a storm of sign-ins delays sign-ins and nothing else.
"""

import asyncio
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST: Final = 12  #: characters; NIST SP 800-63B asks for length and for nothing else
LONGEST: Final = 200  #: characters; hashing is bounded work


class WeakPassword(ValueError):
    """The password is too short or too long."""

    def __init__(self, length: int) -> None:
        super().__init__(
            f"a password has {SHORTEST} to {LONGEST} characters; this one has {length}"
        )


class Passwords:
    """Makes and checks hashes, one at a time."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
        self._turn = asyncio.Semaphore(1)
        self._nobody: str | None = None

    async def hash(self, password: str) -> str:
        """Return the hash of *password*, with its own salt and its parameters in it.

        Raises:
            WeakPassword: It is too short or too long.
        """
        if not SHORTEST <= len(password) <= LONGEST:
            raise WeakPassword(len(password))
        async with self._turn:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, password: str, hashed: str | None) -> bool:
        """Return whether *password* gave *hashed*.

        Without a hash (nobody of that login, or no password set) the answer is no and takes
        as long as any other, so that it does not tell which logins exist.
        """
        if len(password) > LONGEST:
            return False
        if hashed is None and self._nobody is None:
            self._nobody = await self.hash("nobody has this password")
        async with self._turn:
            right = await asyncio.to_thread(self._check, password, hashed or self._nobody or "")
        return right and hashed is not None

    def _check(self, password: str, hashed: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False
