"""Sealing words about a person, so that destroying one key makes every copy of them unreadable.

    sealed = version 1 byte | number of the key 8 bytes | nonce 12 bytes | AES-256-GCM of the text

A copy is wherever the database has ever been: its log, its backups, its replicas. The keys are
kept elsewhere (:mod:`leads.store.vault`), one for each owner.

Rule: pure. The label of the place a text belongs to is authenticated with it, so that what was
sealed as a note cannot be passed off as a number. NIST SP 800-38D.
"""

import os
from collections.abc import Callable
from typing import Final, NewType

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from leads.lead import LeadId, ListId, PersonId

#: Whose key it is: what is erased together has one.
Owner = NewType("Owner", str)

KEY_BYTES: Final = 32
_VERSION: Final = b"\x01"
_NUMBER: Final = slice(1, 9)
_NONCE: Final = slice(9, 21)
_TEXT: Final = slice(21, None)
_NONCE_BYTES: Final = 12
_SHORTEST: Final = 21 + 16  #: header and tag of an empty text


class Tampered(ValueError):
    """A sealed text is not what was sealed, or not in this place."""

    def __init__(self, label: str) -> None:
        super().__init__(
            f"a sealed {label} was changed or moved in the database; restore it from a backup"
        )


class Unsealable(ValueError):
    """A text that cannot be written as UTF-8."""

    def __init__(self, label: str) -> None:
        super().__init__(f"a {label} holds half a sign (a lone surrogate); send it without")


def of_person(person: PersonId) -> Owner:
    """Return the owner of a person's numbers.

    >>> of_person(PersonId(17))
    'person:17'
    """
    return Owner(f"person:{int(person)}")


def of_lead(lead: LeadId) -> Owner:
    """Return the owner of what a list says of a lead, and of all that was noted about it."""
    return Owner(f"lead:{int(lead)}")


def of_consents(person: int, client: int) -> Owner:
    """Return the owner of what is written beside the consents a person gave to a client."""
    return Owner(f"consents:{person}:{client}")


def of_row(list_id: ListId, line: int) -> Owner:
    """Return the owner of a row of a list that did not become a lead."""
    return Owner(f"row:{int(list_id)}:{line}")


def seal(
    text: str,
    key: AESGCM,
    number: int,
    label: str,
    make_nonce: Callable[[int], bytes] = os.urandom,
) -> bytes:
    """Return *text* sealed with the key of that number.

    Raises:
        Unsealable: It cannot be written as UTF-8.
    """
    try:
        content = text.encode()
    except UnicodeEncodeError:
        raise Unsealable(label) from None
    nonce = make_nonce(_NONCE_BYTES)
    header = _VERSION + number.to_bytes(8, "big")
    return header + nonce + key.encrypt(nonce, content, header + label.encode())


def key_of(sealed: bytes) -> int:
    """Return the number of the key that *sealed* needs.

    Raises:
        Tampered: It is nothing that was sealed here.
    """
    if len(sealed) < _SHORTEST or sealed[:1] != _VERSION:
        raise Tampered("text")
    return int.from_bytes(sealed[_NUMBER], "big")


def unseal(sealed: bytes, key: AESGCM, label: str) -> str:
    """Return the text.

    >>> key = AESGCM(bytes(KEY_BYTES))
    >>> unseal(seal("Ann", key, 3, "name"), key, "name")
    'Ann'

    Raises:
        Tampered: It was changed, or sealed for another place.
    """
    try:
        plain = key.decrypt(sealed[_NONCE], sealed[_TEXT], sealed[: _NONCE.start] + label.encode())
    except InvalidTag:
        raise Tampered(label) from None
    return plain.decode()
