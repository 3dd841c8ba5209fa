"""The running installation, as a command sees it: settings, and a connection to its database."""

import os
from argparse import ArgumentParser, Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from compliance.store.hashing_keys import ForeignKeyring, check_keyring
from compliance.suppression import UnusableKeyring
from dialer.clock import SystemClock
from dialer.commands.failing import MISSING, WRONG, CommandFailed
from dialer.commands.resting import database
from dialer.database import house
from dialer.database.migrating import MigrationFailed, MigrationRefused, migrate
from dialer.database.pool import Connection, DatabaseUnavailable, connected
from dialer.database.sealing import MIGRATION, bind, open_vault, seal_what_is_plain
from dialer.places import UnusableDirectory
from dialer.settings import Settings, UnusableSettings, load
from leads.store.vault import UnusableVault


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """What a command needs to look into the house."""

    connection: Connection
    settings: Settings
    now: datetime  #: by the installation's own clock
    lab: bool


def add_settings_argument(parser: ArgumentParser) -> None:
    """Let the user name the file of settings, and the installation."""
    parser.add_argument("--settings", type=Path, metavar="FILE", help="default: dialer.toml")
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="the installation; else DIALER_STATE_DIR"
    )


def settings_of(options: Namespace) -> Settings:
    """Return the effective settings.

    Raises:
        CommandFailed: they cannot be used.
    """
    environ = dict(os.environ)
    if options.data is not None:
        environ["DIALER_STATE_DIR"] = str(options.data.absolute())
    try:
        return load(options.settings, environ=environ)
    except UnusableSettings as unusable:
        raise CommandFailed("\n".join(unusable.problems), WRONG) from None


@asynccontextmanager
async def installation(settings: Settings) -> AsyncIterator[Installation]:
    """Connect to the database of the installation, brought to this version.

    It is started for as long as this takes if the dialer does not run.

    Raises:
        CommandFailed: it does not answer.
    """
    try:
        async with (
            database(settings) as dsn,
            connected(dsn, vault=open_vault(settings.state_dir)) as connection,
        ):
            clock = SystemClock(settings.clock_offset)
            await migrate(connection, now=clock.now(), conversions={MIGRATION: seal_what_is_plain})
            await bind(connection)
            await check_keyring(connection, settings.state_dir / "keys" / "suppression.json")
            found = await house.installation(connection)
            clock = SystemClock(found.clock_offset)
            yield Installation(
                connection=connection, settings=settings, now=clock.now(), lab=found.lab
            )
    except DatabaseUnavailable as error:
        raise CommandFailed(str(error), MISSING) from None
    except (
        *(MigrationRefused, MigrationFailed, UnusableVault, UnusableDirectory),
        *(ForeignKeyring, UnusableKeyring),
    ) as error:
        raise CommandFailed(str(error), MISSING) from None
