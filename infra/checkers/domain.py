"""What a domain's package of checkers declares: the seam between the general checkers and a domain's room."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic

from infra.checkers.expected import Expected
from infra.checkers.fold import A, Eye, Fact, Model
from infra.checkers.logs import Logs
from infra.checkers.violation import Violation


@dataclass(frozen=True)
class DomainChecks(Generic[A]):
    """Everything the checkers must be told about one domain; declared once, as `CHECKS`, in ``infra/checkers/<domain>/``.

    - ``meanings``: every invariant this package judges, in the order of the report, with what it means in Chinese and English.
    - ``model``: how the facts become a naive area.
    - ``eyes(logs, every)``: fresh eyes for one fold; ``every`` thins what is dear (1: look at everything).
    - ``outside``: checks that need no fold, or fold for themselves: logs in, violations out.
    - ``expected``: makes the `Expected` that says what the tables must hold.
    - ``refusals``: fact type to the field that names the case, for facts that refuse a case for good (I05), and
      ``acceptances`` the same for facts that take one on: an id once refused is never taken on.
    - ``hands_over(fact)``: the domain that must be told of this fact by an event, or None (L06 between domains).
    - ``counts(eyes)``: further numbers for the head of the report.
    """

    domain: str
    title: tuple[str, str]
    meanings: Mapping[str, tuple[str, str]]
    model: Model[A]
    eyes: Callable[[Logs, int], list[Eye[A]]]
    expected: Callable[[], Expected[A]]
    outside: tuple[Callable[[Logs], list[Violation]], ...] = ()
    refusals: Mapping[str, str] | None = None
    acceptances: Mapping[str, str] | None = None
    hands_over: Callable[[Fact], str | None] = lambda _: None
    counts: Callable[[list[Eye[A]]], dict[str, int]] = lambda _: {}


AnyChecks = DomainChecks[Any]
"""A reader of any domain's declaration does not look inside its areas."""
