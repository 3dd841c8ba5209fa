"""Profiles: what is known about a device or a carrier, as data.

    profiles/*.yaml (shipped) and ``profiles:`` of the file ──▶ Profile ──extends──▶ … ──▶ a trunk

Rule: a profile is a partial trunk plus facts for people. What nobody has read or tried says
``verified: no``; the person who installs the box checks it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sip_config.notation import Identifier
from sip_config.trunk import Verified
from sip_config.yaml_document import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileFacts:
    """What a profile says to people."""

    extends: Identifier | None = None  #: profile whose values apply where this one says nothing
    title: str = ""  #: device or service
    ports: str = ""  #: how many of what
    verified: Verified = Verified.NO  #: no, manual, lab or field
    source_url: str | None = None  #: where it was read
    notes: tuple[str, ...] = ()  #: what to know about it
    set_on_box: tuple[str, ...] = ()  #: what to set on the device, or at the carrier


FACT_KEYS: Final = frozenset(ProfileFacts.__dataclass_fields__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One profile."""

    id: str
    facts: ProfileFacts
    settings: Mapping[str, Value]  #: keys of a trunk
    origin: str  #: the file it stands in
    shipped: bool
