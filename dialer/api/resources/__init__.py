"""The functions behind the routes, one module a resource.

Rule: parse, call, render. What a request means is decided in the models and the stores; here it is
only passed on.
"""

from dialer.api.operation import Operation
from dialer.api.resources import (
    abandonment,
    agents,
    attempts,
    board,
    calls,
    campaigns,
    house,
    in_call,
    leads,
    lists,
    meetings,
    notices,
    offers,
    reports,
    reps,
    requests,
    said,
    session,
    slots,
    supervision,
    suppressions,
    trunks,
    why,
)

_MODULES = (
    session,
    agents,
    offers,
    in_call,
    supervision,
    notices,
    attempts,
    slots,
    reps,
    board,
    campaigns,
    lists,
    leads,
    meetings,
    calls,
    suppressions,
    said,
    requests,
    why,
    abandonment,
    reports,
    house,
    trunks,
)

OPERATIONS: tuple[Operation, ...] = tuple(
    value for module in _MODULES for value in vars(module).values() if isinstance(value, Operation)
)
