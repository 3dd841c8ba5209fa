"""Who lives in the house: ``/clients``, ``/teams``.

Rule: what is needed to set up a campaign and to read a board, nothing about accounts.
"""

from dialer.api.model import Outgoing
from dialer.api.operation import Asked, operation
from dialer.api.reach import FLOOR, READERS, client_of
from dialer.database import house


class ClientShown(Outgoing):
    """A company the calls are made for."""

    id: int
    name: str


class TeamMember(Outgoing):
    """An agent of a team."""

    id: int
    name: str
    languages: tuple[str, ...]


class TeamShown(Outgoing):
    """A team with its agents."""

    id: int
    name: str
    agents: tuple[TeamMember, ...]


@operation("GET", "/clients", roles=READERS)
async def clients(asked: Asked[None, None]) -> tuple[ClientShown, ...]:
    """List clients, a client's user the own one."""
    only = client_of(asked.user)
    async with asked.connection() as connection:
        found = await house.clients(connection)
    return tuple(
        ClientShown(id=each.id, name=each.name) for each in found if only in (None, each.id)
    )


@operation("GET", "/teams", roles=FLOOR)
async def teams(asked: Asked[None, None]) -> tuple[TeamShown, ...]:
    """List teams with their agents."""
    async with asked.connection() as connection:
        found = [
            (team, name, await house.agents(connection, team))
            for team, name in await house.teams(connection)
        ]
    return tuple(
        TeamShown(
            id=team,
            name=name,
            agents=tuple(
                TeamMember(id=each.id, name=each.name, languages=tuple(sorted(each.languages)))
                for each in members
            ),
        )
        for team, name, members in found
    )
