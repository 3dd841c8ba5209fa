"""What somebody may reach beyond their role: their own desk, their own client's rows.

Rule: a row of another client does not exist for a client's user, so the answer is 404 and not 403.
"""

from typing import Any, Final

from dialer.api.desk import Desk
from dialer.api.operation import Asked
from dialer.api.problem import Problem, not_allowed, not_found, unavailable
from dialer.call_events import AgentId
from dialer.campaign import Campaign, CampaignId, ClientId
from dialer.database import campaigns, house
from dialer.database.accounts import Role, User
from dialer.database.pool import Connection

AGENTS: Final = frozenset({Role.AGENT})
FLOOR: Final = frozenset({Role.SUPERVISOR, Role.MANAGER})  #: watch and steer the floor
HOUSE: Final = frozenset({Role.MANAGER})  #: lists, campaigns, results
STAFF: Final = FLOOR | {Role.DPO}
READERS: Final = STAFF | {Role.CLIENT}  #: may read rows, a client's user the own client's
EVERYBODY: Final = frozenset(Role)


async def desk_of(asked: Asked[Any, Any]) -> tuple[AgentId, Desk]:
    """Return which agent asks, and the desk of their team.

    Raises:
        Problem: The user is no agent, or the team's engine does not run.
    """
    async with asked.connection() as connection:
        found = await house.agent_of_user(connection, asked.user.id)
    if found is None:
        raise not_allowed("you are not an agent of any team")
    agent, team = found
    desk = asked.context.desks.get(team)
    if desk is None:
        raise unavailable("team-not-running", "your team's engine is not running yet; try again")
    if not desk.has(agent):
        await desk.refresh()
        if not desk.has(agent):
            raise unavailable("team-not-running", "your team's engine does not know you yet")
    return agent, desk


def client_of(user: User) -> ClientId | None:
    """Return whose rows alone *user* may see; ``None``: everybody's."""
    if user.role in (Role.CLIENT, Role.REP):
        if user.client is None:
            raise not_allowed("your account belongs to no client")
        return user.client
    return None


def keep_to_client(user: User, client: int) -> None:
    """Refuse a row of another client.

    Raises:
        Problem: The row is not the user's to see.
    """
    if client_of(user) not in (None, client):
        raise not_found()


async def campaign_of(asked: Asked[Any, Any], connection: Connection, campaign: int) -> Campaign:
    """Return a campaign the user may see.

    Raises:
        Problem: There is none, or it is another client's, or an agent does not work it.
    """
    found = await campaigns.campaign(connection, CampaignId(campaign))
    keep_to_client(asked.user, found.client)
    if asked.user.role is Role.AGENT:
        known = await house.agent_of_user(connection, asked.user.id)
        if known is None or known[0] not in found.agents:
            raise not_found(f"there is no campaign {campaign} of yours")
    return found


async def tell_desks(asked: Asked[Any, Any]) -> None:
    """Let every engine take what was just changed from the database."""
    for desk in list(asked.context.desks.values()):
        await desk.refresh()


def conflict(type_: str, detail: str, **facts: Any) -> Problem:
    return Problem(409, type_, detail, **facts)
