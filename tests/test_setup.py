"""Setting up stops with a reason and a remedy where it cannot go on."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def setup(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/bash", str(ROOT / "scripts" / "setup.sh"), *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def a_path_with(folder: Path, *programs: str) -> str:
    """Return a PATH on which only *programs* are."""
    for program in programs:
        found = shutil.which(program)
        assert found is not None
        (folder / program).symlink_to(found)
    return str(folder)


def test_an_unknown_kind_of_setup_shows_the_usage():
    done = setup("everything")
    assert done.returncode == 2
    assert "usage:" in done.stderr


def test_a_python_that_will_not_do_is_named():
    done = setup(PYTHON="/bin/false")
    assert done.returncode == 1
    assert "PYTHON=/bin/false is not a Python 3.11 or newer" in done.stderr


def test_without_apt_it_names_what_is_lacking_and_what_to_install(tmp_path: Path):
    path = a_path_with(tmp_path, "bash", "dirname", "readlink", "make")
    done = setup(PATH=path, PYTHON=sys.executable)
    assert done.returncode == 1
    assert "no apt-get, and lacks: g++ pkg-config xz" in done.stderr
    assert "libsrtp2" in done.stderr


def test_help_lists_every_target_a_person_runs():
    done = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True)
    listed = {line.split()[0] for line in done.stdout.splitlines()[1:]}
    assert {"setup", "demo", "serve", "test", "check", "soak", "benchmark", "clean"} <= listed
