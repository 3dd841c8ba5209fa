"""Trunk files for tests: the smallest one that works, and ways to change it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from sip_config.config import SipConfig
from sip_config.loading import load
from sip_config.problem import ConfigurationError

#: A Monday, before noon in London.
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)

#: Numbers of ranges for fiction that the numbering plans accept.
LONDON = "+442079460123"
READING = "+441184960123"


def a_file(**changes: Any) -> dict[str, Any]:
    """Return a working file as data: one loopback trunk, one route, one caller ID."""
    return {
        "version": 1,
        "country": "GB",
        "trunks": [a_trunk()],
        "routes": [{"prefix": "", "trunk": "pbx"}],
        "caller_ids": {
            "pools": [{"id": "main", "numbers": [{"e164": "+442079460101", "answers": "agents"}]}]
        },
        **changes,
    }


def a_trunk(**changes: Any) -> dict[str, Any]:
    """Return a working trunk as data."""
    return {
        "id": "pbx",
        "kind": "pbx",
        "hosts": [{"uri": "sip:127.0.0.1:5060"}],
        "limits": {"channels": 10, "cps": 10, "burst": 10},
        **changes,
    }


def a_group(*trunk_ids: str, **changes: Any) -> dict[str, Any]:
    """Return a group of trunks and the route to it."""
    group = {"id": "all", "members": [{"trunk": trunk_id} for trunk_id in trunk_ids], **changes}
    return {"route_groups": [group], "routes": [{"prefix": "", "group": "all"}]}


def loaded(folder: Path, data: dict[str, Any] | str, **options: Any) -> SipConfig:
    """Return what the loader makes of *data*, written to a file in *folder*."""
    file = folder / "trunks.yaml"
    text = data if isinstance(data, str) else yaml.safe_dump(data, sort_keys=False)
    file.write_text(text, encoding="utf-8")
    return load(file, **{"environment": {}, **options})


def complaints(folder: Path, data: dict[str, Any] | str, **options: Any) -> str:
    """Return what the loader complains about; empty if nothing."""
    try:
        loaded(folder, data, **options)
    except ConfigurationError as error:
        return str(error)
    return ""
