"""Which domains share a projector and a reactor: an emergency's are its own, the others' one process; and who comes first."""

from infra.settings import Settings
from infra.supervisor.layout import gives_way, session_timeout_s, sharing
from schemas.topics import DOMAINS


def test_one_shared_process_while_there_is_no_emergency() -> None:
    assert sharing(("meals",)) == [("", ("meals",))]


def test_the_emergency_shares_with_nobody() -> None:
    assert sharing(("meals", "emergency", "beds")) == [("-emergency", ("emergency",)), ("", ("meals", "beds"))]
    assert sharing(("emergency",)) == [("-emergency", ("emergency",))]


def test_every_domain_is_served_exactly_once() -> None:
    served = [domain for _, domains in sharing(DOMAINS) for domain in domains]
    assert sorted(served) == sorted(DOMAINS)


def test_a_killed_worker_of_emergency_is_missed_after_six_seconds_whatever_the_deployment_says() -> None:
    assert session_timeout_s("emergency", Settings.from_environment().session_timeout_s) == 6
    assert session_timeout_s("emergency", 60) == 6
    assert session_timeout_s("emergency", 3) == 3
    assert session_timeout_s("meals", 60) == 60


def test_everybody_stands_back_but_who_serves_an_emergency() -> None:
    assert [domain for domain in DOMAINS if not gives_way((domain,))] == ["emergency"]
    assert {suffix: gives_way(domains) for suffix, domains in sharing(DOMAINS)} == {"-emergency": False, "": True}
    assert not gives_way(DOMAINS), "one process of all domains serves emergencies too"
