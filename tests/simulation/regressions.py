"""Shrunk failures as files: written once, replayed for ever (`tests/regressions`)."""

import json
from pathlib import Path
from typing import Any

from tests.simulation.plan import Plan
from tests.simulation.shrink import Shrunk

FOLDER = Path(__file__).resolve().parent.parent / "regressions"


def save(shrunk: Shrunk, *, name: str, planted: str | None, folder: Path = FOLDER) -> Path:
    """One file: how it was found, what broke, and the plan."""
    path = folder / f"{name}.json"
    body = {
        "invariant": shrunk.invariant,
        "sentence": shrunk.sentence,
        "planted": planted,
        "deliveries": sum(len(one.sends) + len(one.faults) for one in (shrunk.plan, *shrunk.plan.beside)),
        "plan": shrunk.plan.to_json(),
    }
    path.write_text(json.dumps(body, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def load(path: Path) -> tuple[Plan, dict[str, Any]]:
    """The plan of a file, and what the file says about it."""
    body = json.loads(path.read_text(encoding="utf-8"))
    return Plan.from_json(body["plan"]), body
