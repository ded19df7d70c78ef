"""What one area knows of meals. Plain objects with slots: a district holds a million open orders in memory.

Only `agents.meals.evolve` writes here (and `snapshot` when it loads). Derived indexes are marked as such; they follow from the
rest and are rebuilt on load.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from agents.meals.policy import MealsParameters
from agents.meals.states import OrderState
from agents.shared.calendar import WorkingDays
from agents.shared.deadlines import Deadlines
from agents.shared.nearest import Grid, Place
from agents.shared.policy import CitedVersions, PolicyBook
from agents.shared.seats import Seats
from schemas.meals import StandingOrderRecorded

SlotKey = tuple[str, str]
"""Date (``YYYY-MM-DD``) and meal."""
SERVICES = ("dine_in", "pickup", "delivery")


class Closure:
    """When a provider is closed: from an instant until another (None: further notice)."""

    __slots__ = ("from_ms", "reason", "until_ms")

    def __init__(self, from_ms: int, until_ms: int | None, reason: str) -> None:
        self.from_ms = from_ms
        self.until_ms = until_ms
        self.reason = reason

    def touches(self, starts_ms: int, ends_ms: int) -> bool:
        """Whether any of the interval falls into the closure."""
        return self.from_ms < ends_ms and (self.until_ms is None or starts_ms < self.until_ms)


@lru_cache(maxsize=1024)
def words(listed: tuple[str, ...]) -> frozenset[str]:
    """The same words are one object for all who say them: a search over thousands of providers finds it near."""
    return frozenset(listed)


class Provider(Place):
    """One provider. Unlisted when only its capacity or closure came so far (I09): then it serves nobody yet."""

    __slots__ = ("closures", "delivery_radius_m", "diets", "kind", "listed", "name", "services", "slots", "street")

    def __init__(self, provider_id: str) -> None:
        super().__init__(provider_id, 0.0, 0.0)
        self.listed = False
        self.name = ""
        self.kind = ""
        self.street = ""
        self.services: frozenset[str] = frozenset()
        self.diets: frozenset[str] = frozenset()
        self.delivery_radius_m: int | None = None
        self.closures: list[Closure] = []
        self.slots: dict[SlotKey, Slot] = {}


class Slot(Seats):
    """The seats of one meal of one date at one provider, with the open orders that hold them."""

    __slots__ = (
        "close_key",
        "closes_ms",
        "count_key",
        "counted",
        "cutoff_ms",
        "date",
        "ends_ms",
        "key",
        "meal",
        "move_key",
        "orders",
        "provider",
        "serving",
        "starts_ms",
    )

    def __init__(self, provider: Provider, date: str, meal: str) -> None:
        super().__init__()
        self.provider = provider
        self.date = date
        self.meal = meal
        self.key = f"{provider.place_id}|{date}|{meal}"
        self.close_key = f"close|{self.key}"
        self.count_key = f"count|{self.key}"
        self.move_key = f"move|{self.key}"
        self.cutoff_ms: int | None = None
        self.starts_ms = 0
        self.ends_ms = 0
        self.closes_ms = 0
        self.counted = False
        self.orders: dict[str, Order] = {}
        """Those that hold seats here, in the order in which they came."""
        self.serving = 0
        """Derived: open orders whose meal has left this kitchen."""


class MealDay:
    """One meal of one date over all providers."""

    __slots__ = ("closes_ms", "free", "own_cutoffs", "slots")

    def __init__(self) -> None:
        self.closes_ms = 0
        self.slots: dict[str, Slot] = {}
        self.free: dict[str, Grid[Provider]] = {service: Grid() for service in SERVICES}
        """Derived: listed providers with a free place, by service offered."""
        self.own_cutoffs = 0
        """Derived: slots whose publication set its own cut-off."""


NEW = OrderState.NEW


class Order:
    """One open order. ``slot`` is None while it has no kitchen of this area."""

    __slots__ = (
        "attempts",
        "closes_ms",
        "date",
        "diets",
        "lat",
        "lon",
        "meal",
        "order_id",
        "person_id",
        "portions",
        "price_fen",
        "service",
        "slot",
        "standing_order_id",
        "state",
        "subsidy_fen",
        "task_id",
    )

    def __init__(self, order_id: str) -> None:
        self.order_id = order_id
        self.person_id = ""
        self.date = ""
        self.meal = ""
        self.portions = 0
        self.service = ""
        self.diets: tuple[str, ...] = ()
        self.lat = 0.0
        self.lon = 0.0
        self.price_fen: int | None = None
        self.subsidy_fen: int | None = None
        self.closes_ms = 0
        self.standing_order_id: str | None = None
        self.state = NEW
        self.slot: Slot | None = None
        self.attempts = 0
        self.task_id: str | None = None


def order_of(values: Mapping[str, Any]) -> Order:
    """The order that its first fact tells of (`OrderAssigned`, `OrderAskedElsewhere`), held nowhere yet: every slot is set, once."""
    order = object.__new__(Order)
    order.order_id = values["order_id"]
    order.person_id = values["person_id"]
    order.date = values["date"]
    order.meal = values["meal"]
    order.portions = values["portions"]
    order.service = values["service"]
    order.diets = values["diets"]
    order.lat = values["lat"]
    order.lon = values["lon"]
    order.price_fen = values["price_fen"]
    order.subsidy_fen = values["subsidy_fen"]
    order.closes_ms = values["closes_ms"]
    order.standing_order_id = values["standing_order_id"]
    order.state = NEW
    order.slot = None
    order.attempts = 0
    order.task_id = None
    return order


class Guest(Order):
    """Portions held here for an order of another area: ``order_id`` is the id of the request that asked for them."""

    __slots__ = ("correlationid", "home_area", "home_order_id")

    def __init__(self, guest_id: str, home_area: str, home_order_id: str, correlationid: str) -> None:
        super().__init__(guest_id)
        self.home_area = home_area
        self.home_order_id = home_order_id
        self.correlationid = correlationid


@dataclass(slots=True)
class Ask:
    """What home knows of the request about one open order: whom it asked, who could not, and which kitchen took it."""

    request_id: str
    lending_area: str
    number: int
    tried: dict[str, str]
    cause: str
    correlationid: str
    provider_id: str | None = None
    """The neighbour's kitchen; None until it has answered, and again once nobody has it."""


@dataclass(slots=True)
class Standing:
    """A standing order in force: its wish, its pause, its end, and the date whose order comes next."""

    wish: StandingOrderRecorded
    next_date: str
    pause_from: str | None = None
    pause_until: str | None = None
    stopped_from: str | None = None


@dataclass(slots=True)
class Ended:
    """A closed case as it is remembered: its last state, the reason of a refusal, and when."""

    state: OrderState
    reason: str | None
    ended_ms: int


@dataclass(slots=True)
class MealsState:
    """Everything one area knows of meals."""

    area: str
    policies: PolicyBook[MealsParameters] = field(default_factory=lambda: PolicyBook(MealsParameters))
    calendar: WorkingDays = field(default_factory=WorkingDays)
    calendar_versions: dict[int, str] = field(default_factory=dict)
    providers: dict[str, Provider] = field(default_factory=dict)
    days: dict[SlotKey, MealDay] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    asks: dict[str, Ask] = field(default_factory=dict)
    """By order: of every open order that a neighbouring area was asked about since it last had a kitchen here."""
    guests: dict[str, Guest] = field(default_factory=dict)
    """What kitchens here hold for other areas, by request."""
    standing: dict[str, Standing] = field(default_factory=dict)
    ended: dict[str, Ended] = field(default_factory=dict)
    ended_order: deque[str] = field(default_factory=deque)
    """The keys of `ended` in the order of time, so that forgetting costs only what it forgets."""
    subsidised: dict[str, dict[str, int]] = field(default_factory=dict)
    """By date and person: 分 of subsidy granted, since M-R2 grants amounts a day."""
    deadlines: Deadlines = field(default_factory=Deadlines)
    tasks: dict[str, str] = field(default_factory=dict)
    """Open human tasks of this domain's cases: task id to what it is about."""
    stuck: dict[str, int] = field(default_factory=dict)
    """Deadline keys withdrawn because firing them failed, with their instant: a human's until the task is completed."""
    swept_ms: int = 0
    listed: Grid[Provider] = field(default_factory=lambda: Grid(settled=True))
    """Derived: every listed provider."""
    stuck_tasks: dict[str, str] = field(default_factory=dict)
    """Tasks that own a stuck deadline: task id to its key."""
    places_total: int = 0
    """Derived: published places of all slots in memory, as `places_free` is of the free ones."""
    places_free: int = 0
    cited: CitedVersions = field(default_factory=CitedVersions)
    """Derived: the policy versions a decision cites."""


def provider_of(state: MealsState, provider_id: str) -> Provider | None:
    """A listed provider, or None."""
    provider = state.providers.get(provider_id)
    return provider if provider is not None and provider.listed else None
