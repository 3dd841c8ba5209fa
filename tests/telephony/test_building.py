"""The SIP stack is built once, explains its failures, and never leaves half of itself behind."""

import io
import os
import subprocess
import sys
import tarfile
import threading
import zipfile
from pathlib import Path

import pytest

from dialer.telephony.building import cache, pjproject, recipe
from dialer.telephony.building.__main__ import main, this_target
from dialer.telephony.building.mending import MENDS, mend
from dialer.telephony.building.recipe import Manifest, Target, build_key
from dialer.telephony.building.wheel import MANIFEST_FILE, pack
from dialer.telephony.building.workshop import BuildFailed, Command, Workshop
from dialer.telephony.stack import MINIMUM_CALLS

TARGET = Target(python_abi="cpython-311-x86_64-linux-gnu", distribution="debian 12")


def a_manifest() -> Manifest:
    return Manifest(key="k", pjproject="2.17", origin="a test", macros=dict(recipe.SITE_MACROS))


def a_workshop(folder: Path, **options: float) -> tuple[Workshop, io.StringIO]:
    logs = folder / "logs"
    logs.mkdir()
    said = io.StringIO()
    return Workshop(logs=logs, out=said, steps=1, **options), said


def a_program(text: str, folder: Path) -> Command:
    return Command(arguments=[sys.executable, "-c", text], folder=folder)


def an_archive(folder: Path, version_mak: str) -> Path:
    """Write an archive of a source tree of which only the version is there."""
    archive = folder / "pjproject-0.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        content = version_mak.encode()
        entry = tarfile.TarInfo("pjproject-0/version.mak")
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    return archive


# The recipe


def test_the_limits_are_those_a_dialer_needs():
    assert recipe.SITE_MACROS["PJSUA_MAX_CALLS"] == MINIMUM_CALLS
    assert recipe.SITE_MACROS["PJ_IOQUEUE_MAX_HANDLES"] >= 2 * MINIMUM_CALLS
    assert recipe.SITE_MACROS["PJSUA_MAX_RECORDERS"] >= 2 * MINIMUM_CALLS
    assert "-DNDEBUG" in recipe.LIBRARY_FLAGS


def test_a_mend_is_put_behind_its_line_and_other_versions_are_left_as_they_are(tmp_path: Path):
    file = tmp_path / MENDS[0].file
    file.parent.mkdir(parents=True)
    file.write_text(f"begin {MENDS[0].behind}\nend\n")
    assert mend(tmp_path) == (MENDS[0],)
    assert file.read_text() == f"begin {MENDS[0].behind}\n{MENDS[0].line}\nend\n"
    file.write_text(f"{MENDS[0].behind}\n{MENDS[0].behind}\n")
    assert mend(tmp_path) == () and MENDS[0].line not in file.read_text()
    assert mend(tmp_path / "elsewhere") == ()


def test_a_build_for_another_python_or_distribution_has_another_key():
    others = [
        Target(python_abi="cpython-312-x86_64-linux-gnu", distribution="debian 12"),
        Target(python_abi="cpython-311-x86_64-linux-gnu", distribution="debian 13"),
    ]
    assert len({build_key(target) for target in [TARGET, *others]}) == 3
    assert build_key(TARGET) == build_key(TARGET)


def test_a_manifest_survives_being_written_and_read():
    assert Manifest.from_json(a_manifest().to_json()) == a_manifest()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"macros": {"PJSUA_MAX_CALLS": "many"}}'])
def test_what_is_no_manifest_is_refused(text: str):
    with pytest.raises(ValueError, match="not the manifest"):
        Manifest.from_json(text)


def test_a_version_that_is_not_stated_is_not_guessed():
    with pytest.raises(ValueError, match="PJ_VERSION_MINOR"):
        recipe.pjproject_version("export PJ_VERSION_MAJOR := 2\n")


# Where the source comes from


def test_a_mirror_of_debian_is_preferred_to_a_third_party_that_uses_its_names():
    printed = "http://third.example bookworm main\nhttp://deb.example/debian/ bookworm main\n"
    assert pjproject.debian_mirror(printed) == "http://deb.example/debian/"


def test_without_a_network_every_route_says_why_and_how_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PATH", str(tmp_path))  # no apt-get
    monkeypatch.setattr(pjproject, "UPSTREAM_ADDRESS", "http://127.0.0.1:1/pjproject.tar.gz")
    workshop, _ = a_workshop(tmp_path)
    with pytest.raises(BuildFailed) as failed:
        pjproject.obtain(workshop, tmp_path)
    assert "this system has no apt-get" in failed.value.cause
    assert "upstream's archive could not be downloaded" in failed.value.cause
    assert "PJPROJECT_ARCHIVE=" in failed.value.remedy


def test_an_upstream_archive_with_other_bytes_than_the_pinned_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    forged = tmp_path / "forged.tar.gz"
    forged.write_bytes(b"not what was released")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(pjproject, "UPSTREAM_ADDRESS", forged.as_uri())
    workshop, _ = a_workshop(tmp_path)
    with pytest.raises(BuildFailed, match="not the pinned one"):
        pjproject.obtain(workshop, tmp_path)
    assert not (tmp_path / "pjproject.tar.gz").exists()


# Steps


def test_a_failed_step_names_itself_and_shows_the_end_of_its_log(tmp_path: Path):
    workshop, said = a_workshop(tmp_path)
    failing = a_program("print('opus.h: no such file'); raise SystemExit(3)", tmp_path)
    with pytest.raises(BuildFailed) as failed:
        workshop.run("configuring", [failing], remedy="Install it.")
    assert failed.value.step == "configuring"
    assert failed.value.cause.endswith("ended with exit status 3")
    assert failed.value.log_tail()[-1] == "opus.h: no such file"
    assert "[1/1] configuring ..." in said.getvalue()


def test_a_program_that_is_not_there_is_a_failed_step_too(tmp_path: Path):
    workshop, _ = a_workshop(tmp_path)
    absent = Command(arguments=["no-such-compiler"], folder=tmp_path)
    with pytest.raises(BuildFailed, match="no-such-compiler could not be started"):
        workshop.run("compiling", [absent], remedy="Install it.")


def test_when_one_program_of_a_step_fails_the_others_are_stopped(tmp_path: Path):
    workshop, _ = a_workshop(tmp_path)
    waits_for_ever = a_program("import threading; threading.Event().wait()", tmp_path)
    fails = a_program("raise SystemExit(1)", tmp_path)
    with pytest.raises(BuildFailed):
        workshop.run("compiling", [waits_for_ever, fails], remedy="")


def test_a_long_step_says_that_it_still_runs(tmp_path: Path):
    workshop, said = a_workshop(tmp_path, heartbeat_s=0.0)
    slow = a_program("import time; time.sleep(0.5)", tmp_path)
    workshop.run("compiling", [slow], remedy="")
    assert "still compiling" in said.getvalue()


# The wheel


def test_a_wheel_carries_the_modules_the_manifest_and_the_licence(tmp_path: Path):
    module = tmp_path / "pjsua2.py"
    module.write_text("answer = 42\n")
    licence = tmp_path / "COPYING"
    licence.write_text("GPL\n")
    out = tmp_path / "out"
    out.mkdir()
    wheel = pack(out, modules=[module], licence=licence, manifest=a_manifest())
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        [manifest] = [name for name in names if name.endswith(MANIFEST_FILE)]
        assert Manifest.from_json(archive.read(manifest).decode()) == a_manifest()
    assert {"pjsua2.py"} < set(names)
    assert any(name.endswith("licenses/COPYING") for name in names)


def test_the_ordinary_installer_accepts_the_wheel(tmp_path: Path):
    for name in ("pjsua2.py", "COPYING"):
        (tmp_path / name).write_text("answer = 42\n")
    files = {"modules": [tmp_path / "pjsua2.py"], "licence": tmp_path / "COPYING"}
    wheel = pack(tmp_path, manifest=a_manifest(), **files)
    place = tmp_path / "installed"
    command = [sys.executable, "-m", "uv", "pip", "install", "--no-index", "--target", place, wheel]
    subprocess.run(command, check=True, capture_output=True)
    assert (place / "pjsua2.py").is_file()


# The cache


def test_a_finished_build_is_found_by_its_key_and_nothing_else_is(tmp_path: Path):
    with cache.one_at_a_time(tmp_path, io.StringIO()), cache.work_folder(tmp_path) as work:
        (work / "built.whl").write_bytes(b"wheel")
        assert cache.finished_wheel(tmp_path, "key") is None
        kept = cache.keep(tmp_path, "key", wheel=work / "built.whl", logs=work / "logs")
    assert cache.finished_wheel(tmp_path, "key") == kept
    assert not list(tmp_path.glob(".work-*"))


def test_what_an_interrupted_build_left_is_cleared_by_the_next(tmp_path: Path):
    dead = tmp_path / ".work-dead"
    dead.mkdir()
    (dead / "half.o").touch()
    with cache.one_at_a_time(tmp_path, io.StringIO()):
        assert not dead.exists()


def test_a_second_build_waits_for_the_first_and_says_so(tmp_path: Path):
    said = io.StringIO()
    ready = threading.Event()

    class Announced(io.StringIO):
        def write(self, text: str) -> int:
            said.write(text)
            ready.set()
            return len(text)

    second = threading.Thread(target=_take_and_leave, args=(tmp_path, Announced()))
    with cache.one_at_a_time(tmp_path, io.StringIO()):
        second.start()
        assert ready.wait(timeout=30)
    second.join(timeout=30)
    assert not second.is_alive()
    assert "waiting for it" in said.getvalue()


def _take_and_leave(folder: Path, out: io.StringIO) -> None:
    with cache.one_at_a_time(folder, out):
        pass


# The command


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "callwright" / "pjsua2"


def test_an_archive_that_is_too_old_is_refused_before_anything_is_compiled(
    tmp_path: Path, empty_cache: Path, capsys: pytest.CaptureFixture[str]
):
    old = an_archive(tmp_path, "export PJ_VERSION_MAJOR := 2\nexport PJ_VERSION_MINOR := 16\n")
    assert main(["--rebuild", "--archive", str(old)]) == 1
    told = capsys.readouterr().err
    assert "is pjproject 2.16; 2.17 or newer is needed" in told
    assert "Nothing was installed" in told
    assert sorted(path.name for path in empty_cache.iterdir()) == [".lock", "failed"]


@pytest.mark.parametrize(
    ("name", "complaint"),
    [("missing.tar.gz", "there is no file"), ("text.tar.gz", "failed at unpacking")],
)
def test_a_bad_archive_is_an_explained_failure(
    tmp_path: Path,
    empty_cache: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    complaint: str,
):
    (tmp_path / "text.tar.gz").write_text("this is no archive")
    assert main(["--rebuild", "--archive", str(tmp_path / name)]) == 1
    assert complaint in capsys.readouterr().err


def test_a_source_without_the_sip_stack_is_refused_and_the_logs_are_kept(
    tmp_path: Path, empty_cache: Path, capsys: pytest.CaptureFixture[str]
):
    stated = "export PJ_VERSION_MAJOR := 2\nexport PJ_VERSION_MINOR := 17\n"
    hollow = an_archive(tmp_path, stated)
    assert main(["--rebuild", "--archive", str(hollow)]) == 1
    told = capsys.readouterr().err
    assert "is not pjproject's source" in told
    assert list((empty_cache / "failed").glob("*-unpacking.log"))


def test_a_cache_that_cannot_be_written_is_an_explained_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "callwright").write_text("a file where a folder should be")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert main(["--rebuild"]) == 1
    assert "may be written to" in capsys.readouterr().err


@pytest.mark.sip
def test_the_installed_build_is_of_this_recipe(capsys: pytest.CaptureFixture[str]):
    assert main([]) == 0
    assert "is installed" in capsys.readouterr().out
    assert main(["--quiet-when-installed"]) == 0
    assert capsys.readouterr().out == ""


def test_this_machine_has_a_key():
    assert this_target().python_abi
    assert len(build_key(this_target())) == 16
    assert os.path.basename(cache.cache_folder(os.environ)) == "pjsua2"
