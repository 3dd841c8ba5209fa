"""Users and the tokens by which they are known. The only module that names these two tables.

    password ──▶ session (a browser's cookie)       one-time link ──redeem──▶ session
    made by hand: bearer (a program's Authorization header)

Rule: a token is 256 random bits and is stored as its SHA-256 alone; who reads the database cannot
sign in with it. A token is a prefix that tells its kind, and the bits. Being signed in is
a question with a time: expiry is compared with the ``now`` passed in.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Final, NewType

import asyncpg

from dialer.campaign import ClientId
from dialer.database.passwords import Passwords
from dialer.database.pool import Connection

UserId = NewType("UserId", int)


class Role(StrEnum):
    """What a user may do."""

    AGENT = "agent"  #: takes calls
    SUPERVISOR = "supervisor"  #: watches and steers the floor
    MANAGER = "manager"  #: lists, campaigns, results
    CLIENT = "client"  #: reads the own client's rows
    REP = "rep"  #: the client's salesperson: meetings and verdicts
    DPO = "dpo"  #: data-protection officer
    ADMIN = "admin"  #: everything, and accounts


class TokenKind(StrEnum):
    """How a token is used."""

    SESSION = "session"
    BEARER = "bearer"
    ONE_TIME = "one_time"


_PREFIX: Final = {
    TokenKind.SESSION: "cws_",
    TokenKind.BEARER: "cwb_",
    TokenKind.ONE_TIME: "cwo_",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody with an account."""

    id: UserId
    login: str
    display_name: str
    role: Role
    client: ClientId | None = None  #: whose rows alone they see
    disabled_at: datetime | None = None


class AccountRefused(ValueError):
    """The account cannot be made or used so; ``because`` is a stable code."""

    def __init__(self, because: str, detail: str) -> None:
        super().__init__(detail)
        self.because = because


_SENTENCES: Final = {
    "logins_are_unique": "there is a user of that login already",
    "clients_and_reps_belong_to_a_client": "a client's user or a rep needs a client",
    "users_client_id_fkey": "there is no such client",
}
_USER: Final = "u.id, u.login, u.display_name, u.role, u.client_id, u.disabled_at"


async def create_user(
    connection: Connection,
    *,
    login: str,
    display_name: str,
    role: Role,
    now: datetime,
    client: ClientId | None = None,
    password_hash: str | None = None,
) -> UserId:
    """Return the id of a new user.

    Args:
        login: Compared without regard to case; stored in lower case, without outer spaces.
        password_hash: From :class:`Passwords`; ``None``: signs in by one-time link only.

    Raises:
        AccountRefused: The login is taken or empty, or the client is missing or not there.
    """
    login = _login(login)
    if not login or len(login) > 100:
        raise AccountRefused("login_is_empty_or_long", "a login has 1 to 100 characters")
    try:
        return UserId(
            await connection.fetchval(
                """
                INSERT INTO users (login, display_name, role, client_id, password_hash, created_at)
                VALUES ($1, $2, $3, $4, $5, $6)
                RETURNING id
                """,
                login,
                display_name,
                role,
                client,
                password_hash,
                now,
            )
        )
    except asyncpg.IntegrityConstraintViolationError as error:
        name = error.constraint_name or ""
        if name not in _SENTENCES:
            raise
        raise AccountRefused(name, _SENTENCES[name]) from None


async def users(connection: Connection) -> tuple[User, ...]:
    """Return all users by login."""
    rows = await connection.fetch(f"SELECT {_USER} FROM users u ORDER BY login")
    return tuple(_user(row) for row in rows)


async def user_of_login(connection: Connection, login: str) -> User | None:
    """Return the user of *login*, disabled or not."""
    row = await connection.fetchrow(f"SELECT {_USER} FROM users u WHERE login = $1", _login(login))
    return None if row is None else _user(row)


async def set_password(connection: Connection, user: UserId, password_hash: str) -> None:
    """Set a new password; every session and link made before ends."""
    async with connection.transaction():
        await connection.execute(
            "UPDATE users SET password_hash = $2 WHERE id = $1", user, password_hash
        )
        await connection.execute("DELETE FROM tokens WHERE user_id = $1 AND kind <> 'bearer'", user)


async def disable(connection: Connection, user: UserId, *, now: datetime) -> None:
    """Shut an account; all its tokens end. The row stays, for the record names it."""
    async with connection.transaction():
        await connection.execute(
            "UPDATE users SET disabled_at = $2 WHERE id = $1 AND disabled_at IS NULL", user, now
        )
        await connection.execute("DELETE FROM tokens WHERE user_id = $1", user)


async def authenticate(
    connection: Connection, passwords: Passwords, *, login: str, password: str
) -> User | None:
    """Return who signs in, or ``None``; which of login and password was wrong is not told."""
    row = await connection.fetchrow(
        f"SELECT {_USER}, u.password_hash FROM users u WHERE login = $1", _login(login)
    )
    right = await passwords.matches(password, row["password_hash"] if row else None)
    if row is None or not right or row["disabled_at"] is not None:
        return None
    return _user(row)


# --- tokens ----------------------------------------------------------------------------------


async def create_token(
    connection: Connection,
    user: UserId,
    kind: TokenKind,
    *,
    now: datetime,
    life: timedelta,
    label: str = "",
) -> str:
    """Return a new token of *user*; it is shown once and stored nowhere.

    Args:
        life: It is good until *now* + *life*, that instant not included.
        label: What a person calls it, such as the device or the program.
    """
    token = _PREFIX[kind] + secrets.token_urlsafe(32)
    await connection.execute(
        """
        INSERT INTO tokens (hash, user_id, kind, label, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        _hash(token),
        user,
        kind,
        label,
        now,
        now + life,
    )
    return token


async def redeem(
    connection: Connection, link_token: str, *, now: datetime, life: timedelta
) -> tuple[User, str] | None:
    """Turn a one-time link into a session that lives for *life*; ``None`` if it is not good.

    Of two who redeem one link at once, one gets the session.
    """
    async with connection.transaction():
        row = await connection.fetchrow(
            f"""
            UPDATE tokens t
               SET used_at = $2
              FROM users u
             WHERE t.hash = $1 AND t.kind = 'one_time' AND t.used_at IS NULL
               AND t.expires_at > $2 AND u.id = t.user_id AND u.disabled_at IS NULL
            RETURNING {_USER}
            """,
            _hash(link_token),
            now,
        )
        if row is None:
            return None
        user = _user(row)
        session = await create_token(connection, user.id, TokenKind.SESSION, now=now, life=life)
    return user, session


async def whoami(
    connection: Connection, token: str, kind: TokenKind, *, now: datetime
) -> User | None:
    """Return whose *token* this is; ``None`` if it is of another kind, unknown or has expired."""
    row = await connection.fetchrow(
        f"""
        SELECT {_USER}
          FROM tokens t JOIN users u ON u.id = t.user_id
         WHERE t.hash = $1 AND t.kind = $2 AND t.kind <> 'one_time'
           AND t.expires_at > $3 AND u.disabled_at IS NULL
        """,
        _hash(token),
        kind,
        now,
    )
    return None if row is None else _user(row)


async def revoke(connection: Connection, token: str) -> None:
    """End one token; harmless when it has ended."""
    await connection.execute("DELETE FROM tokens WHERE hash = $1", _hash(token))


async def forget_expired(connection: Connection, *, now: datetime) -> None:
    """Delete what has expired; nothing depends on it."""
    await connection.execute("DELETE FROM tokens WHERE expires_at <= $1", now)


def _login(login: str) -> str:
    return login.strip().lower().replace("\x00", "")


def _hash(token: str) -> bytes:
    return sha256(token.encode(errors="replace")).digest()


def _user(row: asyncpg.Record) -> User:
    return User(
        id=UserId(row["id"]),
        login=row["login"],
        display_name=row["display_name"],
        role=Role(row["role"]),
        client=None if row["client_id"] is None else ClientId(row["client_id"]),
        disabled_at=row["disabled_at"],
    )
