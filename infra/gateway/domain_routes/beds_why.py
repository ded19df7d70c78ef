"""`GET /v1/beds/applications/{id}/why`: the why-not-me certificate (B15).

It is worked out from the journal by a process of its own (`laoxiao why`), one at a time: folding a year takes seconds of a
core, and the gateway's own must stay free for those who order and call.
"""

import asyncio
import os
import signal
import sys
from typing import Annotated

import orjson
from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from infra.gateway.access.seeing import may_see
from infra.gateway.answering import as_json
from infra.gateway.gateway import Gateway
from infra.gateway.openapi import READ_ANSWERS
from infra.gateway.problems import Problem, Trouble
from infra.postgres import queries
from schemas.primitives import ID_PATTERN

SECONDS_MAX = 120.0
NOT_FOUND = 3
"""How `laoxiao why` ends when the journal holds no such application or allocation."""

Id = Annotated[str, Path(pattern=ID_PATTERN)]
At = Annotated[int | None, Query(ge=0, description="journal sequence number: the last allocation up to it; the newest when absent")]
Offer = Annotated[str | None, Query(pattern=ID_PATTERN, description="exactly this allocation")]


def why_routes(gateway: Gateway) -> APIRouter:
    """What beds answers beside its acts."""
    routes = APIRouter(tags=["beds"])
    one_at_a_time = asyncio.Semaphore(1)

    @routes.get("/v1/beds/applications/{application_id}/why", summary="Why not me", responses=READ_ANSWERS)
    async def get_why(request: Request, application_id: Id, at: At = None, offer: Offer = None) -> Response:
        """A certificate of one past allocation: who was ahead and by which rule, at which journal sequence. It names people by
        salted hashes only and is checked offline with `laoxiao why --verify`."""
        found = await gateway.read(queries.request, "beds", application_id)
        if found is None:
            raise Problem(404, Trouble.NOT_FOUND)
        may_see(gateway.access, request, "beds", found)
        if one_at_a_time.locked():
            raise Problem(503, Trouble.OVERLOADED, headers={"Retry-After": "5"})
        async with one_at_a_time:
            wanted = ["--area", found["area"], *(["--at", str(at)] if at is not None else []), *(["--offer", offer] if offer else [])]
            return await _certified(application_id, wanted)

    return routes


async def _certified(application_id: str, wanted: list[str]) -> Response:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "infra.cli.main", "why", "beds", application_id, "--json", *wanted,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        async with asyncio.timeout(SECONDS_MAX):
            out, _ = await process.communicate()
    except TimeoutError:
        raise Problem(503, Trouble.REGISTER_UNAVAILABLE, headers={"Retry-After": "30"}) from None
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    if process.returncode == NOT_FOUND:
        raise Problem(404, Trouble.NOT_FOUND)
    if process.returncode != 0:
        raise Problem(503, Trouble.REGISTER_UNAVAILABLE)
    return as_json(orjson.loads(out))
