"""Facts of orders that another area's kitchen cooks: ``order`` facts are of the home area, ``guest`` facts of the area that lends.

A guest is a hold on a neighbour's portions under the id of the request that asked for it. Each fact carries what its reader must tell
the other area (`streams.handovers.meals`), with the one correlation id of the whole case.
"""

from schemas.facts import Fact


class OrderAskedElsewhere(Fact, fact="meals.order.asked_elsewhere.v1"):
    """Nobody at home can take the order now: ``lending_area`` is asked, and answers until ``answer_by_ms`` or the next one is asked.

    Carries the whole order, since it may be the first fact of one. ``cause`` is ``nothing_near`` or why it lost its kitchen;
    ``from_provider_id`` is the own kitchen that frees its portions with this fact, None when none held them. ``tried`` has the areas
    that could not, each with its reason, in the order asked. The price is reserved now, so that the subsidy of a day is given once.
    """

    order_id: str
    request_id: str
    lending_area: str
    home_area: str
    number: int
    tried: dict[str, str]
    cause: str
    from_provider_id: str | None
    answer_by_ms: int
    closes_ms: int
    person_id: str
    date: str
    meal: str
    portions: int
    service: str
    diets: tuple[str, ...]
    lat: float
    lon: float
    street: str | None
    price_fen: int | None
    subsidy_fen: int | None
    correlationid: str
    standing_order_id: str | None = None


class OrderPlacedElsewhere(Fact, fact="meals.order.placed_elsewhere.v1"):
    """The asked area's kitchen holds the portions, or another of its kitchens does now. Counted there, not here."""

    order_id: str
    request_id: str
    lending_area: str
    provider_id: str
    distance_m: int
    travel_s: int
    cutoff_ms: int
    closes_ms: int
    person_id: str
    date: str
    meal: str
    portions: int


class OrderNowhere(Fact, fact="meals.order.nowhere.v1"):
    """Neither home nor any neighbour that policy names can take it: a human has it, and it is closed at ``closes_ms``."""

    order_id: str
    reason: str
    tried: dict[str, str]
    person_id: str
    date: str
    meal: str
    portions: int
    closes_ms: int


class RequestWithdrawn(Fact, fact="meals.request.withdrawn.v1"):
    """Home takes a request back: whatever the asked area holds for it is to be freed there. ``reason`` is ``cancelled``,
    ``override`` or ``no_answer``."""

    order_id: str
    request_id: str
    lending_area: str
    home_area: str
    reason: str
    correlationid: str


class GuestAssigned(Fact, fact="meals.guest.assigned.v1"):
    """A kitchen of this area holds portions for an order of another area. What is delivered is reported there, of ``home_order_id``."""

    guest_id: str
    home_area: str
    home_order_id: str
    provider_id: str
    distance_m: int
    travel_s: int
    date: str
    meal: str
    portions: int
    service: str
    diets: tuple[str, ...]
    lat: float
    lon: float
    cutoff_ms: int
    closes_ms: int
    capacity_version: int
    late: bool
    correlationid: str


class GuestRefused(Fact, fact="meals.guest.refused.v1"):
    """This area cannot take it, or it was withdrawn before it was asked for (``withdrawn``); final for this request."""

    guest_id: str
    home_area: str
    home_order_id: str
    reason: str
    correlationid: str


class GuestMoved(Fact, fact="meals.guest.moved.v1"):
    """Its kitchen could not keep it (``cause``); another one of this area holds its portions now."""

    guest_id: str
    home_area: str
    home_order_id: str
    provider_id: str
    from_provider_id: str
    cause: str
    distance_m: int
    travel_s: int
    date: str
    meal: str
    portions: int
    cutoff_ms: int
    closes_ms: int
    capacity_version: int
    correlationid: str


class GuestReleased(Fact, fact="meals.guest.released.v1"):
    """Its portions are free again: home withdrew (``cause`` is ``withdrawn``), or its kitchen cannot keep it and no other has room."""

    guest_id: str
    home_area: str
    home_order_id: str
    provider_id: str
    cause: str
    date: str
    meal: str
    portions: int
    correlationid: str


class GuestClosed(Fact, fact="meals.guest.closed.v1"):
    """The meal is over: the portions were cooked and are used."""

    guest_id: str
    home_area: str
    home_order_id: str
    provider_id: str
    date: str
    meal: str
    portions: int
