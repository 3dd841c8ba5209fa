"""The log: constant event names with fields, one line each, and never personal data.

JSON on standard output, or coloured lines on a terminal. Ids (campaign, lead, attempt, call)
are bound once at a boundary through :mod:`structlog.contextvars`.

Rule: only events of :data:`EVENTS` are logged. Personal data is kept out where it arises; the
last guard here turns what looks like a telephone number into its last digits, refuses fields
that could name a person, and lets no foreign exception speak, for a driver's message may quote
the row it failed on.
"""

import logging
import re
import sys
import traceback
from collections.abc import Callable, Mapping, MutableMapping
from datetime import datetime
from typing import Any, Final, TextIO

import structlog

from dialer.clock import SystemClock

EVENTS: Final[Mapping[str, str]] = {
    # the house
    "dialer_started": "the dialer is up; version, capacity",
    "dialer_draining": "no new calls; live calls go on; reason, live_calls",
    "dialer_stopped": "everything is down; reason",
    "child_started": "a process of ours is ready; child, pid, seconds",
    "child_ended": "a process of ours ended; child, exit_code, and when it is started again",
    "child_not_ready": "a process of ours did not become ready in time; child, seconds",
    "database_lost": "PostgreSQL does not answer; no new calls",
    "database_back": "PostgreSQL answers again; seconds",
    "migrated": "the database was brought to this version; files",
    "settings_refused": "the settings cannot be used; problems",
    # lists and leads
    "list_imported": "a list became leads; list_id, accepted, rejected, duplicates",
    "leads_claimed": "the hopper was filled; count, callbacks",
    "lead_refused": "the gate said no; rules, until",
    "leases_not_released": "the database did not take leases back; they run out by themselves",
    "calls_revoked": "unanswered calls to somebody who wants none were cancelled; ended",
    "opted_out": "a person wants no calls; source",
    # dialing
    "engine_started": "a team's engine runs; team_id",
    "engine_stopped": "a team's engine has ended; team_id, reason",
    "engine_superseded": "another dialer works for the team; this one places no more calls",
    "campaign_of_another_team": "an open attempt's campaign is not this team's; attempt_id",
    "floor_settled": "after a restart: what the worker still has; calls, agent_legs",
    "paced": "how many calls now; agents_ready, calls_ringing, placed, abandon_rate",
    "campaign_changed": "a campaign was started, paused or finished; state",
    "stop_all_pressed": "no new calls at all until released",
    "stop_all_released": "calls may be placed again",
    # calls
    "attempt_not_opened": "the world moved on between claim and dial; because",
    "call_placed": "the INVITE left; trunk",
    "call_answered": "somebody or something picked up; ring_seconds",
    "call_connected": "bridged to an agent; connect_seconds, agent_id",
    "call_abandoned": "answered, and no agent in time; waited_seconds, abandon_rate",
    "call_ended": "hung up or failed; outcome, sip_status",
    "call_recovered": "a call of before a restart is looked after again; state",
    "attempt_closed": "the canonical line: everything about one attempt",
    "closing_refused": "a disposition does not fit what the database knows; because",
    "closing_failed": "closing an attempt met a bug; attempt_id, and a traceback",
    "wrap_up_limit_passed": "the dialer recorded the end of a call the agent left open; agent_id",
    "callback_promised": "next_attempt_at",
    "meeting_booked": "starts_at",
    "supervisor_joined": "somebody listens to a call or speaks in it; user_id, call_id, part",
    "supervisor_left": "somebody no longer does; user_id, call_id",
    "guest_dropped": "after a restart: the leg of somebody whom nobody had asked for; user_id",
    # telephony
    "call_came_in": "somebody calls one of our numbers; trunk",
    "ring_back_choice": "what a caller asked for by a key is done; outcome",
    "worker_connected": "the core speaks to a telephony worker; incarnation, replayed",
    "worker_lost": "a telephony worker is gone; its calls are settled",
    "no_route": "no trunk may carry the next call; reasons",
    "call_failed_over": "a call left by another trunk before anything rang; attempt_id, outcome",
    "trunks_replaced": "another trunk file is in force; steps",
    "trunks_refused": "the changed trunk file cannot be used, the one before stays; problem",
    "trunk_held": "a trunk rests after failing calls; trunk, because",
    "trunk_down": "a trunk does not answer; trunk, sip_status",
    "trunk_up": "a trunk answers again; trunk",
    "agent_unreachable": "an agent's telephone cannot be called now; agent_id, problem",
    "agent_leg_up": "an agent's telephone is connected; agent_id",
    "agent_leg_lost": "an agent's telephone is gone; agent_id",
    "call_screened": "verdict, heard_seconds, before_agent, let_through",
    "line_heard": "said: busy, congestion, refused or answered, before the trunk told an answer",
    "screening_ready": "the process that tells people from machines listens",
    "screening_lost": "calls are not screened until it is back; problem",
    "recording_playable": "seconds, available_seconds",
    "recording_failed": "problem",
    "recording_of_unknown_call": "a tape of a call that is not in the database; call_id",
    "recording_differs": "decoded length and events disagree; seconds, seconds_by_events, because",
    "recording_stopped": "a call goes on without being recorded; problem",
    "recordings_unwritable": "nothing can be written to recordings_dir; problem",
    "recordings_writable": "recordings can be written again",
    "tape_heard": "somebody heard what was recorded so far of a call that goes on; user_id",
    # the outside
    "delivered": "something left through the outbox; kind, outbox_id",
    "delivery_failed": "the outbox tries again later; kind, tries, problem",
    "signed_in": "user_id, role",
    "sign_in_refused": "reason",
    "request_failed": "an HTTP request met a bug; method, route, and a traceback",
    "checkpoints_taken": "the ends of the decision chains were signed; chains",
    "checkpoint_failed": "the ends of the decision chains could not be signed; problem",
    "retention_ran": "what was past its time was removed; category, removed, held",
    "retention_failed": "what is past its time could not be removed; problem",
    # what should not happen
    "impossible_event": "an event does not fit the state; event_kind, state",
    "task_failed": "a background task met a bug; task, and a traceback",
    "library_warned": "a library logged a warning; library, text",
    "unlisted_event": "a log call used a name that is not in this table; place",
}
"""Every event that may be logged, with what it means and its fields."""

#: Fields whose text is never logged; ids, counts and flags of that name are.
REFUSED_FIELDS: Final = frozenset(
    {
        *("name", "first_name", "last_name", "display_name", "caller_name", "agent_name"),
        *("person", "email", "address", "company", "number", "to_number"),
        *("note", "notes", "answers", "body"),
        *("password", "token", "secret", "authorization", "cookie", "database_url", "dsn"),
    }
)
_OWN_PACKAGES: Final = ("dialer", "leads", "compliance", "sip_config")
_NUMBER: Final = re.compile(
    r"\+[1-9](?:[ ().-]{0,2}\d){6,14}"  # international, however it is spaced
    r"|(?<![\w.:-])0?[1-9]\d{8,13}(?![\w-])"  # bare digits
)

Logger = structlog.typing.FilteringBoundLogger
Fields = MutableMapping[str, Any]


def redacted(text: str) -> str:
    """Return *text* with everything that looks like a telephone number shortened.

    >>> redacted("sip:+447700900123@192.0.2.1 answered")
    'sip:…0123@192.0.2.1 answered'
    >>> redacted("2026-11-23T08:00:00Z 550e8400-e29b-41d4-a716-446655440000")
    '2026-11-23T08:00:00Z 550e8400-e29b-41d4-a716-446655440000'
    """
    return _NUMBER.sub(lambda found: "…" + re.sub(r"\D", "", found[0])[-4:], text)


def guard(_logger: Any, _method: str, fields: Fields) -> Fields:
    """Keep unlisted events and personal data out, whatever a log call passed."""
    event = fields.get("event")
    if event not in EVENTS:
        fields["event"] = "unlisted_event"
        fields["place"] = _calling_place()
    for key in [key for key in fields if key != "event"]:
        fields[key] = _clean(key, fields[key])
    return fields


def _clean(key: object, value: Any) -> Any:
    match value:
        case None | bool() | int() | float():
            return value
        case _ if key in REFUSED_FIELDS:
            return "(refused)"
        case str():
            return redacted(value)
        case Mapping():
            return {redacted(str(inner)): _clean(inner, each) for inner, each in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_clean(None, each) for each in value]
        case _:
            return redacted(str(value))


def _calling_place() -> str:
    for frame, line in traceback.walk_stack(None):
        module = frame.f_globals.get("__name__", "")
        if not module.startswith(("structlog", __name__, "logging")):
            return f"{module}:{line}"
    return "?"


def describe_exception(_logger: Any, _method: str, fields: Fields) -> Fields:
    """Turn ``exc_info`` into types and places; only our own exceptions may say their message."""
    exc_info = fields.pop("exc_info", None)
    if exc_info is True:
        exc_info = sys.exc_info()
    error = exc_info[1] if isinstance(exc_info, tuple) else exc_info
    if isinstance(error, BaseException):
        fields["exception"] = redacted(" ← ".join(_chain(error)))
    return fields


def _chain(error: BaseException | None) -> list[str]:
    described = []
    while error is not None:
        kind = type(error)
        own = kind.__module__.split(".")[0] in _OWN_PACKAGES
        frames = traceback.extract_tb(error.__traceback__)[-6:]
        places = " > ".join(f"{frame.name}:{frame.lineno}" for frame in frames)
        message = f": {error}" if own else ""
        described.append(f"{kind.__module__}.{kind.__qualname__}{message} [{places}]")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return described


class _Libraries(logging.Handler):
    """Carries what libraries log into our log, as ``library_warned``."""

    def emit(self, record: logging.LogRecord) -> None:
        fields: dict[str, Any] = {"library": record.name}
        if record.name == "asyncio":  # speaks of tasks, not of rows
            fields["text"] = record.getMessage().split("\n", 1)[0]
        else:
            fields["text"] = str(record.msg)  # the template, without its values
        error = record.exc_info[1] if record.exc_info else None
        structlog.get_logger().warning("library_warned", **fields, exc_info=error)


def configure(
    *,
    format: str = "auto",
    level: str = "info",
    stream: TextIO | None = None,
    now: Callable[[], datetime] | None = None,
) -> None:
    """Set the log up for this process.

    Args:
        format: ``json``, ``pretty``, or ``auto`` for pretty on a terminal and JSON otherwise.
        level: The least severe level that is logged.
        stream: Where to; standard output by default.
        now: The clock of the log's times; by default the machine's. A lab passes its own.
    """
    instant = now or SystemClock().now

    def stamp(_logger: Any, _method: str, fields: Fields) -> Fields:
        fields["at"] = instant().isoformat(timespec="milliseconds")
        return fields

    output = stream or sys.stdout
    pretty = format == "pretty" or (format == "auto" and output.isatty())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            stamp,
            describe_exception,
            guard,
            structlog.dev.ConsoleRenderer(colors=output.isatty(), timestamp_key="at")
            if pretty
            else structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=output),
        cache_logger_on_first_use=False,
    )
    libraries = logging.getLogger()
    libraries.handlers[:] = [_Libraries(level=logging.WARNING)]
    libraries.setLevel(logging.WARNING)


def describe() -> str:
    """Return the table of events, in Markdown, for ``docs/operations.md``."""
    rows = [f"| `{event}` | {meaning} |" for event, meaning in EVENTS.items()]
    return "\n".join(["| event | what happened; fields |", "|---|---|", *rows]) + "\n"
