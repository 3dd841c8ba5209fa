"""How calls leave, live: ``/trunks``.

Rule: what is shown is what routing decides by; the file itself, and the secrets it names, are not.
"""

from dialer.api.operation import Asked, operation
from dialer.api.problem import Problem, unavailable
from dialer.api.reach import FLOOR
from dialer.database.accounts import Role
from dialer.trunk_board import Reloaded, TrunkBoard

OWNERS = frozenset({Role.ADMIN})


@operation("GET", "/trunks", roles=FLOOR)
async def trunks(asked: Asked[None, None]) -> TrunkBoard:
    """Return what every trunk is doing: channels, rate, health, money, the carrier's conditions."""
    found = asked.context.trunks
    return TrunkBoard(file="") if found is None else found.board()


@operation("POST", "/trunks/reload", roles=OWNERS)
async def reload(asked: Asked[None, None]) -> Reloaded:
    """Read the trunk file again: new calls use it, calls that are up finish as they began.

    A file that cannot be used changes nothing; the answer is then 409 and says what is wrong.
    """
    if asked.context.trunks is None:
        raise unavailable("no-trunks", "this process knows no trunks")
    reloaded = await asked.context.trunks.reload()
    if not reloaded.accepted:
        raise Problem(409, "unusable-trunk-file", reloaded.problem)
    return reloaded
