"""Decisions decided again from what was stored beside the trail, and inputs held against it.

Rule: nothing here writes to the database. What was decided under other rules or other libraries
is not decided again, because another answer would say nothing.
"""

import json
from dataclasses import dataclass

from compliance.profile import Bundle
from compliance.store.decisions import chain_heads, entries_with_inputs
from compliance.trail import VERSIONS, commitment
from compliance.verifying import Fault, FaultKind, replay
from leads.store.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayReport:
    """What became of every decision when it was asked again."""

    same: int
    different: tuple[tuple[int, int], ...]  #: client and number of each
    without_input: int  #: erased, or past its retention
    other_rules: int  #: decided under another bundle or other libraries


async def replay_trail(connection: Connection, bundle: Bundle) -> ReplayReport:
    """Decide everything again that can be, and compare to the byte."""
    same = without_input = other_rules = 0
    different = []
    for client in sorted(await chain_heads(connection)):
        async for stored in entries_with_inputs(connection, client):
            recorded = json.loads(stored.entry.entry)
            if stored.text is None and not stored.tampered:
                without_input += 1
            elif recorded["bundle_sha256"] != bundle.sha256 or recorded["versions"] != VERSIONS:
                other_rules += 1
            elif stored.text is not None and replay(stored.text, stored.salt, stored.entry, bundle):
                same += 1
            else:
                different.append((client, stored.entry.number))
    return ReplayReport(
        same=same,
        different=tuple(different),
        without_input=without_input,
        other_rules=other_rules,
    )


async def altered_inputs(connection: Connection, client: int) -> list[Fault]:
    """Return a fault for every stored input that is not the one its decision was made on."""
    detail = "the input beside it is not the one it was decided on"
    return [
        Fault(client_id=client, number=stored.entry.number, kind=FaultKind.INPUT, detail=detail)
        async for stored in entries_with_inputs(connection, client)
        if stored.tampered
        or (
            stored.text is not None
            and commitment(stored.salt, stored.text) not in stored.entry.entry
        )
    ]
