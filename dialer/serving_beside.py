"""The dialer, run by a command that goes on beside it: the demo, and a campaign from a file.

Rule: whatever happens inside, the dialer is stopped on the way out, and in order.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from dialer import log
from dialer.serving import serve
from dialer.settings import Settings


class NotServing(Exception):
    """The dialer did not start; the message names the logs."""

    def __init__(self, sentence: str, exit_code: int) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code


def given_up(output: Path) -> str:
    """Return the sentence with which the last program to give up did so, if one did."""
    lines = output.read_text("utf-8", "replace").splitlines() if output.exists() else []
    said = [line.removeprefix("dialer: ") for line in lines if line.startswith("dialer: ")]
    return said[-1] if said else ""


@asynccontextmanager
async def serving(
    settings: Settings,
    *,
    logs: Path,
    now: Callable[[], datetime],
    ready: Callable[[], None] = lambda: None,
) -> AsyncIterator[None]:
    """Run the dialer as ``dialer serve`` would.

    Args:
        logs: Directory of ``supervisor.log`` and ``dialer.log``.
        now: By which its log is stamped.
        ready: Called when it is ready, before anything else: signals are the caller's from then on.

    Raises:
        NotServing: It ended by itself before it was ready.
        AlreadyRunning, UnusableDirectory: As :func:`dialer.serving.serve`.
    """
    output = logs / "dialer.log"
    with (logs / "supervisor.log").open("a", encoding="utf-8") as stream:
        log.configure(format="json", stream=stream, now=now)
        is_ready = asyncio.Event()
        task = asyncio.create_task(
            serve(settings, ready=is_ready.set, output=output), name="dialer"
        )
        waiting = asyncio.create_task(is_ready.wait(), name="dialer ready")
        try:
            await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
            if not is_ready.is_set():
                code = await task
                logged = f"{stream.name} and {output}"
                why = given_up(output)
                said = f": {why}; {logged} say more" if why else f"; {logged} say why"
                raise NotServing("the dialer did not start" + said, code or 1)
            ready()
            yield
        finally:
            waiting.cancel()
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
