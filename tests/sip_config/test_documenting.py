"""The page on trunks says what the program does."""

import re
from pathlib import Path

import pytest

from sip_config.config import Site
from sip_config.documenting import rewritten
from sip_config.profile import ProfileFacts
from sip_config.shape import Key, keys_of, parts_of
from sip_config.trunk import Trunk
from tests.sip_config.files import complaints

PAGE = (Path(__file__).parents[2] / "docs" / "trunks.md").read_text(encoding="utf-8")


def every_key(*roots: type) -> list[tuple[type, Key]]:
    seen: dict[type, None] = {}
    waiting = list(roots)
    while waiting:
        cls = waiting.pop()
        if cls not in seen:
            seen[cls] = None
            waiting += [part for key in keys_of(cls) for part in parts_of(key.type)]
    return [(cls, key) for cls in seen for key in keys_of(cls)]


def test_the_tables_of_the_page_are_current():
    assert rewritten(PAGE) == PAGE, "run: python -m sip_config.documenting docs/trunks.md"


def test_every_key_has_a_meaning_and_stands_in_the_page():
    for cls, key in every_key(Site, Trunk, ProfileFacts):
        explained_elsewhere = cls.__name__ == "SecretReference"
        assert explained_elsewhere or key.comment, f"{cls.__name__}.{key.name}"
        assert f"`{key.name}`" in PAGE or explained_elsewhere, key.name


def test_a_page_without_its_marks_is_refused():
    with pytest.raises(ValueError, match="expected the marks"):
        rewritten("# nothing")


def test_the_files_in_the_page_load(tmp_path):
    for text in re.findall(r"```yaml\n(version.*?)```", PAGE, re.DOTALL):
        assert complaints(tmp_path, text, environment={"PBX_PASSWORD": "x"}) == ""


def test_the_table_of_endings_names_every_outcome():
    from sip_config.causes import Outcome

    table = PAGE[PAGE.index("## What an ending means") : PAGE.index("## Replacing the file")]
    assert all(f"`{outcome}`" in table for outcome in Outcome)
