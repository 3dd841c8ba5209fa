"""A legal basis must carry the call, in every jurisdiction: consent, an own-customer exception,
documented presumed consent, or a written balancing test.

Directive 2002/58/EC 13(1) and 13(3): automated calls always need consent, live calls as the
country chose; GDPR 6(1)(a), 6(1)(f), 7, 9(2)(a).

Rule: no record, no call. A withdrawn consent is never replaced by another ground.
"""

from collections.abc import Iterator
from datetime import datetime

from compliance.case import Case, Ground, or_passed
from compliance.consent import FAILURES, withdrawn
from compliance.facts import GateInput, Relation
from compliance.profile import CustomerException, Regime, Rules, age_in_days
from compliance.reason import Kind, Reason


def ask(case: Case) -> tuple[Reason, ...]:
    """Deny a call that no basis carries; note every basis other than plain consent."""
    found = [reason for ground in case.grounds for reason in _in_jurisdiction(case, ground)]
    found += _special_category(case)
    if not case.grounds:
        return tuple(found)
    return or_passed("BASIS", found, "a legal basis is on file")


def _in_jurisdiction(case: Case, ground: Ground) -> Iterator[Reason]:
    rules, facts = ground.place.rules, case.facts
    regime, country = _regimes(case, rules)
    if regime is Regime.PROHIBITED:
        detail = "such calls are prohibited whatever the consent"
        yield _deny("AUTODIAL_PROHIBITED", rules, detail)
    elif ground.callback:
        detail = "the lead asked to be called at this time, and it can be proved"
        yield _found("CALLBACK_REQUESTED_BY_LEAD", Kind.NOTE, rules, detail)
    elif ground.valid:
        return
    elif withdrawn(facts.consents, facts.campaign, case.now):
        code = ground.first_failure if regime is Regime.OPT_IN else None
        yield _failed(code or "CONSENT_WITHDRAWN", rules)
    elif regime is Regime.PRESUMED:
        yield _presumed(facts, rules)
        if country is Regime.OPT_OUT:
            yield from _balanced(facts, rules)
    elif regime is Regime.OPT_OUT:
        yield from _balanced(facts, rules)
    else:
        yield from _without_consent(case, ground, own_customers=country is Regime.OPT_IN)


def _regimes(case: Case, rules: Rules) -> tuple[Regime, Regime]:
    """Return the regime of this kind of call, and the country's own, before any layer."""
    if case.facts.campaign.channel.automated:
        return rules.automated[case.subject], rules.country_automated[case.subject]
    return rules.live[case.subject], rules.country_live[case.subject]


def _balanced(facts: GateInput, rules: Rules) -> Iterator[Reason]:
    if not (facts.lead.balancing_test or "").strip():
        detail = "no consent, and no written balancing test is on file"
        yield _deny("BASIS_LIA_MISSING", rules, detail)


def _presumed(facts: GateInput, rules: Rules) -> Reason:
    if facts.lead.presumed_consent_documented:
        detail = "consent may be presumed, and why is documented"
        return _found("BASIS_PRESUMED_CONSENT", Kind.NOTE, rules, detail)
    detail = "consent may be presumed here, but why is not documented"
    return _deny("PRESUMED_CONSENT_UNDOCUMENTED", rules, detail)


def _without_consent(case: Case, ground: Ground, *, own_customers: bool) -> Iterator[Reason]:
    """Opt-in, and no consent counts: the country's exception for own customers is what is left.

    Where a layer alone asks for consent there is no exception to it.
    """
    rules, facts = ground.place.rules, case.facts
    exception, relation = rules.customer_exception, facts.lead.relation
    shortfalls: list[Reason] = []
    if own_customers and exception and relation and not facts.campaign.channel.automated:
        kind = facts.campaign.controller_kind
        if not exception.only_controllers or kind in exception.only_controllers:
            note = _exception(exception, relation, rules, case.now, shortfalls)
            if note is not None:
                yield note
                return
    if ground.first_failure is not None:
        yield _failed(ground.first_failure, rules)
    yield from shortfalls
    if ground.first_failure is None and not shortfalls:
        yield _deny("CONSENT_REQUIRED", rules, "consent is required and none is on file")


def _exception(
    exception: CustomerException,
    relation: Relation,
    rules: Rules,
    now: datetime,
    shortfalls: list[Reason],
) -> Reason | None:
    """Return the note of the exception that covers the call; else say what it lacks."""
    if exception.related_contract:
        if not relation.contract_active:
            return None
        if relation.offer_related:
            detail = "the offer belongs to a running contract"
            return _found("BASIS_EXISTING_CONTRACT", Kind.NOTE, rules, detail)
        detail = "a contract is running, but the offer does not belong to it"
        shortfalls.append(_deny("BASIS_CONTRACT_NOT_RELATED", rules, detail))
        return None
    if exception.similar_products and not relation.offer_similar:
        detail = "an own customer, but the offer is not similar to what was bought"
        shortfalls.append(_deny("BASIS_NOT_SIMILAR", rules, detail))
    too_old = _too_old(exception, relation, now)
    if too_old is not None:
        shortfalls.append(_deny("BASIS_RELATION_TOO_OLD", rules, too_old))
    if shortfalls:
        return None
    return _found("BASIS_EXISTING_CUSTOMER", Kind.NOTE, rules, "an own customer, as covered here")


def _too_old(exception: CustomerException, relation: Relation, now: datetime) -> str | None:
    """Return why the relation is over, in words; None: it is not."""
    longest = exception.max_days_since_relation
    if relation.contract_active:
        return None
    if relation.last_at is None or relation.last_at > now:
        return "no contract is running, and no earlier dealing is on file"
    if longest is not None and age_in_days(relation.last_at, now) > longest:
        return f"the latest dealing is older than {longest} days"
    return None


def _special_category(case: Case) -> list[Reason]:
    facts = case.facts
    if not (facts.lead.special_category or facts.campaign.special_category):
        return []
    return [
        Reason(
            "SPECIAL_CATEGORY_NO_EXPLICIT_CONSENT",
            Kind.DENY,
            "BASIS",
            "gdpr.9.2.a",
            "special categories of data need a consent that names them",
        )
        for ground in case.grounds
        if not any(consent.explicit_special for consent in ground.valid)
    ][:1]


def _found(code: str, kind: Kind, rules: Rules, detail: str) -> Reason:
    return Reason(code, kind, "BASIS", f"{rules.profile}.basis", detail, rules.sources)


def _deny(code: str, rules: Rules, detail: str) -> Reason:
    return _found(code, Kind.DENY, rules, detail)


def _failed(code: str, rules: Rules) -> Reason:
    """Return the denial for a consent that does not count because of *code*."""
    return _deny(code, rules, FAILURES[code])
