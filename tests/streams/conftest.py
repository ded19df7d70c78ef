"""Fixtures of the carrying."""

import pytest

from tests.streams.ground import Ground, new_ground


@pytest.fixture
def ground(kafka_bootstrap: str) -> Ground:
    """A broker with a domain name of this test's own; its topics are made by the test."""
    return new_ground(kafka_bootstrap)
