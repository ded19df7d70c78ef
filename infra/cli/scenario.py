"""`laoxiao scenario`: look at a district's data and a synthetic day without starting anything."""

from collections import Counter
from pathlib import Path

import orjson

from infra.scenario.day import DayPlan, build_day
from infra.scenario.district import load_district


def describe(district: str, seed: str, scale: float) -> str:
    """The district's figures with their sources, what is assumed, and what the day holds."""
    data = load_district(district)
    lines = [f"{data.code} {data.name}: {len(data.streets)} streets (positions are synthetic)"]
    lines += [f"  {name:<32} {value:>9}  {data.sources[name]}" for name, value in data.figures.items()]
    lines += [f"  {name:<32} {value!s:>9}  assumed: {data.why[name]}" for name, value in data.assumed.items()]
    counts = Counter(item.kind for item in build_day(DayPlan(districts=(district,), seed=seed, scale=scale)))
    lines.append(f"a day at scale {scale:g}: {sum(counts.values())} items")
    lines += [f"  {kind:<32} {count:>9}" for kind, count in sorted(counts.items())]
    return "\n".join(lines)


def write_events(district: str, seed: str, scale: float, out: Path) -> int:
    """The day's events as JSON lines, for `laoxiao send` (deliberately broken messages left out); returns how many."""
    items = build_day(DayPlan(districts=(district,), seed=seed, scale=scale))
    events = [item.event for item in items if item.event is not None]
    out.write_bytes(b"".join(orjson.dumps(event) + b"\n" for event in events))
    return len(events)
