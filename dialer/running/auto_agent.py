"""An agent without a person: takes every call, says nothing, hangs up in time, records a word.

    offline ─▶ paused ─▶ ready ─▶ talking ─(talk_s)─▶ wrap_up ─(wrap_up_s, disposition)─▶ ready

Rule: uses the public API alone, as a person's desk does, and calls the lead that is set before it.
A wish that no longer fits is dropped and the screen looked at again.
"""

import asyncio
import contextlib
from typing import Any, Final

from dialer.demo.http_api import HttpApi, Refused
from dialer.running.campaign_file import Auto

_LOOK_EVERY_S: Final = 25.0
_AFTER_A_REFUSAL_S: Final = 0.1
_NOT_SIGNED_IN: Final = frozenset({401, 403})


class AutoAgent:
    """One agent at work. :meth:`work` runs until :meth:`go_home` has been obeyed."""

    def __init__(self, api: HttpApi, auto: Auto) -> None:
        self._api = api
        self._auto = auto
        self._screen: dict[str, Any] = {}
        self._going = asyncio.Event()

    def go_home(self) -> None:
        """Finish the call in hand, then sign off."""
        self._going.set()

    async def work(self) -> None:
        """Work the shift."""
        self._screen = await self._api.get("/agents/me")
        while not (self._going.is_set() and self._screen["state"] == "offline"):
            try:
                await self._act()
            except Refused as refused:
                if refused.status in _NOT_SIGNED_IN:
                    raise
                await asyncio.sleep(_AFTER_A_REFUSAL_S)
                self._screen = await self._api.get("/agents/me")

    async def _act(self) -> None:
        going = self._going.is_set()
        match self._screen["state"]:
            case "offline":
                await self._acknowledge()
                await self._ask("sign-in")
            case "paused" | "ready" if going:
                await self._ask("sign-off")
            case "paused" if self._screen["wants"] != "ready":
                await self._ask("ready")
            case "ready" if self._screen["offers"]:
                await self._ask(f"offers/{self._screen['offers'][0]['lead']}/call")
            case "talking":
                await self._talk()
            case "wrap_up":
                await self._wrap_up()
            case _:
                await self._next_screen()

    async def _acknowledge(self) -> None:
        """Acknowledge the notices to agents: there is nobody whose work is monitored."""
        told = (await self._api.get("/agents/me/notices"))["notices"]
        if any(each["acknowledged_at"] is None for each in told):
            await self._api.post("/agents/me/notices", {"kinds": [each["kind"] for each in told]})

    async def _ask(self, wish: str) -> None:
        self._screen = await self._api.post(f"/agents/me/{wish}")

    async def _next_screen(self, within: float = _LOOK_EVERY_S) -> None:
        """Wait until the screen changes, or we are to go home."""
        version = self._screen["version"]
        change = asyncio.create_task(
            self._api.get("/agents/me/changes", since=version, wait=min(within, _LOOK_EVERY_S))
        )
        going = asyncio.create_task(self._going.wait())
        try:
            watched = {change} if self._going.is_set() else {change, going}
            await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
            if change.done():
                self._screen = change.result()
        finally:
            for task in (change, going):
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await going

    async def _talk(self) -> None:
        """Stay for as long as calls last, or until the callee hangs up."""
        loop = asyncio.get_running_loop()
        attempt, ends_at = self._screen["call"]["attempt"], loop.time() + self._auto.talk_s
        while self._screen["state"] == "talking" and self._screen["call"]["attempt"] == attempt:
            left = ends_at - loop.time()
            if left <= 0:
                await self._ask("hang-up")
                return
            await self._next_screen(left)

    async def _wrap_up(self) -> None:
        await asyncio.sleep(self._auto.wrap_up_s)
        if self._going.is_set():
            await self._ask("sign-off")
        await self._api.post(
            f"/attempts/{self._screen['call']['attempt']}/disposition",
            {"disposition": self._auto.disposition.value, "note": self._auto.note},
        )
        self._screen = await self._api.get("/agents/me")
