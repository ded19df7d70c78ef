"""What a domain tells the gateway: the seam between its routes and its own resource routes."""

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import APIRouter

from infra.gateway.gateway import Gateway


@dataclass(frozen=True)
class DomainDoor:
    """Declared once per domain, as `DOOR`, in ``infra/gateway/domain_routes/<domain>.py``.

    - ``request_id_fields``: fields of facts that name a request of this domain, so that a read waits for the newest decision on it.
    - ``never_refused``: event types that are shown to operators at once and spooled while the log is away (`infra.gateway.calls`).
    - ``routes(gateway)``: resource routes under ``/v1/<domain>/...`` that build one event each (`resource.go`); they may not take
      the words of the reading routes (`infra.gateway.read_routes`).
    """

    domain: str
    request_id_fields: tuple[str, ...]
    routes: Callable[[Gateway], APIRouter]
    never_refused: frozenset[str] = frozenset()
