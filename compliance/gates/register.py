"""Registers of objections must have been asked, recently enough, and must not list the number.

Freshness is by age of the data (PECR 2003, 21(3): 28 days) or by calendar (Slovakia: lists take
effect on the 1st and the 16th). What a consent is worth against a listing is each register's own
rule: in Italy a listing revokes earlier consents, in Britain it does not.

Rule: an answer that is missing, or dated ahead, is no answer.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from compliance.case import Case, Ground, or_passed
from compliance.consent import confirmed_at
from compliance.facts import RegisterAnswer
from compliance.profile import Register, age_in_days
from compliance.reason import Kind, Reason


def ask(case: Case) -> tuple[Reason, ...]:
    """Defer until the registers have been asked; deny a listed number that nothing overrides."""
    found = [
        reason
        for ground in case.grounds
        for register in ground.place.rules.registers
        if case.subject in register.subjects
        for reason in _screen(case, ground, register)
    ]
    return or_passed("REGISTER", found, "every register that must be asked has agreed")


def _screen(case: Case, ground: Ground, register: Register) -> Iterator[Reason]:
    answer = next((a for a in case.facts.registers if a.register == register.id), None)
    wait_for = f"register:{register.id}"
    if answer is None or answer.as_of is None or answer.as_of > case.now:
        detail = f"the number was not screened against {register.id}; import the register"
        yield _found("REGISTER_NOT_CHECKED", Kind.DEFER, register, detail, wait_for)
    elif _is_stale(register, answer.as_of, case.now, ground.place.zones[0]):
        detail = f"the data of {register.id} are of {answer.as_of:%Y-%m-%d}; import newer ones"
        yield _found("REGISTER_STALE", Kind.DEFER, register, detail, wait_for)
    if answer is not None and answer.listed:
        yield _listed(case, ground, register, answer)


def _is_stale(register: Register, as_of: datetime, now: datetime, zone: ZoneInfo) -> bool:
    if register.max_age_days is not None and age_in_days(as_of, now) > register.max_age_days:
        return True
    if not register.effective_days_of_month:
        return False
    due = _latest_effective(now.astimezone(zone).date(), register.effective_days_of_month)
    return as_of.astimezone(zone).date() < due


def _latest_effective(today: date, days: tuple[int, ...]) -> date:
    """Return the latest day on which a list took effect.

    >>> _latest_effective(date(2026, 11, 18), (1, 16)), _latest_effective(date(2026, 3, 5), (16,))
    (datetime.date(2026, 11, 16), datetime.date(2026, 2, 16))
    """
    day = today
    while day.day not in days:
        day -= timedelta(days=1)
    return day


def _listed(case: Case, ground: Ground, register: Register, answer: RegisterAnswer) -> Reason:
    name = register.id
    sector = case.facts.campaign.sector
    if register.sector_choices and sector is not None and sector in answer.allowed_sectors:
        detail = f"listed in {name}, which allows calls of this sector"
        return _found("REGISTER_SECTOR_ALLOWED", Kind.NOTE, register, detail)
    if _consent_overrides(case, ground, register, answer):
        detail = f"listed in {name}, but consent was given to this caller"
        return _found("REGISTER_OVERRIDDEN_BY_CONSENT", Kind.NOTE, register, detail)
    if register.ebr_override and case.facts.lead.established_business_relationship:
        detail = f"listed in {name}, but an established business relationship exists"
        return _found("REGISTER_OVERRIDDEN_BY_EBR", Kind.NOTE, register, detail)
    if _in_grace(case, register, answer):
        detail = f"listed in {name} less than {register.grace_days} days ago"
        return _found("REGISTER_GRACE", Kind.NOTE, register, detail)
    return _found("REGISTER_LISTED", Kind.DENY, register, f"the number is listed in {name}")


def _consent_overrides(
    case: Case, ground: Ground, register: Register, answer: RegisterAnswer
) -> bool:
    if register.consent_override == "any":
        return bool(ground.valid)
    if register.consent_override != "given_after_listing" or answer.listed_at is None:
        return False
    confirmed = [confirmed_at(consent, case.now) for consent in ground.valid]
    return any(at is not None and at > answer.listed_at for at in confirmed)


def _in_grace(case: Case, register: Register, answer: RegisterAnswer) -> bool:
    used = register.use_grace or case.facts.use_grace
    if not used or answer.listed_at is None:
        return False
    return case.now < answer.listed_at + timedelta(days=register.grace_days)


def _found(
    code: str, kind: Kind, register: Register, detail: str, wait_for: str | None = None
) -> Reason:
    return Reason(
        code, kind, "REGISTER", register.rule, detail, register.sources, wait_for=wait_for
    )
