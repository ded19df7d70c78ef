"""`laoxiao torture`: hands on to the fault runner, which lives with the tests."""

import subprocess
import sys
from collections.abc import Sequence

import click

from infra.stack.home import PROJECT_ROOT


def run_torture(arguments: Sequence[str]) -> int:
    """Run `tests.faults` with these arguments; its exit code. Raises `ClickException` outside a source tree."""
    if not (PROJECT_ROOT / "tests" / "faults").is_dir():
        raise click.ClickException("the fault runner lives with the tests: run it from a source tree")
    with subprocess.Popen([sys.executable, "-m", "tests.faults", *arguments], cwd=PROJECT_ROOT) as runner:
        while True:
            try:
                return runner.wait()
            except KeyboardInterrupt:
                # The terminal has told the runner too; it stops its servers before it ends.
                continue
