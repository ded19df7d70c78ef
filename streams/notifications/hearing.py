"""Who hears of which fact: the table a domain declares."""

from collections.abc import Mapping
from dataclasses import dataclass

from schemas.facts import Fact

AUDIENCES = ("operator", "person", "provider", "responder", "family")
"""Everybody who can hear something. A closed list: a metric carries it."""


@dataclass(frozen=True)
class ByField:
    """The audience depends on a coded field of the fact; a value that is not named is told to nobody."""

    field: str
    audiences: Mapping[str, str]


@dataclass(frozen=True)
class Hearing:
    """Declared once per domain, as `HEARING`, in ``streams/notifications/<domain>.py``.

    - ``audiences``: fact type to who hears of it, or by which field of the fact; a fact that is not named is told to nobody.
    - ``coded``: beside ids, the fields of facts that a notification shows: codes and counts, never a position or free text.
    """

    audiences: Mapping[str, str | ByField]
    coded: frozenset[str]
    unread: str | None = None
    """Who is told that something for this domain could not be read and lies in quarantine; None: nobody, it is only counted."""

    def __post_init__(self) -> None:
        named: set[str] = set()
        for one in self.audiences.values():
            named |= {one} if isinstance(one, str) else set(one.audiences.values())
        named |= set() if self.unread is None else {self.unread}
        assert named <= set(AUDIENCES), f"nobody is called {named - set(AUDIENCES)}"

    def audience(self, fact: Fact) -> str | None:
        """Who hears of this fact; None when nobody does."""
        one = self.audiences.get(fact.type)
        return one.audiences.get(str(getattr(fact, one.field, None))) if isinstance(one, ByField) else one


SHARED = Hearing({"task.opened.v1": "operator"}, frozenset({"kind", "reason", "cause", "owner", "about"}))
"""What is told in every domain."""


def joined(own: Hearing) -> Hearing:
    """A domain's table with the shared one."""
    return Hearing({**SHARED.audiences, **own.audiences}, SHARED.coded | own.coded, own.unread)
