"""Which domains share a process, and which have their own."""

ALONE = ("emergency",)
"""Domains whose projector and reactor are processes of their own: nothing another domain does, not even crash, may delay them.
Workers are one domain's anyway."""


def sharing(domains: tuple[str, ...]) -> list[tuple[str, tuple[str, ...]]]:
    """How projectors and reactors are laid out: a suffix for the process's name (empty for the shared one) and its domains."""
    shared = tuple(domain for domain in domains if domain not in ALONE)
    alone = [(f"-{domain}", (domain,)) for domain in domains if domain in ALONE]
    return [*alone, *([("", shared)] if shared else [])]
