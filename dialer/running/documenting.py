"""The tables of ``docs/running.md``, made from the values themselves.

    python -m dialer.running.documenting docs/running.md

Rule: keys, types, defaults and meanings come from the dataclasses and their comments. A test
compares the page with what this module would write.
"""

import re
import sys
from pathlib import Path
from typing import Final

from dialer.running.campaign_file import (
    Agent,
    Auto,
    CampaignFile,
    Dispositions,
    Limits,
    ListPart,
)
from sip_config.documenting import table

_SECTIONS: Final = (
    ("Top of the file", CampaignFile),
    ("`list`", ListPart),
    ("`agents[]`", Agent),
    ("`dispositions`", Dispositions),
    ("`dispositions.auto`, `agents[].auto`", Auto),
    ("`limits`", Limits),
)
_MADE: Final = re.compile(r"<!-- made: keys -->.*?<!-- end: keys -->", re.DOTALL)


def rewritten(page: str) -> str:
    """Return *page* with its tables as they should be.

    Raises:
        ValueError: The marks between which they stand are missing.
    """
    if not _MADE.search(page):
        raise ValueError("expected the marks <!-- made: keys --> and <!-- end: keys -->")
    text = "\n".join(table(title, cls) for title, cls in _SECTIONS).strip()
    made = f"<!-- made: keys -->\n{text}\n<!-- end: keys -->"
    return _MADE.sub(lambda _: made, page)


if __name__ == "__main__":
    file = Path(sys.argv[1])
    file.write_text(rewritten(file.read_text(encoding="utf-8")), encoding="utf-8")
