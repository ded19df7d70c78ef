"""The facts of meals: what the meals agent decided, in the past tense.

A fact carries all that ``evolve``, the projector and every other reader need, so none of them looks anything up. Dates are
``YYYY-MM-DD`` in Shanghai, instants milliseconds since the epoch, distances metres, money 分.
"""

from schemas.facts import Fact


class ProviderListed(Fact, fact="meals.provider.listed.v1"):
    """The directory entry in force from now on."""

    provider_id: str
    name: str
    kind: str
    lat: float
    lon: float
    street: str
    services: tuple[str, ...]
    diets: tuple[str, ...]
    delivery_radius_m: int | None


class SlotPublished(Fact, fact="meals.slot.published.v1"):
    """The capacity of one meal of one date at one provider, by this version. The provider may be listed later (I09).

    ``cutoff_ms`` is the publication's own ordering deadline, None leaves it to policy. The meal is served from ``starts_ms``
    to ``ends_ms``; what is still open at ``closes_ms`` is closed by the clock.
    """

    provider_id: str
    date: str
    meal: str
    capacity: int
    cutoff_ms: int | None
    version: int
    starts_ms: int
    ends_ms: int
    closes_ms: int


class SlotOvercommitted(Fact, fact="meals.slot.overcommitted.v1"):
    """Capacity was lowered below what is promised: no new holds, nobody dropped silently."""

    provider_id: str
    date: str
    meal: str
    capacity: int
    used: int


class ProviderClosureRecorded(Fact, fact="meals.provider.closure_recorded.v1"):
    """Closed from an instant until an instant, or until further notice. Meals served in between lose their free places."""

    provider_id: str
    from_ms: int
    until_ms: int | None
    reason: str


class ProviderReopeningRecorded(Fact, fact="meals.provider.reopening_recorded.v1"):
    """Every closure ends at this instant."""

    provider_id: str
    from_ms: int
    reason: str


class OrderAssigned(Fact, fact="meals.order.assigned.v1"):
    """The order has its portions at this provider. Carries the whole order, so no reader needs another record.

    ``distance_m`` is the great circle; ``travel_s`` the estimated way by foot (dine_in, pickup) or courier (delivery).
    ``price_fen`` is what the person pays before ``subsidy_fen`` is deducted, for all portions; None when no policy names
    prices. ``cutoff_ms`` is when the kitchen counts; ``late`` says the late rule of M-R8 let it in.
    """

    order_id: str
    provider_id: str
    distance_m: int
    travel_s: int
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
    cutoff_ms: int
    closes_ms: int
    capacity_version: int
    late: bool = False
    standing_order_id: str | None = None


class OrderReassigned(Fact, fact="meals.order.reassigned.v1"):
    """The order moved: ``cause`` is ``provider_closed``, ``capacity_lowered`` or ``override`` (then ``reason`` is the operator's).

    ``from_provider_id`` is None when the order had no place; its portions are freed there and held at ``provider_id``.
    """

    order_id: str
    provider_id: str
    from_provider_id: str | None
    distance_m: int
    travel_s: int
    cause: str
    capacity_version: int
    person_id: str
    date: str
    meal: str
    portions: int
    cutoff_ms: int
    closes_ms: int
    reason: str | None = None


class OrderRefused(Fact, fact="meals.order.refused.v1"):
    """The order has no place; final for this order id (I05)."""

    order_id: str
    person_id: str
    date: str
    meal: str
    portions: int
    reason: str
    standing_order_id: str | None = None


class OrderUnplaced(Fact, fact="meals.order.unplaced.v1"):
    """The order lost its provider and no other has room: its portions are freed there and a human owns it now.

    Unless moved or cancelled it is closed at ``closes_ms``.
    """

    order_id: str
    from_provider_id: str
    cause: str
    person_id: str
    date: str
    meal: str
    portions: int
    closes_ms: int


class OrderCancelledFact(Fact, fact="meals.order.cancelled.v1"):
    """Freed once. ``provider_id`` is None when the order had no place."""

    order_id: str
    provider_id: str | None
    person_id: str
    date: str
    meal: str
    portions: int
    reason: str | None


class OrderDelivered(Fact, fact="meals.order.delivered.v1"):
    """The meal reached the person: the portions are used, no longer held. With ``lent_by`` the kitchen is that area's, and so is the
    count of its portions."""

    order_id: str
    provider_id: str
    person_id: str
    date: str
    meal: str
    portions: int
    lent_by: str | None = None


class DeliveryAttempted(Fact, fact="meals.delivery.attempted.v1"):
    """An attempt without success; the portions are used with the first one, whatever follows. The next one is due at
    ``next_attempt_ms`` (M-R8: 10 minutes later) and its result must be known by ``report_by_ms``; both None when it was
    the last attempt. ``lent_by`` as in `OrderDelivered`."""

    order_id: str
    person_id: str
    provider_id: str
    attempt: int
    result: str
    next_attempt_ms: int | None
    report_by_ms: int | None
    lent_by: str | None = None


class WelfareCheckDue(Fact, fact="meals.order.welfare_check_due.v1"):
    """Nobody answered, and the second attempt failed or was not reported: somebody must look after the person."""

    order_id: str
    person_id: str
    attempts: int


class OrderClosed(Fact, fact="meals.order.closed.v1"):
    """The order ended otherwise than by delivery or cancellation. ``result`` says what is known: ``unreported`` (dine_in and
    pickup need no report), ``delivery_unreported``, ``no_answer``, ``failed``, ``refused``, ``welfare_check``, ``unplaced``.
    Portions still held count as used: they were cooked."""

    order_id: str
    result: str
    provider_id: str | None
    person_id: str
    date: str
    meal: str
    portions: int


class KitchenCounted(Fact, fact="meals.kitchen.counted.v1"):
    """What a provider must cook: portions of one meal of one date held after the cut-off, by service and by diet.

    An order with several diets counts under each of them; one without counts as ``regular``. ``recount`` marks a correction
    after late orders, cancellations or moves.
    """

    provider_id: str
    date: str
    meal: str
    portions: int
    by_service: dict[str, int]
    by_diet: dict[str, int]
    recount: bool


class StandingOrderRecorded(Fact, fact="meals.standing_order.recorded.v1"):
    """The wish repeated on weekdays (1 = Monday). The clock makes the first date's order at ``next_run_ms``."""

    standing_order_id: str
    person_id: str
    lat: float
    lon: float
    meal: str
    portions: int
    service: str
    diets: tuple[str, ...]
    street: str | None
    age: int | None
    categories: tuple[str, ...]
    preferred_provider_id: str | None
    weekdays: tuple[int, ...]
    from_date: str
    until_date: str | None
    next_date: str
    next_run_ms: int


class StandingOrderPausedFact(Fact, fact="meals.standing_order.pause_recorded.v1"):
    """No orders from a date until a date, both included, or until further notice. Replaces an earlier pause."""

    standing_order_id: str
    from_date: str
    until_date: str | None


class StandingOrderStoppedFact(Fact, fact="meals.standing_order.stop_recorded.v1"):
    """No orders from a date on."""

    standing_order_id: str
    from_date: str


class StandingOrderRun(Fact, fact="meals.standing_order.run.v1"):
    """The clock made (or skipped, with a reason) this date's order of a standing order.

    ``skipped`` is ``paused``, ``holiday``, or the reason the order was refused. ``next_date`` None ends the standing order.
    """

    standing_order_id: str
    date: str
    order_id: str | None
    skipped: str | None
    next_date: str | None
    next_run_ms: int | None
