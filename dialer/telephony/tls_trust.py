"""Whose certificates a TLS socket believes, as one text that the SIP stack takes.

The stack reads a file; a folder of certificates, which a trunk file may name, and the system's own
store are read here.
"""

import ssl
from pathlib import Path
from typing import Final

_SUFFIXES: Final = frozenset({".pem", ".crt", ".cer"})
_BEGIN: Final = "-----BEGIN CERTIFICATE-----"


class Untrusted(Exception):
    """There is nobody to believe: a server's certificate could not be checked."""


def trust(place: str | None) -> str:
    """Return the trusted certificates, PEM, one after the other.

    Args:
        place: A file or a folder; ``None``: the system's.

    Raises:
        Untrusted: there are none; says where they were looked for.
    """
    paths = ssl.get_default_verify_paths()
    places = [place] if place is not None else [paths.cafile, paths.openssl_cafile, paths.capath]
    for each in filter(None, places):
        if found := "".join(_certificates(Path(each))):
            return found
    where = ", ".join(filter(None, places))
    raise Untrusted(
        f"no trusted certificates at {where}; name a PEM file or a folder of them under tls.ca"
    )


def _certificates(path: Path) -> list[str]:
    try:
        files = (
            sorted(each for each in path.iterdir() if each.suffix in _SUFFIXES)
            if path.is_dir()
            else [path]
        )
        texts = [file.read_text(encoding="ascii", errors="replace") for file in files]
    except OSError:
        return []
    return [text if text.endswith("\n") else f"{text}\n" for text in texts if _BEGIN in text]
