"""`laoxiao fairness`: the fairness audit of a whole journal, for people: what was judged, what was wrong, who waits and how long."""

import json
from datetime import date
from typing import Any

import click

from infra.checkers.civil import minute_ms
from infra.fairness.beds import BedsFairness
from schemas.journal import instant
from streams.tail import JournalTail

DOMAIN = "beds"
UNFAIR = 1
NOTHING_FOUND = 3
POLL_S, RECORDS_MAX = 0.5, 2000


def day_ms(day: date) -> int:
    """When the day begins here."""
    return minute_ms(day.isoformat(), 0)


async def audited(bootstrap: str, judged_from_ms: int) -> BedsFairness:
    """The journal of beds from its beginning to where it ended when this began."""
    audit = BedsFairness(judged_from_ms)
    async with JournalTail(bootstrap, DOMAIN, {}) as tail:
        ends = await tail.ends()
        while not tail.reached(ends):
            audit.take(await tail.batch(POLL_S, RECORDS_MAX))
    return audit


def as_json(audit: BedsFairness, area: str | None) -> dict[str, Any]:
    """Everything, for machines."""
    areas = [name for name in audit.areas if area in (None, name)]
    return {
        "offers_judged": sum(audit.judged_in[name] for name in areas),
        "unfair": sum(audit.unfair[name] for name in areas),
        "findings": [one._asdict() for one in audit.findings if area in (None, one.area)],
        "duplicates": [[held._asdict() for held in one.held] for one in audit.duplicates() if area in (None, *(h.area for h in one.held))],
        "areas": {
            name: {
                "overrides": audit.overrides(name),
                "waits": {
                    grouping: {group: waited.as_json() for group, waited in groups.items()}
                    for grouping, groups in audit.waits(name).items()
                },
            }
            for name in areas
        },
    }


def in_words(report: dict[str, Any]) -> str:
    """The same as somebody reads it out."""
    lines = [f"{report['offers_judged']:,} offers judged, {report['unfair']} unfair, {len(report['duplicates'])} persons twice"]
    for one in report["findings"]:
        lines.append(f"  {one['invariant']:<8} {one['area']} {instant(one['at_ms'])} journal {one['place']}: {one['sentence']}")
    for held in report["duplicates"]:
        lines.append(f"  twice    {held[0]['what']}: " + ", ".join(f"{one['area']} {one['name']}" for one in held))
    for area, found in report["areas"].items():
        given = ", ".join(f"{reason} {count}" for reason, count in found["overrides"].items())
        lines.append(f"{area}  out of order by an operator: {given or 'none'}")
        lines.append(f"  {'':<8} {'':<24} {'waiting':>8} {'admitted':>9} {'days mean':>10} {'most':>6}")
        for grouping, groups in found["waits"].items():
            for group, one in groups.items():
                mean = "" if one["days_mean"] is None else one["days_mean"]
                lines.append(f"  {grouping:<8} {group:<24} {one['waiting']:>8,} {one['admitted']:>9,} {mean:>10} {one['days_max']:>6}")
    return "\n".join(lines)


def told(report: dict[str, Any], *, machine: bool) -> int:
    """Print it; 1 when something was unfair, 3 when there was nothing to audit."""
    if not report["areas"]:
        click.echo("the journal of beds holds nothing of this", err=True)
        return NOTHING_FOUND
    click.echo(json.dumps(report) if machine else in_words(report))
    return UNFAIR if report["unfair"] else 0
