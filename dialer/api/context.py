"""What the API is given when it is made, and nothing global beside it.

Rule: handlers find everything in the :class:`ApiContext` of their application; time comes from its
clock.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from aiohttp import web

from compliance.profile import Bundle
from compliance.suppression import Keyring
from dialer.api.desk import Desk
from dialer.api.remembering import Remembered
from dialer.api.throttling import Throttle
from dialer.database.passwords import Passwords
from dialer.database.pool import Pool
from dialer.ports import Clock
from dialer.team import TeamId
from dialer.trunk_board import Reloaded, TrunkBoard


class Trunks(Protocol):
    """The trunks of the process."""

    def board(self) -> TrunkBoard: ...
    async def reload(self) -> Reloaded: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiContext:
    """Everything the API needs from the house."""

    pool: Pool
    clock: Clock
    desks: Mapping[TeamId, Desk]  #: may change while we run: teams whose engines are up
    recordings_dir: Path
    secure: bool = False  #: browsers reach us by https, directly or through a proxy
    public_origin: str | None = None  #: such as https://dialer.example, when through a proxy
    lab: bool = False
    version: str = ""
    keyring: Keyring | None = None  #: for suppressions; without it they cannot be added here
    bundle: Bundle | None = None  #: the gate's rules; without them nobody can be told why
    outbox_dir: Path | None = None  #: where invitations lie
    organizer: str = "meetings@localhost"  #: the mailbox invitations are sent from
    evidence_dir: Path | None = None  #: where uploaded evidence is kept, by content
    trunks: Trunks | None = None  #: how calls leave, and the wish to read the file again
    troubles: Callable[[], tuple[str, ...]] = tuple  #: what keeps us from being ready, in words
    passwords: Passwords = field(default_factory=Passwords)
    throttle: Throttle = field(default_factory=Throttle)
    remembered: Remembered = field(default_factory=Remembered)


CONTEXT: Final = web.AppKey("context", ApiContext)
#: Set when the server is about to stop, so that streams end by themselves.
STOPPING: Final = web.AppKey("stopping", asyncio.Event)
