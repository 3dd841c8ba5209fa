"""Is the decision record what it was? Names every altered, missing or reordered entry.

Rule: the chain finds what was changed in place; checkpoints signed and kept elsewhere find a
chain that was rewritten as a whole. Replaying finds an evaluator that decides differently.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from compliance.cases import read
from compliance.decision import check, screen
from compliance.profile import Bundle
from compliance.trail import GENESIS, Decided, Decision, Entry, described, instant, link
from compliance.writing import canonical


class FaultKind(StrEnum):
    """What is wrong at one place of a chain."""

    ALTERED = "altered"  #: the entry does not have the hash stored with it
    COLUMNS = "columns"  #: a column beside the entry says something else than the entry
    MISSING = "missing"  #: a number is skipped, or the end before a checkpoint is gone
    REORDERED = "reordered"  #: the entry follows another one than the one before it
    CHECKPOINT = "checkpoint"  #: the chain was rewritten after a checkpoint was signed
    INPUT = "input"  #: the input beside the entry was changed
    SIGNATURE = "signature"  #: the checkpoint itself was not signed by this house


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One place at which a chain is broken: AUDIT_CHAIN_BROKEN."""

    client_id: int
    number: int
    kind: FaultKind
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The state of a chain at one instant, signed."""

    client_id: int
    number: int
    head: bytes
    at: str
    signature: bytes = b""

    @property
    def message(self) -> bytes:
        """What the signature covers."""
        head = {"at": self.at, "client": self.client_id, "head": self.head.hex()}
        return canonical({**head, "number": self.number}).encode()

    def line(self) -> str:
        """Return the checkpoint as one line of a file outside the database."""
        content = {"at": self.at, "client": self.client_id, "head": self.head.hex()}
        return canonical({**content, "number": self.number, "signature": self.signature.hex()})


def signed(
    client_id: int, number: int, head: bytes, at: datetime, key: Ed25519PrivateKey
) -> Checkpoint:
    """Return a signed checkpoint of a chain that ends in *head*."""
    plain = Checkpoint(client_id=client_id, number=number, head=head, at=instant(at))
    return Checkpoint(
        client_id=client_id,
        number=number,
        head=head,
        at=plain.at,
        signature=key.sign(plain.message),
    )


def read_checkpoint(line: str) -> Checkpoint:
    """Return the checkpoint written as *line*.

    Raises:
        ValueError: The line is not one.
    """
    try:
        content = json.loads(line)
        return Checkpoint(
            client_id=int(content["client"]),
            number=int(content["number"]),
            head=bytes.fromhex(content["head"]),
            at=str(content["at"]),
            signature=bytes.fromhex(content["signature"]),
        )
    except (ValueError, KeyError, TypeError):
        raise ValueError("a checkpoint is a JSON object on one line; this line is not") from None


def verify(
    entries: Iterable[Entry],
    checkpoints: Sequence[Checkpoint] = (),
    key: Ed25519PublicKey | None = None,
) -> list[Fault]:
    """Return everything wrong with one client's chain, given in the order of its numbers."""
    faults: list[Fault] = []
    expected, previous, client_id = 1, GENESIS, 0
    hashes: dict[int, bytes] = {}
    for entry in entries:
        client_id = entry.client_id
        if entry.number != expected:
            detail = f"entries {expected} to {entry.number - 1} are gone"
            faults.append(_fault(entry, FaultKind.MISSING, detail, number=expected))
        if entry.previous != previous and entry.number == expected:
            detail = "does not follow the entry before it"
            faults.append(_fault(entry, FaultKind.REORDERED, detail))
        faults += _altered(entry)
        hashes[entry.number] = link(entry.previous, entry.entry)
        expected, previous = entry.number + 1, entry.hash
    return faults + _against(checkpoints, hashes, client_id, key)


def _altered(entry: Entry) -> list[Fault]:
    if link(entry.previous, entry.entry) != entry.hash:
        return [_fault(entry, FaultKind.ALTERED, "its content does not have the hash stored")]
    try:
        content = json.loads(entry.entry)
    except ValueError:
        return [_fault(entry, FaultKind.ALTERED, "its content is not JSON")]
    stored = (entry.verdict, entry.primary_code, entry.subject)
    said = (content.get("verdict"), content.get("primary"), content.get("subject"))
    if any(entry_value for entry_value in stored) and stored != said:
        return [_fault(entry, FaultKind.COLUMNS, "a column beside it was changed")]
    return []


def _against(
    checkpoints: Sequence[Checkpoint],
    hashes: Mapping[int, bytes],
    client_id: int,
    key: Ed25519PublicKey | None,
) -> list[Fault]:
    faults = []
    for point in checkpoints:
        kind: FaultKind | None = None
        if key is not None and not is_signed(point, key):
            kind, detail = FaultKind.SIGNATURE, "the checkpoint was not signed by this house"
        elif point.number and point.number not in hashes:
            kind, detail = FaultKind.MISSING, "an entry with a checkpoint is gone"
        elif point.number and hashes[point.number] != point.head:
            kind, detail = FaultKind.CHECKPOINT, "the chain differs from its checkpoint"
        if kind is not None:
            owner = client_id or point.client_id
            faults.append(Fault(client_id=owner, number=point.number, kind=kind, detail=detail))
    return faults


def is_signed(point: Checkpoint, key: Ed25519PublicKey) -> bool:
    """Whether *point* carries a signature made with the private half of *key*."""
    try:
        key.verify(point.signature, point.message)
    except InvalidSignature:
        return False
    return True


def _fault(entry: Entry, kind: FaultKind, detail: str, number: int | None = None) -> Fault:
    return Fault(
        client_id=entry.client_id,
        number=entry.number if number is None else number,
        kind=kind,
        detail=detail,
    )


def replay(input_text: str, salt: bytes, entry: Entry, bundle: Bundle) -> bool:
    """Whether the stored input, decided again under *bundle*, gives the entry to the byte.

    True only when bundle and library versions are those of the entry.
    """
    recorded = json.loads(entry.entry)
    facts, now = read(json.loads(input_text), name="replay")
    if now is None:
        return False
    decision: Decision
    if recorded["stage"] == "permit":
        decision = check(facts, bundle, now)
    else:
        facts = replace(facts, attempt="")
        decision = screen(facts, bundle, now)
    again = Decided(
        client_id=entry.client_id,
        campaign_id=recorded["campaign"],
        person_id=0,  # known by its keyed reference alone
        facts=facts,
        decision=decision,
        at=now,
    )
    subject = recorded["subject"]
    said = described(again, subject=subject, bundle=bundle, salt=salt)
    return canonical(said) == entry.entry
