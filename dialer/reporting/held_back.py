"""Leads that were held back because too many calls had been abandoned.

Rule: a list on which that happened has not been worked, whatever is due at the moment: the gate
puts such leads off until the rate has fallen, so they are not due.
"""

from typing import Final

#: The gate's reason (``compliance/gates/campaign.py``).
RATE_EXCEEDED: Final = "ABANDON_RATE_EXCEEDED"


def in_words(refusals: int) -> str:
    """Return what a run says that was held back *refusals* times."""
    return (
        f"the abandon rate was above its limit: {refusals} times a lead was put off, and may not "
        "have been called; fewer calls are abandoned where the machine has less else to do"
    )
