"""Where a demo puts things: everything below one directory that is its own.

    OUT/report.json report.html calls.jsonl network.jsonl rejected.csv
        invitations/*.ics   recordings/**   logs/*   installation/ (while it runs)

Rule: a directory with anything else in it is not touched. One of an earlier demo, which its marker
tells, is emptied and used again.
"""

import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

_MARKER: Final = ".callwright-demo"
_ABOUT: Final = "This directory is written anew by every `dialer demo` it is given to.\n"


class NotOurs(Exception):
    """The directory holds something that no demo has put there."""

    def __init__(self, path: Path, found: str) -> None:
        super().__init__(f"{path} {found}; give another directory with --out, or an empty one")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The places of one demo."""

    out: Path  #: absolute

    @property
    def report_json(self) -> Path:
        return self.out / "report.json"

    @property
    def report_html(self) -> Path:
        return self.out / "report.html"

    @property
    def calls(self) -> Path:
        return self.out / "calls.jsonl"

    @property
    def network(self) -> Path:
        return self.out / "network.jsonl"

    @property
    def rejected(self) -> Path:
        return self.out / "rejected.csv"

    @property
    def invitations(self) -> Path:
        return self.out / "invitations"

    @property
    def recordings(self) -> Path:
        return self.out / "recordings"

    @property
    def logs(self) -> Path:
        return self.out / "logs"

    @property
    def installation(self) -> Path:
        return self.out / "installation"

    @property
    def outbox(self) -> Path:
        return self.installation / "outbox"

    def make(self) -> None:
        """Make the directory, empty but for its marker.

        Raises:
            NotOurs: There is something else in it, or it cannot be made.
        """
        try:
            self.out.mkdir(parents=True, exist_ok=True)
            there = [path for path in self.out.iterdir() if path.name != _MARKER]
            if there and not (self.out / _MARKER).exists():
                raise NotOurs(self.out, "is not empty, and not of an earlier demo")
            for path in there:
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                else:
                    path.unlink()
            (self.out / _MARKER).write_text(_ABOUT, encoding="utf-8")
            for folder in (self.logs, self.invitations, self.recordings):
                folder.mkdir()
        except OSError as error:
            raise NotOurs(self.out, f"cannot be used ({error.strerror})") from None

    def take_down(self) -> None:
        """Remove the installation, which is of no use when the dialer has stopped."""
        shutil.rmtree(self.installation, ignore_errors=True)


def default_out(now: datetime) -> Path:
    """Return a directory of its own for a demo begun at *now*.

    >>> from datetime import UTC
    >>> str(default_out(datetime(2026, 3, 2, 9, 30, 5, tzinfo=UTC)))
    'demo/20260302-093005'
    """
    return Path("demo") / f"{now:%Y%m%d-%H%M%S}"
