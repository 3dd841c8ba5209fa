"""What the exceptions of the house mean to an HTTP client.

Rule: one ``match``, one middleware. An exception that stands here is an ordinary refusal; any other
one is a bug: the log gets where it happened, the client gets a number to quote and nothing else.
"""

from typing import Final
from uuid import uuid4

import asyncpg
import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from dialer.agent import NotNow
from dialer.api.pages import nowhere
from dialer.api.problem import Problem, not_found, unavailable
from dialer.asked_call import NotCalled
from dialer.campaign import ImpossibleMove
from dialer.database.accounts import AccountRefused
from dialer.database.house import HouseRefused
from dialer.database.passwords import WeakPassword
from dialer.database.pool import CONNECTION_ERRORS, DatabaseUnavailable
from dialer.guest_ways import Unreachable
from dialer.ports import ClosingRefused, LedgerUnavailable
from dialer.supervising import MayOnlyListen
from dialer.transferring import UnknownTarget
from leads.importing import UnreadableList
from leads.phone import InvalidPhoneNumber
from leads.questionnaire import InvalidAnswer
from leads.retry import InvalidRetryPlan
from leads.scripting import InvalidScript
from leads.store.faults import Unfit, UnknownRow

log = structlog.get_logger()

#: Codes that say "not as things stand", rather than "not like this".
CONFLICTS: Final = frozenset(
    {
        *("slot_taken", "attempt_closed", "meeting_closed", "person_busy", "lease_lost"),
        *("client_names_are_unique", "team_names_are_unique", "one_agent_per_user"),
        *("campaign_names_are_unique_per_client", "logins_are_unique", "rep_already"),
    }
)


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn whatever a handler raises into a problem document."""
    try:
        return await handler(request)
    except web.HTTPException as answer:
        if answer.status < 400:
            raise
        shown = nowhere(request) if isinstance(answer, web.HTTPNotFound) else None
        return shown or _of_http(answer).response()
    except Exception as error:
        if (problem := problem_of(error)) is not None:
            return problem.response()
        reference = str(uuid4())
        route = request.match_info.route.resource
        log.error(
            "request_failed",
            method=request.method,
            route=route.canonical if route else "",
            reference=reference,
            exc_info=error,
        )
        detail = "this should not happen; the log knows more under the reference"
        return Problem(500, "internal", detail, reference=reference).response()


def problem_of(error: Exception) -> Problem | None:
    """Return what *error* means to a client; ``None``: it is a bug."""
    match error:
        case Problem():
            return error
        case NotNow():
            return Problem(409, "not-now", str(error), state=error.state.value)
        case NotCalled():
            return Problem(409, "not-called", str(error), because=error.because, rules=error.rules)
        case UnknownTarget():
            return Problem(422, "unknown-target", str(error))
        case Unreachable():
            return Problem(422, "unreachable", str(error))
        case MayOnlyListen():
            return Problem(403, "may-only-listen", str(error))
        case ImpossibleMove():
            return Problem(409, "impossible-move", str(error), state=error.found.value)
        case UnknownRow():
            return not_found(str(error))
        case HouseRefused(because=because) if because.startswith("unknown_"):
            return not_found(str(error))
        case Unfit() | HouseRefused() | AccountRefused() | ClosingRefused():
            status = 409 if error.because in CONFLICTS else 422
            return Problem(status, error.because.replace("_", "-"), str(error))
        case InvalidAnswer():
            return Problem(422, "answers", str(error), question=error.question)
        case InvalidScript():
            return Problem(422, "invalid-script", str(error), place=error.place)
        case UnreadableList():
            return _of_list(error)
        case InvalidPhoneNumber():
            return Problem(422, "invalid-number", str(error))
        case InvalidRetryPlan():
            return Problem(422, "invalid-retry-plan", str(error))
        case WeakPassword():
            return Problem(422, "weak-password", str(error))
        case LedgerUnavailable() | DatabaseUnavailable():
            return unavailable("database-unavailable", "the database does not answer; try again")
        case asyncpg.DataError():
            return Problem(422, "unstorable", "a value is out of the range the database takes")
        case _ if isinstance(error, CONNECTION_ERRORS):
            return unavailable("database-unavailable", "the database does not answer; try again")
        case _:
            return None


def _of_list(error: UnreadableList) -> Problem:
    return Problem(
        422,
        "unreadable-list",
        str(error),
        code=error.code.value,
        found=error.found,
        expected=error.expected,
        remedy=error.remedy,
    )


def _of_http(answer: web.HTTPException) -> Problem:
    match answer:
        case web.HTTPNotFound():
            return not_found()
        case web.HTTPMethodNotAllowed():
            allowed = ", ".join(sorted(answer.allowed_methods))
            return Problem(
                405,
                "method-not-allowed",
                f"this address takes {allowed}",
                headers={"Allow": allowed},
            )
        case web.HTTPRequestEntityTooLarge():
            return Problem(413, "too-large", "the body is larger than this address takes")
        case _:
            return Problem(answer.status, "refused", answer.reason or "refused")
