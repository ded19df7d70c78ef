"""What the page and a family ask about childcare, on rows that the projector made of one small day."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import asyncpg
import pytest

from infra.postgres import childcare_queries, childcare_sessions
from infra.postgres.migrator import migrate
from tests.agents.childcare.world import AREA, DAY, World, session
from tests.agents.world import CENTRE
from tests.streams.projections.test_childcare_rows import project_childcare

pytestmark = pytest.mark.stack


def _day() -> World:
    """Two houses: a full one with a waitlist and an open offer, one with a child in the room whose carer has left."""
    world = World()
    world.policy(services={"care": {"price_fen": {"drop_in": 4000}}})
    world.house("s-1", 100, seats=2)
    world.house("s-2", 900)
    world.publish("s-2", session("s-2-pm", "14:00", "16:00"), version=1)
    world.book("b-1", "s-1-am", child_id="k-1")
    world.book("b-2", "s-1-am")
    world.book("b-3", "s-1-am")
    world.book("b-4", "s-1-am")
    world.book("b-5", "s-2-am")
    world.book("b-6", "nowhere")
    world.tick(f"{DAY} 08:40")
    world.send("booking.cancelled", booking_id="b-2")
    world.send("child.checked_in", booking_id="b-5", by="p")
    world.send("staffing.reported", site_id="s-2", session_id="s-2-am", staff_present=0)
    world.send("site.inspected", inspection_id="i-1", site_id="s-2", result="to_rectify")
    world.send("incident.reported", incident_id="n-1", site_id="s-2", kind="fall", severity="serious")
    world.send("entitlement.registered", entitlement_id="t-1", service="guidance", holder_id="f-1", year=2026)
    world.send("pickup_persons.registered", child_id="k-1", version=1, persons=["p-1", "p-2"])
    world.tick(f"{DAY} 09:02")
    return world


@pytest.fixture
async def database(fresh_database: str) -> str:
    await migrate(fresh_database)
    return fresh_database


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Any]:
    await project_childcare(database, _day().decisions)
    async with asyncpg.create_pool(database, min_size=1, max_size=2) as made:
        yield made


async def test_a_booking_shows_where_it_stands_and_every_step_with_its_reason(pool: Any) -> None:
    booking = await childcare_queries.request(pool, "b-3")
    assert booking is not None
    assert (booking["state"], booking["reason"], booking["site_id"], booking["mode"]) == ("expired", "offer_expired", "s-1", "drop_in")
    steps = [step["type"].removeprefix("childcare.").removesuffix(".v1") for step in booking["history"]]
    assert steps[:2] == ["booking.waitlisted", "offer.made"]
    assert booking["history"][0]["why"]["rejected"][0]["rule"] == "no_seat"
    assert booking["history"][0]["policy"] is not None
    refused = await childcare_queries.request(pool, "b-6")
    assert refused is not None
    assert (refused["state"], refused["reason"]) == ("refused", "unknown_session")
    assert await childcare_queries.request(pool, "nobody") is None


async def test_the_nearest_session_with_a_free_seat_comes_first_and_a_full_one_is_left_out(pool: Any) -> None:
    near = await childcare_sessions.sessions_near(pool, AREA, CENTRE, date.fromisoformat(DAY), free_only=True)
    assert [one["session_id"] for one in near][-1] == "s-2-pm"
    everything = await childcare_sessions.sessions_near(pool, AREA, CENTRE, date.fromisoformat(DAY))
    assert [one["session_id"] for one in everything] == ["s-1-am", "s-2-am", "s-2-pm"]
    assert [one["distance_m"] for one in everything] == [100, 900, 900]
    (unstaffed,) = [one for one in everything if one["session_id"] == "s-2-am"]
    assert (unstaffed["care_free"], unstaffed["free"], unstaffed["breach"], unstaffed["staff"]) == (0, 0, True, 0)


async def test_capacity_lists_sites_with_sessions_seats_and_children_present(pool: Any) -> None:
    sites = await childcare_queries.capacity(pool, AREA, CENTRE, [date.fromisoformat(DAY)])
    assert [(site["site_id"], site["present"], len(site["slots"])) for site in sites] == [("s-1", 0, 1), ("s-2", 1, 2)]
    assert sites[0]["slots"][0]["total"] == 2
    assert sites[0]["closures"] == []


async def test_the_file_of_a_site_tells_its_sums_and_lines(pool: Any) -> None:
    file = await childcare_queries.request(pool, "s-2")
    assert file is not None
    assert (file["kind"], file["present"], file["inspection_result"]) == ("site", 1, "to_rectify")
    assert (file["file"]["incidents"], file["file"]["ratio_breaches"], file["file"]["inspections"]) == (1, 1, 1)
    assert [line["type"].split(".")[1] for line in file["history"]] == ["session", "ratio", "inspection", "incident"]


async def test_a_childs_quota_counts_what_is_left_of_the_year(pool: Any) -> None:
    child = await childcare_queries.request(pool, "k-1")
    assert child is not None
    (quota,) = child["quotas"]
    assert (quota["year"], quota["granted"], quota["held"], quota["used"], quota["left"]) == (2026, 12, 1, 0, 11)
    assert [one["booking_id"] for one in child["bookings"]] == ["b-1"]
    assert child["pickup_persons"] == 2
    family = await childcare_queries.request(pool, "f-1")
    assert family is not None
    assert family["entitlements"][0]["sessions"] == 10


async def test_a_session_shows_its_bookings(pool: Any) -> None:
    found = await childcare_queries.request(pool, "s-2-am")
    assert found is not None
    assert (found["kind"], found["breach"], found["bookings"][0]["booking_id"]) == ("session", True, "b-5")


async def test_the_overview_adds_up(pool: Any) -> None:
    view = await childcare_queries.overview(pool, AREA, date.fromisoformat(DAY))
    assert view["bookings"]["checked_in"] == 1
    assert view["bookings"]["cancelled"] == 1
    assert (view["now_there"]["children"], view["now_there"]["sessions"], view["now_there"]["sites"]) == (1, 2, 2)
    assert [one["session_id"] for one in view["now_there"]["breaches"]] == ["s-2-am"]
    assert view["duties"]["entitlements_owed"] == 1
    assert view["tasks_by_kind"]["overcommitted"] >= 1
    everywhere = await childcare_queries.overview(pool, None, date.fromisoformat(DAY))
    assert everywhere["bookings"] == view["bookings"]


async def test_an_open_offer_shows_its_deadline_and_a_waitlist_its_length(database: str) -> None:
    world = World()
    world.house("s-1", 100, seats=1)
    for number in range(4):
        world.book(f"b-{number}", "s-1-am")
    world.send("booking.cancelled", booking_id="b-0")
    await project_childcare(database, world.decisions)
    async with asyncpg.create_pool(database, min_size=1, max_size=2) as pool:
        view = await childcare_queries.overview(pool, AREA, None)
        (offer,) = view["offers"]
        assert (offer["booking_id"], offer["offer_kind"], offer["left_s"]) == ("b-1", "waitlist", 1800)
        (waits,) = view["waitlists"]
        assert (waits["session_id"], waits["waiting"], waits["offered"], waits["total"]) == ("s-1-am", 2, 1, 1)
        sites = await childcare_queries.providers_map(pool, AREA, date.fromisoformat(DAY))
        assert [(site["site_id"], site["total"], site["free"], site["breach"]) for site in sites] == [("s-1", 1, 0, False)]
        points = await childcare_queries.requests_map(pool, AREA, 10)
        assert {point["request_id"] for point in points} == {"b-0", "b-1", "b-2", "b-3"}
