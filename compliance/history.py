"""What earlier attempts mean to the gate: from the lead's records to the gate's words.

Caps and gaps hold for a person across all clients, so every attempt counts. A refusal was said
to one client and cools down that client's calls alone.

Rule: an attempt that is still open counts: it is the reservation of a place under the cap.
"""

from collections.abc import Container, Iterable

from compliance.facts import REFUSED, EarlierAttempt
from leads.disposition import MEANINGS
from leads.store.attempts import AttemptRow


def earlier_attempts(
    attempts: Iterable[AttemptRow], own_campaigns: Container[int]
) -> tuple[EarlierAttempt, ...]:
    """Return *attempts* as the gate sees them.

    Args:
        own_campaigns: The campaigns of the client that wants to call.
    """
    return tuple(
        EarlierAttempt(
            at=attempt.opened_at, outcome=_outcome(attempt, own_campaigns), counts=attempt.counts
        )
        for attempt in attempts
    )


def _outcome(attempt: AttemptRow, own_campaigns: Container[int]) -> str:
    if attempt.abandoned:
        return "abandoned"
    if attempt.disposition is not None:
        meaning = MEANINGS[attempt.disposition]
        if meaning.refused and attempt.campaign in own_campaigns:
            return REFUSED
        if meaning.live:
            return "connected"
        return attempt.disposition.value
    return attempt.outcome or "open"
