"""Originals in quarantine are encrypted: they were never validated, so anything personal may be in them."""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12


class NotOurs(ValueError):
    """The bytes were not sealed with this key for this origin."""


def origin_of(topic: str, partition: int, offset: int) -> bytes:
    """Where an original lies in the input log, as the associated data that binds it to its place."""
    return f"{topic}/{partition}/{offset}".encode()


def seal(key: bytes, origin: bytes, original: bytes) -> bytes:
    """AES-256-GCM: a fresh nonce, then the ciphertext with its tag."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, original, origin)


def unseal(key: bytes, origin: bytes, sealed: bytes) -> bytes:
    """The inverse of `seal`. Raises `NotOurs`, also when the value was moved to another origin."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], origin)
    except (InvalidTag, ValueError) as error:
        raise NotOurs("wrong key, wrong origin or altered bytes") from error
