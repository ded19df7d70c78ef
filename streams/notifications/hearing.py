"""Who hears of which fact: the table a domain declares."""

from collections.abc import Mapping
from dataclasses import dataclass

AUDIENCES = ("operator", "person", "provider", "responder", "family")
"""Everybody who can hear something. A closed list: a metric carries it."""


@dataclass(frozen=True)
class Hearing:
    """Declared once per domain, as `HEARING`, in ``streams/notifications/<domain>.py``.

    - ``audiences``: fact type to who hears of it; a fact that is not named is told to nobody.
    - ``coded``: beside ids, the fields of facts that a notification shows: codes and counts, never a position or free text.
    """

    audiences: Mapping[str, str]
    coded: frozenset[str]

    def __post_init__(self) -> None:
        strangers = set(self.audiences.values()) - set(AUDIENCES)
        assert not strangers, f"nobody is called {strangers}"


SHARED = Hearing({"task.opened.v1": "operator"}, frozenset({"kind", "reason", "cause", "owner", "about"}))
"""What is told in every domain."""


def joined(own: Hearing) -> Hearing:
    """A domain's table with the shared one."""
    return Hearing({**SHARED.audiences, **own.audiences}, SHARED.coded | own.coded)
