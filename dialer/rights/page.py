"""The export for a person as one page that anybody can read, without scripts or other files.

GDPR 12(1): concise, intelligible, in plain language.

Rule: shows what the JSON export holds and nothing else; every value is escaped.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any, Final

_SECTIONS: Final = (
    ("numbers", "Your telephone numbers"),
    ("leads", "What clients' lists say about you, and where it came from"),
    ("consents", "Consents on file, with their wording"),
    ("requests_and_states", "What you asked for, and what we have noted"),
    ("suppressions", "Entries that keep us from calling you"),
    ("attempts", "Attempts to reach you, with what was noted"),
    ("calls", "Calls and recordings"),
    ("meetings", "Meetings"),
    ("decisions", "Each time we asked whether we may call you, and why we did or did not"),
    ("rows_not_accepted", "Rows of lists with your number that were not used"),
    ("recipients", "Who has received data about you"),
    ("kept_for", "How long what is kept"),
)
#: An instant as JSON spells it, and the seconds people read.
_INSTANT: Final = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|\+00:00)")
#: Fields that mean something to the program alone.
_INNER: Final = frozenset({"key_id", "consent_id", "attempt", "lead", "line", "list", "id"})
_RIGHTS: Final = (
    "You are called to be offered what the companies named below sell. You may have what we hold "
    "corrected, restricted or erased, take back a consent, object to being called at any time and "
    "without a reason, have a copy, and complain to your data-protection authority. A machine "
    "alone decides no more about you than when you may be called."
)
_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;"
    "color:#13211d}h1{font-size:1.6rem}h2{font-size:1.15rem;margin-top:2rem;border-bottom:1px solid"
    " #ccd6d2}dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:.6rem 0;"
    "padding:.6rem .8rem;background:#f3f5f4;border-radius:8px}dt{color:#4d5f59}dd{margin:0;"
    "overflow-wrap:anywhere}"
)


def page(content: Mapping[str, Any]) -> str:
    """Return the page for an export in JSON's own types."""
    return "\n".join(_lines(content)) + "\n"


def _lines(content: Mapping[str, Any]) -> Iterator[str]:
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>Your data</title>\n<style>{_STYLE}</style>\n</head>\n<body>"
    yield "<h1>What we hold about you</h1>"
    yield f"<p>Made on {_shown(str(content['made_at']), {})}. {_RIGHTS}</p>"
    clients = {each["client_id"]: each["name"] for each in content.get("clients") or ()}
    for key, title in _SECTIONS:
        values: Sequence[Any] = content.get(key) or ()
        yield f"<h2>{escape(title)}</h2>"
        if not values:
            yield "<p>Nothing.</p>"
        for value in values:
            yield _shown(_told(value) if key == "decisions" else value, clients)
    yield "</body>\n</html>"


def _told(decision: Mapping[str, Any]) -> dict[str, Any]:
    """Return a decision of the trail in plain words."""
    entry = json.loads(decision["entry"])
    verdict = {"allow": "we may call", "deny": "we may not call", "defer": "not now"}
    return {
        "when": entry["at"],
        "answer": verdict.get(entry["verdict"], entry["verdict"]),
        "because": [reason["detail"] for reason in entry["reasons"]]
        or list(entry["passed"].values()),
        "rules": sorted({s for reason in entry["reasons"] for s in reason.get("sources", ())}),
    }


def _shown(value: Any, clients: Mapping[int, str]) -> str:
    match value:
        case dict():
            rows = (
                f"<dt>{escape(str(key).replace('_', ' '))}</dt><dd>{_shown(one, clients)}</dd>"
                for key, one in _for_people(value, clients)
                if one not in (None, "", [], {})
            )
            return f"<dl>{''.join(rows)}</dl>"
        case list():
            return "; ".join(_shown(one, clients) for one in value)
        case bool():
            return "yes" if value else "no"
        case _:
            return escape(_INSTANT.sub(r"\1 \2 UTC", str(value)))


def _for_people(fields: Mapping[str, Any], clients: Mapping[int, str]) -> Iterator[tuple[str, Any]]:
    """Yield the fields that mean something to people, companies by their names."""
    for key, value in fields.items():
        if key == "client_id":
            yield "company", clients.get(value, value)
        elif key not in _INNER:
            yield key, value
