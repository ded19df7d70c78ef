"""What `laoxiao why` and `laoxiao whatif` print, and how they end: 0, 1 what was checked does not hold, 2 bad words, 3 nothing found."""

import asyncio
import json
from datetime import date
from pathlib import Path
from typing import Any

import click

from infra.cli import whatif, why
from infra.cli.journal_copy import JournalCopy
from infra.settings import Settings
from schemas.beds import BedType

DOES_NOT_HOLD = 1
BAD_WORDS = 2
NOTHING_FOUND = 3


def certify_command(settings: Settings, application_id: str, options: dict[str, Any]) -> int:
    """One certificate, in words or as JSON."""
    try:
        if options["journal"] is not None:
            journal = JournalCopy.load(options["journal"])
        else:
            journal = asyncio.run(why.read_home(settings, application_id, options["area"]))
        found = why.certify(journal, application_id, at=options["at"], offer_id=options["offer"], salt=why.new_salt())
    except why.NothingFound as nothing:
        click.echo(str(nothing), err=True)
        return NOTHING_FOUND
    if options["save_journal"] is not None:
        count = journal.save(options["save_journal"], found["seq"])
        click.echo(f"{count} journal records saved", err=True)
    click.echo(json.dumps(found, indent=1) if options["as_json"] else why.in_words(found))
    return 0


def verify_command(settings: Settings, application_id: str | None, options: dict[str, Any]) -> int:
    """Whether a certificate is what the journal says."""
    certificate = why.load_certificate(options["verify"])
    if options["journal"] is not None:
        journal = JournalCopy.load(options["journal"])
    else:
        journal = asyncio.run(why.read_area(settings, certificate["area"]))
    wrong = why.check(certificate, journal, application_id)
    click.echo("\n".join(wrong) or f"holds: worked out again from {len(journal.records)} journal records")
    return DOES_NOT_HOLD if wrong else 0


def whatif_command(
    settings: Settings, area: str, policy: Path | None, first_day: date, more_beds: tuple[str, ...], *, as_json: bool
) -> int:
    """The waits under the change beside those under the log's own policy, both lived by the same crowd."""
    try:
        more = _counts(more_beds)
        change = whatif.Change(first_day, None if policy is None else whatif.read_parameters(policy), more)
    except ValueError as error:
        click.echo(str(error), err=True)
        return BAD_WORDS
    log = asyncio.run(whatif.read_log(settings, area))
    if not log:
        click.echo("the journal holds nothing of this area", err=True)
        return NOTHING_FOUND
    rows = whatif.table(*whatif.compare(area, log, change))
    if as_json:
        click.echo(json.dumps(rows))
    else:
        click.echo(f"{len(log)} events of {area}; left: the log's own policy and beds; right: the change from {first_day} on")
        click.echo(whatif.in_words(rows))
    return 0


def _counts(more_beds: tuple[str, ...]) -> dict[str, int]:
    """``dementia=50`` as a number by type. Raises ValueError."""
    out = {}
    for one in more_beds:
        kind, _, count = one.partition("=")
        if not count.isdigit():
            raise ValueError(f"{one}: say TYPE=N, more beds only")
        out[BedType(kind).value] = int(count)
    return out
