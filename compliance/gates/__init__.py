"""One gate, one module: ``ask(case)`` says everything the gate found.

Rule: every gate is asked about every case; none may rely on another having agreed. A gate that
finds nothing against the call says so, because the record holds passes as well as failures.
The order below is the order of reasons in a decision.
"""

from collections.abc import Callable
from typing import Final

from compliance.case import Case
from compliance.gates import (
    basis,
    caller_id,
    campaign,
    channel,
    cooldown,
    data,
    frequency,
    hours,
    input,
    jurisdiction,
    number,
    policy,
    recording,
    register,
    rights,
    sector,
    subject,
)
from compliance.reason import Reason

GATES: Final[tuple[Callable[[Case], tuple[Reason, ...]], ...]] = (
    input.ask,
    policy.ask,
    number.ask,
    jurisdiction.ask,
    subject.ask,
    rights.ask,
    basis.ask,
    register.ask,
    sector.ask,
    channel.ask,
    recording.ask,
    caller_id.ask,
    hours.ask,
    frequency.ask,
    cooldown.ask,
    campaign.ask,
    data.ask,
)
