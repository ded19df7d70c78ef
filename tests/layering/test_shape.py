"""The shape of the tree: what lies at the top, how long a file and a function may be, and which names say nothing."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOP = {"pyproject.toml", "README.md", "streams", "agents", "schemas", "infra", "tests"}
MADE_BY_TOOLS = {"laoxiao.egg-info", "__pycache__"}
CODE = ("streams", "agents", "schemas", "infra", "tests")
SUFFIXES = {".py", ".sql", ".js", ".css", ".html", ".sh", ".md"}
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70
SAYS_NOTHING = {"utils", "util", "helpers", "helper", "common", "misc", "services", "lib"}


def files(root: Path) -> list[Path]:
    """Every file we wrote, in a stable order."""
    return sorted(path for folder in CODE for path in (root / folder).rglob("*") if path.is_file() and not MADE_BY_TOOLS & set(path.parts))


def strangers_at_the_top(root: Path) -> set[str]:
    """What lies at the top level and is neither ours nor hidden."""
    return {path.name for path in root.iterdir() if not path.name.startswith(".")} - TOP - MADE_BY_TOOLS


def too_long_files(root: Path) -> list[str]:
    """Files of code or prose with 400 lines or more."""
    found = []
    for path in files(root):
        if path.suffix in SUFFIXES or not path.suffix:
            lines = len(path.read_text("utf-8").splitlines())
            if lines >= FILE_LINES_MAX:
                found.append(f"{path.relative_to(root)}: {lines} lines")
    return found


def too_long_functions(root: Path) -> list[str]:
    """Functions of more than 70 lines, from ``def`` to the last line, docstring included."""
    return [found for path in files(root) if path.suffix == ".py" for found in _too_long(path, root)]


def _too_long(path: Path, root: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"), str(path))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES_MAX:
                yield f"{path.relative_to(root)}:{node.lineno}: {node.name} has {lines} lines"


def names_that_say_nothing(root: Path) -> list[str]:
    """Folders and modules called after nothing."""
    found = [path for path in files(root) if {part.split(".")[0] for part in path.relative_to(root).parts} & SAYS_NOTHING]
    return [str(path.relative_to(root)) for path in found]


def test_the_top_level_is_the_four_words_and_the_proof() -> None:
    assert strangers_at_the_top(ROOT) == set()
    assert {path.name for path in ROOT.iterdir()} >= TOP


def test_no_file_is_too_long_to_read() -> None:
    assert too_long_files(ROOT) == []


def test_no_function_is_too_long_to_read() -> None:
    assert too_long_functions(ROOT) == []


def test_every_name_says_something() -> None:
    assert names_that_say_nothing(ROOT) == []


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small tree in which all is well."""
    for folder in CODE:
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "__init__.py").write_text("", "utf-8")
    for name in ("pyproject.toml", "README.md"):
        (tmp_path / name).write_text("", "utf-8")
    return tmp_path


def test_a_tree_in_which_all_is_well_is_left_alone(tree: Path) -> None:
    assert strangers_at_the_top(tree) == set()
    assert too_long_files(tree) == too_long_functions(tree) == names_that_say_nothing(tree) == []


def test_a_planted_folder_at_the_top_is_found(tree: Path) -> None:
    (tree / "services").mkdir()
    assert strangers_at_the_top(tree) == {"services"}


def test_a_planted_long_file_is_found(tree: Path) -> None:
    (tree / "infra" / "long.sql").write_text("-- x\n" * 400, "utf-8")
    assert too_long_files(tree) == ["infra/long.sql: 400 lines"]


def test_a_planted_long_function_is_found(tree: Path) -> None:
    (tree / "agents" / "long.py").write_text("def f():\n" + "    x = 1\n" * 70, "utf-8")
    assert too_long_functions(tree) == ["agents/long.py:1: f has 71 lines"]


@pytest.mark.parametrize("name", ["agents/utils/x.py", "streams/helpers.py", "infra/common/__init__.py"])
def test_a_planted_empty_name_is_found(tree: Path, name: str) -> None:
    (tree / name).parent.mkdir(exist_ok=True)
    (tree / name).write_text("", "utf-8")
    assert names_that_say_nothing(tree) == [name]
