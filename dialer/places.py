"""Where the program keeps things: directories that are ours alone, and the sockets in them.

Rule: a directory made here has mode 0700 and belongs to us, or it is refused. The runtime
directory may lie in a directory everybody can write to, where somebody else could have put
one of that name before us.
"""

import os
import stat
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

#: ``sun_path`` holds 108 bytes with the closing zero (unix(7)); PostgreSQL's name needs 20.
SOCKET_PATH_LIMIT: Final = 107
_LONGEST_SOCKET_NAME: Final = len("/.s.PGSQL.5432.lock")


class UnusableDirectory(ValueError):
    """A directory that should be ours alone is not, or cannot be made."""

    def __init__(self, path: Path, found: str, remedy: str) -> None:
        super().__init__(f"{path}: {found}; {remedy}")
        self.path = path


def private_directory(path: Path) -> Path:
    """Make *path* (with its parents) a directory only we can enter, and return it.

    Raises:
        UnusableDirectory: It is no directory, belongs to somebody else, or cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=0o700, exist_ok=True)
        found = path.lstat()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UnusableDirectory(path, reason, "choose a place we may write to") from error
    if not stat.S_ISDIR(found.st_mode):
        raise UnusableDirectory(path, "is not a directory", "move it away or choose another")
    if found.st_uid != os.geteuid():
        raise UnusableDirectory(
            path, f"belongs to user {found.st_uid}, not to us ({os.geteuid()})", "choose another"
        )
    if found.st_mode & 0o077:
        path.chmod(0o700)
    return path


def runtime_directory(state_dir: Path) -> Path:
    """Return the default directory for the sockets of the installation in *state_dir*.

    The name is short because a socket's path is limited, and follows from *state_dir* so that
    two installations of one user do not meet.
    """
    mark = sha256(os.fsencode(state_dir.absolute())).hexdigest()[:8]
    if (session := os.environ.get("XDG_RUNTIME_DIR")) and len(session) < 60:
        return Path(session) / f"callwright-{mark}"
    return Path("/tmp") / f"callwright-{os.geteuid()}-{mark}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sockets:
    """The Unix sockets of one installation, all in *directory*."""

    directory: Path

    def __post_init__(self) -> None:
        if len(os.fsencode(self.directory)) + _LONGEST_SOCKET_NAME > SOCKET_PATH_LIMIT:
            room = SOCKET_PATH_LIMIT - _LONGEST_SOCKET_NAME
            raise UnusableDirectory(
                self.directory,
                "is too long for the path of a socket",
                f"set runtime_dir to one of at most {room} bytes",
            )

    @property
    def postgres(self) -> Path:
        """The directory PostgreSQL puts its socket in (it chooses the name itself)."""
        return self.directory

    def worker(self, number: int) -> Path:
        """The socket on which telephony worker *number* (1, 2 ...) listens."""
        return self.directory / f"worker-{number}.sock"

    @property
    def trunks_said(self) -> Path:
        """The file that tells what came of reading the trunk file again."""
        return self.directory / "trunks-reload.json"

    @property
    def screening(self) -> Path:
        """The socket of the process that tells people from machines."""
        return self.directory / "screening.sock"

    def ready(self, name: str) -> Path:
        """The file by which the child *name* says that it is ready."""
        return self.directory / f"{name}.ready"
