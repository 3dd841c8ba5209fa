"""What this package holds about a person: exported on request, erased on request.

GDPR 15 and 20 (export), 17 (erasure) with its exceptions 17(3)(b) and (e): a keyed hash of the
number stays, because an objection that was forgotten cannot be honoured, and so do the consents
that a call was made on, while the law asks for their proof, and the decision chain, which names
nobody.

Rule: erasing twice changes nothing the second time. ``dialer`` orchestrates; every package erases
and exports its own tables.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from compliance.revocation import Heard
from compliance.store.attestations import consents_with_proof
from compliance.store.consents import clients_of, forget_references
from compliance.store.decisions import decisions_about, erase_inputs
from compliance.store.marks import MarkKind, add_mark, marks_in_words
from compliance.store.requests import held_people
from compliance.store.suppressions import add_suppressions, suppressions_in_words
from compliance.suppression import Keyring, Reach, Why
from leads.sealing import Owner, of_consents
from leads.store.connection import Connection

Row = dict[str, object]
_ALL: Final = 100_000  #: decisions; nobody is asked about as often


class PersonIsHeld(ValueError):
    """A legal hold keeps this person's data."""

    def __init__(self, because: str) -> None:
        super().__init__(f"a legal hold is in force ({because}); lift it first, or refuse with it")
        self.because = because


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureReceipt:
    """What was erased here, and what stays and why."""

    erased: tuple[tuple[str, int], ...]  #: what, how many
    stays: tuple[tuple[str, int, str], ...]  #: what, how many, why
    owners: frozenset[Owner]  #: whose keys are to be destroyed once this is committed


async def export_person(
    connection: Connection,
    person_id: int,
    numbers: Iterable[str],
    *,
    keyring: Keyring,
    client_id: int | None = None,
) -> dict[str, Sequence[Row]]:
    """Return everything here about a person, for GDPR 15: no other person's data are in it.

    Args:
        client_id: Only what this controller has; None: everything.
    """
    decisions = await decisions_about(
        connection, person_id, keyring=keyring, client_id=client_id, limit=_ALL
    )
    return {
        "consents": await consents_with_proof(connection, person_id, client_id=client_id),
        "requests_and_states": await marks_in_words(connection, person_id, client_id=client_id),
        "suppressions": await suppressions_in_words(
            connection, numbers, keyring=keyring, client_id=client_id
        ),
        "decisions": [
            {"client_id": one.client_id, "number": one.number, "entry": one.entry}
            for one in decisions
        ],
    }


async def erase_person(
    connection: Connection,
    person_id: int,
    numbers: Sequence[str],
    *,
    client_id: int | None,
    keyring: Keyring,
    now: datetime,
) -> ErasureReceipt:
    """Erase what may be erased, in the caller's transaction, and suppress the numbers for good.

    Args:
        client_id: Only what this controller has, since another one may have its own reasons to
            keep the person; None: what all have.

    Raises:
        PersonIsHeld: A dispute needs the data; nothing was changed.
    """
    if because := (await held_people(connection, [person_id])).get(person_id):
        raise PersonIsHeld(because)
    await add_suppressions(
        connection,
        numbers,
        client_id=client_id,
        reach=Reach.PERSON,
        why=Why.OBJECTION,
        keyring=keyring,
        now=now,
    )
    marked = await marks_in_words(connection, person_id, client_id=client_id)
    if not any(m["kind"] == MarkKind.ERASED and m["client_id"] == client_id for m in marked):
        await add_mark(
            connection,
            MarkKind.ERASED,
            person_id=person_id,
            client_id=client_id,
            heard=Heard(at=now),
            now=now,
        )
    inputs = await erase_inputs(connection, [person_id], client_id=client_id)
    references, consents = await forget_references(connection, person_id, client_id=client_id)
    decisions = await decisions_about(
        connection, person_id, keyring=keyring, client_id=client_id, limit=_ALL
    )
    return ErasureReceipt(
        erased=(("inputs of decisions", inputs), ("evidence references", references)),
        stays=(
            ("suppression hashes", len(numbers), "GDPR 17(3)(b), 21(3): to honour the objection"),
            ("consents without content", consents, "GDPR 17(3)(b), (e): proof of lawful calls"),
            ("decisions", len(decisions), "GDPR 17(3)(e): keyed reference, no personal data"),
        ),
        owners=frozenset(
            of_consents(person_id, one)
            for one in await clients_of(connection, person_id)
            if client_id in (None, one)
        ),
    )
