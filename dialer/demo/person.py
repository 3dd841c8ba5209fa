"""An agent at the desk: one person, with a phone at the ear and the desk's page in front.

    offline ─sign in─▶ paused ─ready─▶ ready ─▶ talking ─▶ wrap-up ─disposition─▶ ready | break
                                                 │ reads the card, asks the script's questions
                                                 └ hangs up on a machine, or when it is over

Rule: uses nothing but the public API and the phone. What the screen shows is the truth; a wish that
no longer fits is dropped and the screen looked at again, so that a core that died and came back is
just a moment of waiting.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from dialer.demo.conversation import (
    BREAK,
    Conclusion,
    Heard,
    answers_of,
    conclude,
    takes_break,
    who_answers,
    wrap_up,
)
from dialer.demo.http_api import HttpApi, Refused
from dialer.simulation.network.agent_manner import AgentManner
from dialer.simulation.network.behaviour import Fate
from dialer.simulation.network.phone import Phone
from dialer.simulation.network.phone_event import ConversationFaded, MachineNoticed
from leads.disposition import Disposition

#: In earnest; who still talks then, or was never heard, is taken leave of.
LONGEST_TALK: Final = timedelta(minutes=12)
#: What a talk takes besides that is not fast-forwarded: greeting, good-bye, a silence.
PATIENCE: Final = timedelta(seconds=12)
#: In earnest; the median of a talk, over which the answers are given.
USUAL_TALK: Final = timedelta(seconds=70)
#: Pauses nobody asked for, out of which an agent goes by itself.
_NOT_A_BREAK: Final = frozenset({"phone", "signed_in", "wrap_up_limit"})
_SLOTS_LOOKED_AT: Final = 12
_TALKING: Final = frozenset({"assigned", "talking"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How the people of a demo are."""

    seed: int
    fast_forward: float


@dataclass(slots=True)
class _Call:
    """The call the person has, as far as it has come."""

    attempt: int
    campaign: int
    number: str
    tried: int  #: how often the lead has been tried, this time included
    fate: Fate
    languages: tuple[str, ...]
    heard: Heard = field(default_factory=Heard)
    hung_up: bool = False  #: by the person at this desk


class Person:
    """One agent at work. :meth:`work` runs until :meth:`go_home` has been obeyed."""

    def __init__(
        self, api: HttpApi, phone: Phone, manner: Manner, *, languages: tuple[str, ...]
    ) -> None:
        """Args:
        languages: Those the person speaks, the best one first.
        """
        self._api = api
        self._phone = phone
        self._languages = languages
        self._manner = manner
        self._screen: dict[str, Any] = {}
        self._call: _Call | None = None
        self._going = asyncio.Event()
        self._on_break_until: float | None = None
        self._noticed: asyncio.Queue[MachineNoticed | ConversationFaded] = asyncio.Queue()

    def go_home(self) -> None:
        """Finish the call in hand, then sign off."""
        self._going.set()

    async def work(self) -> None:
        """Work the shift."""
        listening = asyncio.create_task(self._listen(), name=f"ear of {self._phone.name}")
        try:
            self._screen = await self._api.get("/agents/me")
            while not (self._going.is_set() and self._screen["state"] == "offline"):
                try:
                    await self._look_and_act()
                except Refused as refused:
                    if refused.status in (401, 403):
                        raise
                    await asyncio.sleep(0.1)
                    self._screen = await self._api.get("/agents/me")
        finally:
            listening.cancel()

    # --- The screen --------------------------------------------------------------------------

    async def _read_notices(self) -> None:
        told = (await self._api.get("/agents/me/notices"))["notices"]
        if any(each["acknowledged_at"] is None for each in told):
            await self._api.post("/agents/me/notices", {"kinds": [each["kind"] for each in told]})

    async def _look_and_act(self) -> None:
        match self._screen["state"]:
            case "offline":
                await self._read_notices()
                self._screen = await self._api.post("/agents/me/sign-in")
            case "paused":
                await self._end_pause()
            case "ready" if self._going.is_set():
                await self._sign_off()
            case "ready":
                self._call = None
                await self._next_screen(or_going=True)
            case "assigned":
                await self._next_screen()
            case "talking":
                await self._talk()
            case "wrap_up":
                await self._wrap_up()

    async def _next_screen(self, *, within: float = 25.0, or_going: bool = False) -> None:
        """Wait until the screen changes, at most *within* seconds."""
        version = self._screen["version"]
        change = asyncio.create_task(
            self._api.get("/agents/me/changes", since=version, wait=min(within, 25.0))
        )
        going = asyncio.create_task(self._going.wait())
        try:
            waited_for = {change, going} if or_going and not self._going.is_set() else {change}
            await asyncio.wait(waited_for, return_when=asyncio.FIRST_COMPLETED)
            if change.done():
                self._screen = change.result()
        finally:
            for task in (change, going):
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await going

    async def _end_pause(self) -> None:
        if self._going.is_set():
            await self._sign_off()
        elif self._screen["wants"] == "ready" or not self._screen["leg_up"]:
            if self._screen["wants"] != "ready":
                self._screen = await self._api.post("/agents/me/ready")
            await self._next_screen(within=5.0, or_going=True)
        elif self._screen["reason"] in _NOT_A_BREAK or self._break_is_over():
            self._on_break_until = None
            self._screen = await self._api.post("/agents/me/ready")
        else:
            await self._next_screen(within=1.0, or_going=True)

    def _break_is_over(self) -> bool:
        now = asyncio.get_running_loop().time()
        return self._on_break_until is None or now >= self._on_break_until

    async def _sign_off(self) -> None:
        self._screen = await self._api.post("/agents/me/sign-off")

    # --- The conversation --------------------------------------------------------------------

    async def _talk(self) -> None:
        """Read the card, talk as long as there is somebody, hang up when it is over."""
        call = await self._read_card()
        typing = asyncio.create_task(self._fill_in(call), name="fill in the script")
        try:
            await self._follow(call)
        finally:
            typing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await typing
            self._phone.conversation_over()

    async def _read_card(self) -> _Call:
        shown = self._screen["call"]
        if self._call is not None and self._call.attempt == shown["attempt"]:
            return self._call
        while not self._noticed.empty():
            self._noticed.get_nowait()
        card = await self._api.get(f"/attempts/{shown['attempt']}")
        tried = 1 + len(card["history"])
        languages = tuple(card["lead"]["languages"])
        self._speak_a_language_of(languages)
        self._call = _Call(
            attempt=shown["attempt"],
            campaign=shown["campaign"],
            number=shown["number"],
            tried=tried,
            fate=who_answers(self._manner.seed, shown["number"]),
            languages=languages,
        )
        return self._call

    def _speak_a_language_of(self, languages: tuple[str, ...]) -> None:
        common = [language for language in self._languages if language in languages]
        self._phone.language = (common or self._languages)[0]

    async def _follow(self, call: _Call) -> None:
        """Stay in the call until the screen says that it is over."""
        lasts = (LONGEST_TALK / self._manner.fast_forward + PATIENCE).total_seconds()
        deadline = asyncio.get_running_loop().time() + lasts
        while self._screen["state"] in _TALKING and self._is_shown(call):
            left = deadline - asyncio.get_running_loop().time()
            screen = asyncio.create_task(self._next_screen(within=max(left, 0.5)))
            notice = asyncio.create_task(self._noticed.get())
            await asyncio.wait({screen, notice}, return_when=asyncio.FIRST_COMPLETED)
            try:
                if notice.done():
                    await self._take_notice(call, notice.result())
                elif left <= 0:
                    anybody = self._phone.mood is not AgentManner.Mood.IDLE
                    call.heard = replace(call.heard, anybody=anybody)
                    await self._hang_up(call)
            finally:
                for task in (screen, notice):
                    task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await screen
        call.heard = replace(call.heard, callee_ended=not call.hung_up, talked=self._talked())

    async def _take_notice(self, call: _Call, noticed: MachineNoticed | ConversationFaded) -> None:
        if isinstance(noticed, MachineNoticed):
            call.heard = replace(call.heard, machine=True)
        await self._hang_up(call)

    async def _hang_up(self, call: _Call) -> None:
        call.hung_up = True
        with contextlib.suppress(Refused):  # it is over already
            self._screen = await self._api.post("/agents/me/hang-up")

    def _is_shown(self, call: _Call) -> bool:
        shown = self._screen["call"]
        return shown is not None and shown["attempt"] == call.attempt

    def _talked(self) -> timedelta:
        shown = self._screen["call"]
        if not shown or not shown["bridged_at"]:
            return timedelta(0)
        bridged_at = datetime.fromisoformat(shown["bridged_at"])
        ended_at = datetime.fromisoformat(shown["ended_at"] or self._screen["now"])
        return ended_at - bridged_at

    async def _fill_in(self, call: _Call) -> None:
        """Write down the answers as they are given."""
        if call.fate in (Fate.REFUSES, Fate.ASKS_CALLBACK):
            return
        answers = answers_of(self._manner.seed, call.number)
        talk = USUAL_TALK / self._manner.fast_forward
        pace = talk.total_seconds() / (len(answers) + 1)
        with contextlib.suppress(Refused):
            for question, value in answers.items():
                await asyncio.sleep(pace)
                await self._answer(call, question, value)

    async def _answer(self, call: _Call, question: str, value: object) -> None:
        await self._api.put(f"/attempts/{call.attempt}/answers/{question}", {"value": value})

    # --- The wrap-up -------------------------------------------------------------------------

    async def _wrap_up(self) -> None:
        shown = self._screen["call"]
        if self._call is None or self._call.attempt != shown["attempt"]:
            self._call = await self._read_card()  # the desk was away while the call ended
        call, manner = self._call, self._manner
        conclusion = conclude(manner.seed, call.number, call.tried, call.fate, call.heard)
        pause = wrap_up(manner.seed, call.number, call.tried, manner.fast_forward)
        await asyncio.sleep(pause.total_seconds())
        if takes_break(manner.seed, call.number, call.tried) and not self._going.is_set():
            await self._ask_for_break()
        if self._going.is_set():
            await self._api.post("/agents/me/sign-off")
        await self._record(call, conclusion)
        self._screen = await self._api.get("/agents/me")

    async def _ask_for_break(self) -> None:
        await self._api.post("/agents/me/pause", {"reason": "break"})
        lasts = (BREAK / self._manner.fast_forward).total_seconds()
        self._on_break_until = asyncio.get_running_loop().time() + lasts

    async def _record(self, call: _Call, conclusion: Conclusion) -> None:
        wish: dict[str, Any] = {
            "disposition": conclusion.disposition.value,
            "note": conclusion.note,
            "answers": dict(conclusion.answers),
        }
        path = f"/attempts/{call.attempt}/disposition"
        if conclusion.call_back_in is not None:
            due_at = datetime.fromisoformat(self._screen["now"]) + conclusion.call_back_in
            wish["callback"] = {
                "due_at": _on_the_quarter(due_at).isoformat(),
                "personal": conclusion.personal,
            }
        if conclusion.meeting_after is not None:
            if await self._book(call, conclusion, path, wish):
                return
            wish["disposition"] = Disposition.QUALIFIED.value
            wish["note"] = "wants a meeting; no time was free"
            wish.pop("booking", None)
        await self._api.post(path, wish)

    async def _book(
        self, call: _Call, conclusion: Conclusion, path: str, wish: dict[str, Any]
    ) -> bool:
        """Book the first slot from the time wished for that nobody takes meanwhile."""
        assert conclusion.meeting_after is not None
        earliest = datetime.fromisoformat(self._screen["now"]) + conclusion.meeting_after
        for slot in await self._slots(call, earliest):
            wish["booking"] = {"rep": slot["rep"], "starts_at": slot["starts_at"]}
            try:
                await self._api.post(path, wish)
            except Refused as refused:
                if refused.kind not in ("slot-taken", "outside-availability"):
                    raise
            else:
                return True
        return False

    async def _slots(self, call: _Call, earliest: datetime) -> list[Mapping[str, Any]]:
        query: dict[str, str | int] = {
            "from": earliest.isoformat(),
            "days": 14,
            "limit": _SLOTS_LOOKED_AT,
            "languages": ",".join(call.languages),
        }
        found = await self._api.get(f"/campaigns/{call.campaign}/slots", **query)
        slots: list[Mapping[str, Any]] = found["slots"]
        return slots

    # --- The ear -----------------------------------------------------------------------------

    async def _listen(self) -> None:
        async for event in self._phone.heard():
            if isinstance(event, MachineNoticed | ConversationFaded):
                self._noticed.put_nowait(event)


def _on_the_quarter(at: datetime) -> datetime:
    """Return *at*, a quarter of an hour up at most: people name such times."""
    late = timedelta(minutes=at.minute % 15, seconds=at.second, microseconds=at.microsecond)
    return at if not late else at - late + timedelta(minutes=15)
