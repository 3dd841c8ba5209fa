"""How to run a program that refuses to be root.

Root runs it in a user namespace in which root is "nobody": no account is made and no file
changes hands. Where namespaces are forbidden it runs as the real nobody, which must then be
able to reach the programs and the data.
"""

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_NOBODY: Final = 65534


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """How to run a program that refuses to be root."""

    prefix: tuple[str, ...] = ()
    user: int | None = None

    def hand_over(self, *directories: Path) -> None:
        """Give *directories* to the user the program runs as, if that is not us."""
        if self.user is not None:
            for directory in directories:
                os.chown(directory, self.user, self.user)


def runner_of(
    *, user: int | None = None, try_out: Callable[[tuple[str, ...]], bool] | None = None
) -> Runner:
    """Return how *user* (default: who we are) runs PostgreSQL here."""
    if (os.geteuid() if user is None else user) != 0:
        return Runner()
    # The account mapped to must exist, for initdb looks up its name.
    prefix = ("unshare", "--user", f"--map-user={_NOBODY}", f"--map-group={_NOBODY}", "--")
    if (try_out or _works)(prefix):
        return Runner(prefix=prefix)
    return Runner(user=_NOBODY)


def _works(prefix: tuple[str, ...]) -> bool:
    try:
        return subprocess.run([*prefix, "true"], capture_output=True).returncode == 0
    except FileNotFoundError:
        return False
