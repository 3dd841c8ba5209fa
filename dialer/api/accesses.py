"""Who listened to an agent's calls, as the API tells it."""

from datetime import datetime
from typing import Final

from pydantic import Field

from dialer.accesses import accesses_of
from dialer.api.model import Outgoing
from dialer.call_events import AgentId
from dialer.database import accounts, events
from dialer.database.pool import Connection
from dialer.in_call import Part

MOST_CALLS: Final = 500
PART_NAMES: Final = {Part.TALK.value: "barge"}


class AccessShown(Outgoing):
    """Somebody took part in a call."""

    call: str
    by: str = Field(description="login")
    part: str = Field(description="listen, whisper, barge or take_over")
    purpose: str
    began_at: datetime
    ended_at: datetime | None = Field(description="null: it goes on")


async def accesses_shown(connection: Connection, agent: AgentId) -> tuple[AccessShown, ...]:
    """Return who took part in an agent's latest calls, latest first."""
    logins = {user.id: user.login for user in await accounts.users(connection)}
    found = [
        access
        for call in await events.supervised_calls(connection, agent, limit=MOST_CALLS)
        for access in accesses_of(call.id, call.events, agent)
    ]
    return tuple(
        AccessShown(
            call=str(access.call),
            by=next((login for user, login in logins.items() if user == access.user), "?"),
            part=PART_NAMES.get(access.part, access.part),
            purpose=access.purpose,
            began_at=access.began_at,
            ended_at=access.ended_at,
        )
        for access in sorted(found, key=lambda access: access.began_at, reverse=True)
    )
