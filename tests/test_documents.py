"""The documents name only what there is: links, commands, targets, modules, tests.

Written words rot where nobody runs them. What can be looked up is looked up here.
"""

import pkgutil
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import unquote

import pytest

from dialer.cli import main

ROOT: Final = Path(__file__).parent.parent
PACKAGES: Final = "dialer|leads|compliance|sip_config"
LINK: Final = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
FENCED: Final = re.compile(r"^```[^\n]*\n(.*?)^```", re.DOTALL | re.MULTILINE)
SPAN: Final = re.compile(r"`([^`\n]+)`")


@cache
def pages() -> dict[str, str]:
    """Every Markdown file that is or would be committed, by name."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "*.md"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    names = sorted(set(filter(None, listed.stdout.split("\0"))))
    return {name: (ROOT / name).read_text("utf-8") for name in names if (ROOT / name).exists()}


def in_code(text: str) -> Iterator[str]:
    """Lines of code blocks and spans of code."""
    for block in FENCED.findall(text):
        yield from block.splitlines()
    yield from SPAN.findall(FENCED.sub("", text))


def anchors(text: str) -> set[str]:
    """The headings of a page as they are linked to."""
    headings = re.findall(r"^#+ (.+)$", FENCED.sub("", text), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in plain}


def test_there_are_the_pages_a_newcomer_looks_for():
    assert {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/README.md"} <= set(pages())


def test_every_link_leads_somewhere():
    broken = []
    for name, text in pages().items():
        for link in LINK.findall(FENCED.sub("", text)):
            if re.match(r"[a-z]+:", link):
                continue
            path, _, anchor = unquote(link).partition("#")
            target = ((ROOT / name).parent / path).resolve() if path else ROOT / name
            there = target.exists() and target.is_relative_to(ROOT)
            if there and anchor and target.suffix == ".md":
                there = anchor in anchors(target.read_text("utf-8"))
            if not there:
                broken.append(f"{name}: {link}")
    assert not broken, broken


def test_every_page_is_in_the_index():
    index = (ROOT / "docs" / "README.md").read_text("utf-8")
    linked = {(ROOT / "docs" / link).resolve() for link in LINK.findall(index)}
    missing = [page.name for page in (ROOT / "docs").glob("*.md") if page.resolve() not in linked]
    assert set(missing) <= {"README.md"}


def test_every_decision_is_in_its_index():
    folder = ROOT / "docs" / "decisions"
    linked = set(LINK.findall((folder / "README.md").read_text("utf-8")))
    files = {page.name for page in folder.glob("[0-9]*.md")}
    assert files == linked
    for page in files:
        assert re.match(rf"# {page[:4]} \S", (folder / page).read_text("utf-8")), page


def test_every_make_target_exists():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = {
        (name, target)
        for name, text in pages().items()
        for code in in_code(text)
        for target in re.findall(r"(?:^|\s)make ([a-z][a-z-]*)", code)
    }
    assert not [each for each in sorted(named) if each[1] not in targets]


def commands() -> list[tuple[str, ...]]:
    """Every ``dialer`` command in the documents, with its subcommand if it names one."""
    found = re.compile(r"(?:^|[\s/])dialer ([a-z]+)(?: ([a-z]+)(?=\s|$))?(?! =)")
    named = {
        tuple(word for word in match.groups() if word)
        for text in pages().values()
        for code in in_code(text)
        for match in found.finditer(code)
    }
    return sorted(named)


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_every_command_exists(command: tuple[str, ...], capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        main([*command, "--help"])
    assert ended.value.code == 0, capsys.readouterr().err


def test_every_file_and_name_of_the_program_exists():
    path = re.compile(rf"(?:{PACKAGES}|tests|docs|examples|scripts)/[\w./*-]*")
    dotted = re.compile(rf"(?:{PACKAGES})(?:\.\w+)+(?<!\.toml)")
    missing = []
    for name, text in pages().items():
        for span in SPAN.findall(FENCED.sub("", text)):
            if path.fullmatch(span):
                if not list(ROOT.glob(span)):
                    missing.append(f"{name}: {span}")
            elif dotted.fullmatch(span):
                try:
                    pkgutil.resolve_name(span)
                except (ImportError, AttributeError):
                    missing.append(f"{name}: {span}")
    assert not missing, missing


def test_every_test_that_is_named_exists():
    tests = {
        test
        for file in (ROOT / "tests").rglob("*.py")
        for test in re.findall(r"def (test_\w+)", file.read_text("utf-8"))
    }
    named = {
        (name, span)
        for name, text in pages().items()
        for span in SPAN.findall(text)
        if re.fullmatch(r"test_\w+", span) and (span in tests or name == "docs/architecture.md")
    }
    assert named
    assert not [each for each in sorted(named) if each[1] not in tests]


def test_the_files_to_read_first_are_about_as_long_as_the_readme_says():
    stated = re.findall(r"\| \[[^\]]+\]\(([^)]+\.py)\) \| (\d+) \|", pages()["README.md"])
    assert len(stated) == 6
    for file, lines in stated:
        found = (ROOT / file).read_text("utf-8").count("\n")
        assert abs(found - int(lines)) <= 0.1 * found, f"{file} has {found} lines"


def test_the_marks_of_tests_are_those_contributors_are_told_of():
    configured = re.findall(r'^  "(\w+): ', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    told = re.findall(r"^\| `(\w+)` \|", pages()["CONTRIBUTING.md"], re.MULTILINE)
    assert sorted(told) == sorted(configured)


def test_no_page_names_a_place_on_somebodys_machine():
    private = re.compile("|".join(("/" + "work/", "/" + "root/", "/" + "home/", "/" + "Users/")))
    assert not [name for name, text in pages().items() if private.search(text)]
