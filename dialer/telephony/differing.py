"""Why a recording is not as long as its call's events say: every difference has a reason on record.

Rule: pure. The tape is measured by the worker's clock and the events by its stamps, so what is
left to explain is audio that was never written, or an end that was told later than it was.
"""

from dataclasses import dataclass
from typing import Final

from dialer.telephony.taping import Slip

TOLERANCE_S: Final = 0.1  #: between the decoded length and bridge to hang-up by events


@dataclass(frozen=True, slots=True, kw_only=True)
class Lengths:
    """What is known of the length of one recording, in seconds."""

    decoded_s: float
    by_events_s: float | None  #: bridge to hang-up; ``None``: the call has no end on record
    slip: Slip | None = None  #: of its tapes; ``None``: they were cleared by an earlier process
    skew_s: float = 0.0  #: by how much one side was longer


def explained(lengths: Lengths) -> str | None:
    """Return why the decoded length differs from the events; ``None`` when it does not.

    >>> slip = Slip(recording="r", callee="c", agent="a", started_at=7.0)
    >>> explained(Lengths(decoded_s=3.02, by_events_s=3.0, slip=slip)) is None
    True
    >>> explained(Lengths(decoded_s=3.0, by_events_s=4.0, slip=slip))
    '1.00 s shorter than by events: the telephony worker died, the tape ends where it did'
    """
    by_events = lengths.by_events_s
    if by_events is None:
        return "there is no end of the call on record to compare it with"
    apart = lengths.decoded_s - by_events
    if abs(apart) <= TOLERANCE_S:
        return None
    way = "shorter" if apart < 0 else "longer"
    return f"{abs(apart):.2f} s {way} than by events: {_because(lengths, by_events)}"


def _because(lengths: Lengths, by_events: float) -> str:
    slip = lengths.slip
    if slip is None:
        return "nothing more is known, its tapes were cleared before this could be written down"
    if slip.stopped_because is not None:
        return f"the tape was stopped, {slip.stopped_because}"
    if slip.stopped_at is None:
        return "the telephony worker died, the tape ends where it did"
    reasons, taped_s = [], slip.stopped_at - slip.started_at
    if abs(missing := taped_s - lengths.decoded_s) > TOLERANCE_S / 2:
        what = "were never written: the audio clock fell behind" if missing > 0 else "are too much"
        reasons.append(f"{abs(missing):.2f} s {what}")
    if abs(late := by_events - taped_s) > TOLERANCE_S / 2:
        when = "after" if late > 0 else "before"
        reasons.append(f"the end was told {abs(late):.2f} s {when} the tape stopped")
    if lengths.skew_s > TOLERANCE_S / 2:
        reasons.append(f"one side was {lengths.skew_s:.2f} s longer")
    return "; ".join(reasons) or "both the tape and the events are a little off"
