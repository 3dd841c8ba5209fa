"""The evidence pack for an authority: what was decided and done about one number in a period.

    PACK.json           decisions with their place in the chain and the checkpoints that hold it,
                        the rules and registers they were made by, consents, calls, recordings
    PACK.receipt.json   its hash, signed with the key that signs the trail's checkpoints

Rule: nothing is written to the database. The pack names the number by its last digits only.
"""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from compliance.profile import Bundle
from compliance.store.auditing import evidence_pack
from compliance.suppression import Keyring
from compliance.verifying import Checkpoint
from compliance.writing import canonical, plain
from dialer.database.pool import Connection
from dialer.rights.subject import Content, export_person
from leads.phone import PhoneNumber
from leads.store import people


async def pack(
    connection: Connection,
    number: PhoneNumber,
    *,
    since: datetime,
    until: datetime,
    bundle: Bundle,
    checkpoints: Sequence[Checkpoint],
    keyring: Keyring,
    now: datetime,
) -> Content:
    """Return the pack for *number*, from *since* (included) to *until* (not)."""
    found = await evidence_pack(
        connection, number, since=since, until=until, bundle=bundle, keyring=keyring
    )
    person = await people.person_of(connection, number)
    calls: list[object] = []
    if person is not None:
        held = await export_person(connection, person, client=None, keyring=keyring, now=now)
        calls = [call for call in _rows(held["calls"]) if since <= call["at"] < until]
    held_by = _first_after(_rows(found["decisions"]), checkpoints)
    return {"made_at": now, **found, "checkpoints": held_by, "calls": calls}


def _first_after(
    decisions: Sequence[dict[str, Any]], checkpoints: Sequence[Checkpoint]
) -> list[Checkpoint]:
    """Return, for each client's last decision here, the first checkpoint that vouches for it."""
    last: dict[int, int] = {}
    for one in decisions:
        last[one["client"]] = max(one["number"], last.get(one["client"], 0))
    found = {}
    for point in sorted(checkpoints, key=lambda point: point.number, reverse=True):
        if point.number >= last.get(point.client_id, point.number + 1):
            found[point.client_id] = point
    return [found[client] for client in sorted(found)]


def _rows(value: object) -> Sequence[dict[str, Any]]:
    assert isinstance(value, list)
    return value


def written(content: Content) -> bytes:
    """Return the pack as it is written to a file."""
    return (canonical(plain(content)) + "\n").encode()


def receipt(
    name: str, content: bytes, key: Ed25519PrivateKey, *, number: str, now: datetime
) -> Content:
    """Return the signed receipt for a pack written as the file *name*.

    Args:
        number: Redacted.
    """
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    signed: Content = {
        "file": name,
        "sha256": sha256(content).hexdigest(),
        "number": number,
        "made_at": plain(now),
    }
    signature = key.sign(canonical(signed).encode())
    return {**signed, "signature": signature.hex(), "public_key": public.hex()}
