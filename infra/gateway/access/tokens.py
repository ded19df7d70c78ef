"""From a bearer token to a principal: a JWS of one of two algorithms, checked whole (ASVS 9.1, 9.2), remembered until something changes.

The key that the token names decides the algorithm; ``typ``, ``iss``, ``aud``, ``exp``, ``nbf``, ``iat`` and ``jti`` are required; a token
that lives longer than its role allows is none of ours. Keys and the revocation list are files, read again as soon as they change.
"""

import hashlib
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import orjson
from jwt import PyJWK
from jwt.exceptions import ExpiredSignatureError, PyJWTError

from infra.gateway.access.keys import KeysUnfit, read_keys
from infra.gateway.access.principal import Principal, Unproven, principal_of
from infra.gateway.access.roles import Role
from infra.gateway.problems import Trouble

ISSUER = "laoxiao"
AUDIENCE = "laoxiao-gateway"
TYPE = "at+jwt"
"""RFC 9068: an access token, so that no other signed thing of ours can be used as one."""
LEEWAY = timedelta(seconds=30)
"""Between the clocks of who signs and who checks."""
LIFE_MAX: dict[Role, timedelta] = dict.fromkeys(Role, timedelta(days=31)) | {Role.DEVICE: timedelta(days=400)}
"""The longest life of a token. A button on a wall cannot sign in again every month."""
TOKEN_BYTES_MAX = 8192
REMEMBERED_MAX = 20_000
REQUIRED = ["exp", "nbf", "iat", "aud", "iss", "sub", "jti"]

log = logging.getLogger("laoxiao.gateway")


class AccessUnfit(RuntimeError):
    """The gateway may not start like this; the message says what to change."""


class WatchedFile:
    """A file that is read again when it has changed. ``version`` rises with each content."""

    def __init__(self, place: Path, take: Callable[[bytes], None]) -> None:
        self._place = place
        self._take = take
        self._seen: tuple[int, int, int] | None = None
        self._complained = False
        self.version = 0

    def look(self) -> None:
        """Take the content when it is new. One that cannot be read or used leaves the last good one in force, and the log says so."""
        try:
            state = self._place.stat()
            seen = (state.st_mtime_ns, state.st_size, state.st_ino)
            if seen == self._seen:
                return
            self._take(self._place.read_bytes())
        except (OSError, ValueError) as error:
            if self.version == 0:
                why = str(error) if isinstance(error, KeysUnfit) else type(error).__name__
                raise AccessUnfit(f"{self._place.name} cannot be used: {why}") from None
            if not self._complained:
                log.critical("%s cannot be used, the last good one stays in force: %s", self._place.name, type(error).__name__)
            self._complained = True
            return
        self._complained = False
        self._seen = seen
        self.version += 1


def read_revoked(content: bytes) -> frozenset[str]:
    """Ids of tokens that are no longer good. Raises `ValueError`."""
    revoked = orjson.loads(content)["revoked"]
    if not isinstance(revoked, list) or not all(isinstance(one, str) for one in revoked):
        raise ValueError("no list of token ids")
    return frozenset(revoked)


class Tokens:
    """Proves tokens. One per process; used from its event loop only."""

    def __init__(self, keys: Path, revoked: Path, *, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._keys: dict[str, PyJWK] = {}
        self._revoked: frozenset[str] = frozenset()
        self._remembered: OrderedDict[bytes, Principal] = OrderedDict()
        self._keys_file = WatchedFile(keys, self._take_keys)
        self._revoked_file = WatchedFile(revoked, self._take_revoked)
        self._look()

    def prove(self, token: str) -> Principal | Unproven:
        """The caller, or why nothing is proved."""
        self._look()
        if len(token) > TOKEN_BYTES_MAX:
            return Unproven(Trouble.TOKEN_NOT_VALID)
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        known = self._remembered.get(digest)
        if known is None:
            proved = self._prove(token)
            if isinstance(proved, Unproven):
                return proved
            known = self._remembered[digest] = proved
            if len(self._remembered) > REMEMBERED_MAX:
                self._remembered.popitem(last=False)
        if not self.still_good(known, looked=True):
            self._remembered.pop(digest, None)
            code = Trouble.TOKEN_REVOKED if known.token_id in self._revoked else Trouble.TOKEN_EXPIRED
            return Unproven(code, known.token_id)
        return known

    def still_good(self, principal: Principal, *, looked: bool = False) -> bool:
        """Whether a principal proved earlier still is one: neither expired nor revoked since."""
        if not looked:
            self._look()
        return principal.token_id not in self._revoked and principal.expires_s + LEEWAY.total_seconds() > self._clock()

    def _look(self) -> None:
        self._keys_file.look()
        self._revoked_file.look()

    def _take_keys(self, content: bytes) -> None:
        self._keys = read_keys(content)
        # A key that is gone takes with it what it signed.
        self._remembered.clear()

    def _take_revoked(self, content: bytes) -> None:
        self._revoked = read_revoked(content)

    def _prove(self, token: str) -> Principal | Unproven:
        try:
            head = jwt.get_unverified_header(token)
            key = self._keys.get(head.get("kid", ""))
            if key is None or head.get("typ") != TYPE or "crit" in head or head.get("alg") != key.algorithm_name:
                return Unproven(Trouble.TOKEN_NOT_VALID)
            claims: dict[str, Any] = jwt.decode(
                token, key=key.key, algorithms=[key.algorithm_name], audience=AUDIENCE, issuer=ISSUER, leeway=LEEWAY,
                # Times are judged below, by the clock that judges what is remembered.
                options={"require": REQUIRED, "strict_aud": True, "verify_exp": False, "verify_nbf": False, "verify_iat": False},
            )  # fmt: skip
        except ExpiredSignatureError:
            return Unproven(Trouble.TOKEN_EXPIRED)
        except (PyJWTError, ValueError, TypeError):
            return Unproven(Trouble.TOKEN_NOT_VALID)
        return self._in_time(claims)

    def _in_time(self, claims: dict[str, Any]) -> Principal | Unproven:
        times = [claims[name] for name in ("iat", "nbf", "exp")]
        if any(isinstance(one, bool) or not isinstance(one, (int, float)) for one in times):
            return Unproven(Trouble.TOKEN_NOT_VALID)
        principal = principal_of(claims)
        issued_s, from_s, until_s = times
        if principal is None or not 0 < until_s - issued_s <= LIFE_MAX[principal.role].total_seconds():
            return Unproven(Trouble.TOKEN_NOT_VALID)
        latest_s = self._clock() + LEEWAY.total_seconds()
        if issued_s > latest_s or from_s > latest_s:
            return Unproven(Trouble.TOKEN_NOT_VALID)
        return principal
