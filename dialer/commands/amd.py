"""``dialer amd``: what screening makes of sound files.

Rule: one JSON line a file on standard output, in the order of their names; a file that cannot be
read is told of on standard error, the others go on, and the exit code says so at the end.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from dialer.commands.failing import WRONG, CommandFailed
from dialer.screening.listening import judgement_of
from dialer.screening.sound import HEADERLESS, UnreadableSound, read
from dialer.screening.verdict import Mode

#: Files that are meant to hold sound, by the end of their names.
SOUND_FILES: Final = frozenset(
    {".wav", ".wave", ".w64", ".au", ".snd", ".aif", ".aiff", ".flac", ".ogg", ".oga", ".opus"}
    | {".mp3", *HEADERLESS}
)


def add_arguments(
    subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> None:
    """Register ``amd`` with what belongs to it."""
    parser = subparsers.add_parser("amd", help="tell people from machines in sound files")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    score = actions.add_parser(
        "score",
        help="a JSON line for every sound file in a directory",
        description=(
            "Listens to every sound file as to the first seconds of an answered call. Each line: "
            "file, verdict (human, machine, fax, sit, silence or unsure), decided_after_s, "
            "evidence."
        ),
    )
    score.add_argument("directory", type=Path, metavar="DIR", help="directory, or one file")
    score.add_argument(
        "--mode",
        type=Mode,
        choices=list(Mode),
        default=Mode.FULL,
        help="full (the default) listens on after an agent would have the call",
    )
    score.set_defaults(run=run_score)


def run_score(options: argparse.Namespace) -> int:
    """Print a line for every file; fail at the end if some could not be read."""
    start: Path = options.directory
    if not start.exists():
        raise CommandFailed(f"{start}: there is no such directory", WRONG)
    unread = total = 0
    for path in _sound_files(start):
        total += 1
        name = str(path.relative_to(start)) if path != start else path.name
        try:
            judgement = judgement_of(read(path), options.mode)
        except UnreadableSound as error:
            unread += 1
            print(f"dialer: {name}: {error}", file=sys.stderr, flush=True)
            continue
        line = {
            "file": name,
            "verdict": judgement.verdict.value,
            "decided_after_s": round(judgement.at_s, 3),
            "evidence": judgement.evidence,
        }
        print(json.dumps(line), flush=True)
    if total == 0:
        kinds = " ".join(sorted(SOUND_FILES))
        raise CommandFailed(f"{start}: holds no sound files (looked for {kinds})", WRONG)
    if unread:
        raise CommandFailed(f"{unread} of {total} files could not be read", WRONG)
    return 0


def _sound_files(start: Path) -> Iterator[Path]:
    """Yield *start* itself if it is a file, else what lies in and below it, by name."""
    if start.is_file():
        yield start
        return
    for path in sorted(start.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(start).parts)
        if path.suffix.lower() in SOUND_FILES and path.is_file() and not hidden:
            yield path
