"""The core's end of screening: the process that listens, kept running, and what it says passed on.

Rule: where no trunk wants screening there is no process. Nothing waits for it: while it is away
calls are not screened, which is said when it goes and when it is back; what it says of a call that
nobody asks about any more is passed over.
"""

import asyncio
import json
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import structlog

from dialer.call_events import CallId
from dialer.child import CannotStart, NotReady, Program
from dialer.ports import Clock
from dialer.screening.line import Progress, Said, TonePlan
from dialer.screening.verdict import Judgement, Mode, ScreeningVerdict
from dialer.telephony.call_news import leg_of
from dialer.telephony.overhearing import heard_path, line_path

log = structlog.get_logger()

AGAIN_AFTER: Final = timedelta(seconds=1)
_STOP_WITHIN: Final = timedelta(seconds=2)


class ScreeningRoom:
    """Listens to calls for all engines of this process."""

    def __init__(self, clock: Clock, *, socket: Path, spool: Path) -> None:
        self._clock = clock
        self._socket = socket
        self._spool = spool
        self._writer: asyncio.StreamWriter | None = None
        self._wanted = asyncio.Event()
        self._told: dict[CallId, Callable[[Judgement], None]] = {}
        self._lines: dict[CallId, Callable[[Said | None], None]] = {}

    @property
    def is_listening(self) -> bool:
        """Whether the process is there."""
        return self._writer is not None

    def listen(
        self, call: CallId, mode: Mode, told: Callable[[Judgement], None], *, trial: int = 1
    ) -> bool:
        """Begin to listen to a call; return whether that is possible now."""
        self.want()
        if self._writer is None:
            return False
        self._told[call] = told
        file = heard_path(self._spool, leg_of(call, trial)).name
        self._say({"call": str(call), "file": file, "mode": mode.value})
        return True

    def leave(self, call: CallId) -> None:
        """Listen to a call no longer."""
        if self._told.pop(call, None) is not None:
            self._say({"leave": str(call)})

    def listen_to_line(
        self, call: CallId, plan: TonePlan, told: Callable[[Said | None], None], *, trial: int = 1
    ) -> bool:
        """Begin to listen to a line nobody has answered; return whether that is possible now."""
        self.want()
        if self._writer is None:
            return False
        self._lines[call] = told
        file = line_path(self._spool, leg_of(call, trial)).name
        order = {"line": _line(call), "file": file, "ring_pause_s": plan.ring_pause_s}
        self._say(order | {"answers": plan.answers})
        return True

    def leave_line(self, call: CallId) -> None:
        """Listen to a line no longer."""
        if self._lines.pop(call, None) is not None:
            self._say({"leave": _line(call)})

    def want(self) -> None:
        """Have the process started: some call will be screened, or should have been."""
        self._wanted.set()

    async def run(self) -> None:
        """Keep the process until cancelled, from the first time it is wanted."""
        await self._wanted.wait()
        while True:
            try:
                process = await self._program().start()
            except (NotReady, CannotStart) as error:
                log.warning("screening_lost", problem=str(error))
                await self._clock.sleep(AGAIN_AFTER)
                continue
            try:
                await self._converse()
            finally:
                if self._writer is not None:
                    self._writer.close()
                self._writer = None
                self._told.clear()
                self._give_up_lines()
                await process.stop(signal.SIGTERM, within=_STOP_WITHIN)
            log.warning("screening_lost", problem="the process that listens has ended")
            await self._clock.sleep(AGAIN_AFTER)

    async def _converse(self) -> None:
        try:
            reader, self._writer = await asyncio.open_unix_connection(str(self._socket))
            log.info("screening_ready")
            while line := await reader.readline():
                self._take(line)
        except OSError as error:
            log.warning("screening_lost", problem=type(error).__name__)

    def _take(self, line: bytes) -> None:
        said = json.loads(line)
        if "line" in said:
            self._take_line(said)
            return
        told = self._told.get(CallId(UUID(said["call"])))
        if told is not None:
            told(
                Judgement(
                    verdict=ScreeningVerdict(said["verdict"]),
                    at_s=float(said["heard_s"]),
                    evidence=str(said["evidence"]),
                )
            )

    def _take_line(self, said: dict[str, Any]) -> None:
        told = self._lines.pop(_call(said["line"]), None)
        if told is not None:
            heard_s = float(said["heard_s"])
            told(
                Said(
                    progress=Progress(said["progress"]),
                    began_s=heard_s - float(said["ago_s"]),
                    heard_s=heard_s,
                    evidence=str(said["evidence"]),
                )
            )

    def _give_up_lines(self) -> None:
        given_up, self._lines = self._lines, {}
        for told in given_up.values():
            told(None)

    def _say(self, order: dict[str, Any]) -> None:
        if self._writer is not None:
            self._writer.write(json.dumps(order).encode() + b"\n")

    def _program(self) -> Program:
        command = (sys.executable, "-m", "dialer.screening.process")
        where = ("--socket", str(self._socket), "--spool", str(self._spool))
        return Program(name="screening", command=(*command, *where), ready=self._socket)


def _line(call: CallId) -> str:
    """Return the name by which a line is listened to, beside the call itself."""
    return f"line.{call}"


def _call(line: str) -> CallId:
    return CallId(UUID(line.removeprefix("line.")))
