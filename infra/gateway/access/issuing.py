"""Making tokens and calling them back: what `laoxiao token` does. The gateway itself signs nothing and holds no private key."""

import time
import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import jwt
import orjson

from infra.gateway.access.keys import read_private, replace_file
from infra.gateway.access.principal import EVERYWHERE, Principal, principal_of
from infra.gateway.access.roles import Role
from infra.gateway.access.tokens import AUDIENCE, ISSUER, LIFE_MAX, TYPE, read_revoked
from schemas.drill import DRILL_AREA


class Unissuable(ValueError):
    """A token that no gateway would take; the message says why."""


def issue(
    private: Path, role: Role, name: str, life: timedelta, *, stands_for: Sequence[str] = (), areas: Sequence[str] = (),
    domains: Sequence[str] = (), clock: Callable[[], float] = time.time,
) -> tuple[str, Principal]:  # fmt: skip
    """A signed token and whom it proves. No area named is every area, no domain every domain; a drill's area is its own.

    Raises `Unissuable`, or `KeysUnfit` when there is no key to sign with.
    """
    if not timedelta(0) < life <= LIFE_MAX[role]:
        raise Unissuable(f"a token of a {role} lives for {LIFE_MAX[role].days * 24} hours at most")
    key, algorithm, kid = read_private(private)
    now_s = int(clock())
    claims = {
        "iss": ISSUER, "aud": AUDIENCE, "sub": name, "jti": uuid.uuid4().hex, "iat": now_s, "nbf": now_s,
        "exp": now_s + int(life.total_seconds()), "role": str(role), "stands_for": list(dict.fromkeys(stands_for)),
        "areas": [DRILL_AREA] if role is Role.DRILL else list(dict.fromkeys(areas)) or [EVERYWHERE],
        "domains": list(dict.fromkeys(domains)) or [EVERYWHERE],
    }  # fmt: skip
    principal = principal_of(claims)
    if principal is None:
        raise Unissuable("ids and areas are 1 to 64 characters of A-Z a-z 0-9 . _ : -")
    return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": kid, "typ": TYPE}), principal


def revoke(revoked: Path, token_ids: Sequence[str]) -> int:
    """Add these to the list; how many it holds then. The gateways that read it refuse them from their next request on."""
    known = read_revoked(revoked.read_bytes()) if revoked.exists() else frozenset()
    all_of_them = sorted(known | set(token_ids))
    replace_file(revoked, orjson.dumps({"revoked": all_of_them}, option=orjson.OPT_INDENT_2))
    return len(all_of_them)
