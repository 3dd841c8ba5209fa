"""A fresh installation gets what a campaign needs: client, team, agents, reps, script, list.

Rule: writes through the same functions as the API and the command line; nothing of the demo is
possible that a user could not do.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from compliance.store.registers import import_register_file
from compliance.store.suppressions import add_suppressions
from compliance.suppression import Keyring, Reach, Why
from dialer.call_events import AgentId
from dialer.campaign import CampaignId, ClientId, Mode
from dialer.database import accounts, campaigns, house
from dialer.database.accounts import Role, TokenKind, UserId
from dialer.database.importing import Imported, import_for_campaign, read_for_client, references_of
from dialer.database.pool import Connection
from dialer.demo.pools import agents_by_language, languages_counted
from dialer.demo.registers import (
    REGISTERS,
    SUPPLIER,
    numbers_in,
    register_file,
    suppressed_numbers,
)
from dialer.demo.script import SCRIPT
from dialer.team import TeamId
from leads.importing import ImportOptions, ImportResult, rejected_csv
from leads.list_files import evidence_hashes, read_list_file
from leads.rep import Interval
from leads.store.reps import add_availability, add_rep

CLIENT: Final = "Example Energy"
CAMPAIGN: Final = "Winter tariff"
PURPOSE: Final = "sales.energy"
TEAM: Final = "Floor 1"
#: From the numbers Ofcom keeps for drama.
CALLER_ID: Final = "+441134960000"
#: Below the three in a hundred of the laws, at which the gate stops a campaign: chance has room.
ABANDON_RATE_LIMIT: Final = 0.025
#: What the manager of such a campaign expects in life, on average.
TALK: Final = timedelta(seconds=120)
WRAP_UP: Final = timedelta(seconds=15)
REGISTER_AGE: Final = timedelta(days=3)
TOKEN_LIFE: Final = timedelta(hours=12)
_REPS: Final = (  # name, mailbox, zone, languages
    ("Elena Ivanova", "elena.ivanova", "Europe/Sofia", ("bg", "en")),
    ("Petar Georgiev", "petar.georgiev", "Europe/Sofia", ("bg",)),
    ("Anna Nowak", "anna.nowak", "Europe/Warsaw", ("pl", "en")),
    ("Ioana Popescu", "ioana.popescu", "Europe/Bucharest", ("ro", "en")),
    ("James Carter", "james.carter", "Europe/London", ("en",)),
)
_OFFICE_HOURS: Final = ((time(9), time(12)), (time(13), time(17, 30)))
_DAYS_OFFERED: Final = 21  #: calendar days; weekends are free


@dataclass(frozen=True, slots=True, kw_only=True)
class HiredAgent:
    """An agent of the demo."""

    login: str
    token: str  #: bearer
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoHouse:
    """What was made."""

    campaign: CampaignId
    agents: tuple[HiredAgent, ...]
    imported: Imported
    floor_token: str  #: bearer of a manager, who starts and watches
    board_link: str  #: path of a one-time link
    desk_link: str  #: of the first agent, to look over the shoulder


class NotEmpty(Exception):
    """The database has somebody's clients in it already."""

    def __init__(self) -> None:
        super().__init__(
            "the database of DIALER_DATABASE_URL has clients in it; the demo wants an empty one "
            "(createdb), or none at all: it then runs a PostgreSQL of its own"
        )


async def furnish(
    connection: Connection,
    *,
    list_file: Path,
    agents: int,
    phones: str,
    seed: int,
    keyring: Keyring,
    now: datetime,
    fast_forward: float = 1.0,
) -> DemoHouse:
    """Make everything, in one transaction.

    Args:
        list_file: The client's list, with its evidence beside it.
        phones: Host and port at which the phones ``agent1`` ... are called.
        seed: Who is listed in the registers of objections.
        keyring: Under which the registers' numbers are hashed.
        fast_forward: How many times shorter talk and wrap-up are than in life.

    Raises:
        NotEmpty: There are clients already.
        UnreadableList: The list cannot be used.
    """
    if await house.clients(connection):
        raise NotEmpty
    async with connection.transaction():
        client = await house.create_client(connection, CLIENT, now=now)
        content = read_list_file(list_file)
        result = await read_for_client(connection, content, ImportOptions(), client=client)
        team = await house.create_team(connection, TEAM)
        campaign = await _campaign(connection, client, team, fast_forward)
        spoken = agents_by_language(
            languages_counted(row.languages for row in result.accepted), agents
        )
        hired, ids, users = [], [], []
        for number, languages in enumerate(spoken, start=1):
            uri = f"sip:agent{number}@{phones}"
            agent, user = await _hire(connection, team, number, languages, uri, now=now)
            ids.append(agent)
            users.append(user)
            token = await _token(connection, user, TokenKind.BEARER, now=now)
            hired.append(HiredAgent(login=f"agent{number}", token=token, languages=languages))
        await campaigns.assign(connection, campaign, ids)
        await _reps(connection, client, now=now)
        imported = await import_for_campaign(
            connection,
            campaign,
            result,
            name="November",
            file_name=list_file.name,
            content=content,
            evidence=evidence_hashes(list_file, references_of(result.accepted)),
            now=now,
        )
        await _registers(connection, result, seed=seed, keyring=keyring, now=now)
        await add_suppressions(
            connection,
            suppressed_numbers(result.accepted, seed=seed),
            client_id=client,
            reach=Reach.PERSON,
            why=Why.EARLIER_DIALER,
            keyring=keyring,
            now=now,
        )
        manager = await _user(connection, "manager", "Maria Petrova", Role.MANAGER, now=now)
        supervisor = await _user(connection, "supervisor", "Jan Kowalski", Role.SUPERVISOR, now=now)
        return DemoHouse(
            campaign=campaign,
            agents=tuple(hired),
            imported=imported,
            floor_token=await _token(connection, manager, TokenKind.BEARER, now=now),
            board_link=await _link(connection, supervisor, now=now),
            desk_link=await _link(connection, users[0], now=now),
        )


def rejected_rows(result: ImportResult) -> bytes:
    """Return the rejected rows as a file to be corrected and sent again."""
    return rejected_csv(result)


async def _registers(
    connection: Connection, result: ImportResult, *, seed: int, keyring: Keyring, now: datetime
) -> None:
    for country, registers in REGISTERS.items():
        numbers = numbers_in(country, result.accepted)
        for register in registers:
            await import_register_file(
                connection,
                register,
                register_file(register, numbers, seed=seed),
                region=country,
                as_of=now - REGISTER_AGE,
                fetched_at=now,
                supplier=SUPPLIER,
                keyring=keyring,
            )


async def _campaign(
    connection: Connection, client: ClientId, team: TeamId, fast_forward: float
) -> CampaignId:
    return await campaigns.create_campaign(
        connection,
        campaigns.CampaignSetup(
            client=client,
            team=team,
            name=CAMPAIGN,
            purpose=PURPOSE,
            sector="energy",
            mode=Mode.PREDICTIVE,
            abandon_rate_limit=ABANDON_RATE_LIMIT,
            expected_talk=TALK / fast_forward,
            expected_wrap_up=WRAP_UP / fast_forward,
            caller_id=CALLER_ID,
            caller_name=CLIENT,
            questionnaire=SCRIPT,
        ),
    )


async def _hire(
    connection: Connection,
    team: TeamId,
    number: int,
    languages: tuple[str, ...],
    sip_uri: str,
    *,
    now: datetime,
) -> tuple[AgentId, UserId]:
    login, name = f"agent{number}", f"Agent {number}"
    user = await _user(connection, login, name, Role.AGENT, now=now)
    agent = await house.create_agent(
        connection, user=user, team=team, name=name, languages=languages, sip_uri=sip_uri
    )
    return agent, user


async def _user(
    connection: Connection, login: str, name: str, role: Role, *, now: datetime
) -> UserId:
    return await accounts.create_user(
        connection, login=login, display_name=name, role=role, now=now
    )


async def _token(connection: Connection, user: UserId, kind: TokenKind, *, now: datetime) -> str:
    return await accounts.create_token(
        connection, user, kind, now=now, life=TOKEN_LIFE, label="demo"
    )


async def _link(connection: Connection, user: UserId, *, now: datetime) -> str:
    return f"/enter/{await _token(connection, user, TokenKind.ONE_TIME, now=now)}"


async def _reps(connection: Connection, client: ClientId, *, now: datetime) -> None:
    for name, mailbox, zone, languages in _REPS:
        rep = await add_rep(
            connection,
            client=client,
            name=name,
            email=f"{mailbox}@example.com",
            time_zone=zone,
            languages=languages,
        )
        await add_availability(connection, rep, office_hours(now, ZoneInfo(zone)))


def office_hours(now: datetime, zone: ZoneInfo) -> list[Interval]:
    """Return the office hours of the weeks from *now* on, Monday to Friday, at a place."""
    today = now.astimezone(zone).date()
    days = [today + timedelta(days=ahead) for ahead in range(_DAYS_OFFERED)]
    return [
        Interval(datetime.combine(day, opens, zone), datetime.combine(day, closes, zone))
        for day in days
        if day.weekday() < 5
        for opens, closes in _OFFICE_HOURS
    ]
