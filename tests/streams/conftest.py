"""Fixtures of the carrying."""

from collections.abc import Iterator
from typing import Any

import pytest

from schemas import registry
from tests.streams.ground import Ground, new_ground


@pytest.fixture(autouse=True)
def known_domains() -> Iterator[None]:
    """The counting domain that a test registers is unknown again to whoever comes after it."""
    module: Any = registry
    events, domains = dict(module.DOMAIN_EVENTS), module.DOMAINS
    yield
    if domains != module.DOMAINS:
        module.DOMAIN_EVENTS.clear()
        module.DOMAIN_EVENTS.update(events)
        module.DOMAINS = domains
        module.known_types.cache_clear()
        module.known_stems.cache_clear()


@pytest.fixture
def ground(kafka_bootstrap: str) -> Ground:
    """A broker with a domain name of this test's own; its topics are made by the test."""
    return new_ground(kafka_bootstrap)
