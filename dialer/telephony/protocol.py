"""What core and telephony worker say to each other over their Unix socket.

    worker (listens)                                core (connects)
      Hello: version, incarnation, capacity, numbers ──▶
                         ◀── Welcome: the last number durably taken of that incarnation
      Happened 1, 2, 3 ... (not yet taken first)     ──▶
                         ◀── Order: a command        (any time)
                         ◀── Taken: up to number N   (the worker forgets them)
                         ◀── Heartbeat               (each second; silence means no core)

Rule: commands are wishes and may be said twice: each is named by its id, and an originate also
by its leg, so a repeated one changes nothing. Events are facts, numbered from 1 in one life of
the worker (its incarnation) and said again after a reconnect until they are taken. When the
worker had to forget events nobody took, :class:`Gap` says which, in their place.

Times are seconds of CLOCK_MONOTONIC, which all processes of one machine share; only the core
turns them into the time of day.
"""

import re
from dataclasses import dataclass
from typing import Any, Final, get_args

from dialer.telephony.commands import Command, check, is_name
from dialer.telephony.events import Event
from dialer.telephony.framing import ProtocolError, frame, from_plain, read, to_plain

VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """The worker's first word."""

    version: int
    incarnation: str  #: another one after each start of the worker
    pid: int
    capacity: int  #: legs
    oldest: int  #: number of the oldest event kept; newest + 1 when none is
    newest: int  #: number of the newest event; 0 before the first


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    """The core's answer to :class:`Hello`."""

    version: int
    last_taken: int  #: events up to this number of this incarnation are durable


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Events up to *number* are durable and may be forgotten."""

    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """The core is alive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One command."""

    id: str
    command: Command

    def __post_init__(self) -> None:
        check(is_name(self.id), "id is not a name")


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One event."""

    number: int
    at: float  #: CLOCK_MONOTONIC seconds
    event: Event


FromWorker = Hello | Happened
FromCore = Welcome | Taken | Heartbeat | Order


def _word(message_type: type) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", message_type.__name__).lower()


_COMMANDS: Final[dict[str, type[Command]]] = {_word(t): t for t in get_args(Command)}
_EVENTS: Final[dict[str, type[Event]]] = {_word(t): t for t in get_args(Event)}
_PLAIN: Final[dict[str, type[Hello | Welcome | Taken | Heartbeat]]] = {
    _word(t): t for t in (Hello, Welcome, Taken, Heartbeat)
}


def encode(message: FromWorker | FromCore) -> bytes:
    """Return *message* as one frame.

    >>> encode(Taken(number=7))[4:]
    b'{"type":"taken","number":7}'
    """
    match message:
        case Order(id=name, command=command):
            content = {"id": name, "command": _word(type(command)), "content": to_plain(command)}
        case Happened(number=number, at=at, event=event):
            content = {"number": number, "at": at, "event": _word(type(event))}
            content["content"] = to_plain(event)
        case _:
            content = to_plain(message)
    return frame({"type": _word(type(message)), **content})


def decode(content: dict[str, Any]) -> FromWorker | FromCore:
    """Return the message of one frame's *content*.

    Raises:
        ProtocolError: it is none of ours.
    """
    kind = content.get("type")
    rest = {name: value for name, value in content.items() if name != "type"}
    if kind == "order":
        _exactly(rest, {"id", "command", "content"}, "order")
        wish = _named(_COMMANDS, rest, "command")
        return _order(read(str, rest["id"], "order.id"), wish)
    if kind == "happened":
        _exactly(rest, {"number", "at", "event", "content"}, "happened")
        return Happened(
            number=read(int, rest["number"], "happened.number"),
            at=read(float, rest["at"], "happened.at"),
            event=_named(_EVENTS, rest, "event"),
        )
    if not isinstance(kind, str) or kind not in _PLAIN:
        known = ", ".join(sorted({*_PLAIN, "order", "happened"}))
        raise ProtocolError(f"unknown type of message; known: {known}")
    return from_plain(_PLAIN[kind], rest, kind)


def _order(name: str, command: Command) -> Order:
    try:
        return Order(id=name, command=command)
    except ValueError as error:
        raise ProtocolError(f"order: {error}") from None


def _named(table: dict[str, Any], content: dict[str, Any], name: str) -> Any:
    word = content[name]
    if not isinstance(word, str) or word not in table:
        raise ProtocolError(f"unknown {name}; known: {', '.join(sorted(table))}")
    return from_plain(table[word], content["content"], word)


def _exactly(content: dict[str, Any], names: set[str], where: str) -> None:
    if content.keys() != names:
        wrong = sorted(content.keys() ^ names)
        raise ProtocolError(f"{where}: fields must be {sorted(names)}; check {wrong[0]!r}")
