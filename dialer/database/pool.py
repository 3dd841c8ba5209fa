"""Connections to PostgreSQL, and the one way in which this edge fails.

Rule: every connection speaks UTC and turns ``jsonb`` into Python values and back; nothing waits
for ever, neither for a row lock nor in a forgotten transaction. A driver's error text may hold
personal data, so it is never passed on: :func:`translated` keeps the kind and adds the remedy.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeAlias

import asyncpg

from leads.store.vault import Vault

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

#: What a store takes: a connection of its own or one lent by a pool.
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"

STATEMENT_LIMIT: Final = timedelta(seconds=30)
LOCK_LIMIT: Final = timedelta(seconds=10)
IDLE_TRANSACTION_LIMIT: Final = timedelta(seconds=60)


class DatabaseUnavailable(Exception):
    """The database cannot be reached, started or used.

    Attributes:
        remedy: What a person can do about it.
        retriable: Whether the same try may succeed a little later without anybody's help.
    """

    def __init__(self, found: str, *, remedy: str, retriable: bool = False) -> None:
        super().__init__(f"{found}; {remedy}")
        self.remedy = remedy
        self.retriable = retriable


#: Errors after which the statement did not run, or nobody knows whether it did.
CONNECTION_ERRORS: Final = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the server died in the middle of an answer
    asyncpg.exceptions.OperatorInterventionError,  # shutting down, starting up, database dropped
    asyncpg.exceptions.InsufficientResourcesError,  # too many connections, disk full
)


def translated(error: BaseException) -> DatabaseUnavailable:
    """Return what *error*, raised while reaching the database, means to a person."""
    match error:
        case asyncpg.InvalidPasswordError() | asyncpg.InvalidAuthorizationSpecificationError():
            return DatabaseUnavailable(
                "PostgreSQL refused the user or the password",
                remedy="check DIALER_DATABASE_URL (postgresql://user:password@host/database)",
            )
        case asyncpg.InvalidCatalogNameError():
            return DatabaseUnavailable(
                "the database named in DIALER_DATABASE_URL does not exist",
                remedy="create it (createdb) or correct the name",
            )
        case asyncpg.exceptions.TooManyConnectionsError():
            return DatabaseUnavailable(
                "PostgreSQL has no free connection",
                remedy="raise its max_connections or stop what else uses it",
                retriable=True,
            )
        case asyncpg.exceptions.CannotConnectNowError():
            return DatabaseUnavailable(
                "PostgreSQL is starting or stopping", remedy="try again shortly", retriable=True
            )
        case FileNotFoundError() | ConnectionError():
            return DatabaseUnavailable(
                "no PostgreSQL answers at the configured address",
                remedy="start it, or correct DIALER_DATABASE_URL",
                retriable=True,
            )
        case asyncpg.exceptions.ClientConfigurationError() | ValueError():
            return DatabaseUnavailable(
                "DIALER_DATABASE_URL cannot be read",
                remedy="write it as postgresql://user:password@host:port/database",
            )
        case _:
            return DatabaseUnavailable(
                f"PostgreSQL could not be used ({type(error).__name__})",
                remedy="see PostgreSQL's own log",
                retriable=isinstance(error, CONNECTION_ERRORS),
            )


async def prepare(connection: Connection) -> None:
    """Teach a new connection our types: ``jsonb`` is any JSON value of Python's."""
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=json.dumps, decoder=json.loads
    )


def _server_settings(*, application: str, statement_limit: timedelta) -> dict[str, str]:
    def milliseconds(limit: timedelta) -> str:
        return str(round(limit.total_seconds() * 1000))

    return {
        "application_name": application,
        "timezone": "UTC",
        "statement_timeout": milliseconds(statement_limit),
        "lock_timeout": milliseconds(LOCK_LIMIT),
        "idle_in_transaction_session_timeout": milliseconds(IDLE_TRANSACTION_LIMIT),
    }


def _class_with(vault: Vault | None) -> type[asyncpg.Connection[asyncpg.Record]]:
    """Return a class of connections that carry *vault* to the stores."""

    class ConnectionWithVault(asyncpg.Connection):
        __slots__ = ()

    ConnectionWithVault.vault = vault  # type: ignore[attr-defined]  # read by leads.store.connection
    return ConnectionWithVault


@asynccontextmanager
async def connected(
    dsn: str,
    *,
    vault: Vault | None = None,
    application: str = "callwright",
    statement_limit: timedelta = STATEMENT_LIMIT,
    connect_limit: timedelta = timedelta(seconds=10),
) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """Lend one connection of its own, closed afterwards.

    Args:
        vault: The keys of the people in it; without it nothing about people can be read.
        statement_limit: How long one statement may take; zero for no limit.

    Raises:
        DatabaseUnavailable: It cannot be made.
    """
    try:
        connection = await asyncpg.connect(
            dsn,
            connection_class=_class_with(vault),
            timeout=connect_limit.total_seconds(),
            server_settings=_server_settings(
                application=application, statement_limit=statement_limit
            ),
        )
    except (*CONNECTION_ERRORS, asyncpg.PostgresError, ValueError) as error:
        raise translated(error) from None
    try:
        await prepare(connection)
        yield connection
    finally:
        await connection.close(timeout=5)


async def open_pool(
    dsn: str,
    *,
    vault: Vault | None = None,
    application: str = "callwright",
    connections: int = 10,
    statement_limit: timedelta = STATEMENT_LIMIT,
    connect_limit: timedelta = timedelta(seconds=10),
) -> Pool:
    """Return an open pool of at most *connections* prepared connections.

    Args:
        vault: The keys of the people in it; without it nothing about people can be read.

    Raises:
        DatabaseUnavailable: Not even one connection can be made.
    """
    try:
        return await asyncpg.create_pool(
            dsn,
            connection_class=_class_with(vault),
            min_size=1,
            max_size=connections,
            timeout=connect_limit.total_seconds(),
            init=prepare,
            server_settings=_server_settings(
                application=application, statement_limit=statement_limit
            ),
        )
    except (*CONNECTION_ERRORS, asyncpg.PostgresError, ValueError) as error:
        raise translated(error) from None
