"""Events by which two areas of meals speak about an order that finds no kitchen at home: asked, answered, withdrawn (design, section 5).

They come from the journal's reactor (`streams.handovers.meals`) and from nobody else. The person, the price and the subsidy stay at
home: the neighbour learns what must be cooked and where it goes, never for whom.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, model_validator

from schemas.envelope import Event
from schemas.primitives import CityPosition, Code, Day, Id, Instant, Model


class AnswerResult(StrEnum):
    """What the neighbouring area says of a request."""

    REFUSED = "refused"
    ASSIGNED = "assigned"
    """A kitchen of its own holds the portions."""
    MOVED = "moved"
    """Another of its kitchens holds them now."""
    LOST = "lost"
    """Its kitchen can no longer keep them and it has no other: home has to look again."""


class NeighbourAsked(Model):
    """The home area asks for a kitchen. ``request_id`` names this question; it is also the id of the hold made for it.

    An area that sees the question after ``answer_by`` refuses it: home has gone on by then.
    """

    request_id: Id
    home_area: Id
    order_id: Id
    position: CityPosition
    date: Day
    meal: Literal["breakfast", "lunch", "dinner"]
    portions: Annotated[int, Field(ge=1, le=50)]
    service: Literal["dine_in", "pickup", "delivery"]
    diets: Annotated[tuple[Code, ...], Field(max_length=20)] = ()
    answer_by: Instant


class NeighbourAnswered(Model):
    """The answer, and later what became of it. ``reason`` says why it was refused, moved or lost (``has_room`` when assigned); what
    follows says where the meal comes from, and is needed where the answer is that some kitchen holds it."""

    request_id: Id
    order_id: Id
    lending_area: Id
    result: AnswerResult
    reason: Code
    provider_id: Id | None = None
    distance_m: Annotated[int, Field(ge=0)] | None = None
    travel_s: Annotated[int, Field(ge=0)] | None = None
    cutoff: Instant | None = None
    closes_at: Instant | None = None

    @model_validator(mode="after")
    def _whole(self) -> "NeighbourAnswered":
        held = self.result in (AnswerResult.ASSIGNED, AnswerResult.MOVED)
        where = (self.provider_id, self.distance_m, self.travel_s, self.cutoff, self.closes_at)
        if held and any(value is None for value in where):
            raise ValueError("answer_without_kitchen")
        return self


class NeighbourWithdrawn(Model):
    """Home no longer wants it: cancelled, placed otherwise, or no answer came in time."""

    request_id: Id
    home_area: Id
    order_id: Id
    reason: Code


class NeighbourAskedEvent(Event):
    type: Literal["meals.neighbour.asked.v1"]
    data: NeighbourAsked


class NeighbourAnsweredEvent(Event):
    type: Literal["meals.neighbour.answered.v1"]
    data: NeighbourAnswered


class NeighbourWithdrawnEvent(Event):
    type: Literal["meals.neighbour.withdrawn.v1"]
    data: NeighbourWithdrawn


EVENTS: tuple[type[Event], ...] = (NeighbourAskedEvent, NeighbourAnsweredEvent, NeighbourWithdrawnEvent)
