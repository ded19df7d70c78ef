"""Keys that sign and prove tokens: a private one in a file of its owner's, public ones as a JWKS that the gateway reads (RFC 7517)."""

import base64
import hashlib
import os
from pathlib import Path
from typing import Any

import orjson
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt import PyJWK
from jwt.exceptions import PyJWTError

ALGORITHMS = ("EdDSA", "ES256")
"""What a signature may be made with. The key says which of them, never the token (ASVS 9.1.2)."""
CURVES = {"EdDSA": ("OKP", "Ed25519"), "ES256": ("EC", "P-256")}
KEYS_MAX = 32


class KeysUnfit(ValueError):
    """A file of keys that cannot be used; the message names no key."""


def read_keys(content: bytes) -> dict[str, PyJWK]:
    """``kid`` to public key. Raises `KeysUnfit`: no JWKS, no key, a key without an id, twice the same id, private or symmetric keys."""
    try:
        listed = orjson.loads(content)["keys"]
        keys: dict[str, PyJWK] = {}
        for one in listed:
            kid, algorithm = one["kid"], one["alg"]
            if "d" in one or "k" in one:
                raise KeysUnfit("a private or symmetric key among the public ones")
            if algorithm not in ALGORITHMS or (one["kty"], one["crv"]) != CURVES[algorithm]:
                raise KeysUnfit("a key that is neither EdDSA on Ed25519 nor ES256 on P-256")
            if not isinstance(kid, str) or not kid or kid in keys:
                raise KeysUnfit("a key without an id of its own")
            keys[kid] = PyJWK(one, algorithm)
    except (orjson.JSONDecodeError, KeyError, TypeError, PyJWTError) as error:
        raise KeysUnfit(f"no JWKS: {type(error).__name__}") from None
    if not 1 <= len(keys) <= KEYS_MAX:
        raise KeysUnfit(f"{len(keys)} keys")
    return keys


def make_key(private: Path, public: Path) -> str:
    """A new Ed25519 key: the private half in a new file that only its owner reads, the public half added to the JWKS. Its ``kid``.

    Raises `FileExistsError` when there is a private key of that name already: what it signed would no longer be traceable to it.
    """
    key = Ed25519PrivateKey.generate()
    kept = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    private.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(private, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "wb") as out:
        out.write(kept)
    shown = jwk_of(key)
    listed = orjson.loads(public.read_bytes())["keys"] if public.exists() else []
    replace_file(public, orjson.dumps({"keys": [*listed, shown]}, option=orjson.OPT_INDENT_2))
    return str(shown["kid"])


def read_private(private: Path) -> tuple[Ed25519PrivateKey, str, str]:
    """The signing key, its algorithm and its ``kid``. Raises `KeysUnfit`."""
    try:
        key = serialization.load_pem_private_key(private.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise KeysUnfit(f"no private key: {type(error).__name__}") from None
    if isinstance(key, Ed25519PrivateKey):
        return key, "EdDSA", str(jwk_of(key)["kid"])
    raise KeysUnfit("a key of another kind: tokens are signed with Ed25519")


def jwk_of(key: Ed25519PrivateKey) -> dict[str, Any]:
    """The public half as a JWK. The ``kid`` is its thumbprint (RFC 7638), so a key has one name everywhere."""
    raw = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    x = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    thumbprint = hashlib.sha256(f'{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}'.encode()).digest()
    kid = base64.urlsafe_b64encode(thumbprint).rstrip(b"=").decode()
    return {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": kid, "alg": "EdDSA", "use": "sig"}


def replace_file(place: Path, content: bytes) -> None:
    """The whole new content or the whole old one: a gateway may read it at any moment."""
    beside = place.with_name(f".{place.name}.{os.getpid()}")
    with beside.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    beside.replace(place)
