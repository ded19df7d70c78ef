"""What one area of childcare tells another: a child's free sessions are kept by its home area, and asked there by event (design 5).

Ids of these events are the reactor's own. Who answers knows a question by its ``request_id``, never by the event's id, so a question
that comes twice is answered once whichever way it came.
"""

from collections.abc import Iterator

from schemas.childcare_facts import QuotaAsked
from schemas.childcare_site_facts import AccountAsked, AccountCounted, AccountHanded, QuotaDenied, QuotaReserved, QuotaSettlementAsked
from schemas.journal import instant
from streams.handovers.handover import Handed, Route, Wish


def _question(handed: Handed) -> Iterator[Wish]:
    """Q03: a booking elsewhere asks the child's home area for free units."""
    fact = handed.fact
    assert isinstance(fact, QuotaAsked)
    assert fact.request_id is not None
    data = {
        "request_id": fact.request_id, "booking_id": fact.booking_id, "child_id": fact.child_id, "family_id": fact.family_id,
        "service": fact.service, "year": fact.quota_year, "units": fact.units, "asking_area": fact.asking_area,
        "settle_by": instant(fact.settle_by_ms),
    }  # fmt: skip
    yield Wish("childcare.quota.reserve_requested.v1", fact.home_area, fact.booking_id, data)


def _answer(handed: Handed) -> Iterator[Wish]:
    """The home area's answer, to whoever asked."""
    fact = handed.fact
    assert isinstance(fact, QuotaReserved | QuotaDenied)
    data = {"request_id": fact.request_id, "booking_id": fact.booking_id, "units": 0}
    if fact.quota_left is not None:
        data["quota_left"] = fact.quota_left
    if isinstance(fact, QuotaReserved):
        data["units"] = fact.units
    else:
        data["reason"] = fact.reason
    yield Wish("childcare.quota.answered.v1", fact.asking_area, fact.booking_id, data)


def _settlement(handed: Handed) -> Iterator[Wish]:
    """What became of the units: consumed or returned."""
    fact = handed.fact
    assert isinstance(fact, QuotaSettlementAsked)
    data = {"request_id": fact.request_id, "booking_id": fact.booking_id, "result": fact.result}
    yield Wish("childcare.quota.settle_requested.v1", fact.home_area, fact.booking_id, data)


def _account_question(handed: Handed) -> Iterator[Wish]:
    """A child moved: its account is asked of the area that should keep it."""
    fact = handed.fact
    assert isinstance(fact, AccountAsked)
    data = {
        "request_id": fact.request_id, "child_id": fact.child_id, "version": fact.version, "held": fact.held,
        "asking_area": fact.asking_area,
    }  # fmt: skip
    yield Wish("childcare.account.requested.v1", fact.home_area, fact.child_id, data)


def _account_answer(handed: Handed) -> Iterator[Wish]:
    """The account, or what was counted, to whoever asked for it."""
    fact = handed.fact
    assert isinstance(fact, AccountHanded | AccountCounted)
    data = {
        "request_id": fact.request_id, "child_id": fact.child_id, "counted": list(fact.counted), "uncounted": list(fact.uncounted),
    }  # fmt: skip
    yield Wish("childcare.account.answered.v1", fact.asking_area, fact.child_id, data)


ROUTES = (
    Route("quota_question", "childcare", "childcare", frozenset({QuotaAsked.type}), _question),
    Route("quota_answer", "childcare", "childcare", frozenset({QuotaReserved.type, QuotaDenied.type}), _answer),
    Route("quota_settlement", "childcare", "childcare", frozenset({QuotaSettlementAsked.type}), _settlement),
    Route("account_question", "childcare", "childcare", frozenset({AccountAsked.type}), _account_question),
    Route("account_answer", "childcare", "childcare", frozenset({AccountHanded.type, AccountCounted.type}), _account_answer),
)
"""Named in `streams.handovers.registry`."""
