"""What a planted mistake is."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

Patch = Any


@dataclass(frozen=True)
class Planted:
    """One mistake. ``patches`` makes the patches; ``caught_by`` names the invariants one of which must complain first.

    ``fixed`` are options without which the mistake could not show. ``silent`` switches the product's own assertions off, so that
    the checkers outside have to see it.
    """

    name: str
    means: str
    patches: Callable[[], list[Patch]]
    caught_by: frozenset[str]
    fixed: dict[str, Any] = field(default_factory=dict)
    silent: bool = False
    domain: str = "meals"
    """In whose runs it is looked for: a mistake of the core or the carrying shows in any domain that is rich enough."""

    beside: tuple[str, ...] = ()
    """Domains that run on the same clock: what goes wrong between two domains shows in no run of one."""

    @contextmanager
    def active(self, silence: Callable[[], list[Patch]]) -> Iterator[None]:
        """The mistake is in the code while this lasts; ``silence`` are the domain's own (`SimDomain.silence`)."""
        with ExitStack() as stack:
            if self.silent:
                for one in silence():
                    stack.enter_context(one)
            for one in self.patches():
                stack.enter_context(one)
            yield


def after(target: Any, name: str, then: Callable[..., None]) -> Patch:
    """Patch a function so that ``then(result, *args)`` runs behind it."""
    original = getattr(target, name)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs)
        then(result, *args, **kwargs)
        return result

    return patch.object(target, name, wrapped)


def instead(target: Any, name: str, make: Callable[[Any], Any]) -> Patch:
    """Patch a function by another one made from it."""
    return patch.object(target, name, make(getattr(target, name)))
