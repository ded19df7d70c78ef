"""Role x route, every cell, by asking: the app's own routes are walked, and `routes_by_role.txt` is what people read and agree to."""

import logging
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from infra.gateway.access.roles import Role
from infra.gateway.access.route_rules import ROUTE_RULES, STATIC_FILES
from infra.gateway.app import create_app
from tests.gateway.access.world import OWN, World, build, call, order

TABLE = Path(__file__).with_name("routes_by_role.txt")
BODIES = {"/v1/events": order("ev-matrix", actor="system:drill"), "/v1/emergency/calls": call("call-matrix")}
IN = "in"


def routes(world: World) -> Iterator[tuple[str, str]]:
    """Every route of the application, by walking it: method and path template."""
    app = create_app(world.gateway)._app  # type: ignore[attr-defined]  # the guard's inside
    assert isinstance(app, FastAPI)
    yield from _walk(app.routes)


def _walk(found: Iterable[Any]) -> Iterator[tuple[str, str]]:
    for route in found:
        if not isinstance(route, APIRoute):
            # A router that was included; anything else would not be behind the door.
            yield from _walk(route.original_router.routes)
        elif not route.path.startswith(STATIC_FILES):
            for method in sorted(route.methods or ()):
                yield method, route.path


async def cell(world: World, method: str, path: str, role: Role | None) -> str:
    """``in``, or the code of the refusal."""
    url = path.replace("{domain}", "meals")
    for name in ("event_id", "request_id", "application_id", "offer_id", "facility_id", "bed_id", "order_id", "provider_id", "id"):
        url = url.replace(f"{{{name}}}", OWN)
    headers = {"content-type": "application/cloudevents+json" if path == "/v1/events" else "application/json"} | world.head(role)
    content = orjson.dumps(BODIES[path]) if path in BODIES else None
    answer = await world.client.request(
        method, url, params={"area": "310106"} if method == "GET" else None, headers=headers, content=content
    )
    return str(answer.json()["code"]) if answer.status_code in (401, 403) else IN


async def table(world: World) -> str:
    """Every cell."""
    who: list[Role | None] = [None, *Role]
    lines = [f"{'':<100}" + "".join(f"{role or 'nobody':<17}" for role in who).rstrip()]
    for method, path in sorted(routes(world)):
        cells = [f"{await cell(world, method, path, role):<17}" for role in who]
        lines.append((f"{method:<5}{path:<95}" + "".join(cells)).rstrip())
    return "\n".join(lines) + "\n"


async def test_every_role_comes_in_exactly_where_the_table_says(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, logger="laoxiao.security")
    made = await table(world)
    assert made == TABLE.read_text(encoding="utf-8"), made


def test_every_route_has_a_row_and_every_row_a_route(world: World) -> None:
    assert set(routes(world)) == set(ROUTE_RULES)


async def test_a_route_that_is_not_in_the_table_is_refused_to_everybody(tmp_path: Path) -> None:
    world = build(tmp_path)
    app = create_app(world.gateway)
    inner: FastAPI = app._app  # type: ignore[attr-defined]  # the guard's inside

    @inner.get("/v1/forgotten")
    async def forgotten() -> None:
        raise AssertionError("nobody may come here")

    world.client._transport.app = app  # type: ignore[attr-defined]  # this application instead of the world's own
    assert (await world.client.get("/v1/forgotten")).json()["code"] == "no_token"
    for role in Role:
        answer = await world.client.get("/v1/forgotten", headers=world.head(role))
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden_role")


@pytest.mark.parametrize("path", ["/", "/healthz", "/static/app.js"])
async def test_the_page_and_the_sign_of_life_need_no_token(world: World, path: str) -> None:
    assert (await world.client.get(path)).status_code == 200


async def test_an_area_or_a_domain_that_is_not_the_tokens_own_is_refused(world: World) -> None:
    desk = {"authorization": f"Bearer {world.token(Role.OPERATOR, areas=['310106'], domains=['meals'])}"}
    expected = {
        "/v1/meals/tasks?area=310106": 503,
        "/v1/meals/tasks?area=310106013": 503,
        "/v1/meals/tasks?area=310101": 403,
        "/v1/meals/tasks?area=3101": 403,
        "/v1/meals/tasks": 403,
        "/v1/beds/tasks?area=310106": 403,
        "/v1/emergency/presses": 403,
        "/v1/meals/live?area=310101": 403,
        "/v1/meals/tasks?area=310106&%61rea=310101": 403,
    }
    assert {path: (await world.client.get(path, headers=desk)).status_code for path in expected} == expected


async def test_a_page_is_told_who_sits_there_and_shown_its_own_domains_only(world: World) -> None:
    desk = {"authorization": f"Bearer {world.token(Role.OPERATOR, 'op-7', domains=['meals'])}"}
    answer = (await world.client.get("/v1/domains", headers=desk)).json()
    assert (answer["you"], answer["domains"]) == ({"role": "operator", "id": "op-7"}, ["meals"])
