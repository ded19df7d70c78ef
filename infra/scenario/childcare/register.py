"""The register of residents on the day before: which children live in a district, told to the areas that families name as their home.

Every child of the played district is told to the area that its family names (the policy keeps quotas of registered children only). Some
families name a district without living there any more, and some children move away while their family waits; the shares are assumed.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from infra.scenario.childcare.world import World
from infra.scenario.words import Item, at, event, office

ASKING = ("childcare.booking.requested.v1", "childcare.group.requested.v1")
WRONG_HOME_SHARE = 0.1
"""Of the children booked here whose family names another district: not at home there, by its register; assumed."""
GONE_SHARE = 0.004
"""Of those whose family names the district itself: not at home there; assumed."""
MOVED_SHARE = 0.003
"""Of the others: told to have moved away at noon of the day before, after most have booked; assumed."""
FROM_HOUR, UNTIL_HOUR, MOVED_HOUR = 6.65, 8.3, 12.0
"""After the policy, before anybody books."""


def register_items(world: World, prefix: str, asked: Iterable[Item]) -> Iterator[Item]:
    """What the registers send about whoever these items book for, each child once and to one area; some own children a second time."""
    homes = _homes(world, asked)
    eve = world.plan.day - timedelta(days=1)
    begins_ms = at(eve, FROM_HOUR)
    version = 2 * world.plan.day.toordinal()  # each day's register is newer than that of the day before
    span_ms = at(eve, UNTIL_HOUR) - begins_ms
    for number, (child_id, area) in enumerate(homes.items()):
        draw = world.draw("register", child_id)
        own = area == world.district.code
        lives = draw.random() >= (GONE_SHARE if own else WRONG_HOME_SHARE)
        at_ms = begins_ms + span_ms * number // len(homes)
        name = f"{prefix}-cc-home-{number:05d}"
        yield _told(name, area, child_id, at_ms, version=version, at_home=lives)
        if own and lives and draw.random() < MOVED_SHARE:
            moved_ms = at(eve, MOVED_HOUR) + number * 100
            yield _told(f"{name}-moved", area, child_id, moved_ms, version=version + 1, at_home=False)


def _homes(world: World, asked: Iterable[Item]) -> dict[str, str]:
    """The area that each child's family names, in the order in which they ask."""
    homes: dict[str, str] = {}
    for item in asked:
        if item.event is None or item.event["type"] not in ASKING:
            continue
        data = item.event["data"]
        for child in data.get("children", (data,)):
            homes.setdefault(child["child_id"], data.get("home_area", world.district.code))
    return homes


def _told(event_id: str, area: str, child_id: str, at_ms: int, *, version: int, at_home: bool) -> Item:
    data = {"child_id": child_id, "version": version, "at_home": at_home}
    one = event(event_id, "childcare.child.registered.v1", at_ms - 1200, area=area, sender=office(area), data=data)
    return Item(at_ms, "home", area, one)
