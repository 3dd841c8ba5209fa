"""``dialer keys list|rotate``: the keys under which numbers nobody may call are hashed.

list      which keys there are, and which one new entries are made under
rotate    make a new key for new entries; the old ones stay, because old entries are found by them
"""

import argparse
import secrets
from collections.abc import Collection
from itertools import count

from compliance.suppression import KEY_BYTES, UnusableKeyring, keep_keyring, load_keyring
from dialer.commands.failing import MISSING, WRONG, CommandFailed
from dialer.commands.installation import add_settings_argument, settings_of
from dialer.commands.rulebook import keyring_file
from dialer.supervisor import AlreadyRunning, owned


def add_arguments(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register ``keys``."""
    parser = subparsers.add_parser("keys", help="the keys under which numbers are hashed")
    commands = parser.add_subparsers(dest="keys_command", required=True, metavar="COMMAND")
    known = commands.add_parser("list", help="which keys there are")
    known.set_defaults(run=run_list)
    rotate = commands.add_parser("rotate", help="make a new key for new entries")
    rotate.add_argument("--name", metavar="ID", help="of the new key; default: the next number")
    rotate.set_defaults(run=run_rotate)
    for command in (known, rotate):
        add_settings_argument(command)


def run_list(options: argparse.Namespace) -> int:
    """Print the keys by name; never a key."""
    path = keyring_file(settings_of(options))
    try:
        keyring = load_keyring(path)
    except FileNotFoundError:
        raise CommandFailed(
            f"{path}: there are no keys yet; the first start makes one", MISSING
        ) from None
    except UnusableKeyring as error:
        raise CommandFailed(str(error), MISSING) from None
    for key_id in sorted(keyring.keys):
        print(f"{key_id}\t{'for new entries' if key_id == keyring.active else 'for look-ups'}")
    return 0


def run_rotate(options: argparse.Namespace) -> int:
    """Add a key, and make new entries under it from the next start on."""
    settings = settings_of(options)
    path = keyring_file(settings)
    try:
        with owned(settings.state_dir):
            keyring = load_keyring(path)
            name = options.name or next_name(keyring.keys)
            keep_keyring(path, keyring.rotated(name, secrets.token_bytes(KEY_BYTES)))
    except AlreadyRunning as error:
        raise CommandFailed(f"{error}; stop it first, or it would not know the new key") from None
    except FileNotFoundError:
        raise CommandFailed(
            f"{path}: there are no keys yet; the first start makes one", MISSING
        ) from None
    except UnusableKeyring as error:
        raise CommandFailed(str(error), MISSING) from None
    except ValueError as error:
        raise CommandFailed(str(error), WRONG) from None
    print(f"new entries are made under {name}; old ones are still found. Back up {path} now")
    return 0


def next_name(taken: Collection[str]) -> str:
    """Return a name no key has yet.

    >>> next_name({"k1", "k2"})
    'k3'
    """
    return next(name for n in count(1) if (name := f"k{n}") not in taken)
