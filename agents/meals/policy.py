"""The parameters of meals, each with its default and the source it rests on.

An area publishes its own values with `policy.published.v1`; what it leaves out keeps the default. Where no source gives a
number the default is the project's own suggestion, marked [O].
"""

from datetime import date
from functools import cached_property, lru_cache
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field, model_validator

from agents.shared.calendar import MINUTE_MS, day_from, midnight_ms
from schemas.primitives import Code, Id


class _Parameters(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


MEALS = ("breakfast", "lunch", "dinner")


class MealTimes(_Parameters):
    """When one meal is ordered, changed, cooked and eaten. Minutes are of the day of the meal; negative ones of the day before."""

    serve_start_minute: int = Field(ge=0, le=1439, description="first meal handed out [O]")
    serve_end_minute: int = Field(ge=1, le=1440, description="last meal handed out [O]")
    cutoff_minute: int = Field(ge=-1440, le=1440, description="orders until then; lunch 20:00 the day before (M-R8 [O])")
    late_until_minute: int = Field(
        ge=-1440, le=1440, description="late orders until then where the kitchen has room; lunch 08:30 (M-R8 [O], M-R7 [P Richland])"
    )
    cancel_until_minute: int = Field(ge=-1440, le=1440, description="cancelling until then; 08:30 the same day (M-R7 [P Richland])")

    @model_validator(mode="after")
    def _in_order(self) -> "MealTimes":
        if not self.serve_start_minute < self.serve_end_minute:
            raise ValueError("serve_end_before_start")
        if self.late_until_minute < self.cutoff_minute:
            raise ValueError("late_before_cutoff")
        return self


class AgeDiscount(_Parameters):
    """From this age on the person pays this share."""

    age_min: int = Field(ge=0, le=130)
    pay_percent: int = Field(ge=0, le=100)


class Subsidy(_Parameters):
    """An amount a day, deducted at once. The first row that fits decides."""

    code: Code
    age_min: int = Field(default=0, ge=0, le=130)
    age_max: int | None = Field(default=None, ge=0, le=130)
    category: Code | None = Field(default=None, description="the person must have this category")
    service: Code | None = Field(default=None, description="only for this service")
    spend_fen_min: int = Field(default=0, ge=0)
    subsidy_fen: int = Field(ge=0)


DISCOUNTS_PUTUO = (AgeDiscount(age_min=80, pay_percent=85), AgeDiscount(age_min=60, pay_percent=90))
"""M-R2 [P Putuo, 12/2025]: 60-79 pay 90 %, from 80 on 85 %. The example policy; no district's own is known."""
SUBSIDIES_PUTUO = (
    Subsidy(code="low_income", age_min=60, category="low_income", spend_fen_min=800, subsidy_fen=500),
    Subsidy(code="registered_80", age_min=80, category="registered", spend_fen_min=1500, subsidy_fen=300),
    Subsidy(code="registered_60", age_min=60, age_max=79, category="registered", spend_fen_min=1500, subsidy_fen=200),
)
"""M-R2 [P Putuo, 12/2025]: low income from 8 yuan on 5 a day; from 15 yuan on 2 (60-79) or 3 (from 80 on)."""
SUBSIDY_DELIVERY = Subsidy(code="delivery", age_min=60, category="level_2_or_above", service="delivery", subsidy_fen=400)
"""M-R3 [P code of a Shanghai mini-programme]: 4 yuan a day for delivery from 60 on with assessed level 2 or above. Its page says
"体验, 不可作为实际参考" (a trial, not for real use): so it is in no default, only here for an area that adopts it."""


class Reach(NamedTuple):
    """What a search over kitchens asks of the policy for one way of getting the meal home. Asking a model for a parameter costs three
    times as much, and a search asks for all of these."""

    speed_cm_s: int
    """On foot, or the courier's."""
    reach_m: int
    """Metres of great circle that the longest allowed way reaches."""
    detour_percent: int
    capacity_age_ms_max: int
    circles_s: tuple[int, ...]
    """Walking circles; none for a courier."""


class MealsParameters(_Parameters):
    """All parameters of the ``meals`` policy."""

    breakfast: MealTimes = MealTimes(
        serve_start_minute=390, serve_end_minute=540, cutoff_minute=-240, late_until_minute=-240, cancel_until_minute=-240
    )
    lunch: MealTimes = MealTimes(
        serve_start_minute=630, serve_end_minute=780, cutoff_minute=-240, late_until_minute=510, cancel_until_minute=510
    )
    dinner: MealTimes = MealTimes(
        serve_start_minute=990, serve_end_minute=1110, cutoff_minute=600, late_until_minute=840, cancel_until_minute=840
    )
    late_kitchen_load_percent: int = Field(default=95, ge=0, le=100, description="late orders only below this load (M-R8 [O])")
    order_days_ahead_max: int = Field(default=14, ge=0, le=90, description="how far ahead one may order [O]")
    capacity_days_ahead_max: int = Field(default=92, ge=0, le=400, description="how far ahead a kitchen may publish [O]")
    capacity_age_s_max: int = Field(
        default=7 * 86400, ge=60, description="capacity older than this is never used by itself (C07); the number is [O]"
    )
    walk_circles_s: tuple[int, ...] = Field(
        default=(900, 1800, 2700),
        min_length=1,
        description="the 15-minute circle first (seeds: 15分钟养老服务圈), then wider [O]; dine_in and pickup",
    )
    walk_speed_cm_s: int = Field(default=100, ge=10, le=1000, description="an old person's pace [O]")
    courier_speed_cm_s: int = Field(default=400, ge=10, le=3000, description="an electric bicycle in town [O]")
    courier_travel_s_max: int = Field(default=3600, ge=60, le=14400, description="delivery within an hour (M-R6 [P other cities])")
    delivery_radius_m_default: int = Field(default=3000, ge=0, le=50_000, description="of a provider that names none [O]")
    detour_percent: int = Field(default=130, ge=100, le=500, description="way on the ground over great circle [O]")
    eligible_age_min: int | None = Field(default=None, ge=0, le=130, description="no source bars the young from a canteen; off [O]")
    meal_price_fen: dict[Code, int] = Field(
        default_factory=dict, description="price of a portion by meal; no source gives one, so prices are unknown by default"
    )
    discounts: tuple[AgeDiscount, ...] = Field(default=DISCOUNTS_PUTUO, max_length=20, description="M-R2")
    subsidies: tuple[Subsidy, ...] = Field(default=SUBSIDIES_PUTUO, max_length=50, description="M-R2; M-R3 is in no default")
    delivery_attempts_max: int = Field(default=2, ge=1, le=5, description="M-R8 [O]")
    delivery_retry_s: int = Field(default=600, ge=0, le=7200, description="second attempt 10 minutes later (M-R8 [O])")
    delivery_report_s: int = Field(default=1200, ge=0, le=7200, description="the next result must be known so long after it was due [O]")
    standing_run_days_ahead: int = Field(default=1, ge=0, le=14, description="a standing order's order is made so many days before [O]")
    standing_run_minute: int = Field(default=720, ge=0, le=1439, description="at this minute of that day: before the cut-off [O]")
    standing_skips_holidays: bool = Field(default=False, description="no orders on days the calendar names as holidays [O]")
    neighbours: tuple[Id, ...] = Field(
        default=(), max_length=8, description="areas asked, in this order, when no kitchen here can take an order (design 5); none [O]"
    )
    neighbour_answer_s: int = Field(default=300, ge=10, le=3600, description="then the next one is asked, or a human has it [O]")
    lends_to: tuple[Id, ...] = Field(default=(), max_length=32, description="areas whose orders kitchens here may take; none [O]")
    kitchen_recount: bool = Field(default=True, description="count again when late orders or moves change a count [O]")
    kitchen_recount_s: int = Field(default=900, ge=0, le=86400, description="changes gathered before a recount [O]")
    close_after_minutes: int = Field(default=120, ge=0, le=1440, description="what is open so long after the meal is closed [O]")
    memory_days: int = Field(default=15, ge=1, le=400, description="closed and refused orders are known so long (I05) [O]")
    seen_memory_s: int = Field(default=3 * 86400, ge=3600, description="answered event ids; longer than any client's retry [O]")

    @model_validator(mode="after")
    def _consistent(self) -> "MealsParameters":
        if (
            list(self.walk_circles_s) != sorted(set(self.walk_circles_s))
            or not 60 <= self.walk_circles_s[0] <= self.walk_circles_s[-1] <= 14400
        ):
            raise ValueError("walk_circles_not_rising")
        if self.memory_days <= self.order_days_ahead_max:
            raise ValueError("memory_shorter_than_ordering")  # else a refused order id could come again for the same date
        if len(set(self.neighbours)) != len(self.neighbours):
            raise ValueError("neighbour_named_twice")
        if not set(self.meal_price_fen) <= set(MEALS) or any(fen < 0 for fen in self.meal_price_fen.values()):
            raise ValueError("bad_price")
        return self

    @cached_property
    def walk(self) -> Reach:
        """On foot, as far as the widest walking circle."""
        return self._reach(self.walk_speed_cm_s, self.walk_circles_s[-1], self.walk_circles_s)

    @cached_property
    def courier(self) -> Reach:
        """By courier."""
        return self._reach(self.courier_speed_cm_s, self.courier_travel_s_max, ())

    def _reach(self, speed_cm_s: int, travel_s_max: int, circles_s: tuple[int, ...]) -> Reach:
        reach_m = travel_s_max * speed_cm_s // self.detour_percent
        return Reach(speed_cm_s, reach_m, self.detour_percent, self.capacity_age_s_max * 1000, circles_s)

    def order_until_ms(self, date_text: str, meal: str) -> tuple[int, int]:
        """When ordering ends for a meal of a date, and when it ends by the late rule (milliseconds since the epoch)."""
        first, second = self._order_minutes[meal]
        return _two_minutes(date_text, first, second)

    @cached_property
    def _order_minutes(self) -> dict[str, tuple[int, int]]:
        return {meal: (self.times(meal).cutoff_minute, self.times(meal).late_until_minute) for meal in MEALS}

    def times(self, meal: str) -> MealTimes:
        """The times of this meal."""
        return self.lunch if meal == "lunch" else self.dinner if meal == "dinner" else self.breakfast


@lru_cache(maxsize=4096)
def _two_minutes(date_text: str, first: int, second: int) -> tuple[int, int]:
    day = day_from(date_text)
    return at_minute(day, first), at_minute(day, second)


def at_minute(day: date, minute: int) -> int:
    """The instant (milliseconds since the epoch) of a minute of this day in Shanghai; negative minutes are of the day before."""
    return midnight_ms(day) + minute * MINUTE_MS
