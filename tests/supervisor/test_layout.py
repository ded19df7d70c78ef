"""Which domains share a projector and a reactor: an emergency's are its own, the others' one process."""

from infra.supervisor.layout import sharing
from schemas.topics import DOMAINS


def test_one_shared_process_while_there_is_no_emergency() -> None:
    assert sharing(("meals",)) == [("", ("meals",))]


def test_the_emergency_shares_with_nobody() -> None:
    assert sharing(("meals", "emergency", "beds")) == [("-emergency", ("emergency",)), ("", ("meals", "beds"))]
    assert sharing(("emergency",)) == [("-emergency", ("emergency",))]


def test_every_domain_is_served_exactly_once() -> None:
    served = [domain for _, domains in sharing(DOMAINS) for domain in domains]
    assert sorted(served) == sorted(DOMAINS)
