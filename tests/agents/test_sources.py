"""A facility speaks for itself only, in every domain, whichever way its event came (P03; reliability page, section 5)."""

from typing import Any

import pytest

from agents import core
from agents.catalogue import DOMAINS
from schemas.codec import decode_event
from schemas.decisions import Decision, Received
from schemas.ownership import FACILITY_FIELDS
from schemas.registry import events_of
from tests.schemas.event_examples import examples_of

NOW_MS = 1_795_000_000_000


def answered(area: core.AreaState[Any], domain: str, event_type: str, actor: str, event_id: str = "e-1") -> Decision:
    event = examples_of(events_of(domain)[event_type])[0] | {"id": event_id, "actor": actor}
    item = decode_event(domain, event, NOW_MS)
    assert isinstance(item, Received), item
    return core.handle(DOMAINS[domain], area, item)


def domain_of(event_type: str) -> str:
    return event_type.split(".", 1)[0]


@pytest.mark.parametrize("event_type", FACILITY_FIELDS)
def test_what_a_facility_sends_of_another_is_refused_by_that_name_and_changes_nothing(event_type: str) -> None:
    domain = domain_of(event_type)
    area = core.blank(DOMAINS[domain], "310106")
    decision = answered(area, domain, event_type, "provider:somebody-else")
    assert (decision.outcome, decision.reason, decision.facts) == ("refused", "forbidden_source", [])
    again = answered(area, domain, event_type, "provider:somebody-else")
    assert (again.repeat, again.reason) == (True, "forbidden_source")


@pytest.mark.parametrize("event_type", FACILITY_FIELDS)
def test_of_itself_it_is_judged_by_the_domain_and_so_is_an_office(event_type: str) -> None:
    domain = domain_of(event_type)
    own = examples_of(events_of(domain)[event_type])[0]["data"][FACILITY_FIELDS[event_type]]
    area = core.blank(DOMAINS[domain], "310106")
    for number, actor in enumerate((f"provider:{own}", "office:civil-affairs", "system:handover")):
        assert answered(area, domain, event_type, actor, f"e-{number}").reason != "forbidden_source"


def test_a_call_for_help_is_nobodys_own() -> None:
    assert not [name for name in FACILITY_FIELDS if name.startswith("emergency.")]
    area = core.blank(DOMAINS["emergency"], "3101")
    event = examples_of(events_of("emergency")["emergency.call.raised.v1"])[0] | {"area": "3101", "actor": "provider:any"}
    item = decode_event("emergency", event, NOW_MS)
    assert isinstance(item, Received)
    assert core.handle(DOMAINS["emergency"], area, item).outcome == "accepted"
