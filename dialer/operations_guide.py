"""Writes the tables of ``docs/operations.md`` from the program.

Run ``python -m dialer.operations_guide`` at the top of the source tree.

Rule: what the program knows is not typed twice. Tests fail when a table is not current.
"""

import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from dialer import log
from dialer.settings import PREFIX, Settings


def settings_table() -> str:
    """Return the table of all settings, in Markdown, for ``docs/operations.md``."""
    lines = ["| setting | environment | default | what it is |", "|---|---|---|---|"]
    for name, field in Settings.model_fields.items():
        meaning = field.description or _PLACES.get(name, "")
        default = _DERIVED.get(name) or _shown(field.default)
        lines.append(f"| `{name}` | `{PREFIX}{name.upper()}` | {default} | {meaning} |")
    return "\n".join(lines) + "\n"


_DERIVED: Final = {
    "state_dir": "`$XDG_STATE_HOME/callwright`",
    "runtime_dir": "`$XDG_RUNTIME_DIR/callwright-…`, else `/tmp/callwright-…`",
    "spool_dir": "in `/dev/shm`, else `state_dir/spool`",
    "recordings_dir": "`state_dir/recordings`",
    "outbox_dir": "`state_dir/outbox`",
    "evidence_dir": "`state_dir/evidence`",
}
_PLACES: Final = {
    "recordings_dir": "finished recordings",
    "outbox_dir": "invitations and whatever else leaves the house as files",
    "evidence_dir": "evidence of consents, by content",
    "log_level": "least severe event that is logged: debug, info, warning or error",
}


def _shown(default: Any) -> str:
    match default:
        case None:
            return "none"
        case timedelta():
            return f"`{default.total_seconds():g}` s"
        case bool():
            return f"`{str(default).lower()}`"
        case _:
            return f"`{default}`"


TABLES: Final[Mapping[str, Callable[[], str]]] = {
    "settings": settings_table,
    "events": log.describe,
}
GUIDE: Final = Path("docs/operations.md")


def written(guide: str) -> str:
    """Return *guide* with what stands between its markers replaced.

    >>> "| setting |" in written("<!-- settings -->\\nold\\n<!-- end -->\\n")
    True
    """
    for name, describe in TABLES.items():
        before, _, rest = guide.partition(f"<!-- {name} -->\n")
        _, end, after = rest.partition("<!-- end -->")
        if end:
            guide = f"{before}<!-- {name} -->\n{describe()}{end}{after}"
    return guide


if __name__ == "__main__":
    if not GUIDE.exists():
        sys.exit(f"{GUIDE} is not here; run this from the top of the source tree")
    GUIDE.write_text(written(GUIDE.read_text()))
