"""What the gateway asks of a request's head: who sends it. Built at the start from the settings; None means open."""

import ipaddress
from dataclasses import dataclass
from pathlib import Path

from starlette.datastructures import Headers
from starlette.requests import Request

from infra.gateway.access.principal import Principal, Sender, Unproven
from infra.gateway.access.security import SecurityLog
from infra.gateway.access.tokens import AccessUnfit, Tokens
from infra.gateway.problems import Problem, Trouble
from infra.settings import AccessMode
from infra.telemetry.metrics import Metrics

SENDER = "laoxiao.sender"
"""Where a request's scope keeps its sender."""
NOT_PROVEN = frozenset({Trouble.NO_TOKEN, Trouble.TOKEN_EXPIRED, Trouble.TOKEN_NOT_VALID, Trouble.TOKEN_REVOKED})
"""Codes that are answered 401; the other refusals of this package are 403."""


@dataclass(frozen=True, slots=True)
class Access:
    """Tokens are asked for."""

    tokens: Tokens
    security: SecurityLog

    def sender_of(self, headers: Headers) -> Principal | Unproven:
        """Who sends a request with this head."""
        given = headers.getlist("authorization")
        if not given:
            return Unproven(Trouble.NO_TOKEN)
        scheme, _, token = given[0].partition(" ")
        if len(given) > 1 or scheme.lower() != "bearer":
            return Unproven(Trouble.TOKEN_NOT_VALID)
        return self.tokens.prove(token.strip())

    def still_good(self, sender: Sender) -> bool:
        """Whether a sender of a request that goes on for long is still proved."""
        return isinstance(sender, Principal) and self.tokens.still_good(sender)


def access_of(mode: AccessMode, host: str, keys: str, revoked: str, metrics: Metrics) -> Access | None:
    """The access of these settings. Raises `AccessUnfit` with what to change."""
    if mode is AccessMode.OPEN:
        if not is_loopback(host):
            raise AccessUnfit("open to anybody, so on loopback only: set LAOXIAO_ACCESS=tokens, or LAOXIAO_HTTP_HOST=127.0.0.1")
        return None
    if not keys or not revoked:
        raise AccessUnfit("LAOXIAO_ACCESS=tokens needs LAOXIAO_TOKEN_KEYS and LAOXIAO_TOKEN_REVOKED (laoxiao token keys makes both)")
    return Access(Tokens(Path(keys), Path(revoked)), SecurityLog(metrics))


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server that listens there. A name other than localhost is asked nobody about."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def sender_of(request: Request) -> Sender:
    """Who the door found behind this request; a route that the door did not see has none, and that is a mistake of ours."""
    sender: Sender = request.scope[SENDER]
    return sender


def refusal(code: str) -> Problem:
    """The answer to a request that may not be: 401 when a token would help, else 403."""
    if code not in NOT_PROVEN:
        return Problem(403, code)
    challenge = 'Bearer realm="laoxiao"' if code == Trouble.NO_TOKEN else 'Bearer realm="laoxiao", error="invalid_token"'
    return Problem(401, code, headers={"WWW-Authenticate": challenge})


def speaker(request: Request) -> str:
    """The actor of an event that says nothing of who acts."""
    sender = sender_of(request)
    return sender.actor if isinstance(sender, Principal) else "person:unknown"
