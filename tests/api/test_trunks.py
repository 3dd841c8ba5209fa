"""Trunks over HTTP: who may look, who may have the file read again."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from dialer.api.context import ApiContext
from dialer.database.accounts import Role
from dialer.trunk_board import Reloaded, TrunkBoard
from tests.api.visiting import Visitor
from tests.builders import MONDAY_MORNING

People = Callable[[Role | None], Visitor]


class ScriptedTrunks:
    """Trunks that are read again as a test says."""

    def __init__(self) -> None:
        self.problem = ""

    def board(self) -> TrunkBoard:
        return TrunkBoard(file="trunks.yaml")

    async def reload(self) -> Reloaded:
        plan = ("nothing changes",)
        return Reloaded(
            at=MONDAY_MORNING, accepted=not self.problem, problem=self.problem, plan=plan
        )


@pytest.fixture
def trunks() -> ScriptedTrunks:
    return ScriptedTrunks()


@pytest.fixture
def context(context: ApiContext, trunks: ScriptedTrunks) -> ApiContext:
    return replace(context, trunks=trunks)


async def test_the_floor_may_look_and_an_administrator_may_reload(
    visitor: People, trunks: ScriptedTrunks
):
    seen = await visitor(Role.SUPERVISOR).get("/trunks")
    assert (seen.status, seen.json["trunks"]) == (200, [])
    assert (await visitor(Role.AGENT).get("/trunks")).status == 403
    assert (await visitor(Role.SUPERVISOR).post("/trunks/reload")).status == 403
    done = await visitor(Role.ADMIN).post("/trunks/reload")
    assert (done.status, done.json["plan"]) == (200, ["nothing changes"])
    trunks.problem = "trunks[0].limits.channels: found 0, expected at least 1"
    refused = await visitor(Role.ADMIN).post("/trunks/reload")
    assert refused.status == 409 and "channels" in refused.json["detail"]
