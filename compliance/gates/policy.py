"""The rules themselves must be intact, in force and approved by a person.

House rule: a draft profile serves simulation, demo and lab only.
"""

from collections.abc import Iterator

from compliance.case import Case, or_passed
from compliance.reason import Kind, Reason


def ask(case: Case) -> tuple[Reason, ...]:
    """Deny on an unverified bundle, an unapproved profile, or a day without rules."""
    used = ", ".join(ground.place.rules.profile for ground in case.grounds) or "none"
    return or_passed("POLICY", _findings(case), f"profiles in force: {used}")


def _findings(case: Case) -> Iterator[Reason]:
    if not case.facts.bundle_verified:
        yield _deny("POLICY_UNVERIFIED", "house.bundle", "the rule bundle could not be verified")
    for country in case.places.without_profile:
        yield _deny("COUNTRY_NO_PROFILE", "house.profile", f"no rules are on file for {country}")
    for country in case.places.not_in_force:
        detail = f"no version of the rules of {country} is in force today"
        yield _deny("POLICY_NOT_IN_FORCE", "house.profile", detail)
    if case.places.country is None and case.number.problem is None:
        yield _deny("COUNTRY_NO_PROFILE", "house.profile", "the country called is unknown")
    for ground in case.grounds:
        rules = ground.place.rules
        name = rules.profile
        if case.facts.approved is not None and rules.sha256 not in case.facts.approved:
            detail = f"no person has approved profile {name} as it is now; approve it with a note"
            yield _deny("POLICY_UNVERIFIED", f"{name}.approval", detail)
        if case.now.date() > rules.review_by:
            detail = f"profile {name} was due for review on {rules.review_by}"
            yield Reason("POLICY_REVIEW_DUE", Kind.NOTE, "POLICY", f"{name}.review_by", detail)
        for note in rules.counsel_notes:
            yield Reason("COUNSEL_NOTE_APPLIED", Kind.NOTE, "POLICY", f"{name}.counsel", note)


def _deny(code: str, rule: str, detail: str) -> Reason:
    return Reason(code, Kind.DENY, "POLICY", rule, detail)
