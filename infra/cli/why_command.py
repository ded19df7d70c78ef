"""What `laoxiao why` and `laoxiao whatif` print, and how they end: 0, 1 what was checked does not hold, 2 bad words, 3 nothing found."""

import asyncio
import json
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import click

from infra.cli import whatif, why
from infra.cli.journal_copy import JournalCopy
from infra.cli.whatif_beds import BadChange, parse_beds
from infra.cli.whatif_log import WhatifLog
from infra.settings import Settings

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


class Wish(NamedTuple):
    """What `laoxiao whatif` is asked: what is otherwise, and where the log comes from and goes to (None: Kafka; nowhere)."""

    area: str
    first_day: date
    policy: Path | None
    beds: tuple[str, ...]
    log: Path | None
    save_log: Path | None


def whatif_command(settings: Settings, wish: Wish, *, as_json: bool) -> int:
    """The waits under the change beside those under the log's own policy, both lived by the same crowd."""
    try:
        parameters = None if wish.policy is None else whatif.read_parameters(wish.policy)
        change = whatif.Change(wish.first_day, parameters, parse_beds(wish.beds))
    except ValueError as error:
        click.echo(str(error), err=True)
        return BAD_WORDS
    log = WhatifLog.load(wish.log) if wish.log is not None else asyncio.run(whatif.read_log(settings, wish.area))
    if not log:
        click.echo("the journal holds nothing of this area", err=True)
        return NOTHING_FOUND
    if wish.save_log is not None:
        log.save(wish.save_log)
    try:
        rows = whatif.table(*whatif.compare(wish.area, log, change))
    except BadChange as error:
        click.echo(str(error), err=True)
        return BAD_WORDS
    if as_json:
        click.echo(json.dumps(rows))
    else:
        click.echo(f"{len(log)} events of {wish.area}; left: the log's own policy and beds; right: the change from {wish.first_day} on")
        click.echo(whatif.in_words(rows))
    return 0
