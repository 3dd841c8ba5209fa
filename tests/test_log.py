"""The log: constant events, and never personal data."""

import ast
import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from dialer import log

ROOT = Path(__file__).parent.parent
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    handlers, level = logging.root.handlers[:], logging.root.level
    log.configure(format="json", level="debug", stream=stream)
    yield stream
    structlog.reset_defaults()
    logging.root.handlers[:], logging.root.level = handlers, level


def last(lines: io.StringIO) -> dict[str, object]:
    parsed: dict[str, object] = json.loads(lines.getvalue().splitlines()[-1])
    return parsed


def test_an_event_is_one_line_of_json_with_its_bound_ids(lines: io.StringIO):
    with structlog.contextvars.bound_contextvars(call_id="c-1"):
        structlog.get_logger().info("call_connected", connect_seconds=0.4)
    line = last(lines)
    assert line | {"at": ""} == {
        "event": "call_connected",
        "level": "info",
        "call_id": "c-1",
        "connect_seconds": 0.4,
        "at": "",
    }


@pytest.mark.parametrize(
    "text",
    ["+447700900123", "tel:+44 7700 900123", "+44 (7700) 900-123", "07700900123", "447700900123"],
)
def test_a_number_is_shortened_however_it_is_written(lines: io.StringIO, text: str):
    structlog.get_logger().info("call_placed", trunk=text, more={text: [text]})
    assert "0123" in lines.getvalue()
    assert "900" not in lines.getvalue()


@given(st.integers(10**9, 10**14))
def test_no_international_number_survives(digits: int):
    assert str(digits) not in log.redacted(f"called +{digits} twice")


def test_fields_that_could_name_a_person_are_refused(lines: io.StringIO):
    structlog.get_logger().info("meeting_booked", email="rep@example.org", lead={"name": "X Y"})
    assert last(lines)["email"] == "(refused)"
    assert last(lines)["lead"] == {"name": "(refused)"}


def test_a_foreign_exception_may_not_speak_and_our_own_may(lines: io.StringIO):
    class OwnFault(Exception):
        __module__ = "dialer.call"

    try:
        try:
            raise ValueError("row contains (Jane Doe)")
        except ValueError as error:
            raise OwnFault("call ended twice") from error
    except OwnFault:
        structlog.get_logger().exception("task_failed")
    said = str(last(lines)["exception"])
    assert "call ended twice" in said
    assert "builtins.ValueError [" in said
    assert "Jane" not in said


def test_an_event_that_is_not_listed_is_told_with_its_place_and_without_its_words(
    lines: io.StringIO,
):
    structlog.get_logger().info("Jane Doe answered")
    line = last(lines)
    assert line["event"] == "unlisted_event"
    assert "test_log" in str(line["place"])
    assert "Jane" not in lines.getvalue()


def test_what_libraries_warn_of_is_told_without_their_values(lines: io.StringIO):
    logging.getLogger("aiohttp.server").error("bad request from %s", "Jane Doe")
    assert last(lines)["text"] == "bad request from %s"
    assert last(lines)["library"] == "aiohttp.server"


def logged_events() -> Iterator[tuple[str, str]]:
    """Every literal event name in the source, with its place."""
    for package in ("dialer", "leads", "compliance", "sip_config"):
        for file in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text())):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and node.func.attr in LEVELS
                    and isinstance(node.func.value, ast.Name)
                    and node.func.value.id in ("log", "_log", "LOG", "logger")
                ):
                    [name, *_] = [*node.args, ast.Constant(None)]
                    value = name.value if isinstance(name, ast.Constant) else "(not a literal)"
                    yield str(value), f"{file.relative_to(ROOT)}:{node.lineno}"


def test_only_listed_events_are_logged():
    unlisted = [(event, place) for event, place in logged_events() if event not in log.EVENTS]
    assert not unlisted, "add them to dialer/log.py or use a listed one"


def test_every_event_is_explained_in_the_operations_guide():
    guide = (ROOT / "docs" / "operations.md").read_text()
    assert log.describe() in guide, "run: python -m dialer.operations_guide"
