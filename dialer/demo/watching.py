"""Watching the floor until the list has been worked once.

Rule: what is watched is what the public API says. A list has been worked when nothing is due, no
lead is claimed or in a call; also when nothing has moved for a while, because the leads that are
left want a language nobody speaks.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import Any, Final

from dialer.campaign import CampaignId
from dialer.demo.board import Glance, glance
from dialer.demo.http_api import HttpApi, Refused
from dialer.demo.telling import Teller

LOOK_EVERY_S: Final = 1.0
#: With agents waiting and no call at all for so long, nothing will come any more.
STILL_FOR: Final = timedelta(seconds=30)
#: Ringing calls ring out, talks end.
QUIET_WITHIN: Final = timedelta(minutes=2)
AGENTS_WITHIN: Final = timedelta(seconds=45)


class NoFloor(Exception):
    """The team or its agents did not come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worked:
    """How the watch ended."""

    done: bool  #: nothing was due any more
    left: int  #: leads that were due all the same
    sentence: str


class Watch:
    """Looks at the board and the stock of one campaign."""

    def __init__(self, api: HttpApi, campaign: CampaignId, teller: Teller, *, note: str) -> None:
        self._api = api
        self._campaign = campaign
        self._teller = teller
        self._note = note

    async def wait_for_team(self) -> None:
        """Return when the engine of the campaign's team runs."""
        await self._wait_for("the team's engine", lambda seen: True)

    async def wait_for_agents(self, count: int) -> None:
        """Return when *count* agents are ready, or as many as come in time."""
        try:
            await self._wait_for("the agents", lambda seen: seen.agents.get("ready", 0) >= count)
        except NoFloor:
            seen = await self._look()
            if seen is None or not seen.agents.get("ready"):
                raise

    async def until_worked(self, limit: timedelta, *, still_for: timedelta = STILL_FOR) -> Worked:
        """Show the board until the list has been worked, for *limit* of real time at most.

        Args:
            still_for: With no call at all for so long, what is left fits no agent.
        """
        ends_at = monotonic() + limit.total_seconds()
        moved_at, placed = monotonic(), -1
        while True:
            seen, stock = await self._look(), await self._stock()
            if seen is not None:
                self._teller.show(seen, note=self._note)
                if seen.live or seen.busy or seen.placed != placed:
                    moved_at, placed = monotonic(), seen.placed
                if not seen.live and not seen.busy and _nothing_is_left(stock):
                    return Worked(done=True, left=0, sentence="The list has been worked once.")
            left = stock["due"] + stock["claimed"]
            if monotonic() - moved_at > still_for.total_seconds():
                why = "; ".join(seen.trouble if seen is not None else ()) or "they fit no agent"
                sentence = f"Nothing moves any more; {left} leads are due: {why}."
                return Worked(done=True, left=left, sentence=sentence)
            if monotonic() > ends_at:
                minutes = limit.total_seconds() / 60
                sentence = f"The time limit of {minutes:g} minutes has passed; {left} leads left."
                return Worked(done=False, left=left, sentence=sentence)
            await asyncio.sleep(LOOK_EVERY_S)

    async def until_quiet(self) -> None:
        """Return when no call rings or talks and no agent is in a wrap-up."""
        give_up_at = monotonic() + QUIET_WITHIN.total_seconds()
        while monotonic() < give_up_at:
            seen = await self._look()
            if seen is not None and not seen.live and not seen.busy:
                return
            await asyncio.sleep(LOOK_EVERY_S / 2)

    async def _wait_for(self, what: str, come: Any) -> None:
        give_up_at = monotonic() + AGENTS_WITHIN.total_seconds()
        while True:
            seen = await self._look()
            if seen is not None and come(seen):
                return
            if monotonic() > give_up_at:
                raise NoFloor(f"{what} did not come within {AGENTS_WITHIN.total_seconds():g} s")
            await asyncio.sleep(0.2)

    async def _look(self) -> Glance | None:
        try:
            return glance(await self._api.get("/board"), self._campaign)
        except Refused:
            return None

    async def _stock(self) -> dict[str, Any]:
        return await self._api.get(f"/campaigns/{self._campaign}/stock")


def _nothing_is_left(stock: dict[str, Any]) -> bool:
    return not (stock["due"] or stock["claimed"] or stock["by_state"].get("in_call"))
