"""What import-linter cannot see: calls and shapes that would let time, chance or order into a decision.

`offences` reads one module's source and names each offence with its line. It judges what is written, not what runs: a name
that shadows a builtin is judged like the builtin, which is itself a reason to rename it.
"""

import ast
import sys
from collections.abc import Iterator

ALLOWED_PACKAGES = frozenset({"agents", "schemas", "pydantic", "pydantic_core", "jiter", "orjson", "h3"})
ALLOWED_STANDARD = frozenset(
    {
        "__future__", "abc", "array", "bisect", "collections", "copy", "dataclasses", "datetime", "decimal", "enum", "fractions",
        "functools", "hashlib", "heapq", "itertools", "json", "math", "operator", "re", "string", "struct", "types", "typing", "zlib",
    }
)  # fmt: skip
"""Whole packages whose answers follow from their arguments alone; a new one needs a thought, so the list is closed."""

FORBIDDEN_BUILTINS = frozenset(
    {"open", "print", "input", "hash", "id", "eval", "exec", "compile", "__import__", "breakpoint", "globals", "locals", "vars"}
)
CLOCK_METHODS = frozenset({"now", "utcnow", "today", "utcfromtimestamp"})
LOCAL_ZONE_METHODS = {"astimezone": 1, "fromtimestamp": 2}
"""Methods that fall back on the machine's time zone when called with fewer arguments."""
ORDER_KEEPERS = frozenset({"list", "tuple", "enumerate", "iter", "zip", "map", "filter", "reversed", "dict", "join", "deque"})
"""Calls that hand the order of a set on. `sorted`, `min`, `len`, `any`, `sum` of whole numbers and `frozenset` do not."""


def offences(source: str, path: str) -> list[str]:
    """Each offence as ``path:line: what``."""
    tree = ast.parse(source, path)
    return [f"{path}:{line}: {what}" for line, what in sorted(set(_offences(tree)))]


def _offences(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                for alias in names:
                    yield from _import(node, alias.name)
            case ast.ImportFrom(module=str(module), level=0):
                yield from _import(node, module)
            case ast.ImportFrom(level=level) if level:
                yield node.lineno, "relative import"
            case ast.AsyncFunctionDef() | ast.Await() | ast.AsyncFor() | ast.AsyncWith():
                yield node.lineno, "async"
            case ast.Call():
                yield from _call(node)
            case ast.For(iter=iterated) | ast.comprehension(iter=iterated) | ast.Starred(value=iterated) if _is_set(iterated):
                yield iterated.lineno, "iteration over a set"
            case ast.Global():
                yield node.lineno, "global state"
            case _:
                pass


def _import(node: ast.stmt, module: str) -> Iterator[tuple[int, str]]:
    package = module.split(".", 1)[0]
    allowed = ALLOWED_STANDARD if package in sys.stdlib_module_names else ALLOWED_PACKAGES
    if package not in allowed:
        yield node.lineno, f"import of {module}"


def _call(node: ast.Call) -> Iterator[tuple[int, str]]:
    match node.func:
        case ast.Name(id=name) if name in FORBIDDEN_BUILTINS:
            yield node.lineno, f"{name}()"
        case ast.Attribute(attr=name) if name in CLOCK_METHODS:
            yield node.lineno, f".{name}()"
        case ast.Attribute(attr=name) if len(node.args) + len(node.keywords) < LOCAL_ZONE_METHODS.get(name, 0):
            yield node.lineno, f".{name}() in the machine's time zone"
        case ast.Name(id=name) | ast.Attribute(attr=name) if name in ORDER_KEEPERS and any(map(_is_set, node.args)):
            yield node.lineno, f"order of a set handed on by {name}()"
        case ast.Attribute(attr="pop", value=popped) if _is_set(popped):
            yield node.lineno, "pop of a set"
        case _:
            pass


def _is_set(node: ast.expr) -> bool:
    match node:
        case ast.Set() | ast.SetComp():
            return True
        case ast.Call(func=ast.Name(id="set" | "frozenset")):
            return True
        case ast.BinOp(left=left, op=ast.BitOr() | ast.BitAnd() | ast.Sub() | ast.BitXor(), right=right):
            return _is_set(left) or _is_set(right)
        case _:
            return False
