"""A secret is never written into a configuration file: the file says where it stands.

Rule: values of trunks hold references, so a trunk may be logged, compared and shown. The text
behind a reference is read once, by :mod:`sip_config.loading`, into :class:`Secrets`, whose
representation is ``***``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretReference:
    """Where a secret stands; exactly one of the three is given."""

    env: str | None = None  #: name of an environment variable
    file: str | None = None  #: path of a file with the secret alone in it
    name: str | None = None  #: name looked up as ``secrets.source`` says

    def __post_init__(self) -> None:
        if sum(part is not None for part in (self.env, self.file, self.name)) != 1:
            raise ValueError("expected exactly one of env, file and name")

    def __str__(self) -> str:
        if self.env is not None:
            return f"environment variable {self.env}"
        return f"file {self.file}" if self.file is not None else f"name {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """The secrets a configuration refers to. Shown as ``***``, compared by value."""

    known: Mapping[SecretReference, str] = field(
        default_factory=lambda: MappingProxyType({}), repr=False
    )

    def reveal(self, value: str | SecretReference | None) -> str:
        """Return the text behind *value*; plain text stands for itself, None for nothing.

        Raises:
            KeyError: the reference was not part of the configuration that was loaded.
        """
        if value is None:
            return ""
        return value if isinstance(value, str) else self.known[value]

    def __repr__(self) -> str:
        return "Secrets(***)"
