"""An installation gets what the campaign file names: client, team, agents, campaign, list.

Rule: one transaction; a file that cannot be used whole leaves nothing behind.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from compliance.profile import Bundle
from compliance.store.registers import import_register_file
from compliance.suppression import Keyring
from dialer.call_events import AgentId
from dialer.campaign import CampaignId, ClientId
from dialer.database import accounts, campaigns, house
from dialer.database.accounts import Role, TokenKind, UserId
from dialer.database.importing import Imported, import_for_campaign, read_for_client, references_of
from dialer.database.pool import Connection
from dialer.running import lab_basis
from dialer.running.campaign_file import Auto, CampaignFile, Loaded
from dialer.running.phones import phone_of
from dialer.team import TeamId
from leads.importing import ImportResult
from leads.list_files import evidence_hashes, read_list_file
from sip_config.config import SipConfig

TOKEN_LIFE: Final = timedelta(hours=26)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hired:
    """An agent at work."""

    name: str
    auto: Auto | None  #: ``None``: a person
    token: str  #: bearer
    desk_link: str  #: path of a one-time link


@dataclass(frozen=True, slots=True, kw_only=True)
class Furnished:
    """What was made."""

    campaign: CampaignId
    agents: tuple[Hired, ...]
    imported: Imported
    lent_consents: int  #: rows that call on the laboratory's statement
    manager_token: str  #: bearer
    board_link: str  #: path of a one-time link


class AlreadyThere(Exception):
    """The installation has such a campaign already."""


async def furnish(
    connection: Connection,
    loaded: Loaded,
    *,
    trunks: SipConfig,
    lab: bool,
    bundle: Bundle,
    keyring: Keyring,
    now: datetime,
) -> Furnished:
    """Make everything.

    Raises:
        AlreadyThere: The client has a campaign of that name.
        HouseRefused: A rule of the house is broken; says which.
        UnreadableList: The list cannot be used.
    """
    file = loaded.campaign
    async with connection.transaction():
        known = {each.name: each.id for each in await house.clients(connection)}
        client = known.get(file.client) or await house.create_client(
            connection, file.client, now=now
        )
        if any(
            each.name == file.campaign
            for each in await campaigns.campaigns(connection, client=client)
        ):
            raise AlreadyThere(
                f"{file.client} has a campaign {file.campaign!r} already; give this one another "
                "name (campaign: ...), or go on with the old one on the board"
            )
        content = read_list_file(loaded.list_file)
        result = await read_for_client(connection, content, loaded.list_options(), client=client)
        team = await _team(connection, file.team)
        campaign = await campaigns.create_campaign(connection, _setup(file, client, team))
        hired = await _hire_all(connection, file, trunks, team, now=now)
        await campaigns.assign(connection, campaign, [agent for agent, _ in hired])
        evidence = evidence_hashes(loaded.list_file, references_of(result.accepted))
        lent = 0
        if lab:
            result, lent = lab_basis.consented(result, now=now)
            evidence = {**evidence, **lab_basis.evidence()}
            await _registers(connection, result, file, bundle, keyring, now=now)
        imported = await import_for_campaign(
            connection,
            campaign,
            result,
            name=file.list.name or loaded.list_file.stem,
            file_name=loaded.list_file.name,
            content=content,
            evidence=evidence,
            now=now,
        )
        login = await _free_login(connection, "manager")
        manager = await _user(connection, login, Role.MANAGER, now=now)
        return Furnished(
            campaign=campaign,
            agents=tuple(each for _, each in hired),
            imported=imported,
            lent_consents=lent,
            manager_token=await _token(connection, manager, TokenKind.BEARER, now=now),
            board_link=await _link(connection, manager, now=now),
        )


def _setup(file: CampaignFile, client: ClientId, team: TeamId) -> campaigns.CampaignSetup:
    limits = file.limits
    setup = campaigns.CampaignSetup(
        client=client,
        team=team,
        name=file.campaign,
        purpose=file.purpose,
        sector=file.sector,
        mode=file.mode,
        abandon_rate_limit=limits.abandon_rate,
        abandon_window=limits.abandon_window,
        hard_stop=limits.hard_stop,
        talk_share_target=limits.talk_share,
        expected_talk=timedelta(seconds=_expected_talk_s(file)),
        connect_limit=timedelta(seconds=limits.connect_s),
        ring_limit=timedelta(seconds=limits.ring_s),
        wrap_up_limit=timedelta(seconds=limits.wrap_up_s),
        recording=file.recording,
        caller_id=file.caller_id,
        caller_name=file.caller_name,
        retry=file.retry,
    )
    return setup if file.script is None else replace(setup, questionnaire=file.script)


def _expected_talk_s(file: CampaignFile) -> float:
    """Return how long talks will last on average, as far as the file tells."""
    if file.limits.expected_talk_s is not None:
        return file.limits.expected_talk_s
    known = [auto.talk_s for agent in file.agents if (auto := file.auto_of(agent))]
    return max(sum(known) / len(known), 1.0) if len(known) == len(file.agents) else 100.0


async def _team(connection: Connection, name: str) -> TeamId:
    known = {found: team for team, found in await house.teams(connection)}
    return known.get(name) or await house.create_team(connection, name)


async def _hire_all(
    connection: Connection, file: CampaignFile, trunks: SipConfig, team: TeamId, *, now: datetime
) -> list[tuple[AgentId, Hired]]:
    hired = []
    for agent in file.agents:
        login = await _free_login(connection, agent.name)
        user = await _user(connection, login, Role.AGENT, now=now, name=agent.name)
        made = await house.create_agent(
            connection,
            user=user,
            team=team,
            name=agent.name,
            languages=agent.languages,
            sip_uri=phone_of(agent, file, trunks),
        )
        token = await _token(connection, user, TokenKind.BEARER, now=now)
        link = await _link(connection, user, now=now)
        auto = file.auto_of(agent)
        hired.append((made, Hired(name=agent.name, auto=auto, token=token, desk_link=link)))
    return hired


def _login(name: str) -> str:
    """Return a login made of a name.

    >>> _login("Anna  Nowak")
    'anna.nowak'
    """
    return re.sub(r"\W+", ".", name.casefold()).strip(".") or "agent"


async def _free_login(connection: Connection, name: str) -> str:
    login = wanted = _login(name)
    number = 1
    while await accounts.user_of_login(connection, login) is not None:
        number += 1
        login = f"{wanted}{number}"
    return login


async def _registers(
    connection: Connection,
    result: ImportResult,
    file: CampaignFile,
    bundle: Bundle,
    keyring: Keyring,
    *,
    now: datetime,
) -> None:
    countries = {row.country for row in result.accepted} | {file.country}
    for register in lab_basis.registers(bundle, countries, now=now):
        await import_register_file(
            connection,
            register.register,
            register.content,
            region=register.country,
            as_of=register.as_of,
            fetched_at=now,
            supplier=lab_basis.SUPPLIER,
            keyring=keyring,
        )


async def _user(
    connection: Connection, login: str, role: Role, *, now: datetime, name: str = ""
) -> UserId:
    return await accounts.create_user(
        connection, login=login, display_name=name or login, role=role, now=now
    )


async def _token(connection: Connection, user: UserId, kind: TokenKind, *, now: datetime) -> str:
    return await accounts.create_token(
        connection, user, kind, now=now, life=TOKEN_LIFE, label="run"
    )


async def _link(connection: Connection, user: UserId, *, now: datetime) -> str:
    return f"/enter/{await _token(connection, user, TokenKind.ONE_TIME, now=now)}"
