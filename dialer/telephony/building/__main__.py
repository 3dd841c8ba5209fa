"""``python -m dialer.telephony.building``: build the SIP stack, or say why it could not be.

installed already? ──▶ done
in the cache?      ──▶ install it
else               ──▶ build, try out, keep, install it
"""

import argparse
import importlib.metadata
import importlib.util
import os
import platform
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from dialer.telephony import stack
from dialer.telephony.building import cache, compiling, pjproject
from dialer.telephony.building.recipe import Target, build_key
from dialer.telephony.building.wheel import DISTRIBUTION
from dialer.telephony.building.workshop import BuildFailed, Workshop

INSTALLING: Final = "installing"


def main(arguments: Sequence[str] | None = None) -> int:
    """Build and install; return the exit status."""
    options = _parser().parse_args(arguments)
    folder = cache.cache_folder(os.environ)
    try:
        _provide(folder, options)
    except BuildFailed as failure:
        _explain(failure, folder)
        return 1
    except OSError as error:
        print(f"SIP stack: failed: {error}", file=sys.stderr)
        print(f"See that {folder} may be written to and has 500 MB free.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nSIP stack: interrupted; nothing was installed.", file=sys.stderr)
        return 130
    return 0


def this_target() -> Target:
    """Return the machine and Python this process runs on."""
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        release = {}
    name = f"{release.get('ID', 'linux')} {release.get('VERSION_ID', '')}".strip()
    return Target(python_abi=str(sysconfig.get_config_var("SOABI")), distribution=name)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m dialer.telephony.building",
        description="Build pjsua2, the SIP stack, and install it into this Python's environment.",
    )
    parser.add_argument(
        "--archive",
        type=Path,
        help="an archive of pjproject's source (2.17 or newer), when the network has none",
    )
    parser.add_argument("--rebuild", action="store_true", help="build even when a build is there")
    parser.add_argument(
        "--quiet-when-installed", action="store_true", help="say nothing when nothing is to do"
    )
    return parser


def _provide(folder: Path, options: argparse.Namespace) -> None:
    key = build_key(this_target())
    if not options.rebuild and _installed(key):
        if not options.quiet_when_installed:
            print("SIP stack: the project's pjsua2 is installed.")
        return
    with cache.one_at_a_time(folder, sys.stdout):
        wheel = None if options.rebuild else cache.finished_wheel(folder, key)
        if wheel is not None:
            print(f"SIP stack: installing the build kept in {wheel.parent}")
            _install(wheel)
            if _works():
                return
            print("SIP stack: the kept build does not load on this machine any more; building anew")
        _install(_build(folder, key, options.archive))
    if not _works():
        report = stack.installed_stack()
        cause = report.problem or f"{report.describe()} was found instead of it"
        remedy = "Remove other packages that provide pjsua2, then run `make setup` again."
        raise BuildFailed(step=INSTALLING, cause=cause, remedy=remedy)


def _installed(key: str) -> bool:
    """Say whether the build *key* is installed; a look at its metadata, nothing is loaded."""
    try:
        version = importlib.metadata.version(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        return False
    return version.endswith(f"+recipe.{key}") and importlib.util.find_spec("_pjsua2") is not None


def _works() -> bool:
    importlib.invalidate_caches()
    return stack.installed_stack().source is stack.StackSource.CALLWRIGHT


def _build(folder: Path, key: str, archive: Path | None) -> Path:
    print("SIP stack: building pjsua2; a few minutes, once on this machine", flush=True)
    with cache.work_folder(folder) as work:
        logs = work / "logs"
        workshop = Workshop(logs=logs, out=sys.stdout, steps=compiling.STEPS + 1)
        try:
            source = pjproject.obtain(workshop, work, archive=archive)
            wheel = compiling.compile_wheel(workshop, source, work, key=key)
        except BuildFailed as failure:
            kept = cache.keep_failed_logs(folder, logs)
            if failure.log is not None:
                failure.log = kept / failure.log.name
            raise
        return cache.keep(folder, key, wheel=wheel, logs=logs)


def _install(wheel: Path) -> None:
    """Install *wheel* into this environment, in place of any earlier build."""
    if importlib.util.find_spec("uv") is not None:
        installer = ["uv", "pip", "install", "--python", sys.executable, "--reinstall"]
    else:
        installer = ["pip", "install", "--force-reinstall", "--disable-pip-version-check"]
    quiet = ["--quiet", "--no-index", "--no-deps"]
    command = [sys.executable, "-m", *installer, *quiet, str(wheel)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        cause = f"{installer[0]} did not install {wheel.name}: {answer.stderr.strip()[-500:]}"
        remedy = "See that this Python's environment may be written to; `make setup` makes one."
        raise BuildFailed(step=INSTALLING, cause=cause, remedy=remedy)


def _explain(failure: BuildFailed, folder: Path) -> None:
    lines = [f"SIP stack: failed at {failure.step}: {failure.cause}"]
    if tail := failure.log_tail():
        lines += ["", f"The last lines of {failure.log}:", *(f"  | {line}" for line in tail), ""]
    lines += [failure.remedy, f"Nothing was installed; the logs are in {folder / 'failed'}."]
    print("\n".join(lines), file=sys.stderr)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # stop the compilers, leave nothing
    sys.exit(main())
