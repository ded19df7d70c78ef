"""The part of the invariants page that names every planted mistake: `python -m tests.simulation.planted.page` writes it anew."""

from pathlib import Path

from tests.simulation.planted.catalogue import PLANTED

PAGE = Path(__file__).parents[3] / "infra" / "docs" / "invariants.md"
HEAD = "| domain | caught as | planted mistakes |"


def table() -> str:
    """Invariant, and the mistakes that one of its checkers must catch, domain by domain; those of the core and carrying run in meals."""
    rows: dict[tuple[str, str], list[str]] = {}
    for name, planted in PLANTED.items():
        for invariant in planted.caught_by:
            rows.setdefault((planted.domain, invariant), []).append(f"`{name}`" + (" (beside)" if planted.beside else ""))
    lines = [HEAD, "|---|---|---|"]
    lines += [f"| {domain} | {invariant} | {', '.join(sorted(names))} |" for (domain, invariant), names in sorted(rows.items())]
    return "\n".join(lines) + "\n"


def write() -> None:
    """The table is the last thing on its page."""
    before = PAGE.read_text(encoding="utf-8").partition(HEAD)[0]
    PAGE.write_text(before + table(), encoding="utf-8")


if __name__ == "__main__":
    write()
