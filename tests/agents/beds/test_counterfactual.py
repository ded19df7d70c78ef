"""The same people under another policy: the waits change as the policy says, and by nothing else."""

from typing import Any

from agents.beds.counterfactual import answered, lived, manners
from schemas.decisions import Received
from tests.agents.beds.district import AREA, OTHER_STREET, District, received


def make(kind: str, event_id: str, data: dict[str, Any], now_ms: int) -> Received:
    return received(kind, data, event_id, now_ms)


def a_log() -> tuple[District, list[Received]]:
    """Two streets, one home; its beds are the street's own."""
    sent: list[Received] = []
    district = District()
    take = district.take
    district.take = lambda item: (sent.append(item), take(item))[1]  # type: ignore[func-returns-value,method-assign]  # keeps what is sent
    district.home("f1")
    district.publish("f1", **{f"b{number}": {"pool": "street", "state": "occupied"} for number in range(4)})
    district.apply("other", street=OTHER_STREET)
    for number in range(4):
        district.apply(f"own{number}")
    for number in range(4):
        district.tick(district.now_ms + 86_400_000)
        district.publish("f1")
        district.send("bed.vacated", facility_id="f1", bed_id=f"b{number}")
        district.send("bed.cleaned", facility_id="f1", bed_id=f"b{number}")
    district.tick(district.now_ms + 5 * 86_400_000)
    return district, sent


def test_with_the_beds_in_another_policy_another_street_is_served() -> None:
    district, sent = a_log()
    crowd = manners(answered(item, made) for item, made in zip(sent, district.decisions, strict=True))
    as_it_was = lived(AREA, sent, {}, make)
    assert as_it_was.waiting[f"street:{OTHER_STREET}"] == 1
    first = received(
        "policy.published.v1",
        {
            "policy": "beds",
            "version": "w1",
            "in_force_from": "2026-01-01",
            "parameters": {"pools_served": ["district"]},
            "source": "what if",
        },
        "whatif-1",
        sent[0].received_at_ms,
    )
    nobody = lived(AREA, sent, {}, make, [first])
    assert nobody.admitted == {}
    assert nobody.waiting["all"] == 5
    assert crowd["own0"].kind is None, "who never answered stays silent"
    assert len(as_it_was.admitted["all"]) == 4
    assert lived(AREA, sent, {}, make) == as_it_was
    assert "class:general" in as_it_was.mean_days()
