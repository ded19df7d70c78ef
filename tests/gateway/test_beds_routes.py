"""Beds over HTTP on a running gateway, a real worker and a real projector: the ways in, the place in line, why not me, who did what."""

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from infra.cli.journal_copy import journal_copies
from infra.cli.why import check
from infra.gateway.domain_routes.beds import ACTS
from infra.settings import Settings
from infra.supervisor.processes import Service, Supervised
from schemas.journal import SHANGHAI
from streams.partitioning import home_partition
from tests.gateway.conftest import PARTITIONS, RunGateway, Running, unique

pytestmark = pytest.mark.stack
AREA = "310106"
STREET = "310106013"
SECONDS_MAX = 90.0
"""For one answer, on a machine where everything else is slow too."""
TODAY = datetime.now(SHANGHAI).date()
APPLICATION = {
    "application_id": "a-1", "person_id": "p-1", "position": {"lat": 31.23, "lon": 121.45}, "street": STREET, "sex": "f",
    "assessed_level": 3, "assessed_on": TODAY.isoformat(), "categories": ["registered"], "bed_types": ["dementia"],
}  # fmt: skip
ROUTES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("applications", APPLICATION),
    ("applications/{id}/withdrawal", {"reason": "found_elsewhere"}),
    ("applications/{id}/assessment", {"assessed_level": 4, "assessed_on": TODAY.isoformat()}),
    ("applications/{id}/pause", {"until": TODAY.isoformat()}),
    ("applications/{id}/resumption", {}),
    ("applications/{id}/priority_approval", {"approver": "op-2", "reason": "caregiver_lost"}),
    ("applications/{id}/override", {"facility_id": "h-1", "bed_id": "b-1", "approver": "op-2", "reason": "court_order"}),
    ("applications/{id}/leave", {"until": TODAY.isoformat()}),
    ("applications/{id}/return", {}),
    ("applications/{id}/transfer", {"facility_id": "h-1", "bed_id": "b-2", "reason": "own_wish"}),
    ("applications/{id}/extension", {"days": 3}),
    ("applications/{id}/offers/o-1/acceptance", {}),
    ("applications/{id}/offers/o-1/refusal", {"reason": "too_far"}),
    ("applications/{id}/offers/o-1/facility_refusal", {"reason": "infection"}),
    ("facilities/{id}/inventory", {"version": 1, "beds": []}),
    ("facilities/{id}/beds/b-1/admission", {"application_id": "a-1"}),
    ("facilities/{id}/beds/b-1/vacancy", {"reason": "moved_home"}),
    ("facilities/{id}/beds/b-1/cleaning", {}),
)
_AREAS = count(50)
Start = Callable[..., Supervised]


@pytest.fixture
def start(own_kafka: str, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Real processes of beds; ended with the test. A certificate too is made by a process, which finds the journal by the environment."""
    for name, value in (("KAFKA", own_kafka), ("POSTGRES", database), ("PARTITIONS", str(PARTITIONS)), ("HOME", str(tmp_path))):
        monkeypatch.setenv(f"LAOXIAO_{name}", value)
    started: list[Supervised] = []

    def one(*words: str) -> Supervised:
        name = f"{words[0]}-{len(started) + 1}"
        environment = {
            "LAOXIAO_KAFKA": own_kafka, "LAOXIAO_POSTGRES": database, "LAOXIAO_PARTITIONS": str(PARTITIONS), "LAOXIAO_PROCESS": name,
            "LAOXIAO_HOME": str(tmp_path), "LAOXIAO_CLOCK": "wall", "LAOXIAO_SESSION_TIMEOUT_S": "6",
        }  # fmt: skip
        process = Supervised(Service(name, words, environment), tmp_path / "logs", lambda _: None)
        process.start()
        started.append(process)
        return process

    yield one
    for process in started:
        process.stop()


class District:
    """One home and whoever waits for its beds, over HTTP, in an area of this test alone: the log of the session is shared."""

    def __init__(self, running: Running) -> None:
        self.client = running.client
        self.home = unique("home")
        self.area = f"3101{next(_AREAS)}"
        self.version = 0

    async def say(self, kind: str, **data: Any) -> dict[str, Any]:
        """Record an event and return its decision."""
        body = {
            "specversion": "1.0", "id": unique("ev"), "source": "/tests/app", "type": f"beds.{kind}.v1", "area": self.area,
            "time": datetime.now(SHANGHAI).isoformat(timespec="milliseconds"), "actor": "operator:op-1", "data": data,
        }  # fmt: skip
        headers = {"content-type": "application/cloudevents+json", "prefer": "wait=30"}
        answer = await self.client.post("/v1/events", json=body, headers=headers)
        assert answer.status_code in (200, 202), answer.text
        if answer.status_code == 200:
            return dict(answer.json()["decisions"][0])
        return await self.got(f"/v1/decisions/{body['id']}")

    async def got(self, path: str, holds: Callable[[dict[str, Any]], bool] = lambda _: True) -> dict[str, Any]:
        """What a route answers once it answers and this holds."""
        async with asyncio.timeout(SECONDS_MAX):
            while True:
                answer = await self.client.get(path)
                if answer.status_code == 200 and holds(answer.json()):
                    return dict(answer.json())
                await asyncio.sleep(0.2)

    async def register(self) -> None:
        await self.say("facility.registered", facility_id=self.home, name="养老院", position={"lat": 31.23, "lon": 121.45}, street=STREET)

    async def publish(self, state: str) -> dict[str, Any]:
        self.version += 1
        bed = {"bed_id": "b1", "type": "dementia", "sex": "any", "pool": "district", "state": state}
        return await self.say("inventory.published", facility_id=self.home, version=self.version, beds=[bed])

    async def apply(self, score: int) -> str:
        name = unique("a")
        decision = await self.say(
            "application.submitted", application_id=name, person_id=f"p-{name}", position={"lat": 31.23, "lon": 121.45}, street=STREET,
            sex="f", assessed_level=3, assessed_on=(TODAY - timedelta(days=9)).isoformat(), categories=["registered"],
            bed_types=["dementia"], choices=[self.home], score=score,
        )  # fmt: skip
        assert decision["outcome"] == "accepted", decision
        return name


@pytest.fixture
async def district(own_kafka: str, database: str, run_gateway: RunGateway, start: Start) -> District:
    """A home with one occupied bed, decided: a worker and a projector are at work."""
    start("worker", "--domain", "beds")
    start("projector", "--domain", "beds")
    made = District(await run_gateway(own_kafka, database))
    await made.register()
    await made.publish("occupied")
    return made


def offered(decision: dict[str, Any]) -> dict[str, Any]:
    """The one offer of a decision."""
    (made,) = (fact["data"] for fact in decision["facts"] if fact["type"] == "beds.offer.made.v1")
    return dict(made)


def test_no_route_is_left_out_below() -> None:
    assert [re.sub(r"^([a-z]+)/\{\w+\}", r"\1/{id}", act.path).format(id="{id}", offer_id="o-1", bed_id="b-1") for act in ACTS] == [
        path for path, _ in ROUTES
    ]


@pytest.mark.parametrize(("path", "data"), ROUTES)
async def test_every_route_records_the_event_it_says(
    run_gateway: RunGateway, own_kafka: str, database: str, path: str, data: dict[str, Any]
) -> None:
    running = await run_gateway(own_kafka, database)
    key = unique("bd")
    body = {"area": AREA, "actor": "operator:op-1", "time": datetime.now(SHANGHAI).isoformat(timespec="seconds"), "data": data}
    answer = await running.client.post(f"/v1/beds/{path.replace('{id}', unique('x'))}", json=body, headers={"idempotency-key": key})
    assert answer.status_code == 202, answer.text
    assert key in answer.text


async def test_a_route_whose_words_are_wrong_records_nothing_and_says_where(run_gateway: RunGateway, own_kafka: str, database: str) -> None:
    running = await run_gateway(own_kafka, database)
    data = {"assessed_level": 9, "assessed_on": "2026-1-1"}
    body = {"area": AREA, "actor": "office:o-1", "time": "2026-11-23T10:00:00+08:00", "data": data}
    answer = await running.client.post("/v1/beds/applications/a-1/assessment", json=body, headers={"idempotency-key": unique("bd")})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_event")


async def test_an_applicant_sees_their_place_in_line_who_is_ahead_and_how_long_it_may_take(district: District) -> None:
    first, second = await district.apply(9), await district.apply(1)
    seen = await district.got(f"/v1/beds/requests/{second}", lambda body: bool(body.get("positions")))
    (place,) = seen["positions"]
    assert (place["bed_type"], place["rank"], place["ahead"], place["ahead_by_class"]) == ("dementia", 2, 1, {"general": 1})
    assert place["forecast"] == {"vacancies": 0, "days_seen": 1, "expected_days": None, "low_days": None, "high_days": None}
    assert (seen["state"], seen["offer"], seen["eligible_on"]) == ("queued", None, TODAY.isoformat())
    made = offered(await district.publish("free"))
    assert made["application_id"] == first
    ahead = await district.got(f"/v1/beds/requests/{first}", lambda body: body.get("offer") is not None)
    assert (ahead["state"], ahead["offer"]["bed_id"], ahead["offer"]["lane"]) == ("offered", "b1", "pool")
    left = await district.got(f"/v1/beds/requests/{second}", lambda body: body["positions"][0]["rank"] == 1)
    assert left["positions"][0]["ahead"] == 0


async def test_why_not_me_is_answered_with_a_certificate_that_holds_against_the_journal(district: District, own_kafka: str) -> None:
    first, second = await district.apply(9), await district.apply(1)
    offer = offered(await district.publish("free"))
    assert (offer["application_id"], offer["next_application_id"]) == (first, second)
    await district.got(f"/v1/beds/requests/{second}")
    certificate = await district.got(f"/v1/beds/applications/{second}/why")
    assert (certificate["rule"], certificate["criterion"], certificate["override"]) == ("behind", "score", None)
    assert certificate["offer_id"] == offer["offer_id"]
    assert first not in json.dumps(certificate), "it names people by salted hashes only"
    settings = replace(Settings.from_environment(), kafka=own_kafka, partitions=PARTITIONS)
    (journal,) = await journal_copies(settings, "beds", home_partition(district.area, PARTITIONS))
    assert check(certificate, journal, second) == []
    assert check({**certificate, "criterion": "level"}, journal, second) == ["criterion is not what the journal says"]


async def test_whom_an_override_passed_reads_its_reason_in_the_certificate_and_in_the_history(district: District) -> None:
    first, second = await district.apply(9), await district.apply(1)
    assert offered(await district.publish("free"))["application_id"] == first
    decision = await district.say(
        "allocation.overridden", application_id=second, facility_id=district.home, bed_id="b1", approver="op-2", reason="court_order"
    )
    assert (offered(decision)["application_id"], offered(decision)["override_reason"]) == (second, "court_order")
    seen = await district.got(f"/v1/beds/requests/{first}", lambda body: body["state"] == "queued")
    assert "beds.offer.withdrawn.v1" in [row["type"] for row in seen["history"]]
    certificate = await district.got(f"/v1/beds/applications/{first}/why?offer={offered(decision)['offer_id']}")
    assert (certificate["rule"], certificate["override"]) == ("overtaken", "court_order")
    winner = await district.got(f"/v1/beds/requests/{second}", lambda body: body.get("offer") is not None)
    assert (winner["offer"]["lane"], winner["offer"]["override_reason"]) == ("override", "court_order")
    tasks = await district.got(f"/v1/beds/tasks?area={district.area}", lambda body: second in json.dumps(body))
    assert "override_review" in json.dumps(tasks)


async def test_every_step_of_an_application_is_told_with_its_event_and_its_policy(district: District) -> None:
    name = await district.apply(9)
    offer = offered(await district.publish("free"))
    await district.say("offer.accepted", application_id=name, offer_id=offer["offer_id"])
    await district.say("admission.confirmed", application_id=name, facility_id=district.home, bed_id="b1")
    seen = await district.got(f"/v1/beds/requests/{name}", lambda body: body["state"] == "admitted")
    assert [row["type"] for row in seen["history"]] == [
        f"beds.{kind}.v1" for kind in ("application.queued", "offer.made", "offer.accepted", "admission.recorded")
    ]
    assert [row["event_type"] for row in seen["history"]] == [
        f"beds.{kind}.v1" for kind in ("application.submitted", "inventory.published", "offer.accepted", "admission.confirmed")
    ]
    assert all("beds" in row["policy"] for row in seen["history"])


async def test_a_certificate_of_nobody_is_not_found(district: District) -> None:
    assert (await district.client.get("/v1/beds/applications/nobody/why")).status_code == 404
