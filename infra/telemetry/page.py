"""The page that lists every metric, made from the table: `python -m infra.telemetry.page` prints it, a test compares it."""

from infra.telemetry.metrics import DEFINITIONS, LABELS, OTHER

HEAD = f"""# Metrics

Every process shows its metrics on `/metrics` (Prometheus text, loopback only). This page is made from `infra/telemetry/metrics.py`
by `python -m infra.telemetry.page`; a test fails when they differ. Label values come from closed lists; anything else is counted
as `{OTHER}`, so no id, area or text of a client can become a series.

| metric | kind | process | labels | meaning |
|---|---|---|---|---|
"""


def page() -> str:
    """The whole page as Markdown."""
    rows = [
        f"| `{one.name}` | {one.kind} | {one.process} | {', '.join(f'`{name}`' for name in one.labels) or '-'} | {one.meaning} |"
        for one in DEFINITIONS
    ]
    lists = [f"- `{name}`: {_values(name)}" for name in sorted(LABELS)]
    return HEAD + "\n".join(rows) + "\n\n## Label values\n\n" + "\n".join(lists) + "\n"


def _values(name: str) -> str:
    values = LABELS[name]
    if name == "partition":
        return f"`0` to `{values[-1]}`"
    return ", ".join(f"`{value}`" for value in values)


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 - its output is the page
