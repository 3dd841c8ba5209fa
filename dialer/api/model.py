"""Shapes of what comes in and goes out: strict pydantic models, and the types they share.

Rule: a model that comes in refuses fields it does not know and values of another type. Texts are
free of NUL and lone surrogates before they get here (:mod:`dialer.api.reading`).
"""

import re
from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from dialer.telephony.commands import is_sip_uri

#: An id as the database gives it.
Id = Annotated[int, Field(ge=1, le=10**18)]
_EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)


def _of_our_time(at: datetime) -> datetime:
    if not _EARLIEST <= at < _LATEST:
        raise ValueError("an instant between the years 2000 and 2200")
    return at.astimezone(UTC)


#: ISO 8601 with a time zone, such as 2026-11-23T10:00:00+02:00; UTC once read.
Instant = Annotated[AwareDatetime, AfterValidator(_of_our_time)]
_NUMBER: Final = re.compile(r"\+[1-9][0-9]{5,14}")


def _callable(phone: str) -> str:
    if phone and not is_sip_uri(phone) and not _NUMBER.fullmatch(phone):
        raise ValueError("a SIP URI such as sip:name@host, or a number such as +442079460000")
    return phone


#: Where somebody's telephone is; may be empty.
Phone = Annotated[str, Field(max_length=200), AfterValidator(_callable)]
#: ISO 639-1.
Language = Annotated[str, Field(pattern="^[a-z]{2,3}$")]
#: A code in snake case.
Code = Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,63}$")]
Line = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\r\n]*$")]
Text = Annotated[str, Field(max_length=4000)]


class Incoming(BaseModel):
    """What a client sends."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Outgoing(BaseModel):
    """What a client gets."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Page(Incoming):
    """Which part of a long list is wanted."""

    limit: int = Field(50, ge=1, le=500, description="at most so many")
    after: Id | None = Field(None, description="the `next` of the page before")
