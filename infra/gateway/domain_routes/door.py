"""What a domain tells the gateway: the seam between its routes and its own resource routes."""

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import APIRouter

from infra.gateway.domain_routes.acts import Act
from infra.gateway.gateway import Gateway


@dataclass(frozen=True)
class DomainDoor:
    """Declared once per domain, as `DOOR`, in ``infra/gateway/domain_routes/<domain>.py``.

    - ``request_id_fields``: fields of facts that name a request of this domain, so that a read waits for the newest decision on it.
    - ``never_refused``: event types that are shown to operators at once and spooled while the log is away (`infra.gateway.calls`).
    - ``acts``: its resource routes that make one event each.
    - ``routes(gateway)``: what else it answers under ``/v1/<domain>/...``; neither may take the words of the reading routes
      (`infra.gateway.read_routes`).
    """

    domain: str
    request_id_fields: tuple[str, ...]
    acts: tuple[Act, ...]
    routes: Callable[[Gateway], APIRouter]
    never_refused: frozenset[str] = frozenset()
