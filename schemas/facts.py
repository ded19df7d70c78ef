"""The base of facts: what an agent decided, in the past tense; and the facts and events every domain shares."""

from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from schemas.envelope import Event
from schemas.primitives import Code, Day, Id, Model, Parameters, Text

FACTS: dict[str, type["Fact"]] = {}
"""Every fact type by its wire name, filled by the class statements below and in the domains' modules."""

# The slots of a model themselves: setting them costs a seventh of validating a large fact.
_set_values: Any = BaseModel.__dict__["__dict__"].__set__
_set_names: Any = BaseModel.__dict__["__pydantic_fields_set__"].__set__
_set_extra: Any = BaseModel.__dict__["__pydantic_extra__"].__set__
_set_private: Any = BaseModel.__dict__["__pydantic_private__"].__set__


class Fact(BaseModel):
    """One thing an agent decided. It carries all that ``evolve`` and every reader need: a fact is never looked up.

    Facts are made by our own code, so they are closed and frozen but not bounds-checked again; on the wire a fact is
    ``{"type": ..., "data": {...}}`` with an optional ``why`` when a deadline, not the event, caused it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    type: ClassVar[str]
    names: ClassVar[set[str]]
    """Of all fields."""

    def __init_subclass__(cls, fact: str, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if fact in FACTS:
            raise ValueError(f"fact type {fact} is declared twice")
        cls.type = fact
        FACTS[fact] = cls

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        cls.names = set(cls.model_fields)

    @classmethod
    def made(cls, values: dict[str, Any]) -> Self:
        """The fact of values that our own code has just worked out: every field by its name, in the order of declaration.

        Equal to ``cls(**values)`` but not validated, for the facts made with nearly every event; the dict becomes the fact's own.
        """
        names = cls.names
        assert values.keys() == names, "a fact is given whole"
        fact = object.__new__(cls)
        _set_values(fact, values)
        _set_names(fact, names)
        _set_extra(fact, None)
        _set_private(fact, None)
        return fact


class PolicyPublished(Model):
    """Rules and parameters of an area as data, each version in force from a date (design, section 2)."""

    policy: Code = Field(description="which policy: the domain's name, or `calendar`")
    version: Annotated[str, Field(min_length=1, max_length=32, pattern=r"^[A-Za-z0-9._/-]+$")]
    in_force_from: Day
    parameters: Parameters
    source: Text = Field(description="the article this version rests on, or a note that it is the project's own")


class PolicyPublishedEvent(Event):
    """A policy version arrives as an event; a decision names the version it used."""

    type: Literal["policy.published.v1"]
    data: PolicyPublished


class ClockTicked(Model):
    """A clock said that a deadline is due; the instant is the record's received-at, never the payload's."""


class ClockTickedEvent(Event):
    """Posted by the owner's clock into the area's own partition."""

    type: Literal["clock.ticked.v1"]
    data: ClockTicked


class TaskCompleted(Model):
    """A human did what a task asked for."""

    domain: Code = Field(description="whose task it is: the domain's name")
    task_id: Id
    result: Code
    note: Text | None = None


class TaskCompletedEvent(Event):
    """The only way a human task leaves the state."""

    type: Literal["task.completed.v1"]
    data: TaskCompleted


class TaskKind(StrEnum):
    """Why a human owns a case. A closed list: a metric carries it."""

    INTERNAL_ERROR = "internal_error"
    STUCK_CASE = "stuck_case"
    WELFARE_CHECK = "welfare_check"
    UNPLACED_REQUEST = "unplaced_request"
    OVERCOMMITTED = "overcommitted"
    DELIVERY_UNREPORTED = "delivery_unreported"
    CALL_NEEDS_REVIEW = "call_needs_review"
    NO_RESPONDER = "no_responder"
    RESPONDER_UNHEARD = "responder_unheard"
    SCENE_UNHEARD = "scene_unheard"
    CALL_BACK_MISSED = "call_back_missed"
    DEVICE_MAINTENANCE = "device_maintenance"
    QUOTA_UNDECIDED = "quota_undecided"
    CHILD_NOT_COLLECTED = "child_not_collected"
    SAFEGUARDING = "safeguarding"
    INSPECTION_DUE = "inspection_due"
    ENTITLEMENT_UNMET = "entitlement_unmet"
    REASSESSMENT_DUE = "reassessment_due"
    BED_CONFLICT = "bed_conflict"
    BED_OVERDUE = "bed_overdue"
    POOL_BELOW_QUOTA = "pool_below_quota"
    OVERRIDE_REVIEW = "override_review"


class PolicyAdopted(Fact, fact="policy.adopted.v1"):
    """The area holds this policy version from now on; it applies from ``in_force_from``."""

    policy: str
    version: str
    in_force_from: str
    parameters: dict[str, Any]
    source: str


class TaskOpened(Fact, fact="task.opened.v1"):
    """A named human owner must act. ``about`` is the case (an order id, an event id); ``detail`` is codes, never free text."""

    task_id: str
    kind: TaskKind
    about: str
    owner: str
    detail: dict[str, Any] = {}


class TaskClosed(Fact, fact="task.closed.v1"):
    """The human's result. When a human completed it, ``kind``, ``about`` and ``detail`` are those of the task, so that a reader
    need not remember it; a task withdrawn because its case moved on carries only its id and why."""

    task_id: str
    result: str
    kind: TaskKind | None = None
    about: str | None = None
    detail: dict[str, Any] = {}


class CaseStuck(Fact, fact="case.stuck.v1"):
    """Acting on a deadline failed inside our own code: the deadline is withdrawn and a task has been opened."""

    case: str
    error: str
