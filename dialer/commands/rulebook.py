"""What the commands about rules and persons share: keys, rules, and how their arguments are read.

Rule: a telephone number is read as the lists' are, and an error shows its last digits at most.
"""

import secrets
from argparse import ArgumentTypeError
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from compliance.checkpoints import (
    UnusableCheckpoints,
    load_or_make_signing_key,
    read_checkpoints,
)
from compliance.loading import SHIPPED, UnusableProfiles, load
from compliance.profile import Bundle
from compliance.suppression import Keyring, UnusableKeyring, load_or_make_keyring
from compliance.verifying import Checkpoint
from dialer.campaign import Campaign, ClientId
from dialer.commands.failing import MISSING, WRONG, CommandFailed
from dialer.database import campaigns, house
from dialer.database.pool import Connection
from dialer.places import UnusableDirectory, private_directory
from dialer.settings import Settings
from leads.phone import InvalidPhoneNumber, PhoneNumber, asked_about


def keyring_of(settings: Settings) -> Keyring:
    """Return the keys under which suppressed numbers are hashed.

    Raises:
        CommandFailed: They cannot be read.
    """
    try:
        private_directory(settings.state_dir / "keys")
        return load_or_make_keyring(keyring_file(settings), secrets.token_bytes)
    except (UnusableKeyring, UnusableDirectory) as error:
        raise CommandFailed(str(error), MISSING) from None


def keyring_file(settings: Settings) -> Path:
    """Return where the keys are kept under which numbers are hashed."""
    return settings.state_dir / "keys" / "suppression.json"


def signing_key_of(settings: Settings) -> Ed25519PrivateKey:
    """Return the key that signs checkpoints and receipts.

    Raises:
        CommandFailed: It cannot be read.
    """
    try:
        return load_or_make_signing_key(
            private_directory(settings.state_dir / "keys") / "trail.key"
        )
    except (UnusableCheckpoints, UnusableDirectory) as error:
        raise CommandFailed(str(error), MISSING) from None


def checkpoints_file(settings: Settings) -> Path:
    """Return where signed checkpoints of the trail are kept."""
    return settings.state_dir / "checkpoints" / "checkpoints.jsonl"


def checkpoints_in(file: Path) -> Sequence[Checkpoint]:
    """Return the checkpoints in *file*; none where there is no such file.

    Raises:
        CommandFailed: They cannot be read.
    """
    try:
        return read_checkpoints(file)
    except UnusableCheckpoints as error:
        raise CommandFailed(str(error)) from None


def bundle_of(settings: Settings) -> Bundle:
    """Return the rules in use.

    Raises:
        CommandFailed: They cannot be used; each problem is named.
    """
    try:
        return load(settings.profiles_dir or SHIPPED)
    except UnusableProfiles as error:
        raise CommandFailed("\n".join(error.problems), WRONG) from None


def number_of(text: str, country: str | None = None) -> PhoneNumber:
    """Return the telephone number somebody typed.

    Raises:
        CommandFailed: It is none.
    """
    try:
        return asked_about(text, country)
    except InvalidPhoneNumber as error:
        raise CommandFailed(str(error), WRONG) from None


def instant(text: str) -> datetime:
    """Return an instant typed as a date or as a time with its zone; a date begins in UTC.

    >>> instant("2026-11-23").isoformat()
    '2026-11-23T00:00:00+00:00'
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        expected = "a date such as 2026-11-23, or a time such as 2026-11-23T10:00+02:00"
        raise ArgumentTypeError(f"found {text!r}, expected {expected}") from None
    if at.tzinfo is None:
        if len(text) > len("2026-11-23"):
            raise ArgumentTypeError(f"found {text!r}, a time without a zone; add +00:00 or another")
        at = at.replace(tzinfo=UTC)
    return at.astimezone(UTC)


async def client_named(connection: Connection, name: str | None) -> ClientId | None:
    """Return the client of that name; None for None.

    Raises:
        CommandFailed: There is none.
    """
    if name is None:
        return None
    known = {each.name: each.id for each in await house.clients(connection)}
    if name not in known:
        names = ", ".join(sorted(known)) or "none"
        raise CommandFailed(f"there is no client {name!r}; known: {names}", WRONG)
    return known[name]


async def campaign_named(connection: Connection, name: str) -> Campaign:
    """Return the campaign of that name or id.

    Raises:
        CommandFailed: There is none, or several clients have one of that name.
    """
    known = await campaigns.campaigns(connection)
    found = [each for each in known if name in (each.name, str(each.id))]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(str(each.id) for each in found)
        raise CommandFailed(f"several clients have a campaign {name!r}; name its id: {ids}", WRONG)
    names = ", ".join(sorted(each.name for each in known)) or "none"
    raise CommandFailed(f"there is no campaign {name!r}; known: {names}", WRONG)
