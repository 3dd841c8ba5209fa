"""Faults of pjproject that are mended in its source before it is compiled.

- **A leg that is deaf for its whole life** (2.17, ``transport_media_start``, transport_udp.c). The
  first read of a leg's audio is ordered before the transport is marked as started. Where a packet
  waits already, because the callee speaks at once, the media thread takes it in between, sees a
  transport that has not started, and never reads again. Seen in one call of fifty when audio came
  with the answer; nobody heard that callee, and the recording held silence.

Rule: a mend puts a line behind one that stands in its file exactly once. Where it does not, the
source is of another version and is left as it is: :func:`mend` returns what it did.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

_MEDIA: Final = "pjmedia/src/pjmedia/transport_udp.c"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mend:
    """One line more."""

    file: str  #: below the source's top
    behind: str  #: a line's end that stands in the file once
    line: str


MENDS: Final = (
    Mend(
        file=_MEDIA,
        behind='"media_start(): before recvfrom RTP"));',
        line="    udp->started = PJ_TRUE; /* before anything can be read */",
    ),
    Mend(
        file=_MEDIA,
        behind='"media_start(): recvfrom RTP failed"));',
        line="        udp->started = PJ_FALSE;",
    ),
    Mend(
        file=_MEDIA,
        behind='"media_start(): recvfrom RTCP failed"));',
        line="        udp->started = PJ_FALSE;",
    ),
)


def mend(tree: Path) -> tuple[Mend, ...]:
    """Mend the source below *tree*; return what could be applied."""
    return tuple(each for each in MENDS if _apply(tree / each.file, each))


def _apply(file: Path, mend: Mend) -> bool:
    try:
        text = file.read_text(encoding="utf-8", errors="surrogateescape")
    except FileNotFoundError:
        return False
    if text.count(mend.behind) != 1:
        return False
    mended = text.replace(mend.behind, f"{mend.behind}\n{mend.line}")
    file.write_text(mended, encoding="utf-8", errors="surrogateescape")
    return True
