"""Where data must stay: some countries want their citizens' data stored at home.

Russia: 152-FZ 18(5).
"""

from compliance.case import Case, or_passed
from compliance.reason import Kind, Reason


def ask(case: Case) -> tuple[Reason, ...]:
    """Deny the use of data that are stored elsewhere, or nobody knows where."""
    found = [
        Reason(
            "DATA_LOCALISATION",
            Kind.DENY,
            "DATA",
            f"{ground.place.rules.profile}.transfer",
            f"data of persons in {ground.place.rules.country} must be stored there",
            ground.place.rules.sources,
        )
        for ground in case.grounds
        if ground.place.rules.localisation
        and (case.facts.lead.stored_in or "").upper() != ground.place.rules.country
    ]
    return or_passed("DATA", found, "the data may be used where they are")
