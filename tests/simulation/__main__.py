"""`python -m tests.simulation --seeds N [--seed S] [--domain d] [--jobs 2] [--planted NAME]` (also: `laoxiao simulate ...`)

Without `--domain` the seeds go round robin: number n is of domain n mod 4 in the order of their names, and of every sixteen the last four
run all domains together on one clock. Every seed is read twice and must give one hash.

Exit 0 when every seed kept every invariant, 1 when one did not (its options, the first violation and a shrunk regression are
printed), 2 when it was called wrongly.
"""

import argparse
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from tests.simulation.campaign import Seed, Summary, campaign
from tests.simulation.domains.registry import SIMULATED
from tests.simulation.engine import deterministic
from tests.simulation.fault_list import KINDS
from tests.simulation.hunting import judge
from tests.simulation.plan import Plan
from tests.simulation.planted.catalogue import PLANTED
from tests.simulation.regressions import FOLDER, save
from tests.simulation.shrink import shrink


def main(arguments: list[str] | None = None) -> int:
    """Parse, run, report."""
    options = _parser().parse_args(arguments)
    names = PLANTED[options.planted].domain if options.planted else options.domain
    domains = sorted(SIMULATED) if names is None else [names]
    seeds = _seeds(options, domains)
    _say(f"commit {_commit()}  domains {' '.join(domains)}  seeds {len(seeds)}  events {options.events}  jobs {options.jobs}")
    if options.seed is not None:
        for seed in seeds:
            _say(f"{seed.label()} options {[asdict(one.options) for one in _plans(seed.plan(options.events))]}")
    summary = campaign(seeds, events=options.events, jobs=options.jobs, planted=options.planted, failures_max=options.failures)
    _report(summary)
    if not summary.failures:
        return 0
    _explain(summary, options.events, options.planted, Path(options.regressions), not options.no_shrink)
    return 1


def _seeds(options: argparse.Namespace, domains: list[str]) -> list[Seed]:
    if options.seed is not None:
        return [Seed(domain, options.seed, _beside(options, domain)) for domain in domains]
    out = []
    for number in range(options.start, options.start + options.seeds):
        domain = domains[number % len(domains)]
        out.append(Seed(domain, f"{options.prefix}{number}", _beside(options, domain, number)))
    return out


def _beside(options: argparse.Namespace, domain: str, number: int = 0) -> tuple[str, ...]:
    """Without a domain every fourth seed runs all of them on one clock."""
    if options.beside is not None:
        return tuple(name for name in options.beside.split(",") if name and name != domain)
    together = options.domain is None and options.planted is None and options.seed is None and number // len(SIMULATED) % 4 == 3
    return tuple(sorted(SIMULATED.keys() - {domain})) if together else ()


def _plans(plan: Plan) -> tuple[Plan, ...]:
    return (plan, *plan.beside)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description="Simulate a domain under faults, from seeds.")
    parser.add_argument("--seeds", type=int, default=200, help="how many seeds (default 200)")
    parser.add_argument("--seed", help="only this one")
    parser.add_argument("--start", type=int, default=0, help="number of the first seed")
    parser.add_argument("--prefix", default="", help="put before the numbers, for fresh seeds each night")
    parser.add_argument("--domain", choices=sorted(SIMULATED), help="only this one (default: all in turn)")
    parser.add_argument("--beside", help="with these domains on the same clock, separated by commas (default: all, every fourth seed)")
    parser.add_argument("--events", type=int, default=300, help="events of a seed (default 300)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: one a core)")
    parser.add_argument("--planted", choices=sorted(PLANTED), help="with this mistake in the code")
    parser.add_argument("--failures", type=int, default=1, help="stop after so many failures (default 1)")
    parser.add_argument("--no-shrink", action="store_true", help="do not shrink the first failure")
    parser.add_argument("--regressions", default=str(FOLDER), help="where the shrunk failure is written")
    return parser


def _report(summary: Summary) -> None:
    cpu_rate = summary.seeds / summary.cpu_s if summary.cpu_s else 0.0
    _say(
        f"seeds {summary.seeds}  events {summary.inputs} (fewest in a seed {summary.inputs_min})  "
        f"journal records {summary.journal}  run twice {summary.run_twice}  "
        f"seconds {summary.seconds:.1f}  cpu {summary.cpu_s:.1f}  seeds/s {summary.rate():.1f}  seeds/s/core {cpu_rate:.1f}"
    )
    _say("domains " + "  ".join(f"{domain} {count}" for domain, count in sorted(summary.domains.items())))
    _say("faults " + "  ".join(f"{kind} {summary.injected[kind]}" for kind in (*KINDS, "snapshot") if summary.injected[kind]))
    verdict = "every seed kept every invariant" if not summary.failures else "exit 1"
    _say(f"failed {len(summary.failures)}  ({verdict})")
    for failure in summary.failures:
        _say(f"  {failure.seed.label()}: {failure.line}")


def _explain(summary: Summary, events: int, planted: str | None, folder: Path, shrinking: bool) -> None:
    """The first failure: seed, options, first violation, and the smallest plan that still shows it."""
    first = summary.failures[0]
    mistake = PLANTED[planted] if planted else None
    plan = first.seed.plan(events, mistake)
    _say(f"first failure: {first.seed.label()}\n  {first.line}\n  options {[asdict(one.options) for one in _plans(plan)]}")
    if not shrinking or first.invariant == "DET":
        return
    with deterministic():
        shrunk = shrink(plan, first.invariant, mistake)
        left = judge(shrunk.plan, mistake).found
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{first.invariant.lower()}-{planted or first.seed.domain + '-seed-' + first.seed.name.replace('/', '-')}"
    path = save(shrunk, name=name, planted=planted, folder=folder)
    before, after = (sum(len(one.sends) + len(one.faults) for one in _plans(whole)) for whole in (plan, shrunk.plan))
    _say(f"  shrunk {before} deliveries and faults to {after} in {shrunk.runs} runs: {path.name}\n  {left[0].line() if left else ''}")


def _commit() -> str:
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
