"""A call that an agent asks for after looking at a lead, and what becomes of the asking.

    asked ──permit──▶ the agent has the call, and its INVITE leaves
      └────────────▶ NotCalled, with a code of :data:`BECAUSE`

Rule: asking is no permit. The same gate decides as for every other call, when the attempt opens.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Final

from dialer.call_events import AgentId

#: Why there is no call, by code, in words an agent can act on.
BECAUSE: Final[dict[str, str]] = {
    "refused": "this lead may not be called now",
    "no_route": "no trunk takes a call to this number now",
    "stopped": "dialing is stopped",
    "not_running": "the campaign does not run",
    "lease_lost": "this lead has gone elsewhere meanwhile; take another",
    "person_busy": "this person is being called already",
    "superseded": "another dialer works for this team now",
    "not_known": "the database did not answer; if the call was opened, it is given up",
    "agent_left": "you are no longer ready",
    "not_shown": "this lead is not before you any more; take another",
}


class NotCalled(Exception):
    """There is no call, and nothing was changed but what the refusal itself says of the lead."""

    def __init__(self, because: str, *, rules: tuple[str, ...] = ()) -> None:
        named = f" ({', '.join(rules)})" if rules else ""
        super().__init__(BECAUSE[because] + named)
        self.because = because  #: a key of :data:`BECAUSE`
        self.rules = rules  #: reason codes of the gate, the primary one first


def _undecided() -> asyncio.Future[None]:
    return asyncio.get_running_loop().create_future()


@dataclass(frozen=True, slots=True)
class AskedCall:
    """Who asked, and the answer they wait for. It may have gone: an agent's page is closed."""

    agent: AgentId
    answer: asyncio.Future[None] = field(default_factory=_undecided)

    def granted(self) -> None:
        if not self.answer.done():
            self.answer.set_result(None)

    def denied(self, because: str, *, rules: tuple[str, ...] = ()) -> None:
        if not self.answer.done():
            self.answer.set_exception(NotCalled(because, rules=rules))
