"""``dialer user add|disable``: accounts, from the command line."""

import argparse
import asyncio
import getpass
import sys
from datetime import timedelta

from dialer.commands.failing import WRONG, CommandFailed
from dialer.commands.installation import add_settings_argument, installation, settings_of
from dialer.database import accounts, house
from dialer.database.accounts import AccountRefused, Role, TokenKind
from dialer.database.passwords import Passwords, WeakPassword

LINK_LIFE = timedelta(hours=24)


def add_arguments(
    subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> None:
    """Register ``user``."""
    parser = subparsers.add_parser("user", help="add and disable accounts")
    commands = parser.add_subparsers(dest="user_command", required=True, metavar="COMMAND")
    add = commands.add_parser("add", help="add an account and print a one-time link to sign in")
    add.add_argument("login")
    add.add_argument("--role", required=True, choices=[role.value for role in Role])
    add.add_argument("--name", help="shown in the console; default: the login")
    add.add_argument("--client", help="name of the client a client's or rep's account belongs to")
    add.add_argument(
        "--password", action="store_true", help="ask for a password instead of printing a link"
    )
    add.set_defaults(run=run_add)
    disable = commands.add_parser("disable", help="end an account and all its sessions")
    disable.add_argument("login")
    disable.set_defaults(run=run_disable)
    for command in (add, disable):
        add_settings_argument(command)


def run_add(options: argparse.Namespace) -> int:
    """Add an account."""
    password = _asked_password() if options.password else None
    print(asyncio.run(_add(options, password)))
    return 0


def run_disable(options: argparse.Namespace) -> int:
    """Disable an account."""
    asyncio.run(_disable(options))
    print(f"{options.login} is disabled")
    return 0


def _asked_password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("password: ")
    if getpass.getpass("again: ") != password:
        raise CommandFailed("the two passwords differ; try again", WRONG)
    return password


async def _add(options: argparse.Namespace, password: str | None) -> str:
    settings = settings_of(options)
    async with installation(settings) as found:
        try:
            client = None
            if options.client is not None:
                known = {each.name: each.id for each in await house.clients(found.connection)}
                if options.client not in known:
                    raise CommandFailed(f"there is no client {options.client!r}", WRONG)
                client = known[options.client]
            hashed = await Passwords().hash(password) if password else None
            user = await accounts.create_user(
                found.connection,
                login=options.login,
                display_name=options.name or options.login,
                role=Role(options.role),
                client=client,
                password_hash=hashed,
                now=found.now,
            )
            if password:
                return f"{options.login} may sign in with the password"
            token = await accounts.create_token(
                found.connection, user, TokenKind.ONE_TIME, now=found.now, life=LINK_LIFE
            )
        except (AccountRefused, WeakPassword) as refused:
            raise CommandFailed(str(refused)) from None
    base = settings.http_public_url or f"http://{settings.http_host}:{settings.http_port}"
    return f"{options.login} signs in once, within a day, at {base}/enter/{token}"


async def _disable(options: argparse.Namespace) -> None:
    async with installation(settings_of(options)) as found:
        user = await accounts.user_of_login(found.connection, options.login)
        if user is None:
            raise CommandFailed(f"there is no account {options.login!r}")
        await accounts.disable(found.connection, user.id, now=found.now)
