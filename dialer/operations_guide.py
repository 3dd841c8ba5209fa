"""Writes the tables of ``docs/operations.md`` from the program.

Run ``python -m dialer.operations_guide`` at the top of the source tree.

Rule: what the program knows is not typed twice. Tests fail when a table is not current.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from dialer import log, settings

TABLES: Final[Mapping[str, Callable[[], str]]] = {
    "settings": settings.describe,
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
