"""What is built: the limits, the switches, the flags, and the key that names the result.

Rule: whatever changes the binary is in :func:`build_key`, so a changed recipe is a new build and
an unchanged one never is.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Final

from dialer.telephony.building.mending import MENDS

#: The oldest pjproject that will do. 2.17 is the first with the fixes of CVE-2026-32945 (DNS
#: parser), CVE-2026-25994 (ICE user name) and CVE-2026-40892 (digest), and of a use after free in
#: RTP streams that ended.
OLDEST_VERSION: Final = (2, 17)

#: Compile-time limits and choices, written to ``pj/config_site.h``; counts unless said otherwise.
SITE_MACROS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "PJSUA_MAX_CALLS": 512,  # legs in one process; 4 when not raised
        "PJSUA_MAX_ACC": 64,  # accounts: one for each trunk or gateway port
        "PJSUA_MAX_CONF_PORTS": 4096,
        "PJSUA_MAX_PLAYERS": 512,
        "PJSUA_MAX_RECORDERS": 1280,  # two for a bridged call, one more to detect machines
        "PJ_IOQUEUE_MAX_HANDLES": 4096,  # sockets: two for a leg, and the transports; needs epoll
        "PJSIP_MAX_TSX_COUNT": 16383,
        "PJSIP_MAX_DIALOG_COUNT": 8191,
        "PJSIP_UDP_SO_RCVBUF_SIZE": 4 * 1024 * 1024,  # bytes: a burst of answers must fit
        "PJ_SCANNER_USE_BITWISE": 0,
        "PJ_OS_HAS_CHECK_STACK": 0,
        "PJ_LOG_MAX_LEVEL": 4,
        "PJMEDIA_FILE_PORT_BUFSIZE": 800,  # bytes: a growing recording lags by 50 ms at 8 kHz
        "PJMEDIA_HAS_VIDEO": 0,
    }
)

#: Codecs and devices a telephone call needs not, and libraries the distribution keeps patched.
CONFIGURE_SWITCHES: Final = (
    "--enable-epoll",
    "--enable-libsamplerate",
    "--with-external-srtp",
    "--with-external-speex",
    "--with-external-gsm",
    "--disable-video",
    "--disable-sound",
    "--disable-ilbc-codec",
    "--disable-g7221-codec",
    "--disable-libyuv",
    "--disable-libwebrtc",
    "--disable-libwebrtc-aec3",
    "--disable-v4l2",
    "--disable-sdl",
    "--disable-ffmpeg",
    "--disable-vpx",
    "--disable-openh264",
)

#: NDEBUG turns a failed assertion, which one stray packet can cause, into a returned error.
LIBRARY_FLAGS: Final = ("-O2", "-fPIC", "-DNDEBUG")

#: The wrapper is one file of some megabytes that only passes calls on: optimised, it takes the
#: compiler twenty minutes and gains nothing. These come after the library's flags and override.
WRAPPER_FLAGS: Final = ("-O0", "-g0", "-w")

#: ``-threads`` lets other Python threads run while pjsua2 works.
SWIG_FLAGS: Final = ("-c++", "-python", "-threads", "-w312")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The machine and the Python a build is for; a build for one never fits another."""

    python_abi: str  #: such as ``cpython-311-x86_64-linux-gnu``
    distribution: str  #: such as ``debian 12``: the build links to its libraries


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a finished build says of itself; kept beside its metadata when installed."""

    key: str  #: :func:`build_key` of the recipe and target it was built from
    pjproject: str  #: version, such as ``2.17``
    origin: str  #: where the source came from, in words
    macros: dict[str, int]  #: :data:`SITE_MACROS` as compiled

    @property
    def max_calls(self) -> int:
        """Legs one process can hold."""
        return self.macros["PJSUA_MAX_CALLS"]

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2, sort_keys=True) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Manifest":
        """Read back :meth:`to_json`.

        Raises:
            ValueError: the text is not a manifest; says what is wrong.
        """
        try:
            fields = json.loads(text)
            macros = {str(name): int(value) for name, value in fields["macros"].items()}
            manifest = cls(
                key=str(fields["key"]),
                pjproject=str(fields["pjproject"]),
                origin=str(fields["origin"]),
                macros=macros,
            )
            _ = manifest.max_calls
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise ValueError(f"not the manifest of a pjsua2 build: {error!r}") from error
        return manifest


def config_site() -> str:
    """Return the text of ``pj/config_site.h``.

    >>> print(config_site().splitlines()[1])
    #define PJSUA_MAX_CALLS 512
    """
    lines = ["/* Written by dialer.telephony.building; see its recipe. */"]
    lines += [f"#define {name} {value}" for name, value in SITE_MACROS.items()]
    return "\n".join(lines) + "\n"


def build_key(target: Target) -> str:
    """Return the name of this recipe built for *target*: 16 hexadecimal digits."""
    ingredients = {
        "oldest": OLDEST_VERSION,
        "macros": dict(SITE_MACROS),
        "configure": CONFIGURE_SWITCHES,
        "flags": (LIBRARY_FLAGS, WRAPPER_FLAGS, SWIG_FLAGS),
        "mends": [asdict(each) for each in MENDS],
        "target": asdict(target),
    }
    return hashlib.sha256(json.dumps(ingredients, sort_keys=True).encode()).hexdigest()[:16]


def pjproject_version(version_mak: str) -> tuple[int, ...]:
    """Return the version that the text of ``version.mak`` states.

    Raises:
        ValueError: no version is stated.

    >>> pjproject_version("export PJ_VERSION_MAJOR  := 2\\nexport PJ_VERSION_MINOR  := 17\\n")
    (2, 17)
    >>> pjproject_version("export PJ_VERSION_MAJOR := 2\\nexport PJ_VERSION_MINOR := 17\\n"
    ...                   "export PJ_VERSION_REV := 1\\n")
    (2, 17, 1)
    """
    stated: dict[str, int] = {}
    for line in version_mak.splitlines():
        name, separator, value = line.removeprefix("export ").partition(":=")
        if separator and value.strip().isdigit():
            stated[name.strip()] = int(value)
    try:
        version = (stated["PJ_VERSION_MAJOR"], stated["PJ_VERSION_MINOR"])
    except KeyError as missing:
        raise ValueError(f"version.mak does not state {missing}") from None
    revision = stated.get("PJ_VERSION_REV")
    return version if revision is None else (*version, revision)
