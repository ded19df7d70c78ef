"""Folding a journal's facts into a naive model: plain dictionaries, no indexes, no cleverness, no shared code.

Eyes (one per invariant) look at the model before and after each fact and after each decision, and note what is wrong. The model
itself never complains: it writes what the facts say as far as it can. A domain gives its `Model`; what every domain has (the
area's clock, human tasks, policies) is here.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from infra.checkers.logs import Decided, Logs
from infra.checkers.violation import Violation

Fact = dict[str, Any]
"""One fact of the journal: ``type``, ``data``, perhaps ``why``."""


@dataclass
class Area:
    """What every domain's area has, as its facts tell it. A domain's own area extends it."""

    area: str
    now_ms: int = 0
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Open human tasks by id: the data of `task.opened.v1`."""
    closed_tasks: dict[str, str] = field(default_factory=dict)
    """Results of the closed ones."""
    owned: dict[str, int] = field(default_factory=dict)
    """How many open tasks there are about each case."""
    policies: list[dict[str, Any]] = field(default_factory=list)
    """Every adopted version, in order of adoption."""

    def has_human(self, about: str) -> bool:
        """Whether a named human owns this case."""
        return self.owned.get(about, 0) > 0


A = TypeVar("A", bound=Area)


@dataclass(frozen=True)
class Model(Generic[A]):
    """How one domain's facts are written down: an empty area, and a writer for each fact type that changes it."""

    area: Callable[[str], A]
    writers: Mapping[str, Callable[[A, dict[str, Any]], None]]

    def apply(self, area: A, fact: Fact) -> None:
        """Write one fact into the area. Facts that contradict it are written as far as they can be: the eyes complain."""
        shared = _SHARED.get(fact["type"])
        if shared is not None:
            shared(area, fact["data"])
        own = self.writers.get(fact["type"])
        if own is not None:
            own(area, fact["data"])


class Eye(Generic[A]):
    """One invariant watching the fold; `found` is what it saw. This base sees nothing."""

    def __init__(self, invariant: str) -> None:
        self.invariant = invariant
        self.found: list[Violation] = []

    def before(self, area: A, decided: Decided, fact: Fact) -> None:
        """Called with the state each fact was decided on."""

    def after(self, area: A, decided: Decided) -> None:
        """Called when all facts of a decision are in."""

    def end(self, areas: dict[str, A]) -> None:
        """Called once, at the end of the journal."""

    def note(self, sentence: str, decided: Decided | None = None) -> None:
        """Keep one violation."""
        place = (None, None) if decided is None else (decided.partition, decided.offset)
        self.found.append(Violation(self.invariant, sentence, *place))


class Folding(Generic[A]):
    """A journal folded as it comes, each step shown to the eyes; `areas` are what it says so far."""

    def __init__(self, model: Model[A]) -> None:
        self._model = model
        self.areas: dict[str, A] = {}

    def take(self, decided: Decided, seers: Sequence[Eye[A]]) -> A:
        """The next valid decision, shown to these eyes."""
        name = decided.body["area"]
        area = self.areas.get(name)
        if area is None:
            area = self.areas[name] = self._model.area(name)
        area.now_ms = max(area.now_ms, decided.time_ms)
        for fact in decided.body["facts"]:
            for seer in seers:
                seer.before(area, decided, fact)
            self._model.apply(area, fact)
        for seer in seers:
            seer.after(area, decided)
        return area


def fold(logs: Logs, model: Model[A], eyes: Iterable[Eye[A]] = ()) -> dict[str, A]:
    """Fold every valid decision of a journal to its end, showing each step to the eyes; returns the areas as they end."""
    seers = list(eyes)
    folding = Folding(model)
    for decided in logs.decisions:
        folding.take(decided, seers)
    for seer in seers:
        seer.end(folding.areas)
    return folding.areas


def _task_opened(area: Area, data: dict[str, Any]) -> None:
    area.tasks[data["task_id"]] = data
    area.owned[data["about"]] = area.owned.get(data["about"], 0) + 1


def _task_closed(area: Area, data: dict[str, Any]) -> None:
    task = area.tasks.pop(data["task_id"], None)
    if task is not None:
        area.owned[task["about"]] -= 1
    area.closed_tasks[data["task_id"]] = data["result"]


def _policy_adopted(area: Area, data: dict[str, Any]) -> None:
    area.policies.append(data)


_SHARED: dict[str, Callable[[Area, dict[str, Any]], None]] = {
    "policy.adopted.v1": _policy_adopted,
    "task.opened.v1": _task_opened,
    "task.closed.v1": _task_closed,
}


class Recent:
    """The last few decision times, for judging whether work is overdue by more than the steps one event may carry."""

    def __init__(self, size: int) -> None:
        self._times: deque[int] = deque(maxlen=size)

    def add(self, time_ms: int) -> None:
        """Another decision of the area."""
        self._times.append(time_ms)

    @property
    def oldest_ms(self) -> int:
        """Before this instant everything has had its turn; 0 until enough decisions were seen."""
        return self._times[0] if len(self._times) == self._times.maxlen else 0
