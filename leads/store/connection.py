"""What every function of this package takes first: a connection to PostgreSQL.

Rule: its own or lent by a pool, both are fine, and nothing here opens or closes one. It carries the
vault with the keys of the people in its database: whoever may read the one does not thereby read
the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from leads.store.vault import Vault

if TYPE_CHECKING:
    import asyncpg
    from asyncpg.pool import PoolConnectionProxy

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"


def vault_of(connection: Connection) -> Vault:
    """Return the vault that *connection* was opened with."""
    vault = getattr(connection, "vault", None)
    if not isinstance(vault, Vault):
        raise TypeError("this connection was opened without a vault; nothing about people is read")
    return vault
