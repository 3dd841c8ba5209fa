"""What is wrong with a configuration: where, what was found, what was expected, what to do.

Rule: all problems of a file are told at once, in the order of its lines; values of secrets are
never among what was found.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sip_config.yaml_document import Path


class Severity(StrEnum):
    """Whether the configuration can be used."""

    ERROR = "error"  #: it cannot
    WARNING = "warning"  #: it can, and somebody should look


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong."""

    message: str  #: what was found and what was expected
    path: Path = ()  #: keys and indices from the top of the file
    file: str = ""
    line: int | None = None
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        """Return one line.

        >>> str(Problem(file="t.yaml", line=3, path=("trunks", 0, "cps"), message="found 0"))
        't.yaml:3: trunks[0].cps: found 0'
        """
        place = f"{self.file}:{self.line}" if self.line else self.file
        warning = "warning" if self.severity is Severity.WARNING else ""
        parts = (place, warning, written(self.path), self.message)
        return ": ".join(part for part in parts if part)


class ConfigurationError(ValueError):
    """A configuration that cannot be used; ``problems`` says why."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda p: (p.file, p.line or 0, p.message)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def written(path: Path) -> str:
    """Return *path* as a person writes it: ``trunks[0].limits.cps``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text
