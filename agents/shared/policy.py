"""Policy versions of one area: rules as data, each in force from a date, every decision naming the one it used."""

import json
from bisect import bisect_right, insort
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from agents.shared.calendar import day_from, day_of, midnight_ms

P = TypeVar("P", bound=BaseModel)

DEFAULT_VERSION = "default/1"
"""What a decision cites before any policy event: the documented defaults of the domain's parameters model."""


def parse(model: type[P], parameters: dict[str, Any]) -> P | None:
    """Parameters merged over the model's documented defaults; None when the model refuses them (unknown name, wrong type,
    out of bounds, contradiction)."""
    try:
        return model.model_validate_json(json.dumps(parameters))
    except (ValidationError, ValueError, TypeError):
        return None


class PolicyBook(Generic[P]):
    """Every version an area holds. In force on a day: the latest ``in_force_from`` not after it, then the higher version name."""

    __slots__ = ("_default", "_model", "_starts", "_until_ms", "_versions", "current", "version")

    def __init__(self, model: type[P]) -> None:
        self._model = model
        self._default = model()
        self._versions: dict[str, tuple[str, dict[str, Any], P]] = {}
        self._starts: list[tuple[str, str]] = []
        self._until_ms: int | None = None
        self.current: P = self._default
        self.version = DEFAULT_VERSION

    def holds(self, version: str) -> bool:
        """Whether this version name was adopted before."""
        return version in self._versions

    def accepts(self, parameters: dict[str, Any]) -> bool:
        """Whether these parameters are valid: known names, right types, in bounds, free of contradiction."""
        return parse(self._model, parameters) is not None

    def adopt(self, version: str, in_force_from: str, parameters: dict[str, Any], now_ms: int) -> None:
        """Put a version in the book. `decide` has parsed it before: a failure here is broken code."""
        parsed = parse(self._model, parameters)
        assert parsed is not None, "a policy is validated before it is adopted"
        self._versions[version] = (in_force_from, parameters, parsed)
        insort(self._starts, (in_force_from, version))
        self._choose(now_ms)

    def at(self, now_ms: int) -> P:
        """The parameters in force; cheap, since the next change of version is remembered."""
        if self._until_ms is not None and now_ms >= self._until_ms:
            self._choose(now_ms)
        return self.current

    def of(self, version: str) -> P:
        """The parameters of a version that was adopted, or of the defaults: for a case that runs on the version it began with."""
        return self._default if version == DEFAULT_VERSION else self._versions[version][2]

    def start_of(self, version: str) -> str:
        """The date (``YYYY-MM-DD``) from which an adopted version is in force."""
        return self._versions[version][0]

    def dump(self) -> Iterator[list[Any]]:
        """Rows ``[version, in_force_from, parameters]``, in the order of adoption."""
        for version, (start, parameters, _) in self._versions.items():
            yield [version, start, parameters]

    def _choose(self, now_ms: int) -> None:
        today = day_of(now_ms).isoformat()
        place = bisect_right(self._starts, (today, "\uffff"))
        following = next((start for start, _ in self._starts[place:] if start > today), None)
        self._until_ms = None if following is None else midnight_ms(day_from(following))
        if place == 0:
            self.current, self.version = self._default, DEFAULT_VERSION
        else:
            self.version = self._starts[place - 1][1]
            self.current = self._versions[self.version][2]


class CitedVersions:
    """The policy versions that decisions cite: the domain's own and this year's calendar. Derived; kept, so that each decision need
    not build them."""

    __slots__ = ("_until_ms", "_versions")

    def __init__(self) -> None:
        self._versions: dict[str, str] = {}
        self._until_ms = 0

    def forget(self) -> None:
        """A version was adopted."""
        self._versions = {}

    def of(self, policy: str, book: PolicyBook[P], calendars: Mapping[int, str], now_ms: int) -> dict[str, str]:
        """Names and versions in force now; ``calendars`` has the version of each year's. Not to be changed by the caller."""
        book.at(now_ms)
        if self._versions.get(policy) != book.version or now_ms >= self._until_ms:
            year = day_of(now_ms).year
            self._versions = {policy: book.version}
            if year in calendars:
                self._versions["calendar"] = calendars[year]
            self._until_ms = midnight_ms(date(year + 1, 1, 1))
        return self._versions
