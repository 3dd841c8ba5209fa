"""Finished builds, kept for the next environment on this machine.

    ~/.cache/callwright/pjsua2/
        <key>/callwright_pjsua2-....whl   a finished build; <key> names its recipe and target
        <key>/logs/*.log                  what its steps printed
        failed/*.log                      the logs of the last build that failed
        .lock                             one build at a time
        .work-*/                          a build under way, or one that was interrupted

Rule: a folder named by a key is complete, because it was renamed to that name when it was. The
lock ends with the process that holds it, so what is in ``.work-*`` when one has the lock is dead.
"""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TextIO


def cache_folder(environment: Mapping[str, str]) -> Path:
    """Return the folder of finished builds (XDG Base Directory Specification).

    >>> cache_folder({"XDG_CACHE_HOME": "/var/cache/me", "HOME": "/home/me"}).as_posix()
    '/var/cache/me/callwright/pjsua2'
    >>> cache_folder({"XDG_CACHE_HOME": "relative", "HOME": "/home/me"}).as_posix()
    '/home/me/.cache/callwright/pjsua2'
    """
    named = Path(environment.get("XDG_CACHE_HOME", ""))
    home = Path(environment.get("HOME", "") or os.path.expanduser("~"))
    caches = named if named.is_absolute() else home / ".cache"
    return caches / "callwright" / "pjsua2"


def finished_wheel(cache: Path, key: str) -> Path | None:
    """Return the wheel of the finished build *key*, or None."""
    return next(iter(sorted((cache / key).glob("*.whl"))), None)


def keep(cache: Path, key: str, *, wheel: Path, logs: Path) -> Path:
    """Make *wheel* the finished build *key*, in one step, and return its new path."""
    ready = wheel.parent / "ready"
    ready.mkdir()
    wheel.rename(ready / wheel.name)
    logs.rename(ready / "logs")
    place = cache / key
    shutil.rmtree(place, ignore_errors=True)
    ready.rename(place)
    return place / wheel.name


def keep_failed_logs(cache: Path, logs: Path) -> Path:
    """Put the logs of a build that failed where they stay until the next failure."""
    place = cache / "failed"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(logs, place)
    return place


@contextlib.contextmanager
def work_folder(cache: Path) -> Iterator[Path]:
    """Give a folder for one build; remove it afterwards, whatever happens."""
    folder = Path(tempfile.mkdtemp(prefix=".work-", dir=cache))
    try:
        (folder / "logs").mkdir()
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def one_at_a_time(cache: Path, out: TextIO) -> Iterator[None]:
    """Hold the cache's lock, waiting for another build if there is one, and clear what died."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / ".lock").open("w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("  another build of the SIP stack is under way; waiting for it", file=out)
            out.flush()
            fcntl.flock(lock, fcntl.LOCK_EX)
        for dead in cache.glob(".work-*"):
            shutil.rmtree(dead, ignore_errors=True)
        yield
