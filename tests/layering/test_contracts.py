"""The import contracts hold, and each of them fails when it is broken in a copy of the tree."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("infra", "streams", "agents", "schemas")
LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    """The same as ``lint-imports`` there, with this interpreter."""
    command = [sys.executable, "-c", LINT, "--no-cache", "--no-logo"]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The Python of the four packages and the contracts, where harm may be done."""
    for package in PACKAGES:
        ignore = shutil.ignore_patterns("__pycache__", "*.json", "*.sql", "*.html", "docs", "dev")
        shutil.copytree(ROOT / package, tmp_path / package, ignore=ignore)
    shutil.copy(ROOT / ".importlinter", tmp_path)
    return tmp_path


class Plant(NamedTuple):
    module: str
    line: str
    contract: str


PLANTS = {
    "words import decisions": Plant("schemas/codec.py", "import agents.core", "Left may import right"),
    "decisions import carrying": Plant("agents/core.py", "import streams.ports", "Left may import right"),
    "carrying imports ground": Plant("streams/validity.py", "import infra.settings", "Left may import right"),
    "decisions read the clock": Plant("agents/core.py", "import time", "touch no clock"),
    "words make ids": Plant("schemas/envelope.py", "import uuid", "touch no clock"),
    "decisions know Faust": Plant("agents/shared/seen.py", "import faust", "touch no clock"),
    "decisions wait": Plant("agents/meals/__init__.py", "import asyncio", "touch no clock"),
    "a shared shape imports a domain": Plant("agents/shared/ids.py", "import agents.meals", "never on another domain"),
    "a new domain that nobody declared": Plant("agents/beds.py", "import agents.meals", "never on another domain"),
    "carrying speaks HTTP": Plant("streams/validity.py", "import fastapi", "speaks no HTTP"),
    "ground knows Faust": Plant("infra/settings.py", "import faust", "Only streams knows Faust"),
    "the auditor borrows a rule": Plant("streams/auditor/meals.py", "import agents.shared.ids", "The auditor knows facts"),
    "a checker borrows the codec": Plant("infra/checkers/__init__.py", "import schemas.codec", "their own eyes"),
}


def test_the_contracts_hold() -> None:
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "0 broken" in result.stdout


def test_the_contracts_hold_in_the_copy(copy: Path) -> None:
    result = lint(copy)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("name", PLANTS)
def test_a_planted_violation_breaks_its_contract(copy: Path, name: str) -> None:
    plant = PLANTS[name]
    module = copy / plant.module
    before = module.read_text("utf-8") if module.exists() else ""
    module.write_text(f"{before}\n{plant.line}\n", "utf-8")
    result = lint(copy)
    assert result.returncode == 1, result.stdout + result.stderr
    broken = [line for line in result.stdout.splitlines() if line.endswith("BROKEN")]
    assert any(plant.contract in line for line in broken), result.stdout
