"""What must be true after a crash about people who call us: the other part of the ledger.

Two implementations, as of the :class:`~dialer.ports.Ledger`: PostgreSQL's and one in memory.
"""

from datetime import datetime
from typing import Protocol

from dialer.call_events import CallId
from dialer.ports import NotOpened, Unfinished
from dialer.ringing_in import CameIn, RingBackEnd, Ringer


class RingBackLedger(Protocol):
    """The part of the ledger for people who call us. As with the :class:`Ledger`, every method is
    one transaction, may be repeated, and raises :class:`LedgerUnavailable`.
    """

    async def who(self, came: CameIn, *, now: datetime) -> Ringer | None:
        """Record that somebody calls, and return who it is; None: the number is none of ours."""
        ...

    async def open(self, came: CameIn, ringer: Ringer, *, now: datetime) -> Unfinished | NotOpened:
        """Open an attempt for a known caller, whose call's first event says that it came in.

        The gate is not asked: they called us.
        """
        ...

    async def leave_alone(self, came: CameIn, ringer: Ringer, *, now: datetime) -> None:
        """Suppress the caller's number for the client; nobody's lead is changed by it."""
        ...

    async def ended(self, call: CallId, end: RingBackEnd, *, now: datetime) -> None:
        """Record what became of a caller; the first word stands."""
        ...

    async def forget(self, *, now: datetime) -> None:
        """End as lost what an engine before this one had not ended."""
        ...
