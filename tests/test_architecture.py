"""The house keeps its shape: sizes, names, directions, and who may do what.

What a linter can say (formatting, the import contracts) is said there; here is the rest.
"""

import ast
import re
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parent.parent
PACKAGES: Final = ("dialer", "leads", "compliance", "sip_config")
EDGES: Final = ("telephony", "database", "api", "console", "simulation", "reporting", "demo")
COMPOSITION_ROOT: Final = {"dialer/app.py", "dialer/cli.py", "dialer/serving.py"}
SOFT_LINES, HARD_LINES, SOFT_FUNCTION = 250, 400, 40


@cache
def files() -> tuple[Path, ...]:
    """Everything that is or would be committed."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    paths = (ROOT / name for name in sorted(set(listed.stdout.split("\0"))) if name)
    return tuple(path for path in paths if path.is_file())


def modules(*tops: str) -> Iterator[tuple[str, str, ast.Module]]:
    """Name, text and tree of every module under *tops*."""
    for path in files():
        name = str(path.relative_to(ROOT))
        if path.suffix == ".py" and name.split("/")[0] in (tops or PACKAGES):
            yield name, *_parsed(path)


@cache
def _parsed(path: Path) -> tuple[str, ast.Module]:
    text = path.read_text()
    return text, ast.parse(text)


def listed(found: Iterable[str]) -> str:
    return "\n  ".join(["", *sorted(found)])


# --- shape -----------------------------------------------------------------------------------


def test_the_top_level_packages_are_the_four_and_the_tests():
    tops = {path.relative_to(ROOT).parts[0] for path in files() if path.suffix == ".py"}
    assert tops <= {*PACKAGES, "tests"}


def test_no_file_is_named_after_nothing_in_particular():
    vague = r"(utils?|helpers?|common|base|managers?|services?|core|misc)\.py"
    assert not listed(n for n, _, _ in modules() if re.fullmatch(vague, Path(n).name)).strip()


def test_every_module_says_what_it_is():
    silent = [name for name, _, tree in modules(*PACKAGES, "tests") if not ast.get_docstring(tree)]
    assert not silent, listed(silent)


def test_every_package_tells_type_checkers_that_it_is_typed():
    assert not [package for package in PACKAGES if not (ROOT / package / "py.typed").exists()]


def test_no_module_is_longer_than_a_reader_can_hold(capsys: pytest.CaptureFixture[str]):
    lengths = {name: text.count("\n") for name, text, _ in modules(*PACKAGES, "tests")}
    long = [f"{n} ({lines} lines)" for n, lines in lengths.items() if lines > SOFT_LINES]
    with capsys.disabled():
        print(f"\nmodules above {SOFT_LINES} lines: {len(long)}{listed(long)}")
    assert not [
        name
        for name, lines in lengths.items()
        if lines > HARD_LINES and not name.startswith("tests/")
    ]


def test_long_functions_are_told(capsys: pytest.CaptureFixture[str]):
    long = [
        f"{name}:{node.lineno} {node.name} ({length} lines)"
        for name, _, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := _code_lines(node)) > SOFT_FUNCTION
    ]
    with capsys.disabled():
        print(f"\nfunctions above {SOFT_FUNCTION} lines: {len(long)}{listed(long)}")


def _code_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
    return (node.end_lineno or 0) - first.lineno + 1


def test_no_committed_file_is_too_big_to_review():
    big = [str(path) for path in files() if path.stat().st_size > 400_000]
    assert not big, listed(big)


# --- directions ------------------------------------------------------------------------------


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_the_dialer_itself_knows_none_of_its_edges():
    edge = re.compile(rf"dialer\.({'|'.join(EDGES)})\b")
    found = [
        f"{name} imports {imported}"
        for name, _, tree in modules("dialer")
        if Path(name).parent == Path("dialer") or name.startswith("dialer/pacing/")
        if name not in COMPOSITION_ROOT
        for imported in _imports(tree)
        if edge.match(imported)
    ]
    assert not found, listed(found)


# --- who may do what -------------------------------------------------------------------------


def _calls(tree: ast.Module, function: str) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if name == function:
                yield node.lineno


def test_only_the_gate_makes_permits():
    found = [
        f"{name}:{line}"
        for name, _, tree in modules()
        if name != "compliance/decision.py"
        for line in _calls(tree, "Permit")
    ]
    assert not found, listed(found)


def test_only_ledgers_ask_the_gate_for_a_permit():
    found = [
        name
        for name, _, tree in modules("dialer")
        if "compliance.decision.check" in set(_imports(tree)) and "ledger" not in name
    ]
    assert not found, listed(found)


def test_only_the_clock_asks_what_time_it_is():
    asks = re.compile(
        r"\bdatetime\.(now|utcnow|today)\(|\bdate\.today\(|\btime\.(time|localtime|gmtime)\("
    )
    found = [
        f"{name}:{text.count(chr(10), 0, hit.start()) + 1}"
        for name, text, _ in modules()
        if name != "dialer/clock.py"
        for hit in asks.finditer(text)
    ]
    assert not found, listed(found)


def test_the_database_is_never_asked_what_time_it_is():
    asks = re.compile(r"\b(now|clock_timestamp|statement_timestamp)\(\)|\bcurrent_(timestamp|date)")
    sql = [(str(path), path.read_text()) for path in files() if path.suffix == ".sql"]
    sql += [(name, text) for name, _, tree in modules() for text in _statements(tree)]
    found = [name for name, text in sql if asks.search(re.sub(r"--.*", "", text).lower())]
    assert not found, listed(found)


def _statements(tree: ast.Module) -> Iterator[str]:
    """The SQL in a module: strings that are not docstrings and begin like a statement."""
    documentation = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        match node:
            case ast.JoinedStr(values=parts):
                text = "".join(str(getattr(part, "value", "?")) for part in parts)
            case ast.Constant(value=str(text)) if id(node) not in documentation:
                pass
            case _:
                continue
        if re.match(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH|COPY|LOCK|TRUNCATE)\b", text):
            yield text


def test_a_table_is_named_in_one_module_alone():
    created = re.compile(r"CREATE TABLE (?:IF NOT EXISTS )?(\w+)", re.IGNORECASE)
    migrations = [path.read_text() for path in files() if path.suffix == ".sql"]
    tables = {table for text in migrations for table in created.findall(text)}
    assert tables, "no migration was found"
    used = re.compile(
        rf"\b(?:FROM|JOIN|INTO|UPDATE|TRUNCATE|COPY|LOCK TABLE|USING)\s+({'|'.join(tables)})\b"
    )
    where = defaultdict(set)
    for name, text, tree in modules():
        for statement in _statements(tree):
            for table in used.findall(statement):
                where[table].add(name)
        for table in re.findall(r'copy_records_to_table\(\s*"(\w+)"', text):
            where[table].add(name)
    found = [f"{table}: {listed(names)}" for table, names in where.items() if len(names) > 1]
    assert not found, listed(found)


# --- words -----------------------------------------------------------------------------------

#: Words the glossary has another one for, and where the field itself says them all the same.
OTHER_WORDS: Final = re.compile(
    r"(?:^|_)(contacts?|prospects?|blacklist|whitelist|dnc|customer|operator)(?:_|$)", re.IGNORECASE
)
FIELDS_OWN_TERMS: Final = {
    "contact": ("dialer/telephony/", "dialer/simulation/network/", "sip_config/"),  # SIP's header
    "customer": ("compliance/",),  # the laws' exemption for existing customers
}


def test_one_thing_has_one_word():
    found = set()
    for name, _, tree in modules():
        for node in ast.walk(tree):
            said = getattr(node, "name", None) or getattr(node, "arg", None)
            said = said or (node.id if isinstance(node, ast.Name) else None)
            if not isinstance(said, str) or not (word := OTHER_WORDS.search(said)):
                continue
            allowed = FIELDS_OWN_TERMS.get(word[1].lower().removesuffix("s"), ())
            if not name.startswith(allowed):
                found.add(f"{name}: {said}")
    assert not found, listed(found)


# --- what must not be told -------------------------------------------------------------------


def test_no_file_names_a_machine_of_ours_or_a_package_registry():
    hosts = ("pypi" + ".org", "python" + "hosted.org", "registry.npm" + "js", "deb.debian" + ".org")
    paths = ("/" + "work/", "/" + "root/", "../" + "shared")
    private = re.compile("|".join(re.escape(each) for each in (*hosts, *paths)))
    found = []
    for path in files():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        found += [
            f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, hit.start()) + 1} {hit[0]}"
            for hit in private.finditer(text)
        ]
    assert not found, listed(found)
