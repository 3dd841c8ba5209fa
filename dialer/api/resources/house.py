"""Who lives in the house: ``/clients``, ``/teams`` and their agents.

Rule: what is needed to set up a campaign and to read a board. Accounts are made at the machine,
by ``dialer user add``; here one that is there becomes an agent.
"""

from pydantic import Field

from dialer.api.model import Incoming, Language, Line, Outgoing, Phone
from dialer.api.operation import Asked, operation
from dialer.api.reach import FLOOR, HOUSE, READERS, client_of, tell_desks
from dialer.database import accounts, house
from dialer.database.accounts import AccountRefused, Role
from dialer.team import TeamId


class NewClient(Incoming):
    """A company the calls are made for."""

    name: Line


class NewTeam(Incoming):
    """Agents who share a floor."""

    name: Line


class NewAgent(Incoming):
    """Somebody who takes calls."""

    login: str = Field(min_length=1, max_length=100, description="an account of the role agent")
    name: Line = Field(description="shown on the board")
    languages: tuple[Language, ...] = Field(min_length=1, max_length=20)
    phone: Phone = Field(min_length=1, description="called when the shift begins")


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


@operation("POST", "/clients", roles=HOUSE, status=201)
async def add_client(asked: Asked[NewClient, None]) -> ClientShown:
    """Add a client."""
    name = asked.body.name
    async with asked.connection() as connection:
        made = await house.create_client(connection, name, now=asked.context.clock.now())
    return ClientShown(id=made, name=name)


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


@operation("POST", "/teams", roles=HOUSE, status=201)
async def add_team(asked: Asked[NewTeam, None]) -> TeamShown:
    """Add a team; its engine runs within seconds, where there is a telephony worker for it."""
    async with asked.connection() as connection:
        made = await house.create_team(connection, asked.body.name)
    return TeamShown(id=made, name=asked.body.name, agents=())


@operation("POST", "/teams/{team:int}/agents", roles=HOUSE, status=201)
async def add_agent(asked: Asked[NewAgent, None]) -> TeamMember:
    """Make somebody with an account an agent of a team."""
    wish, team = asked.body, TeamId(asked.number("team"))
    async with asked.connection() as connection:
        await house.team_name(connection, team)
        user = await accounts.user_of_login(connection, wish.login)
        if user is None or user.role is not Role.AGENT:
            raise AccountRefused(
                "not_an_agent", "there is no account of the role agent with that login"
            )
        made = await house.create_agent(
            connection,
            user=user.id,
            team=team,
            name=wish.name,
            languages=tuple(dict.fromkeys(wish.languages)),
            sip_uri=wish.phone,
        )
    await tell_desks(asked)
    return TeamMember(id=made, name=wish.name, languages=tuple(sorted(set(wish.languages))))
