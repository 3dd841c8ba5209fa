"""Packing a finished build as a wheel, so that the ordinary installer installs and removes it.

A wheel is a zip file with the modules, and a ``dist-info`` folder with who it is, which Python it
fits, and the hash of every file (PyPA, binary distribution format 1.0).
"""

import base64
import hashlib
import sys
import sysconfig
import zipfile
from pathlib import Path
from typing import Final

from dialer.telephony.building.recipe import Manifest

DISTRIBUTION: Final = "callwright-pjsua2"

#: The manifest's file in the ``dist-info`` folder; read with ``importlib.metadata``.
MANIFEST_FILE: Final = "callwright-build.json"

#: The date of every file in the zip, so that the same build gives the same bytes.
_ZIP_DATE: Final = (2026, 1, 1, 0, 0, 0)


def python_tag() -> str:
    """Return the tag of this Python, its ABI and platform, such as ``cp311-cp311-linux_x86_64``."""
    version = f"cp{sys.version_info.major}{sys.version_info.minor}"
    platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    return f"{version}-{version}{sys.abiflags}-{platform}"


def version_of(manifest: Manifest) -> str:
    """Return the wheel's version: pjproject's, and the recipe's key as its local part."""
    return f"{manifest.pjproject}+recipe.{manifest.key}"


def pack(folder: Path, *, modules: list[Path], licence: Path, manifest: Manifest) -> Path:
    """Write the wheel of *modules* into *folder* and return its path."""
    name = DISTRIBUTION.replace("-", "_")
    version, tag = version_of(manifest), python_tag()
    info = f"{name}-{version}.dist-info"
    files = {module.name: module.read_bytes() for module in modules}
    files[f"{info}/METADATA"] = _metadata(version).encode()
    files[f"{info}/WHEEL"] = _wheel(tag).encode()
    files[f"{info}/{MANIFEST_FILE}"] = manifest.to_json().encode()
    files[f"{info}/licenses/{licence.name}"] = licence.read_bytes()
    record = f"{info}/RECORD"
    rows = [f"{path},sha256={_digest(content)},{len(content)}" for path, content in files.items()]
    files[record] = "\n".join([*rows, f"{record},,", ""]).encode()
    wheel = folder / f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            entry = zipfile.ZipInfo(path, _ZIP_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o755 if path.endswith(".so") else 0o644) << 16
            archive.writestr(entry, content)
    return wheel


def _digest(content: bytes) -> str:
    digest = hashlib.sha256(content).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _metadata(version: str) -> str:
    return (
        "Metadata-Version: 2.4\n"
        f"Name: {DISTRIBUTION}\n"
        f"Version: {version}\n"
        "Summary: pjsua2 of pjproject, built on this machine with a dialer's limits\n"
        "License-Expression: GPL-2.0-or-later\n"
        "License-File: COPYING\n"
    )


def _wheel(tag: str) -> str:
    return f"Wheel-Version: 1.0\nGenerator: callwright\nRoot-Is-Purelib: false\nTag: {tag}\n"
