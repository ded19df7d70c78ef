"""Which domains share a process, which have their own, and which come first."""

from collections.abc import Iterable

ALONE = ("emergency",)
"""Domains whose projector and reactor are processes of their own: nothing another domain does, not even crash, may delay them.
Workers are one domain's anyway."""
SESSION_TIMEOUT_S_MAX = {"emergency": 6.0}
"""So long at most a killed worker of a domain is waited for before its areas go to another. Six seconds is the least that a Kafka
broker takes by default (``group.min.session.timeout.ms``); with the survivor's heartbeat and its recovery a press is decided within
ten seconds of a SIGKILL."""


def sharing(domains: tuple[str, ...]) -> list[tuple[str, tuple[str, ...]]]:
    """How projectors and reactors are laid out: a suffix for the process's name (empty for the shared one) and its domains."""
    shared = tuple(domain for domain in domains if domain not in ALONE)
    alone = [(f"-{domain}", (domain,)) for domain in domains if domain in ALONE]
    return [*alone, *([("", shared)] if shared else [])]


def session_timeout_s(domain: str, wanted_s: float) -> float:
    """The session timeout of a domain's workers: what the deployment says, and never more than the domain bears."""
    return min(wanted_s, SESSION_TIMEOUT_S_MAX.get(domain, wanted_s))


def gives_way(domains: Iterable[str]) -> bool:
    """Whether a process of these domains stands back where processors are short: none of them may delay an emergency."""
    return not any(domain in ALONE for domain in domains)
