"""``dialer gate``: decides a file of cases.

Rule: standard output carries results only; what a person should know goes to standard error.
"""

import json
import sys
from argparse import ArgumentParser, Namespace, _SubParsersAction
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from compliance.case_fields import unknown_fields
from compliance.cases import merged, read
from compliance.decision import Permit, Refused, check
from compliance.loading import SHIPPED, UnusableProfiles, load
from compliance.profile import Bundle
from compliance.reason import codes

OK: Final = 0
UNUSABLE: Final = 2  #: exit code for input that cannot be used

#: Stands for "no instant is known": a time without a zone, which the gate refuses.
_UNKNOWN: Final = datetime(1, 1, 1)  # noqa: DTZ001  (it has no zone on purpose)


def add_arguments(subparsers: "_SubParsersAction[ArgumentParser]") -> None:
    """Register ``gate``."""
    gate = subparsers.add_parser(
        "gate",
        help="decide a file of cases",
        description="Decide every case of a JSON file, by drafts of country profiles too. Prints "
        "one line of JSON a case (id, verdict, reasons, defer_until, wait_for, obligations); what "
        "is no question to the gate is skipped with a note on standard error.",
        epilog="The fields of a case and all codes: docs/compliance.md.",
    )
    gate.add_argument(
        "--cases",
        type=Path,
        required=True,
        metavar="FILE",
        help='an object with "cases" and optionally "defaults", merged into each input',
    )
    gate.add_argument(
        "--profiles",
        type=Path,
        default=SHIPPED,
        metavar="DIR",
        help="a directory of *.yaml, or one file, instead of the shipped profiles",
    )
    gate.set_defaults(run=run_gate)


def run_gate(arguments: Namespace) -> int:
    """Print one JSON line per case; return the exit code."""
    try:
        bundle = load(arguments.profiles)
        content = json.loads(arguments.cases.read_bytes())
    except UnusableProfiles as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        return UNUSABLE
    except OSError as error:
        print(f"{arguments.cases}: {error.strerror}; name a readable file", file=sys.stderr)
        return UNUSABLE
    except (ValueError, RecursionError):
        print(f"{arguments.cases}: is not JSON; give a JSON file of cases", file=sys.stderr)
        return UNUSABLE
    if not isinstance(content, dict) or not isinstance(content.get("cases"), list):
        expected = 'an object with "cases", a list, and optionally "defaults"'
        print(f"{arguments.cases}: expected {expected}", file=sys.stderr)
        return UNUSABLE
    for line in decided(content["cases"], content.get("defaults", {}), bundle):
        print(json.dumps(line))
    return OK


def decided(cases: list[object], defaults: object, bundle: Bundle) -> Iterator[dict[str, object]]:
    """Yield the decision of each case that is one for the gate."""
    for number, case in enumerate(cases, start=1):
        content = case if isinstance(case, dict) else {}
        name = content.get("id", f"#{number}")
        own = content.get("input")
        if "op" in content or (isinstance(own, dict) and "op" in own):
            print(f"{name}: skipped, not a question to the gate", file=sys.stderr)
            continue
        asked = merged(defaults, own)
        for field in unknown_fields(asked):
            print(f"{name}: {field}: is no field of the gate, ignored", file=sys.stderr)
        facts, now = read(asked, name=str(name))
        yield {"id": name, **in_json(check(facts, bundle, now or _UNKNOWN))}


def in_json(decision: Permit | Refused) -> dict[str, object]:
    """Return a decision in the public form."""
    refused = decision if isinstance(decision, Refused) else None
    until = refused.defer_until if refused else None
    return {
        "verdict": decision.verdict,
        "reasons": list(codes(refused.reasons)) if refused else [],
        "defer_until": None if until is None else instant(until),
        "wait_for": list(refused.wait_for) if refused else [],
        "obligations": list(decision.obligations),
    }


def instant(at: datetime) -> str:
    """Return *at* in UTC with a Z.

    >>> instant(datetime(2026, 11, 23, 8, tzinfo=UTC))
    '2026-11-23T08:00:00Z'
    """
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
