"""Ids of what the core makes derive from what caused it, so that every run makes the same ones."""

import hashlib


def derived_id(prefix: str, *causes: str) -> str:
    """``prefix:`` and 24 hex digits of the causes' hash: a valid `Id` whatever the causes' length."""
    digest = hashlib.blake2b("\x1f".join(causes).encode(), digest_size=12)
    return f"{prefix}:{digest.hexdigest()}"
