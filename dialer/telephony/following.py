"""The work of the recordings' helper process: it follows all tapes that run, and completes them.

Rule: what is here is forgotten with the process. The tapes stay until a recording is whole, so
another helper begins again from their start. Nothing takes longer than :data:`_AT_ONCE_S` before
somebody else's turn comes.
"""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from dialer.telephony.merging import Merged, Order, Running, Unmergeable, measure, unfinished

_AT_ONCE_S: Final = 0.25  #: of coding between two looks at what else is asked
_SYNCS_AT_ONCE: Final = 8

_running: Final[dict[str, Running]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How the recordings under way are doing."""

    running: int = 0
    behind_s: float = 0.0  #: said by now in the call that is worst off, and not yet coded
    problem: str | None = None  #: why something cannot be written


def follow(orders: Sequence[Order]) -> Progress:
    """Code what has been said by now, for a while; who is furthest behind comes first."""
    until = time.monotonic() + _AT_ONCE_S
    running, problem = _all_opened(orders)
    waiting = sorted(running, key=lambda each: each.behind_s, reverse=True)
    while waiting and time.monotonic() < until:
        again = []
        for each in waiting:
            if time.monotonic() > until:
                break
            try:
                if each.advance() > 0:
                    again.append(each)
            except OSError as error:
                problem = error.strerror or str(error)
        waiting = again
    _forget_all_but({order.recording for order in orders})
    return Progress(
        running=len(orders),
        behind_s=max((each.behind_s for each in running), default=0.0),
        problem=problem,
    )


def _all_opened(orders: Sequence[Order]) -> tuple[list[Running], str | None]:
    running, problem = [], None
    for order in orders:
        try:
            running.append(_opened(order))
        except Unmergeable:
            continue  # its other side is about to come; or its end will say what was wrong
        except OSError as error:
            problem = error.strerror or str(error)
    return running, problem


def complete(orders: Sequence[Order]) -> list[Merged | Unmergeable | OSError]:
    """Return what became of each; an order of which nothing was ever taped is an OSError."""
    found: dict[str, Merged | Unmergeable | OSError] = {}
    ready: list[tuple[Order, Running, float]] = []
    for order in orders:
        try:
            if not _has_tapes(order):
                found[order.recording] = _of_earlier(order)
                continue
            running = _opened(order)
            ready.append((order, running, running.complete(order.length_s)))
        except (Unmergeable, OSError) as error:
            found[order.recording] = error
            _drop(order)
    with ThreadPoolExecutor(_SYNCS_AT_ONCE) as pool:
        synced = [pool.submit(running.sync) for _, running, _ in ready]
    for (order, running, skew_s), sync in zip(ready, synced, strict=True):
        try:
            sync.result()
            found[order.recording] = running.publish(skew_s)
        except OSError as error:
            found[order.recording] = error
            _drop(order)
        _running.pop(order.recording, None)
    return [found[order.recording] for order in orders]


def _opened(order: Order) -> Running:
    if order.recording not in _running:
        _running[order.recording] = Running(order)
    return _running[order.recording]


def _has_tapes(order: Order) -> bool:
    return order.agent.exists() or order.callee.exists()


def _of_earlier(order: Order) -> Merged:
    """Return the figures of a recording that was whole before its tapes were cleared."""
    return measure(order.target, order.key.key if order.key else None)


def _drop(order: Order) -> None:
    if (running := _running.pop(order.recording, None)) is not None:
        running.close()
    with suppress(OSError):
        unfinished(order.target).unlink(missing_ok=True)


def _forget_all_but(orders: set[str]) -> None:
    """Let go of what nobody asks for any more: its call was erased, or its tape set aside."""
    for recording, running in list(_running.items()):
        if recording not in orders and not running.has_tapes:
            _running.pop(recording).close()
