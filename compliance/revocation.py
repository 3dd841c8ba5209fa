"""Something a person said that ends calls which are already under way.

Rule: whoever records an objection, a withdrawal or a suppression gets a :class:`Revocation` back,
and the engine ends every call it covers that nobody has answered yet.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """When, by whom and where in a recording something was said."""

    at: datetime
    agent_id: int | None = None
    call_id: UUID | None = None
    recording_second: float | None = None  #: from the start of the call's recording


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """Calls that may not go on ringing."""

    at: datetime
    client_id: int | None  #: None: of every client
    person_id: int | None = None
    numbers: frozenset[str] = frozenset()  #: E.164

    def covers(self, *, client_id: int, person_id: int, number: str) -> bool:
        """Whether a call of *client_id* to the person or number must be cancelled.

        >>> from datetime import UTC
        >>> said = Revocation(at=datetime(2026, 11, 23, tzinfo=UTC), client_id=7, person_id=1)
        >>> said.covers(client_id=7, person_id=1, number="+442079460123")
        True
        >>> said.covers(client_id=8, person_id=1, number="+442079460123")
        False
        """
        if self.client_id not in (None, client_id):
            return False
        return person_id == self.person_id or number in self.numbers
