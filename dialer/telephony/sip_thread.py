"""The one thread that owns the SIP stack: it polls, takes orders, wakes timers, and measures.

Rule: nothing else in the process calls the stack. Orders come in as callables through a queue;
events go out through one function that must not block. When the thread fails the process ends:
a worker that is half alive would hold calls that nobody answers for.
"""

import gc
import os
import resource
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final

from dialer.telephony.events import Event, Measured
from dialer.telephony.pjsua2 import SipRefused, SipStack
from dialer.telephony.prompts import silence
from dialer.telephony.sip_settings import SipSettings
from dialer.telephony.stopwatch import Stopwatch
from dialer.telephony.switchboard import Switchboard

Job = Callable[[Switchboard, float], None]

_POLL_S: Final = 0.01
_TIDY_EVERY_S: Final = 5.0
_FAREWELL_S: Final = 1.0  #: after the last hang-up: what BYEs and their answers need
FAILED: Final = 70  #: exit code when the thread failed (EX_SOFTWARE)


class SipThread:
    """The SIP thread of one worker."""

    def __init__(
        self, settings: SipSettings, *, spool: Path, tell: Callable[[float, Event], None]
    ) -> None:
        self._settings = settings
        self._spool = spool
        self._tell = tell
        self._jobs: deque[tuple[str, Job]] = deque()
        self._stopwatch = Stopwatch()
        self._ready = threading.Event()
        self._stopping = False
        self._problem: str | None = None
        self._thread = threading.Thread(target=self._run, name="sip", daemon=True)
        self.address = ""  #: host:port that SIP is spoken on
        self.is_empty = True  #: whether no leg is left

    def start(self) -> None:
        """Start the stack.

        Raises:
            SipRefused: it does not start; says why.
        """
        self._thread.start()
        self._ready.wait()
        if self._problem is not None:
            raise SipRefused(self._problem)

    def do(self, name: str, job: Job) -> None:
        """Have *job* done in the thread, soon. *name* is what it is measured as."""
        self._jobs.append((name, job))

    def measure(self, order: str) -> None:
        """Have the thread tell where its time went."""
        self.do("measure", lambda _, now: self._tell(now, self._measured(order)))

    def stop(self) -> None:
        """End all calls, then the stack; returns when it has ended."""
        self._stopping = True
        self._thread.join()

    def _run(self) -> None:
        try:
            stack = SipStack(self._settings)
            prompts = self._spool / "prompts"
            prompts.mkdir(parents=True, exist_ok=True)
            stack.start(silence(prompts))
            switchboard = Switchboard(stack, tapes=self._spool, prompts=prompts, tell=self._tell)
        except (SipRefused, OSError) as error:
            self._problem = str(error)
            self._ready.set()
            return
        self.address = stack.address
        sys.setswitchinterval(0.001)
        gc.freeze()
        gc.disable()  # a pjsua2 object must die here and now, not wherever memory ran short
        self._ready.set()
        try:
            self._serve(stack, switchboard)
        except BaseException:
            traceback.print_exc()
            os._exit(FAILED)

    def _serve(self, stack: SipStack, switchboard: Switchboard) -> None:
        tidy_at = time.monotonic() + _TIDY_EVERY_S
        while not self._stopping:
            self._turn(stack, switchboard)
            if time.monotonic() >= tidy_at:
                with self._stopwatch.timing("tidy"):
                    gc.collect(1)
                tidy_at = time.monotonic() + _TIDY_EVERY_S
        now = time.monotonic()
        switchboard.hang_up_all(now)
        while not switchboard.is_empty and time.monotonic() < now + _FAREWELL_S:
            self._turn(stack, switchboard)
        stack.stop()

    def _turn(self, stack: SipStack, switchboard: Switchboard) -> None:
        timing = self._stopwatch.timing
        with timing("poll"):
            stack.poll(_POLL_S)
        if stack.facts:
            with timing("facts"):
                switchboard.take_facts()
        while self._jobs:
            name, job = self._jobs.popleft()
            with timing(name):
                job(switchboard, time.monotonic())
        with timing("timers"):
            switchboard.wake(time.monotonic())
        if stack.facts:  # what the orders themselves have set off
            switchboard.take_facts()
        self.is_empty = switchboard.is_empty

    def _measured(self, order: str) -> Measured:
        used = resource.getrusage(resource.RUSAGE_SELF)
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return Measured(
            command=order,
            cpu_s=used.ru_utime + used.ru_stime,
            memory_bytes=pages * os.sysconf("SC_PAGE_SIZE"),
            operations=self._stopwatch.figures(),
        )
