"""Where the source of pjproject comes from.

    an archive the person names        --archive FILE: for machines without a network
    the distribution's source package  Debian: ``asterisk`` in sid carries pjproject whole
    the project's own release          pinned by its SHA-256

The first that gives an archive is taken. Debian's comes before upstream's because apt checks its
signature, keeps to the mirror and proxy this machine already uses, and is what this build is
tested with.

Rule: no source is unpacked that nobody vouched for: a signature apt verified, a pinned SHA-256, or
the person who named the file.
"""

import hashlib
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dialer.telephony.building.workshop import BuildFailed, Command, Workshop

#: The package whose source carries pjproject, the suite it is in, and the component's file.
SOURCE_PACKAGE: Final = "asterisk"
SUITE: Final = "sid"
COMPONENT: Final = "*.orig-Xpjproject.tar.*"

#: What Debian calls the releases a machine may be set up for; all are on one mirror with sid.
RELEASES: Final = ("bookworm", "trixie", "forky", "stable", "testing", "unstable", "sid")

#: Debian's own keys, from the package debian-archive-keyring.
KEYRING: Final = Path("/usr/share/keyrings/debian-archive-keyring.gpg")

UPSTREAM_ADDRESS: Final = "https://github.com/pjsip/pjproject/archive/refs/tags/2.17.tar.gz"
UPSTREAM_SHA256: Final = "065fe06c06788d97c35f563796d59f00ce52fe9558a52d7b490a042a966facce"
UPSTREAM_TIMEOUT_S: Final = 30.0
UPSTREAM_MOST_BYTES: Final = 64 * 1024 * 1024

FETCHING: Final = "getting the source"

REMEDY: Final = (
    "Check the network and the proxy (apt's settings for Debian's mirror, https_proxy for "
    "upstream's). Without a network: download the release archive of pjproject 2.17 or newer "
    "elsewhere, then run `make setup PJPROJECT_ARCHIVE=/path/to/the/archive`."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """An archive of pjproject, and who vouches for it."""

    archive: Path
    origin: str  #: in words, for the manifest


def obtain(workshop: Workshop, folder: Path, *, archive: Path | None = None) -> Source:
    """Return an archive of pjproject's source; *folder* is ours to put it in.

    Args:
        archive: The archive the person named, if any; then nothing else is tried.

    Raises:
        BuildFailed: no route gave a source; the cause tells what each of them said.
    """
    with workshop.step(FETCHING) as log:
        if archive is not None:
            return _named(archive)
        reasons: list[str] = []
        for route in (_from_distribution, _from_upstream):
            try:
                return route(folder, log)
            except _NotThisWay as reason:
                reasons.append(str(reason))
        cause = "no source could be had: " + "; ".join(reasons)
        raise BuildFailed(step=FETCHING, cause=cause, remedy=REMEDY, log=log)


class _NotThisWay(Exception):
    """A route has no source for us; says why."""


def _named(archive: Path) -> Source:
    if not archive.is_file():
        cause = f"there is no file {archive}"
        remedy = "Name an existing archive (.tar.gz, .tar.bz2 or .tar.xz) of pjproject."
        raise BuildFailed(step=FETCHING, cause=cause, remedy=remedy)
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    return Source(archive=archive.resolve(), origin=f"archive {archive.name}, SHA-256 {digest}")


def _from_distribution(folder: Path, log: Path) -> Source:
    """Fetch the component from the Debian mirror this machine is set up for.

    The list of sid's sources is read with settings of our own, so the machine's lists stay as
    they are and nothing of sid can ever be installed by it.
    """
    apt = folder / "apt"
    (apt / "lists" / "partial").mkdir(parents=True)
    site = debian_mirror(_ask_apt_for_targets(folder, log))
    signed_by = f"[signed-by={KEYRING}] " if KEYRING.is_file() else ""
    sources = apt / "sid.list"
    sources.write_text(f"deb-src {signed_by}{site} {SUITE} main\n", encoding="utf-8")
    options = (
        f"Dir::Etc::sourcelist={sources}",
        "Dir::Etc::sourceparts=-",
        f"Dir::State::lists={apt / 'lists'}",
        "Dir::Cache::pkgcache=",
        "Dir::Cache::srcpkgcache=",
        "APT::Sandbox::User=root",
        "Acquire::Retries=2",
    )
    settings = [word for option in options for word in ("-o", option)]
    _apt(["apt-get", *settings, "update"], folder, log)
    wanted = ["--download-only", "--only-source", "source", SOURCE_PACKAGE]
    _apt(["apt-get", *settings, *wanted], folder, log)
    found = sorted(folder.glob(COMPONENT))
    if not found:
        raise _NotThisWay(f"Debian's {SOURCE_PACKAGE} no longer carries pjproject as a component")
    return Source(archive=found[-1], origin=f"Debian {SUITE}, {found[-1].name}, verified by apt")


def debian_mirror(targets: str) -> str:
    """Return the site of the Debian mirror in what ``apt-get indextargets`` printed.

    Each line is ``SITE RELEASE COMPONENT``. The security site has no sid, and third parties use
    Debian's release names too, so a site that calls itself Debian's is preferred.

    >>> debian_mirror("https://packages.example/ bookworm main\\n"
    ...               "http://mirror.example/debian-security bookworm-security main\\n"
    ...               "http://mirror.example/debian bookworm main\\n")
    'http://mirror.example/debian'
    """
    lines = [line.split(" ") for line in targets.splitlines()]
    sites = [
        words[0] for words in lines if words[1:] in [[release, "main"] for release in RELEASES]
    ]
    if not sites:
        raise _NotThisWay("apt knows no Debian mirror")
    return next((site for site in sites if "/debian" in site), sites[0])


def _ask_apt_for_targets(folder: Path, log: Path) -> str:
    layout = "$(SITE) $(RELEASE) $(COMPONENT)"
    question = ["apt-get", "indextargets", "--no-release-info", "--format", layout]
    return _apt([*question, "Created-By: Packages"], folder, log)


def _apt(words: Sequence[str], folder: Path, log: Path) -> str:
    """Run apt and return what it printed; its errors go to the log."""
    with log.open("a+", encoding="utf-8") as written:
        written.seek(0, 2)
        start = written.tell()
        try:
            process = Command(arguments=words, folder=folder).start(written)
        except OSError as error:
            raise _NotThisWay("this system has no apt-get") from error
        try:
            status = process.wait()
        except BaseException:
            process.kill()
            process.wait()
            raise
        written.seek(start)
        printed = [line for line in written.read().splitlines() if not line.startswith("$ ")]
    if status != 0:
        errors = [line for line in printed if line.startswith("E: ")]
        raise _NotThisWay(f"apt-get failed ({errors[-1] if errors else f'exit status {status}'})")
    return "\n".join(printed)


def _from_upstream(folder: Path, log: Path) -> Source:
    """Download the pinned release; anything but the pinned bytes is refused."""
    archive = folder / "pjproject.tar.gz"
    try:
        with urllib.request.urlopen(UPSTREAM_ADDRESS, timeout=UPSTREAM_TIMEOUT_S) as response:
            content = response.read(UPSTREAM_MOST_BYTES)
    except OSError as error:
        raise _NotThisWay(f"upstream's archive could not be downloaded ({error})") from error
    digest = hashlib.sha256(content).hexdigest()
    with log.open("a", encoding="utf-8") as written:
        written.write(f"{UPSTREAM_ADDRESS}: {len(content)} bytes, SHA-256 {digest}\n")
    if digest != UPSTREAM_SHA256:
        raise _NotThisWay(f"upstream's archive has the SHA-256 {digest}, not the pinned one")
    archive.write_bytes(content)
    return Source(archive=archive, origin=f"upstream release, SHA-256 {digest}")
