"""The door: nobody gets in who should not, and everybody who should does."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from aiohttp.test_utils import TestClient, TestServer
from argon2 import PasswordHasher
from yarl import URL

from dialer.api.application import application
from dialer.api.context import ApiContext
from dialer.api.operation import PREFIX
from dialer.api.pages import parts
from dialer.api.resources import OPERATIONS
from dialer.database import accounts
from dialer.database.accounts import Role, TokenKind
from dialer.database.passwords import Passwords
from dialer.database.pool import Pool
from tests.api.scripted import House, SettableClock
from tests.api.visiting import Visitor
from tests.builders import MONDAY_MORNING

People = Callable[[Role | None], Visitor]

#: All that a stranger may reach, and what comes back.
OPEN = {
    "GET /livez",
    "GET /readyz",
    "GET /sign-in",
    "GET /enter/{token}",
    "GET /static/{name}",
    "POST /api/v1/session",
}
PASSWORD = "correct horse battery"
SITE = {"Sec-Fetch-Site": "cross-site"}


def addresses(http: TestClient) -> list[tuple[str, str, str]]:
    """Method, pattern and an address of every route."""
    values = {"call": "0" * 8 + "-0000-4000-8000-" + "0" * 12, "question": "owner"}
    found = []
    for route in http.server.app.router.routes():
        pattern = route.resource.canonical if route.resource else ""
        path = re.sub(r"\{(\w+)\}", lambda name: values.get(name[1], "1"), pattern)
        found.append((route.method, pattern, path))
    return found


async def test_a_stranger_reaches_the_door_and_nothing_else(http: TestClient):
    reached = set()
    for method, pattern, path in addresses(http):
        async with http.request(method, path, allow_redirects=False) as response:
            if method == "HEAD":
                assert response.status in (200, 303, 401, 404)
            elif response.status == 401:
                assert (await response.json(content_type=None))["type"] == "not-signed-in"
            elif response.status == 303:
                assert response.headers["Location"].startswith("/sign-in")
            else:
                reached.add(f"{method} {pattern}")
    assert reached == OPEN


@pytest.mark.parametrize("role", list(Role))
async def test_a_role_reaches_its_own_operations_and_no_other(
    http: TestClient, house: House, role: Role
):
    headers = {"Authorization": f"Bearer {house.tokens[role]}"}
    canonical = {
        (method, pattern): path for method, pattern, path in addresses(http) if method != "HEAD"
    }
    for operation in OPERATIONS:
        pattern = PREFIX + re.sub(r":\w+\}", "}", operation.path)
        if operation.id in ("session.sign_out", "session.sign_in"):
            continue
        path = canonical[operation.method, pattern]
        async with http.request(operation.method, path, headers=headers) as response:
            allowed = operation.roles is None or role in operation.roles or role is Role.ADMIN
            if response.content_type == "text/event-stream":
                assert allowed
                continue
            body = await response.json(content_type=None) if response.status >= 400 else {}
        refused = response.status == 403 and "role" in body
        assert refused != allowed, (operation.id, response.status, body)


async def test_a_client_sees_its_own_rows_and_no_others(
    visitor: People, house: House, database: Pool
):
    client = visitor(Role.CLIENT)
    assert [each["id"] for each in (await client.get("/clients")).json] == [house.client]
    assert [each["id"] for each in (await client.get("/campaigns")).json] == [house.campaign]
    async with database.acquire() as connection:
        await connection.execute(
            "UPDATE users SET client_id = $1 WHERE role = 'client'", house.other_client
        )
    call = "0" * 8 + "-0000-4000-8000-" + "0" * 12
    lead = 1
    for path in (
        f"/campaigns/{house.campaign}",
        f"/campaigns/{house.campaign}/stock",
        f"/calls?campaign={house.campaign}",
        f"/reports/campaigns/{house.campaign}",
        f"/leads/{lead}",
        "/lists/1",
        f"/recordings/{call}/audio",
    ):
        assert (await client.get(path)).status == 404, path
    for path in ("/campaigns", "/lists", "/meetings"):
        assert (await client.get(path)).json == [], path


@pytest.fixture
async def anna(database: Pool, house: House, context: ApiContext) -> str:
    """The agent's login, with a password."""
    async with database.acquire() as connection:
        user = await accounts.user_of_login(connection, house.logins[Role.AGENT])
        assert user is not None
        await accounts.set_password(connection, user.id, await context.passwords.hash(PASSWORD))
    return house.logins[Role.AGENT]


async def test_a_password_gives_a_browser_a_cookie_scripts_cannot_read(http: TestClient, anna: str):
    stranger = Visitor(http)
    answer = await stranger.post("/session", {"login": anna, "password": PASSWORD})
    assert (answer.status, answer.json["home"], answer.json["token"]) == (201, "/desk", None)
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("callwright=cws_")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert (await stranger.get("/session")).json["user"]["login"] == anna
    assert (await stranger.ask("DELETE", "/session")).status == 204
    assert (await stranger.get("/session")).status == 401


async def test_with_tls_the_cookie_is_bound_to_this_host(context: ApiContext, anna: str):
    secure = replace(context, secure=True, public_origin="https://dialer.example")
    async with TestClient(TestServer(application(secure))) as http:
        answer = await Visitor(http).post("/session", {"login": anna, "password": PASSWORD})
    assert answer.headers["Set-Cookie"].startswith("__Host-callwright=cws_")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "Strict-Transport-Security" in answer.headers


async def test_a_program_gets_a_bearer_token(http: TestClient, anna: str):
    answer = await Visitor(http).post(
        "/session", {"login": anna, "password": PASSWORD, "kind": "bearer"}
    )
    assert "Set-Cookie" not in answer.headers
    program = Visitor(http, answer.json["token"])
    assert (await program.get("/agents/me")).json["name"] == "Anna"
    for wrong in ("cwb_" + "A" * 43, "", "x" * 5000):
        assert (await Visitor(http, wrong or " ").get("/session")).status == 401


async def test_a_cookie_is_no_bearer_and_the_other_way_round(http: TestClient, house: House):
    bearer = house.tokens[Role.AGENT]
    http.session.cookie_jar.update_cookies({"callwright": bearer}, URL(str(http.make_url("/"))))
    assert (await Visitor(http).get("/session")).status == 401


async def test_another_site_cannot_use_a_visitors_cookie(http: TestClient, anna: str):
    browser = Visitor(http)
    own = {"Sec-Fetch-Site": "same-origin"}
    signed_in = await browser.post("/session", {"login": anna, "password": PASSWORD}, headers=own)
    assert signed_in.status == 201
    origin = str(http.make_url("")).rstrip("/")
    for headers, status in (
        (SITE, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": origin}, 200),
        (own, 200),
        ({}, 200),
    ):
        answer = await browser.post("/agents/me/sign-in", headers=headers)
        assert answer.status == status, headers
    assert (await browser.get("/agents/me", headers=SITE)).status == 200


async def test_another_site_cannot_sign_a_visitor_in(http: TestClient, anna: str):
    refused = await Visitor(http).post(
        "/session", {"login": anna, "password": PASSWORD}, headers=SITE
    )
    assert (refused.status, refused.type) == (403, "other-site")


async def test_wrong_tries_are_slowed_down_and_do_not_shut_others_out(
    http: TestClient, anna: str, clock: SettableClock
):
    stranger = Visitor(http)
    for _ in range(5):
        refused = await stranger.post("/session", {"login": anna, "password": "wrong"})
        assert (refused.status, refused.type) == (401, "wrong-password")
    refused = await stranger.post("/session", {"login": anna, "password": PASSWORD})
    assert (refused.status, refused.type) == (429, "too-often")
    assert refused.headers["Retry-After"] == "2"
    other = await stranger.post("/session", {"login": "somebody else", "password": "wrong"})
    assert other.type == "wrong-password"
    clock.at += timedelta(seconds=2)
    assert (await stranger.post("/session", {"login": anna, "password": PASSWORD})).status == 201


async def test_a_link_is_looked_at_without_being_used_up(
    http: TestClient, database: Pool, house: House
):
    async with database.acquire() as connection:
        user = await accounts.user_of_login(connection, house.logins[Role.SUPERVISOR])
        assert user is not None
        token = await accounts.create_token(
            connection, user.id, TokenKind.ONE_TIME, now=MONDAY_MORNING, life=timedelta(hours=1)
        )
    stranger = Visitor(http)
    async with http.get(f"/enter/{token}") as page:
        assert page.status == 200
    answer = await stranger.post("/session", {"link": token})
    assert (answer.status, answer.json["home"]) == (201, "/board")
    again = await stranger.post("/session", {"link": token})
    assert (again.status, again.type) == (401, "link-not-good")


async def test_a_session_ends_with_its_time_and_with_the_account(
    http: TestClient, anna: str, clock: SettableClock, database: Pool
):
    browser = Visitor(http)
    await browser.post("/session", {"login": anna, "password": PASSWORD})
    clock.at += timedelta(hours=14)
    assert (await browser.get("/session")).status == 401
    clock.at -= timedelta(hours=1)
    assert (await browser.get("/session")).status == 200
    async with database.acquire() as connection:
        user = await accounts.user_of_login(connection, anna)
        assert user is not None
        await accounts.disable(connection, user.id, now=clock.at)
    assert (await browser.get("/session")).status == 401


async def test_every_answer_keeps_browsers_careful(http: TestClient):
    for path in ("/sign-in", "/static/api.js", "/api/v1/session", "/nothing"):
        async with http.get(path) as response:
            policy = response.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert response.headers["X-Frame-Options"] == "DENY"
            assert response.headers["Server"] == "callwright"


async def test_a_browser_at_no_address_is_shown_a_page_and_a_program_told(http: TestClient):
    for accepted, media in (("text/html,*/*", "text/html"), ("*/*", "application/problem+json")):
        async with http.get("/nothing", headers={"Accept": accepted}) as response:
            assert (response.status, response.content_type) == (404, media)


async def test_the_pages_parts_are_those_of_the_folder_and_nothing_above(http: TestClient):
    async with http.get("/static/desk.js") as response:
        assert (response.status, response.content_type) == (200, "text/javascript")
        mark = response.headers["ETag"]
    async with http.get("/static/desk.js", headers={"If-None-Match": mark}) as response:
        assert response.status == 304
    for path in (
        "/static/../pages.py",
        "/static/%2e%2e%2fpages.py",
        "/static/desk.html",
        "/static/x",
    ):
        async with http.get(path) as response:
            assert response.status == 404, path


def test_no_page_has_a_script_or_a_style_inline():
    for name, part in parts().items():
        if name.endswith(".html"):
            text = part.content.decode()
            assert not re.search(
                r"<script(?![^>]*src=)|<style|\son\w+=|\sstyle=|https?://", text
            ), name


async def test_health_is_told_to_everybody(http: TestClient, context: ApiContext):
    async with http.get("/livez") as response:
        assert response.status == 200
    async with http.get("/readyz") as response:
        assert (response.status, await response.json()) == (
            200,
            {"status": "ready", "troubles": []},
        )


async def test_a_lost_database_is_told_and_nothing_breaks(
    http: TestClient, context: ApiContext, visitor: People
):
    await context.pool.close()
    async with http.get("/readyz") as response:
        assert response.status == 503
        assert (await response.json())["troubles"] == ["the database does not answer"]
    refused = await visitor(Role.AGENT).get("/agents/me")
    assert (refused.status, refused.type) == (503, "database-unavailable")


@pytest.fixture(scope="module", autouse=True)
def quick_passwords():
    """Hashing at the library's smallest cost; what is tested here is the door."""
    made = Passwords.__init__

    def cheap(self: Passwords) -> None:
        made(self)
        self._hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)

    patch = pytest.MonkeyPatch()
    patch.setattr(Passwords, "__init__", cheap)
    yield
    patch.undo()
