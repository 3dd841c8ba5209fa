"""Whatever bytes arrive, the answer is a value or a problem that names the field. Never a 500."""

import json
import re
from collections.abc import Callable

import pytest
from aiohttp.test_utils import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openapi_spec_validator import validate

from dialer.api import openapi
from dialer.api.operation import PREFIX
from dialer.api.resources import OPERATIONS
from dialer.database.accounts import Role
from tests.api.scripted import House
from tests.api.visiting import Visitor

People = Callable[[Role | None], Visitor]
JSON = {"Content-Type": "application/json"}

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=8,
)
FIELDS = """
    disposition note answers booking callback rep starts_at due_at value reason login password link
    kind agents client team script retry verdict number reach
"""
NAMES = st.sampled_from(FIELDS.split())


async def sent(http: TestClient, house: House, body: bytes, path: str, method: str = "POST"):
    headers = {**JSON, "Authorization": f"Bearer {house.tokens[Role.AGENT]}"}
    async with http.request(method, PREFIX + path, data=body, headers=headers) as response:
        return response.status, await response.json(content_type=None)


@pytest.mark.parametrize(
    ("body", "type_"),
    [
        (b"", "not-json"),
        (b"{", "not-json"),
        (b"\xff\xfe{}", "not-utf-8"),
        (b'\xef\xbb\xbf{"reason": "lunch"}', "not-json"),
        (b'{"reason": NaN}', "not-json"),
        (b'{"reason": "a", "reason": "b"}', "not-json"),
        (b"[" * 100_000, "not-json"),
        (b'{"a":' * 60 + b"1" + b"}" * 60, "not-json"),
        (b'{"reason": ' + b"9" * 10_000 + b"}", "not-json"),
        (b'{"reason": "a\\u0000b"}', "unstorable"),
        (b'{"reason": "\\ud800"}', "unstorable"),
        (b"{}", "invalid"),
        (b"[]", "invalid"),
        (b'"lunch"', "invalid"),
        (b'{"reason": 7}', "invalid"),
        (b'{"reason": "lunch", "until": 1}', "invalid"),
        (b'{"reason": "' + b"x" * 300_000 + b'"}', "too-large"),
    ],
)
async def test_a_hostile_body_is_a_problem_with_a_name(
    http: TestClient, house: House, body: bytes, type_: str
):
    status, problem = await sent(http, house, body, "/agents/me/pause")
    assert (problem["type"], status // 100) == (type_, 4)


async def test_a_problem_names_field_found_and_expected_and_repeats_no_value(
    http: TestClient, house: House
):
    secret = "my-secret-value"
    body = json.dumps({"disposition": secret, "booking": {"rep": secret}, secret: 1}).encode()
    status, problem = await sent(http, house, body, f"/attempts/{house.attempt}/disposition")
    assert status == 422
    found = {each["field"]: each["found"] for each in problem["errors"]}
    assert found["disposition"] == "a text of 15 characters"
    assert found["booking.rep"] == "a text of 15 characters"
    assert found["booking.starts_at"] == "nothing"
    told = json.dumps({key: value for key, value in problem.items() if key != "errors"})
    assert secret not in told


async def test_what_is_not_json_is_not_read_as_json(http: TestClient, house: House):
    headers = {"Authorization": f"Bearer {house.tokens[Role.AGENT]}"}
    async with http.post(
        PREFIX + "/agents/me/pause", data={"reason": "lunch"}, headers=headers
    ) as response:
        assert response.status == 415


@pytest.mark.parametrize(
    "query",
    [
        "since=x",
        "since=-1",
        "since=1&since=2",
        "wait=1e9",
        "wait=nan",
        "until=1",
        "since=%00",
        "since=%ff",
    ],
)
async def test_an_unfit_query_is_a_problem_too(visitor: People, query: str):
    refused = await visitor(Role.AGENT).get(f"/agents/me/changes?{query}")
    assert refused.status in (400, 422)


async def test_an_address_that_is_not_there_is_a_problem(visitor: People):
    agent = visitor(Role.AGENT)
    for path in ("/nothing", "/attempts/0", "/attempts/-1", f"/attempts/{10**30}", "/attempts/x"):
        assert (await agent.get(path)).type == "not-found"
    wrong = await agent.ask("DELETE", "/agents/me")
    assert (wrong.status, wrong.type) == (405, "method-not-allowed")
    assert "GET" in wrong.headers["Allow"]


async def test_no_body_however_strange_is_answered_by_a_bug(http: TestClient, house: House):
    """Fields that exist with anything in them, sent to every address that takes a body."""
    taking = [each for each in OPERATIONS if each.body is not None]
    headers = {role: {**JSON, "Authorization": f"Bearer {house.tokens[role]}"} for role in Role}

    def bodies():
        return st.dictionaries(NAMES, VALUES, max_size=6) | VALUES

    tried: list[tuple[str, bytes]] = []

    @settings(
        max_examples=150,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(operation=st.sampled_from(taking), body=bodies())
    def collect(operation, body):
        tried.append((operation.id, json.dumps(body).encode()))

    collect()
    by_id = {each.id: each for each in taking}
    for name, body in tried:
        operation = by_id[name]
        path = re.sub(r"\{\w+:name\}", "owner", re.sub(r"\{\w+:int\}", "1", operation.path))
        role = (
            Role.ADMIN
            if operation.roles is None or Role.AGENT not in operation.roles
            else Role.AGENT
        )
        async with http.request(
            operation.method, PREFIX + path, data=body, headers=headers[role]
        ) as response:
            text = await response.text()
            assert response.status != 500, (name, body, text)


async def test_the_document_is_openapi_3_1_and_describes_every_operation(
    http: TestClient, house: House
):
    headers = {"Authorization": f"Bearer {house.tokens[Role.CLIENT]}"}
    async with http.get("/openapi.json", headers=headers) as response:
        document = await response.json()
    validate(document)
    described = {
        operation["operationId"]
        for path in document["paths"].values()
        for operation in path.values()
    }
    assert described == {each.id for each in OPERATIONS}
    assert document["info"]["version"] == "1.2.3"


def test_every_operation_says_what_it_does():
    assert not [each.id for each in OPERATIONS if not each.text]
    document = openapi.document(OPERATIONS, version="1")
    schemas = document["components"]["schemas"]
    assert not [name for name in schemas if "__" in name], "two models share a name"
