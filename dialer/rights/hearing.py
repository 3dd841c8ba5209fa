"""A consent spoken on the telephone is proven by the recording in which it can be heard.

Rule: it counts from the moment the recording is playable and its hash is known; without a recording
it stays without proof, and the gate refuses it.
"""

from datetime import datetime

from compliance.store.consents import prove, spoken_without_proof
from dialer.call_events import CallId
from dialer.database.pool import Connection
from dialer.database.recordings import recordings_of


async def prove_spoken_consents(connection: Connection, *, now: datetime) -> int:
    """Let playable recordings prove the consents spoken in them; return how many were."""
    spoken = await spoken_without_proof(connection)
    taped = await recordings_of(connection, [CallId(call) for call in spoken.values()])
    proven = 0
    for consent, call in spoken.items():
        recording = taped.get(CallId(call))
        if recording is None or recording.sha256 is None:
            continue
        await prove(connection, consent, sha256=recording.sha256, now=now)
        proven += 1
    return proven
