"""`laoxiao`: every command of the system. Each one reads its settings from the environment and hands on to one room."""

import asyncio
import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from infra.cli.token import token_group
from infra.settings import Settings
from schemas.topics import DOMAINS


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="laoxiao")
def main() -> None:
    """Laoxiao (老小): coordinates a city's services for the old and the very young."""


main.add_command(token_group)

domain_option = click.option("--domain", type=click.Choice(DOMAINS), default=DOMAINS[0], show_default=True)
domains_option = click.option(
    "--domain", "domains", type=click.Choice(DOMAINS), multiple=True, help="Only this domain; may be given several times. All by default."
)


@main.command()
@click.option("--once", is_flag=True, help="Play a short day, check every invariant on what really happened, exit 0 or 1.")
@click.option("--district", default="310106", show_default=True, help="Which district's data to load.")
@click.option("--brokers", type=click.Choice(["1", "3"]), default="1", show_default=True)
@click.option("--workers", type=click.IntRange(1, 6), default=1, show_default=True, help="Workers of each domain.")
@click.option("--scale", type=click.FloatRange(0.01, 2.0), default=None, help="Share of the district's daily demand.")
@click.option("--seconds", type=click.FloatRange(5, 86_400), default=None, help="How long the day takes on the wall.")
@click.option("--seed", default="laoxiao", show_default=True)
@click.option("--port", default=8600, show_default=True, help="Of the page and the API; 0 takes a free one.")
def up(*, once: bool, district: str, brokers: str, workers: int, scale: float | None, seconds: float | None, seed: str, port: int) -> None:
    """Start everything, load a district and play a day of it."""
    from infra.cli.up import Day, run

    day = Day.short(district, seed, scale, seconds) if once else Day.full(district, seed, scale, seconds)
    sys.exit(run(day, once=once, brokers=int(brokers), workers=workers, port=port))


@main.command()
@domain_option
def worker(domain: str) -> None:
    """Decide the events of one domain (one Faust worker)."""
    from infra.cli.processes import run_worker_process

    run_worker_process(Settings.from_environment(), domain)


@main.command()
@domains_option
def projector(domains: tuple[str, ...]) -> None:
    """Write the journals into PostgreSQL."""
    from infra.cli.processes import run_projector_process

    run_projector_process(Settings.from_environment(), domains or DOMAINS)


@main.command()
@domains_option
def reactor(domains: tuple[str, ...]) -> None:
    """Do outside what decisions ask for: quarantine, forwarding, notifications, events for other domains."""
    from infra.cli.processes import run_reactor_process

    run_reactor_process(Settings.from_environment(), domains or DOMAINS)


@main.command()
@domains_option
def auditor(domains: tuple[str, ...]) -> None:
    """Watch the journals and the clock, drill the whole chain every minute, raise alarms; its own silence is one."""
    from infra.cli.auditor import run_auditor_process

    run_auditor_process(Settings.from_environment(), domains or DOMAINS)


@main.command()
def gateway() -> None:
    """Serve the HTTP API and the page."""
    from infra.gateway.server import run

    run(Settings.from_environment())


@main.command()
@click.option("--check", is_flag=True, help="Only compare what exists with the topic table.")
def topics(*, check: bool) -> None:
    """Create every topic that is missing, and check the ones that exist."""
    from streams.topics import TopicsUnfit, check_topics, create_topics

    settings = Settings.from_environment()
    if not check:
        for name in asyncio.run(create_topics(settings.kafka, settings.partitions)):
            click.echo(f"created {name}")
    try:
        asyncio.run(check_topics(settings.kafka, settings.partitions))
    except TopicsUnfit as unfit:
        for finding in unfit.findings:
            click.echo(str(finding), err=True)
        sys.exit(1)
    click.echo("topics agree with the table")


@main.command()
def migrate() -> None:
    """Bring the PostgreSQL tables to this release."""
    from infra.postgres.migrator import migrate as run_migrations

    applied = asyncio.run(run_migrations(Settings.from_environment().postgres))
    click.echo("\n".join(f"applied {name}" for name in applied) or "nothing to apply")


@main.command()
@domain_option
@click.confirmation_option(prompt="Remove every row of the domain and make them again from the journal?")
def rebuild(domain: str) -> None:
    """Make a domain's PostgreSQL rows again from the journal. The projector must not be running."""
    from streams.projector import rebuild as rebuild_rows

    settings = Settings.from_environment()
    asyncio.run(rebuild_rows(bootstrap=settings.kafka, dsn=settings.postgres, domain=domain))
    click.echo("rebuilt")


@main.command()
@click.argument("file", type=click.File("rb"), default="-")
def send(file: click.utils.LazyFile) -> None:
    """Send CloudEvents (one JSON object a line, or one JSON array) straight to Kafka; each line's answer is printed."""
    from infra.cli.send import send_lines

    sys.exit(asyncio.run(send_lines(Settings.from_environment(), file.read())))


@main.command()
@domain_option
@click.option("--until", type=int, default=None, help="Journal offset to stop before, in every partition.")
@click.option("--snapshots/--no-snapshots", default=False, help="Start from snapshots instead of the first record.")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
def replay(domain: str, until: int | None, *, snapshots: bool, as_json: bool) -> None:
    """Rebuild every area from the journal and print its state hash."""
    from infra.cli.replay import hash_of_all, replay_areas

    rows = asyncio.run(replay_areas(Settings.from_environment(), domain, until=until, snapshots=snapshots))
    if as_json:
        click.echo(json.dumps(rows))
        return
    for row in rows:
        click.echo(f"{row['area']:<12} partition {row['partition']:>2}  offset {row['offset']:>9}  {row['hash']}")
    click.echo(f"all areas: {hash_of_all(rows)}")


@main.command()
@click.argument("domain", type=click.Choice(["beds"]), required=False)
@click.argument("application", required=False)
@click.option("--at", type=click.IntRange(min=0), default=None, help="Journal sequence number: the last allocation up to it.")
@click.option("--offer", default=None, help="Exactly this allocation, by its offer's id.")
@click.option("--area", default=None, help="Where the application is; found in the journal when absent.")
@click.option(
    "--verify", type=click.Path(exists=True, dir_okay=False, path_type=Path), default=None, help="Check this certificate instead."
)
@click.option(
    "--journal", type=click.Path(exists=True, dir_okay=False, path_type=Path), default=None, help="A saved journal instead of Kafka."
)
@click.option(
    "--save-journal", type=click.Path(dir_okay=False, path_type=Path), default=None, help="Save what the check needs, to check it offline."
)
@click.option("--json", "as_json", is_flag=True, help="The certificate itself.")
def why(domain: str | None, application: str | None, **options: Any) -> None:
    """Why not me: certify why one bed did not go to APPLICATION (why beds APPLICATION), or check a certificate (why --verify FILE)."""
    from infra.cli.why_command import certify_command, verify_command

    if options["verify"] is not None:
        sys.exit(verify_command(Settings.from_environment(), application, options))
    if domain is None or application is None:
        raise click.UsageError("say: why beds APPLICATION, or: why --verify FILE")
    sys.exit(certify_command(Settings.from_environment(), application, options))


@main.command()
@click.option("--policy", type=click.Path(exists=True, dir_okay=False, path_type=Path), default=None, help="Beds parameters as JSON.")
@click.option("--from", "first_day", type=click.DateTime(["%Y-%m-%d"]), required=True, help="The first day of the change.")
@click.option(
    "--beds", "--more-beds", multiple=True, metavar="[HOME:]TYPE=[-]N",
    help="So many more or fewer beds of a type, of one home or spread over all; several times.",
)  # fmt: skip
@click.option("--log", type=click.Path(exists=True, dir_okay=False, path_type=Path), default=None, help="A saved log instead of Kafka.")
@click.option("--save-log", type=click.Path(dir_okay=False, path_type=Path), default=None, help="Save what was read, to ask again.")
@click.option("--area", required=True)
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
def whatif(*, as_json: bool, first_day: datetime, **options: Any) -> None:
    """Replay the journal's applicants and vacancies under another beds policy, or with more or fewer beds: what becomes of the waits."""
    from infra.cli.why_command import Wish, whatif_command

    sys.exit(whatif_command(Settings.from_environment(), Wish(first_day=first_day.date(), **options), as_json=as_json))


@main.command()
@click.option("--area", default=None, help="Only this one; duplicates are looked for in all.")
@click.option("--from", "first_day", type=click.DateTime(["%Y-%m-%d"]), default=None, help="Judge offers from this day on (default: all).")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
def fairness(*, area: str | None, first_day: datetime | None, as_json: bool) -> None:
    """Audit the allocation of beds from the journal: nobody overtaken without a reason, waits by group, one person twice."""
    from infra.cli import fairness as command

    judged_from_ms = 0 if first_day is None else command.day_ms(first_day.date())
    audit = asyncio.run(command.audited(Settings.from_environment().kafka, judged_from_ms))
    sys.exit(command.told(command.as_json(audit, area), machine=as_json))


@main.command()
def status() -> None:
    """What stands where: topics, journal positions, lag, projection age."""
    from infra.cli.status import print_status

    sys.exit(asyncio.run(print_status(Settings.from_environment())))


@main.command()
@click.option("--district", default="310106", show_default=True)
@click.option("--seed", default="laoxiao", show_default=True)
@click.option("--scale", type=click.FloatRange(0.01, 2.0), default=0.1, show_default=True)
@click.option(
    "--out", type=click.Path(path_type=Path), default=None, help="Write the day's events as JSON lines instead of summing them up."
)
def scenario(district: str, seed: str, scale: float, out: Path | None) -> None:
    """Show a district's data and the shape of a synthetic day, or write the day's events to a file."""
    from infra.cli.scenario import describe, write_events

    if out is None:
        click.echo(describe(district, seed, scale))
    else:
        click.echo(f"{write_events(district, seed, scale, out)} events written")


@main.command(context_settings={"ignore_unknown_options": True, "help_option_names": []}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def simulate(arguments: tuple[str, ...]) -> None:
    """Run the deterministic simulator: --seeds N [--seed S] [--domain D] ... (needs a source tree; --help says all)."""
    import subprocess

    from infra.stack.home import PROJECT_ROOT

    if not (PROJECT_ROOT / "tests" / "simulation").is_dir():
        raise click.ClickException("the simulator lives with the tests: run it from a source tree")
    sys.exit(subprocess.run([sys.executable, "-m", "tests.simulation", *arguments], cwd=PROJECT_ROOT, check=False).returncode)


@main.command(context_settings={"ignore_unknown_options": True, "help_option_names": []}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def torture(arguments: tuple[str, ...]) -> None:
    """Break real processes for a while, then check everything: --minutes N --seed S [--brokers 1|3] (source tree; --help says all)."""
    from infra.cli.torture import run_torture

    sys.exit(run_torture(arguments))


@main.command()
@click.option("--only", multiple=True, help="Run only the named measurements.")
@click.option("--runs", default=5, show_default=True)
@click.option("--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), default=None, help="Also write every single value.")
def bench(only: tuple[str, ...], runs: int, json_file: Path | None) -> None:
    """Measure: pure core, durable decisions per second, HTTP to visible, recovery. Prints medians with min and max."""
    from infra.bench.table import run_bench

    sys.exit(run_bench(only, runs, json_file=json_file))


if __name__ == "__main__":
    main()
