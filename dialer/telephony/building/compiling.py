"""From an archive of pjproject to a tried wheel: the steps that compile.

Everything happens in a folder that is thrown away; only the wheel leaves it.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dialer.telephony.building import recipe
from dialer.telephony.building.mending import mend
from dialer.telephony.building.pjproject import Source
from dialer.telephony.building.recipe import Manifest
from dialer.telephony.building.wheel import pack
from dialer.telephony.building.workshop import BuildFailed, Command, Workshop
from dialer.telephony.stack import ProbeFailed, affordable_calls, read_probe

#: How many steps :func:`compile_wheel` says, besides getting the source.
STEPS: Final = 7

REMEDY_PACKAGES: Final = (
    "Run `make setup`, which installs the compiler and the libraries; on a system that is not "
    "Debian install a C++ compiler, make, xz and the development files of OpenSSL, libsrtp2, "
    "speex, speexdsp, gsm, opus, libsamplerate, uuid and Python."
)

REMEDY_REPORT: Final = (
    "Read the whole log. Out of memory: give the machine 2 GB. Otherwise this version of "
    "pjproject may differ from the tried one: build 2.17 with PJPROJECT_ARCHIVE=/path/to/archive."
)

#: Debian's archive leaves out files it may not distribute; the build wants these to exist.
_FILES_LEFT_OUT: Final = ("pjmedia/src/pjmedia-audiodev/bdimad_dev.c",)

#: What tells pjproject's source from anything else.
_LANDMARKS: Final = ("pjlib/include/pj", "pjsip-apps/src/swig/pjsua2.i", "COPYING", "configure")

_LIBRARIES: Final = ("pjlib", "pjlib-util", "pjnath", "pjmedia", "pjsip")


@dataclass(frozen=True, slots=True, kw_only=True)
class Workplace:
    """The folders of one build."""

    folder: Path

    @property
    def tree(self) -> Path:
        """pjproject's source."""
        return self.folder / "pjproject"

    @property
    def swig(self) -> Path:
        """The folder of the Python wrapper's interface."""
        return self.tree / "pjsip-apps" / "src" / "swig" / "python"

    @property
    def stage(self) -> Path:
        """Where the finished modules stand."""
        return self.folder / "stage"


def compile_wheel(workshop: Workshop, source: Source, folder: Path, *, key: str) -> Path:
    """Compile *source* in *folder*, try the result, and return its wheel.

    Raises:
        BuildFailed: a step failed.
    """
    place = Workplace(folder=folder)
    for each in (place.tree, place.stage):
        each.mkdir()
    _unpack(workshop, source, place)
    manifest = _manifest(place, source, key)
    _configure(workshop, place)
    _compile(workshop, place)
    module = _link(workshop, place)
    _try_out(workshop, place)
    modules = [place.stage / "pjsua2.py", module]
    return pack(folder, modules=modules, licence=place.tree / "COPYING", manifest=manifest)


def _unpack(workshop: Workshop, source: Source, place: Workplace) -> None:
    tar: list[str | Path] = ["tar", "-xf", source.archive, "-C", place.tree, "--strip-components=1"]
    command = Command(arguments=[*tar, "--no-same-owner"], folder=place.folder)
    workshop.run("unpacking", [command], remedy=REMEDY_PACKAGES)


def _manifest(place: Workplace, source: Source, key: str) -> Manifest:
    version_mak = place.tree / "version.mak"
    needed = ".".join(map(str, recipe.OLDEST_VERSION))
    remedy = f"Name a release archive of pjproject {needed} or newer with PJPROJECT_ARCHIVE=."
    try:
        version = recipe.pjproject_version(version_mak.read_text(encoding="utf-8"))
        if version >= recipe.OLDEST_VERSION:
            for landmark in _LANDMARKS:
                (place.tree / landmark).stat()
    except (OSError, ValueError) as error:
        cause = f"{source.origin} is not pjproject's source ({error})"
        raise BuildFailed(step="reading the version", cause=cause, remedy=remedy) from None
    found = ".".join(map(str, version))
    if version < recipe.OLDEST_VERSION:
        cause = f"{source.origin} is pjproject {found}; {needed} or newer is needed"
        raise BuildFailed(step="reading the version", cause=cause, remedy=remedy)
    macros = dict(recipe.SITE_MACROS)
    return Manifest(key=key, pjproject=found, origin=source.origin, macros=macros)


def _configure(workshop: Workshop, place: Workplace) -> None:
    mend(place.tree)
    (place.tree / "pjlib/include/pj/config_site.h").write_text(recipe.config_site(), "utf-8")
    for left_out in _FILES_LEFT_OUT:
        (place.tree / left_out).touch()
    flags = " ".join(recipe.LIBRARY_FLAGS)
    configure = Command(
        arguments=["bash", "./configure", *recipe.CONFIGURE_SWITCHES],
        folder=place.tree,
        environment={"CFLAGS": flags, "CXXFLAGS": flags},
    )
    workshop.run("configuring", [configure], remedy=REMEDY_PACKAGES)
    depend = Command(arguments=["make", "dep"], folder=place.tree)
    workshop.run("reading dependencies", [depend], remedy=REMEDY_REPORT)


def _compile(workshop: Workshop, place: Workplace) -> None:
    """Compile the library, and at the same time the wrapper, which needs only its headers."""
    includes = [f"-I{place.tree / library / 'include'}" for library in _LIBRARIES]
    wrapper = place.folder / "wrapper.cpp"
    swig: list[str | Path] = [
        _swig(),
        *recipe.SWIG_FLAGS,
        *includes,
        "-outdir",
        place.stage,
        "-o",
        wrapper,
    ]
    generate = Command(arguments=[*swig, "../pjsua2.i"], folder=place.swig)
    workshop.run("writing the Python wrapper", [generate], remedy=REMEDY_REPORT)
    flags = _make_says(place, "cflags")
    headers = f"-I{sysconfig.get_path('include')}"
    compiler = ["g++", *flags, *recipe.WRAPPER_FLAGS, headers, "-c", str(wrapper)]
    jobs = max(1, len(os.sched_getaffinity(0)))
    commands = [
        Command(arguments=["make", f"-j{jobs}", "lib"], folder=place.tree),
        Command(arguments=[*compiler, "-o", "wrapper.o"], folder=place.folder),
    ]
    workshop.run("compiling", commands, remedy=REMEDY_REPORT)


def _swig() -> Path:
    """Return the program swig of this Python's environment, else the system's."""
    beside = Path(sys.executable).parent / "swig"
    found = beside if beside.is_file() else shutil.which("swig")
    if found is None:
        cause = "there is no program swig in this Python's environment or on the PATH"
        raise BuildFailed(step="looking for swig", cause=cause, remedy="Run `make setup`.")
    return Path(found)


def _make_says(place: Workplace, target: str) -> list[str]:
    """Return the words pjproject's own makefile prints for *target*, such as ``cflags``."""
    words = ["make", "--no-print-directory", "-f", "helper.mak", target]
    answer = subprocess.run(words, cwd=place.swig, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        cause = f"pjproject's helper.mak has no usable {target}: {answer.stderr.strip()}"
        raise BuildFailed(step="reading pjproject's flags", cause=cause, remedy=REMEDY_REPORT)
    return answer.stdout.split()


def _link(workshop: Workshop, place: Workplace) -> Path:
    module = place.stage / f"_pjsua2{sysconfig.get_config_var('EXT_SUFFIX')}"
    libraries = [f"-l{library}" for library in _make_says(place, "libs")]
    group = ["-Wl,--start-group", *libraries, "-Wl,--end-group"]
    linker = ["g++", "-shared", "-s", "-o", str(module), "wrapper.o", *_make_says(place, "ldflags")]
    command = Command(arguments=[*linker, *group], folder=place.folder)
    workshop.run("linking", [command], remedy=REMEDY_PACKAGES)
    return module


def _try_out(workshop: Workshop, place: Workplace) -> None:
    """Place as many calls on this machine as the limits promise, in a process of its own."""
    calls = min(recipe.SITE_MACROS["PJSUA_MAX_CALLS"], affordable_calls())
    probe = [sys.executable, "-m", "dialer.telephony.probing", str(calls)]
    path = os.pathsep.join([str(place.stage), *(entry for entry in sys.path if entry)])
    command = Command(arguments=probe, folder=place.folder, environment={"PYTHONPATH": path})
    what = "trying it out"
    workshop.run(what, [command], remedy=REMEDY_REPORT)
    log = max(workshop.logs.glob("*-trying-it-out.log"))
    try:
        answer = read_probe(log.read_text(encoding="utf-8", errors="replace"))
    except ProbeFailed as failure:
        cause = str(failure)
        raise BuildFailed(step=what, cause=cause, remedy=REMEDY_REPORT, log=log) from None
    if answer.calls < calls:
        cause = f"it could hold {answer.calls} calls, {calls} are expected: {answer.refusal}"
        raise BuildFailed(step=what, cause=cause, remedy=REMEDY_REPORT, log=log)
