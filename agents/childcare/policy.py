"""The parameters of childcare, each with its default and the source it rests on.

A bookable service is a *declaration*: one `ServiceRules` under a code. Care, guidance and newborn visits are declared below; an area
adds or replaces one by policy, without a line of code. What two services share (search, seats, quota, offers, arrival) is the engine
and knows no service by name. Where no source gives a number the default is the project's own suggestion, marked [O].
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from schemas.primitives import Code

MODES = frozenset({"hourly", "drop_in", "half_day", "full_day", "visit"})


class _Parameters(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class ServiceRules(_Parameters):
    """One service as data. The defaults are those of ``care``."""

    counted_by: Literal["child", "family"] = Field(default="child", description="whose quota and entitlement it is (C-R1; S09 family)")
    age_months_min: int = Field(default=12, ge=0, le=1560, description="completed months on the day of care; 1-3 years (C-R1 [S4])")
    age_months_max: int = Field(default=36, ge=0, le=1560, description="still taken with so many completed months (C3)")
    categories_any: tuple[Code, ...] = Field(default=(), max_length=20, description="only for who names one of these; empty: all")
    free_per_year: int | None = Field(
        default=12, ge=0, le=10_000, description="free sessions a calendar year by the day of care (C-R1 [S4]); null: all are free, counted"
    )
    after_quota: Literal["charge", "refuse"] = Field(default="charge", description="beyond 12 at a public-interest price (C-R2)")
    units: dict[Code, int] = Field(default_factory=dict, description="sessions that one of a mode counts as; 1 where not named [O]")
    price_fen: dict[Code, int] = Field(default_factory=dict, description="of a unit by mode; no source gives one: unknown by default")
    entitled_per_year: int = Field(default=0, ge=0, le=1000, description="sessions a registered holder is to have a year; 0: none")
    entitled_within_days: int | None = Field(default=None, ge=1, le=366, description="due so long after `since`; null: by the year's end")
    care_per_staff: int = Field(
        default=525,
        ge=0,
        le=100_000,
        description="weight one of staff may care for, hundredths: 3 under three (C-R3 [P Korea] 1:3) of 1.75 (C-R4); 0: no ratio",
    )
    young_months: int = Field(default=36, ge=0, le=1560, description="a child with fewer completed months weighs more (C-R4 [P evaka])")
    young_weight: int = Field(default=175, ge=1, le=10_000, description="hundredths (C-R4 [P evaka])")
    weight: int = Field(default=100, ge=1, le=10_000, description="of everybody else, hundredths")
    seats_max: int | None = Field(default=None, ge=1, le=1000, description="of one session; C-R2 tells of 10, the seeds of classes of 40")
    confirm: Literal["never", "when_charged", "always"] = Field(default="when_charged", description="held until the family confirms [O]")
    hold_s: int = Field(default=600, ge=30, le=86_400, description="while paying or confirming (C-R6 [O])")
    horizon_days: int = Field(default=14, ge=0, le=366, description="booking opens so many days before (C-R3 [P Korea] D-14 ...)")
    opens_minute: int = Field(default=540, ge=0, le=1439, description="... at 09:00 (C-R3 [P Korea])")
    same_day_until_minute: int | None = Field(
        default=720, ge=0, le=1440, description="on the day until 12:00 (C-R3 [P Korea]); null: no limit"
    )
    cutoff_s: int = Field(default=0, ge=0, le=14 * 86_400, description="and so long before the start at the latest [O]")
    cancel_free_s: int = Field(default=86_400, ge=0, description="so early a cancellation returns the quota (C-R6 [O])")
    cancel_late_s: int = Field(default=7200, ge=0, description="later than that it consumes it (C-R6 [O])")
    cancel_between: Literal["return", "consume"] = Field(default="return", description="in between; C-R6 leaves it open [O]")
    no_show_s: int = Field(default=1800, ge=60, le=86_400, description="after the start (C-R6 [O])")
    no_show_limit: int = Field(default=3, ge=1, le=100, description="so many ... (C-R6 [O])")
    no_show_window_days: int = Field(default=90, ge=1, le=400, description="... in so many days (C-R6 [O]) ...")
    no_show_restricted_days: int = Field(default=30, ge=0, le=400, description="... same-day booking only for so long (C-R6 [O])")
    extend_until_s: int = Field(default=3600, ge=0, le=86_400, description="extension until 1 h before the end (C-R3 [P Korea])")
    check_in_early_s: int = Field(default=1800, ge=0, le=86_400, description="before the start [O]")
    fever_tenths_c: int = Field(default=380, ge=350, le=420, description="from 38.0 on not taken in (C-R3 [P Korea])")
    temperature_required: bool = Field(default=False, description="the contract makes it optional")
    turned_away_quota: Literal["return", "consume"] = Field(default="return", description="a sick child loses nothing [O]")
    late_pickup_s: int = Field(default=900, ge=0, le=86_400, description="after the end the family is told (C-R5 tells of 5 to 15 minutes)")
    uncollected_s: int = Field(default=1800, ge=0, le=86_400, description="so long after that a human has it [O]")
    waitlist_max: int = Field(default=20, ge=0, le=1000, description="waiting for one session [O]")
    offer_s: int = Field(default=1800, ge=30, le=7 * 86_400, description="to answer an offer (C-R6 [O])")
    offer_same_day_s: int = Field(default=600, ge=30, le=86_400, description="on the day (C-R6 [O])")
    displace_first: Literal["latest", "charged"] = Field(
        default="latest", description="who loses an understaffed place first: who came last, or who pays (the free right kept) [O]"
    )
    alternative_shift_s: int = Field(default=3600, ge=0, le=86_400, description="how far the place offered instead may lie in time [O]")
    closed_on_holidays: bool = Field(default=True, description="by the calendar policy [O]")
    run_sessions_max: int = Field(default=12, ge=1, le=48, description="adjacent sessions joined in one booking [O]")

    @model_validator(mode="after")
    def _consistent(self) -> "ServiceRules":
        if self.age_months_max < self.age_months_min:
            raise ValueError("age_window_empty")
        if self.cancel_late_s > self.cancel_free_s:
            raise ValueError("late_before_free")
        if not MODES.issuperset(self.units) or not MODES.issuperset(self.price_fen):
            raise ValueError("unknown_mode")
        if any(units < 1 or units > 50 for units in self.units.values()) or any(fen < 0 for fen in self.price_fen.values()):
            raise ValueError("out_of_bounds")
        return self

    def units_of(self, mode: str) -> int:
        """How many sessions of the quota one session of this mode is."""
        return self.units.get(mode, 1)

    def weight_of(self, age_months: int) -> int:
        """What a child of this age weighs against the staff; 0 where the service has no ratio."""
        if self.care_per_staff == 0:
            return 0
        return self.young_weight if age_months < self.young_months else self.weight


SERVICES: dict[str, ServiceRules] = {
    "care": ServiceRules(),
    "guidance": ServiceRules(
        counted_by="family",
        age_months_min=0,
        free_per_year=None,
        entitled_per_year=10,
        care_per_staff=0,
        horizon_days=60,
        same_day_until_minute=None,
        no_show_limit=100,
        closed_on_holidays=False,
    ),
    "newborn_visit": ServiceRules(
        counted_by="child",
        age_months_min=0,
        age_months_max=3,
        free_per_year=None,
        entitled_per_year=1,
        entitled_within_days=28,
        care_per_staff=0,
        horizon_days=60,
        same_day_until_minute=None,
        no_show_limit=100,
        closed_on_holidays=False,
    ),
}
"""Declared by the seeds: 临时托/计时托; 科学育儿指导 >= 10 a year for a family in need (seed 000 (二)1, free); 新生儿上门
>= 1 (S09; within 28 days, the newborn period, is [O])."""


class ChildcareParameters(_Parameters):
    """All parameters of the ``childcare`` policy."""

    services: dict[Code, ServiceRules] = Field(
        default_factory=dict,
        max_length=50,
        description="declarations that replace or join those of the seeds; what one leaves out is care's",
    )
    age_month_end: bool = Field(
        default=True,
        description="a month without the birth's day is completed on its last day (Civil Code art. 202); false: on the 1st after",
    )
    walk_speed_cm_s: int = Field(default=100, ge=10, le=1000, description="with a small child [O]")
    detour_percent: int = Field(default=130, ge=100, le=500, description="way on the ground over great circle [O]")
    travel_s_max: int = Field(default=3600, ge=60, le=14_400, description="how far a window looks; 15 minutes is the seeds' circle [O]")
    publish_days_ahead_max: int = Field(default=92, ge=0, le=400, description="how far ahead a site may publish [O]")
    capacity_age_s_max: int = Field(default=35 * 86_400, ge=60, description="older publications are never used by themselves (C07) [O]")
    quota_answer_s: int = Field(default=60, ge=1, le=86_400, description="how long a booking waits for the child's home area [O]")
    quota_fallback: Literal["charge", "refuse"] = Field(
        default="charge", description="without an answer: charged provisionally with a human told, or refused; never free (Q03) [O]"
    )
    home_children: Literal["told", "registered"] = Field(
        default="told",
        description="whose quota is kept here: everybody's but whom the registry placed elsewhere, or only who it placed here [O]",
    )
    quota_settle_days: int = Field(default=7, ge=1, le=90, description="after the session another area must have settled by then [O]")
    inspection_days: int = Field(default=31, ge=1, le=366, description="a nursery visit at least once a month (G-R1 [S4])")
    close_after_s: int = Field(default=1800, ge=0, le=86_400, description="a session's line is written so long after its end [O]")
    memory_days: int = Field(default=100, ge=1, le=400, description="ended and refused bookings are known so long (I05) [O]")
    seen_memory_s: int = Field(default=3 * 86_400, ge=3600, description="answered event ids; longer than any client's retry [O]")

    @model_validator(mode="after")
    def _consistent(self) -> "ChildcareParameters":
        if not {"grants", "used"}.isdisjoint(self.services):
            raise ValueError("reserved_service")  # first words of ledger accounts
        horizons = [rules.horizon_days for rules in self.services.values()] + [
            rules.horizon_days for code, rules in SERVICES.items() if code not in self.services
        ]
        if self.memory_days <= max(horizons):
            raise ValueError("memory_shorter_than_booking")  # else a refused booking id could come again for the same day
        return self

    def services_known(self) -> list[str]:
        """Every service that is declared, by policy or by default."""
        return sorted({*SERVICES, *self.services})

    def rules(self, service: str) -> ServiceRules | None:
        """The declaration of this service, or None."""
        declared = self.services.get(service)
        return SERVICES.get(service) if declared is None else declared

    def travel_s(self, distance_m: int) -> int:
        """Estimated way on foot, rounded up."""
        return -(-distance_m * self.detour_percent // self.walk_speed_cm_s)
