"""Where everybody on the line must agree to a recording, it stays off until they have.

Germany: StGB 201; several states of the US. A recording is never the reason for denying a call.
"""

from compliance.case import Case, or_passed
from compliance.reason import Kind, Reason


def ask(case: Case) -> tuple[Reason, ...]:
    """Note that recording must wait for the callee's consent."""
    if not case.facts.campaign.recording or case.facts.recording_consent:
        return or_passed("RECORDING", (), "nothing is recorded without consent")
    found = [
        Reason(
            "RECORDING_OFF_UNTIL_CONSENT",
            Kind.NOTE,
            "RECORDING",
            f"{ground.place.rules.profile}.recording",
            "record only after the callee has agreed to it",
            ground.place.rules.sources,
        )
        for ground in case.grounds
        if ground.place.rules.recording_needs_consent
    ]
    return or_passed("RECORDING", found, "recording follows the law of the place called")
