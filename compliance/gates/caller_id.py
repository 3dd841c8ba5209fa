"""The callee must be able to see who calls, and often to call back.

Directive 2002/58/EC 8 and 13(4); PECR 2003, 21(A1); Austria: TKG 2021, 174(2); Spain: Orden
TDF/149/2025 (no mobile numbers); Slovakia: Act 452/2021, 116 (prefix 0888); Russia: 41-FZ and
decree 1300 of 2025-08-28 (label).
"""

from collections.abc import Iterator

from compliance.case import Case, or_passed
from compliance.facts import CallerIdFacts
from compliance.number import examine
from compliance.profile import Rules
from compliance.reason import Kind, Reason


def ask(case: Case) -> tuple[Reason, ...]:
    """Deny a caller ID the country does not accept."""
    found = [
        reason
        for ground in case.grounds
        for reason in _objections(case.facts.campaign.caller_id, ground.place.rules)
    ]
    return or_passed("CLI", found, "the caller ID is as required")


def _objections(caller: CallerIdFacts, rules: Rules) -> Iterator[Reason]:
    wanted = rules.caller_id
    readable = examine(caller.number or "", None).problem != "NUMBER_MALFORMED"
    if wanted.must_present and not (caller.presented and readable):
        yield _deny("CLI_WITHHELD", rules, "the caller ID must be shown")
    if wanted.must_be_callable and not caller.callable:
        yield _deny("CLI_NOT_CALLABLE", rules, "a call back to the caller ID must reach the caller")
    prefix = wanted.required_prefix
    if prefix is not None and not (caller.number or "").startswith(prefix):
        yield _deny("CLI_PREFIX_REQUIRED", rules, f"the caller ID must start with {prefix}")
    if wanted.forbidden_types:
        kind = examine(caller.number or "", None).kind
        if kind in wanted.forbidden_types:
            detail = f"the caller ID is a {kind.lower().replace('_', ' ')} number"
            yield _deny("CLI_TYPE_FORBIDDEN", rules, detail)
    if wanted.label_required and not caller.label_contract:
        detail = "a contract for displaying the caller's name is required"
        yield _deny("CLI_LABEL_MISSING", rules, detail)


def _deny(code: str, rules: Rules, detail: str) -> Reason:
    return Reason(code, Kind.DENY, "CLI", rules.caller_id.rule, detail, rules.sources)
