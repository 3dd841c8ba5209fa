"""The trunk file of a lab: one trunk to the simulated network, on loopback, and nothing else."""

from collections.abc import Iterable
from pathlib import Path

import yaml


def lab_trunks(
    host: str, port: int, *, country: str, countries: Iterable[str], channels: int, cps: float
) -> str:
    """Return the text of the file.

    Args:
        host, port: Where the simulated network listens; the kind ``loopback`` refuses others.
        country: Where the dialer stands, ISO 3166-1.
        countries: Which may be called.
        channels: Calls at once.
        cps: New calls per second.
    """
    content = {
        "version": 1,
        "country": country,
        "trunks": [
            {
                "id": "simulated",
                "kind": "loopback",
                "hosts": [{"uri": f"sip:{host}:{port}"}],
                "limits": {"channels": channels, "cps": cps, "burst": max(1, round(cps / 2))},
            }
        ],
        "route_groups": [{"id": "all", "members": [{"trunk": "simulated"}]}],
        "routes": [{"prefix": "", "group": "all"}],
        "blocklists": {"international": {"allow_countries": sorted(countries)}},
    }
    return yaml.safe_dump(content, sort_keys=False)


def write_lab_trunks(
    file: Path,
    host: str,
    port: int,
    *,
    country: str,
    countries: Iterable[str],
    channels: int = 250,
    cps: float = 30.0,
) -> Path:
    """Write the file of :func:`lab_trunks` and return where it lies."""
    text = lab_trunks(host, port, country=country, countries=countries, channels=channels, cps=cps)
    file.write_text(text, encoding="utf-8")
    return file
