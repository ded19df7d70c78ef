"""Responders: units with position and status, each on one case at a time, and the nearest fit one by travel time.

The capacity shape of rescue, taxi and advisers (design, section 5). Conservation here is: a unit is on at most one case (E09),
and lies on exactly the shelves its state says. A search first looks at the nearest units one by one, fit or not: that is the
usual way, and it tells why each nearer one was passed over. When `LOOKED_AT_MAX` have been ruled out it goes on among callable
units with the skills only, so its cost follows the density of what it wants, not the number of units.
"""

from collections import OrderedDict
from collections.abc import Mapping
from typing import NamedTuple

from agents.shared.explanation import Considered
from agents.shared.nearest import Grid, Place, Point
from agents.shared.travel import Travel

LOOKED_AT_MAX = 24
"""Units examined whether fit or not: twice what an explanation lists."""

AVAILABLE, RESTING, OFF = "available", "resting", "off"
R_ENGAGED, R_BUSY, R_OFF = "engaged", "busy", "off"
R_SKILL, R_STALE, R_NO_FIX = "skill_missing", "stale_position", "no_fix"
R_REST, R_TOO_FAR = "in_rest", "too_far_for_it"
R_RESERVED = "planned_work"

Shelf = tuple[str, tuple[str, ...], bool]
"""Kind, skills, and whether it says that it rests."""


class Unit(Place):
    """One responder. Its place is where it was last known to be; ``base_*`` is what it registered."""

    __slots__ = (
        "base_lat", "base_lon", "engaged", "fix_ms", "fixed", "kind", "max_travel_s", "reserved_from_ms", "reserved_until_ms",
        "rest_until_ms", "shelf", "skills", "status",
    )  # fmt: skip

    def __init__(self, unit_id: str, lat: float, lon: float) -> None:
        super().__init__(unit_id, lat, lon)
        self.base_lat = lat
        self.base_lon = lon
        self.kind = ""
        self.skills: tuple[str, ...] = ()
        self.max_travel_s: int | None = None
        self.status = OFF
        self.engaged: str | None = None
        """The case it is on, or None."""
        self.fix_ms = 0
        self.fixed = False
        """Whether it ever said where it is."""
        self.rest_until_ms = 0
        self.reserved_from_ms = self.reserved_until_ms = 0
        """Planned work: from then until before then it is sent only when nobody else within the circle looked in can go."""
        self.shelf: Shelf | None = None
        """Derived: where it can be called from, or None."""


class Found(NamedTuple):
    """A unit that can be sent. ``rested`` false: its rest is broken; ``reserved``: it is taken from planned work."""

    unit: Unit
    distance_m: int
    travel_s: int
    rested: bool
    reserved: bool = False


class Ask(NamedTuple):
    """What is looked for: a unit with all these skills, not farther than ``within_m``; ``excluded`` maps ids to the rule that rules
    them out from the start; ``rest_last`` lets one in rest go when nobody else is within reach, as one that is reserved always may."""

    point: Point
    skills: tuple[str, ...]
    within_m: int
    excluded: Mapping[str, str]
    rest_last: bool


def _last_resort(rule: str, ask: Ask) -> bool:
    """Whether one ruled out by this goes all the same when nobody else can."""
    return rule is R_RESERVED or (rule is R_REST and ask.rest_last)


class Units:
    """The units of an area and where they can be called from."""

    __slots__ = ("_fresh", "_known", "_shelves", "by_id", "callable", "travel")

    def __init__(self, travel: Travel) -> None:
        self.travel = travel
        self.by_id: dict[str, Unit] = {}
        self.callable: Grid[Unit] = Grid()
        """Derived: available, on no case, with a fresh position."""
        self._known: dict[str, Grid[Unit]] = {}
        self._shelves: dict[Shelf, Grid[Unit]] = {}
        self._fresh: dict[str, OrderedDict[str, None]] = {}
        """Derived: by kind, units whose position is fresh, oldest first, so that ageing costs only what ages."""

    def __len__(self) -> int:
        return len(self.by_id)

    def enlist(
        self, unit_id: str, kind: str, base: tuple[float, float], *, skills: tuple[str, ...], max_travel_s: int | None, now_ms: int
    ) -> None:
        """A directory entry. A new unit is where its base is, and off until it says otherwise; a known one stays where it is."""
        lat, lon = base
        unit = self.by_id.get(unit_id)
        if unit is None:
            unit = self.by_id[unit_id] = Unit(unit_id, lat, lon)
        else:
            self._take_out(unit)
        unit.base_lat, unit.base_lon = lat, lon
        if not unit.fixed:
            unit.move(lat, lon)
        if unit.kind != kind and unit.fixed:
            # How long a position counts hangs on the kind: one too old for a car may be young enough for a post.
            self._fresh.get(unit.kind, OrderedDict[str, None]()).pop(unit_id, None)
            if unit.fix_ms >= now_ms - self.travel.way(kind).fix_age_ms_max:
                self._fresh[kind] = self._by_age([*self._fresh.get(kind, ()), unit_id])
        unit.kind, unit.skills, unit.max_travel_s = kind, skills, max_travel_s
        self._put_in(unit)

    def report(self, unit: Unit, status: str) -> bool:
        """What the unit says of itself; returns whether it can be called now."""
        unit.status = status
        self._reshelve(unit)
        return unit.shelf is not None

    def locate(self, unit: Unit, lat: float, lon: float, now_ms: int) -> bool:
        """Where the unit is now; returns whether it can be called from there."""
        self._take_out(unit)
        unit.move(lat, lon)
        unit.fix_ms = now_ms
        unit.fixed = True
        fresh = self._fresh.setdefault(unit.kind, OrderedDict())
        fresh[unit.place_id] = None
        fresh.move_to_end(unit.place_id)
        self._put_in(unit)
        return unit.shelf is not None

    def engage(self, unit: Unit, case_id: str) -> None:
        """The unit is on this case, and on no other (E09)."""
        assert unit.engaged is None, "a unit is on one case at a time"
        unit.engaged = case_id
        self._reshelve(unit)

    def disengage(self, unit: Unit, rest_until_ms: int) -> bool:
        """The unit is on no case; one that was moving or at the scene can be sent again, after its rest. Returns as `report`."""
        assert unit.engaged is not None, "only a unit on a case can leave it"
        unit.engaged = None
        unit.rest_until_ms = max(unit.rest_until_ms, rest_until_ms)
        if unit.status not in (RESTING, OFF):
            unit.status = AVAILABLE
        self._reshelve(unit)
        return unit.shelf is not None

    def age(self, now_ms: int) -> None:
        """Take from the shelves whose positions are too old by now."""
        for kind, fresh in self._fresh.items():
            bound_ms = now_ms - self.travel.way(kind).fix_age_ms_max
            while fresh:
                unit = self.by_id[next(iter(fresh))]
                if unit.fix_ms >= bound_ms:
                    break
                fresh.popitem(last=False)
                self._reshelve(unit)

    def travel_by(self, travel: Travel, now_ms: int) -> None:
        """Another policy is in force: who is fresh is judged anew."""
        self.travel = travel
        self._fresh = {}
        for unit in sorted(self.by_id.values(), key=lambda unit: (unit.fix_ms, unit.place_id)):
            if unit.fixed and unit.fix_ms >= now_ms - travel.way(unit.kind).fix_age_ms_max:
                self._fresh.setdefault(unit.kind, OrderedDict())[unit.place_id] = None
        for unit in self.by_id.values():
            self._reshelve(unit)

    def load(self, unit: Unit, fresh: bool) -> None:
        """Take back a unit of a snapshot; units come with the oldest position first."""
        self.by_id[unit.place_id] = unit
        if fresh:
            self._fresh.setdefault(unit.kind, OrderedDict())[unit.place_id] = None
        self._put_in(unit)

    def is_fresh(self, unit: Unit) -> bool:
        """Whether its position counts."""
        return unit.place_id in self._fresh.get(unit.kind, ())

    def sound(self, unit: Unit) -> bool:
        """Whether the unit lies exactly where its state says."""
        shelf = self._shelf_of(unit)
        return (
            unit.shelf == shelf
            and unit.place_id in self._known[unit.kind]
            and (shelf is None or unit.place_id in self._shelves[shelf])
            and (unit.place_id in self.callable) == (shelf is not None and not shelf[2])
        )

    def nearest_fit(self, ask: Ask, now_ms: int, seen: Considered) -> Found | None:
        """The soonest unit that fits, or None; whoever was passed over is in ``seen`` with the rule and the age of its position."""
        spare: Found | None = None
        last: tuple[int, int, str] = (-1, -1, "")
        nearest = self.travel.soonest_first(self._known.items(), ask.point, ask.within_m)
        for looked_at, (travel_s, distance_m, unit_id, unit) in enumerate(nearest, 1):
            rule = self.ruled_out(unit, ask, travel_s, now_ms)
            if rule is None:
                return Found(unit, distance_m, travel_s, True)
            if spare is None and _last_resort(rule, ask):
                spare = Found(unit, distance_m, travel_s, rule is not R_REST, rule is R_RESERVED)
            seen.reject(unit_id, rule, distance_m, (now_ms - unit.fix_ms) // 1000 if unit.fixed else None)
            last = (travel_s, distance_m, unit_id)
            if looked_at >= LOOKED_AT_MAX:
                return self._among_callable(ask, now_ms, seen, last, spare)
        return spare

    def ruled_out(self, unit: Unit, ask: Ask, travel_s: int, now_ms: int) -> str | None:
        """The first rule that rules this unit out, or None."""
        rule = ask.excluded.get(unit.place_id)
        if rule is not None:
            return rule
        if unit.engaged is not None:
            return R_ENGAGED
        if unit.status == OFF:
            return R_OFF
        if unit.status not in (AVAILABLE, RESTING):
            return R_BUSY
        rule = self.unfit(unit, ask, travel_s, now_ms)
        if rule is not None:
            return rule
        if unit.status == RESTING or now_ms < unit.rest_until_ms:
            return R_REST
        return R_RESERVED if unit.reserved_from_ms <= now_ms < unit.reserved_until_ms else None

    def unfit(self, unit: Unit, ask: Ask, travel_s: int, now_ms: int) -> str | None:
        """The first rule that rules this unit out, whatever it does now, or None: skills, position, its own longest travel."""
        if ask.skills and not set(ask.skills) <= set(unit.skills):
            return R_SKILL
        if not unit.fixed:
            return R_NO_FIX
        if now_ms - unit.fix_ms > self.travel.way(unit.kind).fix_age_ms_max:
            return R_STALE
        if unit.max_travel_s is not None and travel_s > unit.max_travel_s:
            return R_TOO_FAR
        return None

    def _among_callable(self, ask: Ask, now_ms: int, seen: Considered, last: tuple[int, int, str], spare: Found | None) -> Found | None:
        """Go on where the first look ended, among callable units with the skills; those that say they rest come after all."""
        wanted = set(ask.skills)
        near = spare
        in_rest: list[tuple[tuple[int, int, str], Found]] = []
        for resting in (False, True):
            if resting and (near is not None or not ask.rest_last):
                break
            grids = [(s[0], g) for s, g in self._shelves.items() if s[2] is resting and wanted <= set(s[1])]
            for travel_s, distance_m, unit_id, unit in self.travel.soonest_first(grids, ask.point, ask.within_m) if grids else ():
                order = (travel_s, distance_m, unit_id)
                if order <= last:
                    continue
                rule = self.ruled_out(unit, ask, travel_s, now_ms)
                if rule is None:
                    return Found(unit, distance_m, travel_s, True)
                seen.reject(unit_id, rule, distance_m, (now_ms - unit.fix_ms) // 1000)
                if len(in_rest) <= resting and _last_resort(rule, ask):
                    in_rest.append((order, Found(unit, distance_m, travel_s, rule is not R_REST, rule is R_RESERVED)))
                    if resting:
                        break
        # The nearest in rest was either among the first looked at, or is the nearer of the two kinds of rest.
        if near is not None or not in_rest:
            return near
        return min(in_rest, key=lambda entry: entry[0])[1]

    def _shelf_of(self, unit: Unit) -> Shelf | None:
        if unit.engaged is not None or unit.status not in (AVAILABLE, RESTING) or not self.is_fresh(unit):
            return None
        return unit.kind, unit.skills, unit.status == RESTING

    def _put_in(self, unit: Unit) -> None:
        self._known.setdefault(unit.kind, Grid()).add(unit)
        self._shelve(unit, self._shelf_of(unit))

    def _take_out(self, unit: Unit) -> None:
        self._known[unit.kind].remove(unit)
        self._unshelve(unit)

    def _reshelve(self, unit: Unit) -> None:
        shelf = self._shelf_of(unit)
        if shelf != unit.shelf:
            self._unshelve(unit)
            self._shelve(unit, shelf)

    def _shelve(self, unit: Unit, shelf: Shelf | None) -> None:
        unit.shelf = shelf
        if shelf is not None:
            self._shelves.setdefault(shelf, Grid()).add(unit)
            if not shelf[2]:
                self.callable.add(unit)

    def _unshelve(self, unit: Unit) -> None:
        shelf = unit.shelf
        if shelf is not None:
            grid = self._shelves[shelf]
            grid.remove(unit)
            if not len(grid):
                del self._shelves[shelf]
            if not shelf[2]:
                self.callable.remove(unit)
            unit.shelf = None

    def _by_age(self, unit_ids: list[str]) -> OrderedDict[str, None]:
        return OrderedDict.fromkeys(sorted(unit_ids, key=lambda unit_id: (self.by_id[unit_id].fix_ms, unit_id)))
