"""A controller's signed statement that the people of a list have consented, and its audit.

The practicable way for whole lists: whoever sells or brings a list states the wording, the form
or address, the period, and that every row carries its own time, and signs for it. A sample is
drawn for audit; one failure blocks the list.

Rule: the sample follows from the signed document's hash, so that nobody can choose it.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

#: How many rows are audited at least, and one more for every so many rows.
MINIMUM_SAMPLE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """What a controller has signed."""

    client_id: int
    list_id: int
    statement: str
    sha256: bytes  #: of the signed document
    wording: str  #: what the people agreed to
    form: str  #: the form or address at which they did
    given_from: datetime
    given_to: datetime
    attested_by: str  #: name and function of who signed
    sample_size: int = MINIMUM_SAMPLE

    def __post_init__(self) -> None:
        for name in ("statement", "wording", "form", "attested_by"):
            if not getattr(self, name).strip():
                raise IncompleteAttestation(name)
        if self.given_to < self.given_from:
            raise IncompleteAttestation("given_to")
        if len(self.sha256) != hashlib.sha256().digest_size:
            raise IncompleteAttestation("sha256")


class IncompleteAttestation(ValueError):
    """A statement that leaves open what the law asks about."""

    def __init__(self, missing: str) -> None:
        super().__init__(f"{missing}: is missing or impossible; an attestation must state it")
        self.missing = missing


def draw_sample(consents: Iterable[int], attestation: Attestation) -> tuple[int, ...]:
    """Return the consents to audit, drawn by the hash of the signed document.

    >>> from datetime import UTC
    >>> day = datetime(2026, 1, 1, tzinfo=UTC)
    >>> signed = Attestation(client_id=1, list_id=2, statement="s", sha256=bytes(32), wording="w",
    ...     form="f", given_from=day, given_to=day, attested_by="a", sample_size=2)
    >>> len(draw_sample(range(100), signed))
    2
    """

    def lot(consent: int) -> bytes:
        return hashlib.sha256(attestation.sha256 + str(consent).encode()).digest()

    return tuple(sorted(sorted(consents, key=lot)[: attestation.sample_size]))
