"""What a token must be (reliability page, section 5 "Token", section 6 rows 4 and 7): all else is 401, and told without the token."""

import base64
import json
import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import orjson
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from infra.gateway.access.issuing import Unissuable, revoke
from infra.gateway.access.keys import KeysUnfit, make_key, read_keys, read_private
from infra.gateway.access.principal import Principal, Unproven
from infra.gateway.access.roles import Role
from infra.gateway.access.tokens import AccessUnfit, Tokens
from tests.gateway.access.world import AREA, World, order

NOW = int(time.time())
GOOD: dict[str, Any] = {
    "iss": "laoxiao", "aud": "laoxiao-gateway", "sub": "own-1", "jti": "t-1", "iat": NOW, "nbf": NOW, "exp": NOW + 600, "role": "operator",
    "stands_for": [], "areas": ["*"], "domains": ["*"],
}  # fmt: skip


def signed(world: World, changes: dict[str, Any] | None = None, head: dict[str, Any] | None = None, key: Any = None) -> str:
    """A token of the world's key; None takes a claim or a header out."""
    own, algorithm, kid = read_private(world.private)
    claims = {name: value for name, value in (GOOD | (changes or {})).items() if value is not None}
    headers = {"kid": kid, "typ": "at+jwt"} | (head or {})
    return jwt.encode(
        claims, key or own, algorithm=algorithm, headers={name: value for name, value in headers.items() if value is not None}
    )


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _unsigned(world: World, algorithm: str) -> str:
    return f"{_part({'alg': algorithm, 'typ': 'at+jwt', 'kid': read_private(world.private)[2]})}.{_part(GOOD)}."


def _public_as_secret(world: World) -> str:
    """The classic: HMAC with the public key, which everybody knows, for a secret."""
    key, _, kid = read_private(world.private)
    raw = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return jwt.encode(GOOD, raw, algorithm="HS256", headers={"kid": kid, "typ": "at+jwt"})


BAD: dict[str, tuple[Callable[[World], str], str]] = {
    "no signature": (lambda world: _unsigned(world, "none"), "token_not_valid"),
    "no signature, spelled otherwise": (lambda world: _unsigned(world, "nOnE"), "token_not_valid"),
    "the right algorithm and no signature": (lambda world: _unsigned(world, "EdDSA"), "token_not_valid"),
    "HMAC with the public key": (_public_as_secret, "token_not_valid"),
    "another key of the same name": (lambda world: signed(world, key=Ed25519PrivateKey.generate()), "token_not_valid"),
    "a key nobody knows": (lambda world: signed(world, head={"kid": "other"}), "token_not_valid"),
    "no key named": (lambda world: signed(world, head={"kid": None}), "token_not_valid"),
    "another type": (lambda world: signed(world, head={"typ": "JWT"}), "token_not_valid"),
    "a critical header": (lambda world: signed(world, head={"crit": ["exp"]}), "token_not_valid"),
    "another audience": (lambda world: signed(world, {"aud": "laoxiao-console"}), "token_not_valid"),
    "our audience among others": (lambda world: signed(world, {"aud": ["laoxiao-gateway", "x"]}), "token_not_valid"),
    "another issuer": (lambda world: signed(world, {"iss": "somebody"}), "token_not_valid"),
    "another role": (lambda world: signed(world, {"role": "admin"}), "token_not_valid"),
    "a drill out of its area": (lambda world: signed(world, {"role": "drill"}), "token_not_valid"),
    "a domain that is none": (lambda world: signed(world, {"domains": ["taxes"]}), "token_not_valid"),
    "no areas at all": (lambda world: signed(world, {"areas": []}), "token_not_valid"),
    "an id with a blank": (lambda world: signed(world, {"sub": "own 1"}), "token_not_valid"),
    "a word where a list belongs": (lambda world: signed(world, {"areas": "*"}), "token_not_valid"),
    "over": (lambda world: signed(world, {"iat": NOW - 900, "nbf": NOW - 900, "exp": NOW - 300}), "token_expired"),
    "not yet": (lambda world: signed(world, {"nbf": NOW + 3600, "exp": NOW + 7200}), "token_not_valid"),
    "issued tomorrow": (lambda world: signed(world, {"iat": NOW + 3600, "exp": NOW + 7200}), "token_not_valid"),
    "living for ever": (lambda world: signed(world, {"exp": NOW + 10**9}), "token_not_valid"),
    "a time that is a word": (lambda world: signed(world, {"nbf": True}), "token_not_valid"),
    "a word": (lambda _: "c3VwZXJzZWNyZXQ", "token_not_valid"),
    "nothing": (lambda _: "", "token_not_valid"),
    "a book": (lambda world: signed(world, {"stands_for": ["p" * 60] * 120}), "token_not_valid"),
} | {f"no {name}": ((lambda world, name=name: signed(world, {name: None})), "token_not_valid") for name in GOOD}


async def test_a_good_token_of_these_tests_is_good(world: World) -> None:
    answer = await world.client.get("/v1/domains", headers={"authorization": f"bearer {signed(world)}"})
    assert answer.status_code == 200


@pytest.mark.parametrize("what", BAD)
async def test_anything_but_a_whole_token_is_401_and_the_log_does_not_hold_it(
    world: World, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    make, code = BAD[what]
    token = make(world)
    answer = await world.client.get("/v1/domains", headers={"authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["code"]) == (401, code)
    assert answer.headers["www-authenticate"] == 'Bearer realm="laoxiao", error="invalid_token"'
    assert answer.headers["content-type"] == "application/problem+json"
    assert world.counted("laoxiao_gateway_access_refused_total", code) == 1
    (line,) = [orjson.loads(record.message) for record in caplog.records if record.name == "laoxiao.security"]
    assert (line["security"], line["code"], line["route"]) == ("refused", code, "GET /v1/domains")
    for part in filter(None, token.split(".")):
        assert part not in caplog.text
        assert part not in answer.text


async def test_no_token_is_401_and_says_how(world: World) -> None:
    answer = await world.client.get("/v1/domains")
    assert (answer.status_code, answer.json()["code"], answer.headers["www-authenticate"]) == (401, "no_token", 'Bearer realm="laoxiao"')
    for given in ("Basic b3duOm93bg==", "Bearer", "operator"):
        assert (await world.client.get("/v1/domains", headers={"authorization": given})).json()["code"] == "token_not_valid"
    twice = [("authorization", f"Bearer {signed(world)}")] * 2
    assert (await world.client.get("/v1/domains", headers=twice)).json()["code"] == "token_not_valid"


async def test_a_token_that_is_called_back_is_refused_by_the_very_next_request_and_so_is_another_of_its_id(world: World) -> None:
    token = {"authorization": f"Bearer {signed(world)}"}
    assert (await world.client.get("/v1/domains", headers=token)).status_code == 200
    revoke(world.revoked, ["t-1"])
    answer = await world.client.get("/v1/domains", headers=token)
    assert (answer.status_code, answer.json()["code"]) == (401, "token_revoked")
    replayed = {"authorization": f"Bearer {signed(world, {'exp': NOW + 900})}"}
    assert (await world.client.get("/v1/domains", headers=replayed)).json()["code"] == "token_revoked"
    assert (await world.client.get("/v1/domains", headers={"authorization": f"Bearer {signed(world, {'jti': 't-2'})}"})).status_code == 200


async def test_a_key_that_is_taken_away_takes_its_tokens_along_and_a_new_one_works_at_once(world: World) -> None:
    token = {"authorization": f"Bearer {signed(world)}"}
    assert (await world.client.get("/v1/domains", headers=token)).status_code == 200
    (world.place / "keys.json").unlink()
    other = world.place / "other.pem"
    make_key(other, world.place / "keys.json")
    assert (await world.client.get("/v1/domains", headers=token)).json()["code"] == "token_not_valid"
    world.private = other
    assert (await world.client.get("/v1/domains", headers=world.head(Role.OPERATOR))).status_code == 200


async def test_a_list_that_cannot_be_read_leaves_the_last_good_one_in_force(world: World, caplog: pytest.LogCaptureFixture) -> None:
    token = {"authorization": f"Bearer {signed(world)}"}
    revoke(world.revoked, ["t-1"])
    assert (await world.client.get("/v1/domains", headers=token)).status_code == 401
    world.revoked.write_text("{half")
    assert (await world.client.get("/v1/domains", headers=token)).json()["code"] == "token_revoked"
    assert "the last good one stays in force" in caplog.text


async def test_es256_is_taken_by_a_key_that_says_so(world: World) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    shown = jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True) | {"kid": "p256", "alg": "ES256"}
    listed = orjson.loads((world.place / "keys.json").read_bytes())["keys"]
    (world.place / "keys.json").write_bytes(orjson.dumps({"keys": [*listed, shown]}))
    token = jwt.encode(GOOD, key, algorithm="ES256", headers={"kid": "p256", "typ": "at+jwt"})
    assert (await world.client.get("/v1/domains", headers={"authorization": f"Bearer {token}"})).status_code == 200
    crossed = jwt.encode(GOOD, key, algorithm="ES256", headers={"kid": read_private(world.private)[2], "typ": "at+jwt"})
    assert (await world.client.get("/v1/domains", headers={"authorization": f"Bearer {crossed}"})).status_code == 401


def test_a_token_is_verified_once_and_then_known_until_its_time_is_over(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [float(NOW)]
    proving = Tokens(world.place / "keys.json", world.revoked, clock=lambda: now[0])
    token = signed(world)
    verified: list[int] = []
    decode = jwt.decode

    def counted(*some: Any, **more: Any) -> dict[str, Any]:
        verified.append(1)
        return decode(*some, **more)

    monkeypatch.setattr(jwt, "decode", counted)
    for _ in range(100):
        assert isinstance(proving.prove(token), Principal)
    assert len(verified) == 1
    now[0] = NOW + 629
    assert isinstance(proving.prove(token), Principal)
    now[0] = NOW + 631
    assert proving.prove(token) == Unproven("token_expired", "t-1")  # type: ignore[arg-type]  # compared by its value


def test_a_private_key_is_its_owners_alone_and_never_written_over(tmp_path: Path) -> None:
    private = tmp_path / "private.pem"
    make_key(private, tmp_path / "keys.json")
    assert private.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        make_key(private, tmp_path / "keys.json")
    assert b"PRIVATE" not in (tmp_path / "keys.json").read_bytes()


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{}", b"[]", b'{"keys": []}', b'{"keys": [{"kty": "oct", "k": "c2VjcmV0", "alg": "HS256", "kid": "a"}]}',
        b'{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "!!", "alg": "EdDSA", "kid": "a"}]}',
        b'{"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB", "alg": "RS256", "kid": "a"}]}',
    ],
)  # fmt: skip
def test_keys_that_are_none_of_ours_are_refused(content: bytes) -> None:
    with pytest.raises(KeysUnfit):
        read_keys(content)


def test_nothing_is_issued_that_would_not_be_taken(world: World) -> None:
    for hours, areas in ((24 * 32, []), (0, []), (1, ["a b"])):
        with pytest.raises(Unissuable):
            world.token(Role.FAMILY, hours=hours, areas=areas)
    assert isinstance(world.gateway.access.tokens.prove(world.token(Role.DEVICE, hours=24 * 399)), Principal)  # type: ignore[union-attr]  # it has one


def test_without_keys_or_list_no_gateway_starts(world: World, tmp_path: Path) -> None:
    for keys, revoked in ((tmp_path / "none.json", world.revoked), (world.place / "keys.json", tmp_path / "none.json")):
        with pytest.raises(AccessUnfit, match=r"none\.json cannot be used"):
            Tokens(keys, revoked)


async def test_knowing_a_token_costs_a_press_next_to_nothing(world: World) -> None:
    """Counted, not timed: two looks at files that have not changed, and no arithmetic with keys."""
    access = world.gateway.access
    assert access is not None
    token = world.token(Role.DEVICE)
    access.tokens.prove(token)
    looks: list[int] = []
    stat = os.stat
    with pytest.MonkeyPatch.context() as patched:

        def counted(self: Path, **more: Any) -> os.stat_result:
            looks.append(1)
            return stat(self, **more)

        patched.setattr(Path, "stat", counted)
        patched.setattr(jwt, "decode", lambda *_, **__: pytest.fail("verified again"))
        assert isinstance(access.tokens.prove(token), Principal)
    assert len(looks) == 2


def test_the_security_log_leaves_out_what_comes_too_fast_and_says_how_much(world: World, caplog: pytest.LogCaptureFixture) -> None:
    now = [10.0]
    access = world.gateway.access
    assert access is not None
    access.security._clock = lambda: now[0]
    for _ in range(50):
        access.security.refused("no_token", Unproven("no_token"), "GET /v1/domains")  # type: ignore[arg-type]  # by its value
    now[0] = 11.0
    access.security.refused("no_token", Unproven("no_token"), "GET /v1/domains")  # type: ignore[arg-type]  # by its value
    lines = [orjson.loads(record.message) for record in caplog.records if record.name == "laoxiao.security"]
    assert len(lines) == 21
    assert lines[-1]["left_out"] == 30
    assert world.counted("laoxiao_gateway_access_refused_total", "no_token") == 51
    assert logging.getLogger("laoxiao.security").level == logging.NOTSET


async def test_areas_hold_for_events_too(world: World) -> None:
    token = {"authorization": f"Bearer {world.token(Role.FAMILY, areas=['310101'])}", "content-type": "application/cloudevents+json"}
    answer = await world.client.post("/v1/events", content=orjson.dumps(order("ev-a", area=AREA)), headers=token)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden_area")
    assert (await world.client.post("/v1/events", content=orjson.dumps(order("ev-b", area="310101")), headers=token)).status_code == 202
