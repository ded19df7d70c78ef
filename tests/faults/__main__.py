"""`python -m tests.faults --minutes N --seed S [--brokers 1|3]`: what `laoxiao torture` runs. Exit 0, or 1 when something was violated."""

import argparse
import asyncio
import logging
import shutil
import sys
import time
from pathlib import Path

from infra.stack.home import run_home
from tests.faults.catalogue import CATALOGUE
from tests.faults.rig import home_of
from tests.faults.torture import Options, text_of, torture


def main(arguments: list[str] | None = None) -> int:
    """Parse, run, report."""
    options = _parser().parse_args(arguments)
    seed = options.seed or f"{time.time_ns():x}"
    home = options.home or home_of(run_home() / "torture", seed)
    # What a client has to say about each broken connection is no news here.
    for name in ("aiokafka", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    between_s = (options.draw_seconds_min, options.draw_seconds_max)
    wanted = Options(
        seed=seed, seconds=options.minutes * 60, brokers=int(options.brokers), home=home, between_s=between_s, only=tuple(options.only)
    )
    _say(f"seed {seed}, {options.minutes:g} minutes, {options.brokers} brokers; every step: {home / 'torture.jsonl'}")
    result = asyncio.run(torture(wanted, _say))
    _say(text_of(result))
    _say(f"{'good' if result.ok else 'FAILED'}: seed {seed}")
    if result.ok and not options.keep:
        _keep_only_the_log(home)
    return 0 if result.ok else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="laoxiao torture", description="Real processes, real faults, every invariant checked.")
    parser.add_argument("--minutes", type=float, default=5.0, help="how long faults are inflicted (default 5)")
    parser.add_argument("--seed", help="of the faults and the traffic; without one a new seed is taken and printed")
    parser.add_argument("--brokers", choices=["1", "3"], default="1")
    parser.add_argument("--draw-seconds-min", type=float, default=20.0, help="shortest time between two draws (default 20)")
    parser.add_argument("--draw-seconds-max", type=float, default=60.0, help="longest time between two draws (default 60)")
    parser.add_argument("--only", nargs="+", default=[], choices=sorted(CATALOGUE), help="deal only these kinds of faults (default: all)")
    parser.add_argument("--home", type=Path, help="where the run keeps its data (default: torture/SEED in the run directory)")
    parser.add_argument("--keep", action="store_true", help="keep the data of a good run too")
    return parser


def _keep_only_the_log(home: Path) -> None:
    for entry in home.iterdir():
        if entry.name != "torture.jsonl":
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
