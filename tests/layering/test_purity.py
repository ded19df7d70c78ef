"""Decisions and words depend on nothing but their arguments; each rule is shown to find what it forbids."""

from pathlib import Path

import pytest

from tests.layering.purity import offences

ROOT = Path(__file__).parents[2]
PURE = sorted(path for folder in ("agents", "schemas") for path in (ROOT / folder).rglob("*.py"))

PLANTED = {
    "import time": "import of time",
    "from random import choice": "import of random",
    "import os.path": "import of os.path",
    "import streams.runtime": "import of streams.runtime",
    "import requests": "import of requests",
    "from . import core": "relative import",
    "from datetime import datetime\nx = datetime.now()": ".now()",
    "from datetime import datetime, UTC\nx = datetime.now(UTC)": ".now()",
    "from datetime import date\nx = date.today()": ".today()",
    "import datetime\nx = datetime.datetime.utcnow()": ".utcnow()",
    "from datetime import datetime\nx = datetime.fromtimestamp(0)": ".fromtimestamp() in the machine's time zone",
    "def f(t):\n    return t.astimezone()": ".astimezone() in the machine's time zone",
    "x = open('a')": "open()",
    "print(1)": "print()",
    "x = hash('a')": "hash()",
    "x = id(object())": "id()",
    "x = eval('1')": "eval()",
    "async def f():\n    pass": "async",
    "async def f(g):\n    await g": "async",
    "for x in {1, 2}:\n    pass": "iteration over a set",
    "x = [y for y in {1, 2}]": "iteration over a set",
    "x = [y for y in set('ab')]": "iteration over a set",
    "x = {1: y for y in {z for z in 'ab'}}": "iteration over a set",
    "x = [*{1, 2}]": "iteration over a set",
    "for x in {1} | frozenset('a'):\n    pass": "iteration over a set",
    "x = list({1, 2})": "order of a set handed on by list()",
    "x = tuple(set('ab'))": "order of a set handed on by tuple()",
    "x = next(iter({1, 2}))": "order of a set handed on by iter()",
    "x = ','.join({'a', 'b'})": "order of a set handed on by join()",
    "x = {1, 2}.pop()": "pop of a set",
    "def f():\n    global x\n    x = 1": "global state",
}
LAWFUL = (
    "from datetime import datetime, timezone\nx = datetime.fromtimestamp(0, timezone.utc)",
    "x = sorted({1, 2})",
    "x = 1 in {1, 2}",
    "for x in sorted(set('ab')):\n    pass",
    "x = {1: 2}.get(1)",
    "x = [y for y in (1, 2)]",
    "import hashlib, orjson",
    "x = {'id': 1}['id']",
)


@pytest.mark.parametrize("path", PURE, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_pure_module_has_no_clock_chance_or_order_in_it(path: Path) -> None:
    assert offences(path.read_text("utf-8"), path.relative_to(ROOT).as_posix()) == []


def test_there_is_something_to_read() -> None:
    assert len(PURE) > 20


@pytest.mark.parametrize("source", PLANTED)
def test_a_planted_offence_is_found(source: str) -> None:
    assert any(found.endswith(f": {PLANTED[source]}") for found in offences(source, "planted.py"))


@pytest.mark.parametrize("source", LAWFUL)
def test_what_is_lawful_is_left_alone(source: str) -> None:
    assert offences(source, "lawful.py") == []
