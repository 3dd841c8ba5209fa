"""A program that uses the API: refusals are believed, silence is waited out."""

from datetime import timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from dialer.demo.http_api import PATH, HttpApi, Refused, Unreachable

pytestmark = pytest.mark.real_time


async def served(handler) -> TestServer:
    app = web.Application()
    app.router.add_route("*", PATH + "/thing", handler)
    server = TestServer(app)
    await server.start_server()
    return server


def api(server: TestServer, **changes) -> HttpApi:
    return HttpApi(str(server.make_url("/")).rstrip("/"), "secret", **changes)


async def test_the_token_goes_with_every_request():
    async def thing(request: web.Request) -> web.Response:
        return web.json_response({"said": request.headers["Authorization"], **request.query})

    server = await served(thing)
    async with api(server) as client:
        assert await client.get("/thing", since=3) == {"said": "Bearer secret", "since": "3"}
    await server.close()


async def test_a_refusal_is_told_with_its_name():
    async def thing(request: web.Request) -> web.Response:
        return web.json_response({"type": "not-now", "detail": "paused"}, status=409)

    server = await served(thing)
    async with api(server) as client:
        with pytest.raises(Refused) as refused:
            await client.post("/thing", {})
    assert (refused.value.status, refused.value.kind) == (409, "not-now")
    await server.close()


async def test_a_refusal_that_is_no_problem_document_is_a_refusal_too():
    async def thing(request: web.Request) -> web.Response:
        return web.Response(status=404, text="[]")

    server = await served(thing)
    async with api(server) as client:
        with pytest.raises(Refused, match="404 unknown"):
            await client.put("/thing", {})
    await server.close()


async def test_a_core_that_is_starting_again_is_waited_for():
    answers = iter([503, 502, 200])

    async def thing(request: web.Request) -> web.Response:
        return web.json_response({"up": True}, status=next(answers))

    server = await served(thing)
    async with api(server) as client:
        assert await client.get("/thing") == {"up": True}
    await server.close()


async def test_who_never_answers_is_given_up():
    patience = timedelta(seconds=0.1)
    async with HttpApi(f"http://127.0.0.1:{unused_port()}", "secret", patience=patience) as client:
        with pytest.raises(Unreachable, match="does not answer"):
            await client.get("/thing")
