"""The number must be one that a private person or company can answer at no cost to them.

House rule: emergency numbers are recognised first and never dialled.
"""

from typing import Final

from compliance.case import Case, passed
from compliance.reason import Kind, Reason

_DETAILS: Final = {
    "NUMBER_MALFORMED": "the number cannot be read; write it as +, country code, number",
    "NUMBER_INVALID": "the number does not exist in its country's numbering plan",
    "NUMBER_EMERGENCY": "this is an emergency number",
    "NUMBER_SHORT_CODE": "this is a short code, not a subscriber's number",
    "NUMBER_CLASS_FORBIDDEN": "numbers of this class (premium, shared cost, freephone, pager, "
    "voicemail, non-geographic) are never dialled",
}


def ask(case: Case) -> tuple[Reason, ...]:
    """Deny what cannot or must not be dialled."""
    problem = case.number.problem
    if problem is None:
        return passed("NUMBER", f"a valid number, {case.number.kind.lower().replace('_', ' ')}")
    return (Reason(problem, Kind.DENY, "NUMBER", "house.number", _DETAILS[problem]),)
