"""The parameters of beds, each with its default and the source it rests on.

An area publishes its own values with `policy.published.v1`; what it leaves out keeps the default. Where no source gives a
number the default is the project's own suggestion, marked [O]: the articles of Shanghai's 2024 rules on order, notice and
refusal could not be read (features page, section 5), so all of them are parameters.
"""

import hashlib
from functools import cached_property
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from schemas.primitives import Code, Id

Criterion = Literal["emergency", "priority_class", "level", "score", "eligible_date"]
ORDER: tuple[Criterion, ...] = ("emergency", "priority_class", "level", "score", "eligible_date")
"""B-R9 [O]: emergency approval, priority class, level, score with the waiting bonus, eligible date; then always the draw."""
LAST_CLASS = "general"
"""The class of whoever no priority class names."""
DAYS_MAX = 3660


class _Parameters(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class PriorityClass(_Parameters):
    """Whoever has one of these categories; the first class that fits counts."""

    code: Code
    categories: tuple[Code, ...] = Field(min_length=1, max_length=30)


class Draw(_Parameters):
    """A seeded public tie-break. First published with the hash alone (the commitment); a later version reveals the seed.

    An application gets the last draw of the policy in force when it is queued whose seed is not revealed yet: nobody who
    applies can know the seed, and whoever drew it cannot change it any more.
    """

    draw_id: Id
    seed_sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="lower-case hex of sha256(seed)")
    seed: str | None = Field(default=None, min_length=16, max_length=128, pattern=r"^[\x21-\x7e]+$")

    @model_validator(mode="after")
    def _seed_is_the_committed_one(self) -> "Draw":
        if self.seed is not None and hashlib.sha256(self.seed.encode()).hexdigest() != self.seed_sha256:
            raise ValueError("seed_not_committed")
        return self


CLASSES = (
    PriorityClass(code="first", categories=("special_poor", "special_care", "family_planning_special")),
    PriorityClass(code="second", categories=("alone", "disabled", "severely_disabled", "very_old")),
)
"""B-R1: [S0] 特困供养, 重点优抚优待, 计划生育特殊家庭 first; then [S2 3.1.1] 孤寡, 失能, 重度残疾, 高龄."""


class BedsParameters(_Parameters):
    """All parameters of the ``beds`` policy."""

    order: tuple[Criterion, ...] = Field(default=ORDER, min_length=1, max_length=5, description="B-R9 [O]; the draw always comes last")
    priority_classes: tuple[PriorityClass, ...] = Field(default=CLASSES, max_length=20, description="B-R1 [S0][S2]")
    waiting_bonus_max: int = Field(default=5, ge=0, le=60, description="points for months waited, at most (B-R7 [P Korea], B-R9)")
    draws: tuple[Draw, ...] = Field(default=(), max_length=200, description="seeded public tie-breaks; features page, section 3.10")
    categories_eligible: tuple[Code, ...] = Field(
        default=("registered",),
        max_length=20,
        description="one of them is needed; registered residents (B-R1 [S2 3.1.3], B-R3); empty: all",
    )
    categories_plain: tuple[Code, ...] = Field(
        default=("registered", "low_income", "dementia"), max_length=50, description="known categories that rank nobody [O]"
    )
    categories_hospital: tuple[Code, ...] = Field(default=("needs_hospital",), max_length=20, description="no bed of the pool (B-R10)")
    age_min: int = Field(default=60, ge=0, le=130, description="B-R3 [P 2022 pilot]; checked only when the age is given")
    level_min: dict[Code, int] = Field(
        default_factory=lambda: {"basic": 2, "nursing": 4, "dementia": 2, "respite": 2, "home": 2},
        description="lowest assessed level by type; a type not named is not served. Basic from 2 or 3 up (B-R10, from memory); others [O]",
    )
    assessment_valid_days: int = Field(default=731, ge=1, le=DAYS_MAX, description="two years (B-R10, from memory)")
    pools_served: tuple[Literal["street", "district", "city"], ...] = Field(
        default=("street", "district"),
        min_length=1,
        max_length=3,
        description="a district's line serves its own pools; the city's is the city's",
    )
    street_beds_open: bool = Field(
        default=True, description="a street's bed goes to others when none of its own residents waits for it ('first serves', B-R2) [O]"
    )
    quota_types: tuple[Code, ...] = Field(default=("basic",), max_length=5, description="beds the pool quota is a share of (B-R2)")
    quota_percent_min: int = Field(
        default=10, ge=0, le=100, description="pooled share of basic beds: 10 in the centre, 15 in suburbs (B-R2)"
    )
    choices_by: Literal["rank", "distance"] = Field(default="rank", description="among the chosen facilities: the person's own ranking [O]")
    travel_speed_cm_s: int = Field(default=500, ge=10, le=5000, description="a bus or taxi in town [O]")
    detour_percent: int = Field(default=130, ge=100, le=500, description="way on the ground over great circle [O]")
    offer_working_days: int = Field(default=3, ge=0, le=60, description="B-R9 [O]; Ontario 1 day (B-R4)")
    admission_days: int = Field(default=7, ge=1, le=90, description="after acceptance (B-R9 [O]); Ontario day 5 (B-R4)")
    reasonable_reasons: tuple[Code, ...] = Field(
        default=("in_hospital", "care_unsuitable", "bereavement", "household_separated", "unsafe"),
        max_length=50,
        description="an applicant's refusals that do not count [O]",
    )
    facility_reasons: tuple[Code, ...] = Field(
        default=("bed_taken", "care_unsuitable", "infection", "sex_unsuitable", "behaviour", "unreachable"),
        max_length=50,
        description="codes a facility's refusal may carry (B-R9) [O]",
    )
    expiry_counts: bool = Field(default=True, description="silence counts as an unreasonable refusal [O]")
    missed_admission_counts: bool = Field(default=True, description="so does not moving in [O]")
    refusals_max: int = Field(default=2, ge=1, le=20, description="unreasonable ones before a suspension (B-R9 [O], B-R5 [P Larkfield])")
    suspension_days: int = Field(default=90, ge=1, le=DAYS_MAX, description="B-R9 [O]; a year elsewhere (B-R5)")
    pause_days_max: int = Field(default=366, ge=1, le=DAYS_MAX, description="longest pause at one's own wish [O]")
    refused_rest_days: int = Field(
        default=30, ge=1, le=DAYS_MAX, description="a facility refused or not answered is not offered again so long: the bed goes on [O]"
    )
    facility_rest_days: int | None = Field(
        default=None,
        ge=1,
        le=DAYS_MAX,
        description="a facility that refused an applicant is not offered to them so long; None: for good [O]",
    )
    inventory_age_s_max: int = Field(default=48 * 3600, ge=60, description="C07; aged at 24 h, used no more at twice that (G-R3 [O])")
    cleaning_after_s: int = Field(default=2 * 3600, ge=0, le=DAYS_MAX * 86400, description="vacated, then cleaning [O]")
    cleaning_s_max: int = Field(default=48 * 3600, ge=60, le=DAYS_MAX * 86400, description="then somebody asks [O]")
    leave_days_max: int = Field(default=30, ge=1, le=DAYS_MAX, description="a bed held in hospital leave, then somebody asks (B17) [O]")
    stay_days_max: int = Field(default=60, ge=1, le=366, description="of a respite stay; no source gives it (features page, section 5) [O]")
    stay_lead_days: int = Field(default=7, ge=0, le=60, description="a stay with a first day is offered a bed so long before it [O]")
    stay_ahead_days_max: int = Field(default=183, ge=1, le=DAYS_MAX, description="how far ahead a stay's first day may lie [O]")
    stay_notice_days: int = Field(default=2, ge=0, le=30, description="before its end family and home are told [O]")
    stay_extension_days_max: int = Field(default=14, ge=0, le=366, description="of one extension of a respite stay [O]")
    stay_extensions_max: int = Field(default=1, ge=0, le=50, description="of one stay [O]")
    stay_extension_if_waiting: bool = Field(default=False, description="also while somebody waits whom the bed suits [O]")
    override_reasons: tuple[Code, ...] = Field(
        default=("emergency_placement", "court_order", "authority_order", "clerical_mistake", "safeguarding"),
        max_length=50,
        description="codes under which an operator may give a bed out of order (B16, W01) [O]",
    )
    stay_grace_s: int = Field(default=12 * 3600, ge=0, le=30 * 86400, description="after the last day of a respite stay somebody asks [O]")
    memory_days: int = Field(default=365, ge=1, le=DAYS_MAX, description="closed and refused applications are known so long (I05) [O]")
    vacancy_days: int = Field(default=365, ge=30, le=DAYS_MAX, description="vacancies of so many days make the forecast [O]")
    seen_memory_s: int = Field(default=3 * 86400, ge=3600, description="answered event ids; longer than any client's retry [O]")

    @model_validator(mode="after")
    def _consistent(self) -> "BedsParameters":
        if len(set(self.order)) != len(self.order) or len(set(self.pools_served)) != len(self.pools_served):
            raise ValueError("named_twice")
        codes = [each.code for each in self.priority_classes]
        if len(set(codes)) != len(codes) or LAST_CLASS in codes or "emergency" in codes:
            raise ValueError("class_named_twice")
        if not set(self.level_min) <= {"basic", "nursing", "dementia", "respite", "home"} or any(
            not 0 <= level <= 6 for level in self.level_min.values()
        ):
            raise ValueError("bad_level")
        if len({draw.draw_id for draw in self.draws}) != len(self.draws):
            raise ValueError("draw_named_twice")
        return self

    @cached_property
    def ranks(self) -> dict[str, int]:
        """Place of each class, 0 first; whoever no class names comes after all of them."""
        return {each.code: rank for rank, each in enumerate(self.priority_classes)}

    @cached_property
    def classes(self) -> dict[str, int]:
        """Place of the first class that names a category, by category."""
        named: dict[str, int] = {}
        for rank, each in enumerate(self.priority_classes):
            for code in each.categories:
                named.setdefault(code, rank)
        return named

    def class_of(self, categories: tuple[str, ...]) -> str:
        """The code of the first class that names one of these categories."""
        named = self.classes
        rank = min([named[code] for code in categories if code in named], default=None)
        return LAST_CLASS if rank is None else self.priority_classes[rank].code

    def knows(self, category: str) -> bool:
        """Whether any rule names this category."""
        return (
            category in self.categories_plain
            or category in self.categories_eligible
            or category in self.categories_hospital
            or category in self.classes
        )

    def within_m(self, travel_s: int | None) -> int | None:
        """The great-circle distance that so much travel reaches."""
        return None if travel_s is None else travel_s * self.travel_speed_cm_s // self.detour_percent
