"""Accounts: the database holds nothing that signs anybody in."""

import asyncio
from datetime import timedelta

import pytest

from dialer.database import accounts, house
from dialer.database.accounts import AccountRefused, Role, TokenKind
from dialer.database.passwords import Passwords, WeakPassword
from dialer.database.pool import Connection, Pool
from tests.builders import LONG_AGO, MONDAY_MORNING, a_user_in

DAY = timedelta(days=1)
PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def passwords() -> Passwords:
    return Passwords()


async def sign_in(connection: Connection, passwords: Passwords, login: str, password: str):
    return await accounts.authenticate(connection, passwords, login=login, password=password)


async def test_who_knows_login_and_password_signs_in_and_nobody_else(
    connection: Connection, passwords: Passwords
):
    user = await a_user_in(connection, login=" Anna ", password_hash=await passwords.hash(PASSWORD))
    found = await sign_in(connection, passwords, "ANNA", PASSWORD)
    assert found is not None
    assert (found.id, found.login) == (user, "anna")
    assert await sign_in(connection, passwords, "anna", PASSWORD + "x") is None
    assert await sign_in(connection, passwords, "nobody", PASSWORD) is None
    await accounts.disable(connection, user, now=MONDAY_MORNING)
    assert await sign_in(connection, passwords, "anna", PASSWORD) is None


async def test_an_account_without_a_password_cannot_be_signed_into_by_one(
    connection: Connection, passwords: Passwords
):
    await a_user_in(connection, login="anna")
    assert await sign_in(connection, passwords, "anna", "nobody has this password") is None


@pytest.mark.parametrize("length", [0, 11, 201])
async def test_a_password_too_short_or_too_long_is_refused(passwords: Passwords, length: int):
    with pytest.raises(WeakPassword, match=f"this one has {length}"):
        await passwords.hash("x" * length)


async def test_a_login_is_taken_once(connection: Connection):
    await a_user_in(connection, login="anna")
    with pytest.raises(AccountRefused, match="already"):
        await a_user_in(connection, login="ANNA")


async def test_a_client_user_needs_a_client_that_is_there(connection: Connection):
    with pytest.raises(AccountRefused, match="needs a client"):
        await a_user_in(connection, Role.CLIENT)
    with pytest.raises(AccountRefused, match="no such client"):
        await a_user_in(connection, Role.CLIENT, client=7)
    client = await house.create_client(connection, "Example Energy", now=LONG_AGO)
    await a_user_in(connection, Role.CLIENT, login="carl", client=client)
    found = await accounts.user_of_login(connection, "carl")
    assert found is not None
    assert found.client == client


async def test_a_session_is_good_until_its_end_and_that_instant_not_included(
    connection: Connection,
):
    user = await a_user_in(connection)
    token = await accounts.create_token(
        connection, user, TokenKind.SESSION, now=MONDAY_MORNING, life=DAY
    )
    end = MONDAY_MORNING + DAY

    async def known(**changes):
        asked = {"kind": TokenKind.SESSION, "now": end - timedelta(microseconds=1), **changes}
        return await accounts.whoami(connection, token, **asked)

    found = await known()
    assert found is not None
    assert found.id == user
    assert await known(now=end) is None
    assert await known(kind=TokenKind.BEARER) is None
    await accounts.revoke(connection, token)
    assert await known() is None


async def test_the_database_holds_no_token(connection: Connection):
    user = await a_user_in(connection)
    token = await accounts.create_token(
        connection, user, TokenKind.BEARER, now=LONG_AGO, life=DAY, label="crm"
    )
    [row] = await connection.fetch("SELECT t::text AS everything FROM tokens t")
    assert token not in row["everything"]


async def test_a_link_works_once_even_for_two_at_once(database: Pool):
    async with database.acquire() as connection:
        user = await a_user_in(connection)
        link = await accounts.create_token(
            connection, user, TokenKind.ONE_TIME, now=MONDAY_MORNING, life=DAY
        )

    async def redeem():
        async with database.acquire() as connection:
            return await accounts.redeem(connection, link, now=MONDAY_MORNING, life=DAY)

    found = [each for each in await asyncio.gather(redeem(), redeem()) if each]
    [(who, session)] = found
    assert who.id == user
    async with database.acquire() as connection:
        asked = {"kind": TokenKind.SESSION, "now": MONDAY_MORNING}
        assert await accounts.whoami(connection, session, **asked) is not None
        assert await accounts.whoami(connection, link, **asked) is None


async def test_a_link_ends_and_is_no_session_by_itself(connection: Connection):
    user = await a_user_in(connection)
    link = await accounts.create_token(
        connection, user, TokenKind.ONE_TIME, now=MONDAY_MORNING, life=DAY
    )
    late = MONDAY_MORNING + DAY
    assert await accounts.redeem(connection, link, now=late, life=DAY) is None
    for kind in TokenKind:
        assert await accounts.whoami(connection, link, kind, now=MONDAY_MORNING) is None


async def test_a_new_password_ends_the_sessions_made_with_the_old_one(
    connection: Connection, passwords: Passwords
):
    user = await a_user_in(connection)
    tokens = {
        kind: await accounts.create_token(connection, user, kind, now=MONDAY_MORNING, life=DAY)
        for kind in (TokenKind.SESSION, TokenKind.BEARER)
    }
    await accounts.set_password(connection, user, await passwords.hash(PASSWORD))
    alive = {
        kind: await accounts.whoami(connection, token, kind, now=MONDAY_MORNING) is not None
        for kind, token in tokens.items()
    }
    assert alive == {TokenKind.SESSION: False, TokenKind.BEARER: True}


async def test_a_disabled_account_is_known_by_no_token(connection: Connection):
    user = await a_user_in(connection)
    token = await accounts.create_token(
        connection, user, TokenKind.BEARER, now=MONDAY_MORNING, life=DAY
    )
    await accounts.disable(connection, user, now=MONDAY_MORNING)
    assert await accounts.whoami(connection, token, TokenKind.BEARER, now=MONDAY_MORNING) is None


async def test_what_has_expired_is_forgotten(connection: Connection):
    user = await a_user_in(connection)
    await accounts.create_token(connection, user, TokenKind.SESSION, now=LONG_AGO, life=DAY)
    await accounts.forget_expired(connection, now=MONDAY_MORNING)
    assert await connection.fetchval("SELECT count(*) FROM tokens") == 0


@pytest.mark.parametrize("token", ["", "cws_", "\x00", "\ud800", "x" * 10_000])
async def test_nonsense_is_nobodys_token(connection: Connection, token: str):
    found = await accounts.whoami(connection, token, TokenKind.SESSION, now=LONG_AGO)
    assert found is None
