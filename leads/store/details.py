"""What a list says about a person: kept sealed with the lead's own key.

Rule: these words are never in the database readable; what was erased, or whose key has been
destroyed, reads as if nothing had ever been said.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Final

from leads.lead import LeadId
from leads.sealing import of_lead
from leads.store.connection import Connection, vault_of

_LABEL: Final = "details"


class Detail(StrEnum):
    """What a list says about a person, and the person may correct."""

    COMPANY = "company"
    NAME = "name"
    EMAIL = "email"
    CITY = "city"


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """The words of one row of a list."""

    company: str = ""
    name: str = ""
    email: str = ""
    city: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)  #: further columns, as sent

    def corrected(self, changes: Mapping[Detail, str]) -> "Details":
        """Return these with *changes*.

        >>> Details(name="Ann").corrected({Detail.NAME: "Anna"}).name
        'Anna'
        """
        return replace(
            self,
            company=changes.get(Detail.COMPANY, self.company),
            name=changes.get(Detail.NAME, self.name),
            email=changes.get(Detail.EMAIL, self.email),
            city=changes.get(Detail.CITY, self.city),
        )


def sealed(connection: Connection, told: Iterable[tuple[LeadId, Details]]) -> list[bytes]:
    """Return what is stored for each lead."""
    return vault_of(connection).seal(
        [
            (of_lead(lead), json.dumps(asdict(details), ensure_ascii=False))
            for lead, details in told
        ],
        _LABEL,
    )


def unsealed(connection: Connection, stored: Sequence[bytes | None]) -> list[Details]:
    """Return what is told by each stored value."""
    texts = vault_of(connection).unseal(stored, _LABEL)
    return [Details() if text is None else Details(**json.loads(text)) for text in texts]
