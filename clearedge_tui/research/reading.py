"""What can be said of a strategy's code without running it: what makes its figures worth less.

Reads the file and the modules beside it that it imports. Best effort: what is found is there, as written;
whether it matters is for a person to say, and what is hidden well is for the look-ahead probe to find.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import TypeGuard

import msgspec

from clearedge_tui.research.entries import outside
from clearedge_tui.research.reading_rules import ADVICE, rule_of

_MOST_FILES = 50


class Remark(msgspec.Struct, frozen=True):
    """One thing found: where, what, why it matters and what to do."""

    file: str
    line: int
    kind: str
    what: str
    why: str
    do: str


def read(path: Path) -> tuple[Remark, ...]:
    """Return the remarks of a strategy and its helpers, in their order; a file that cannot be parsed has none."""
    made: list[Remark] = []
    for file, tree in _files(path):
        found = [*_named(tree), *_private(tree), *_swallowed(tree)]
        if file == path:
            found += [(line, "entry", what) for line, what in outside(tree)]
        first: dict[tuple[int, str], str] = {}  # the shortest name of a chain
        for line, kind, what in sorted(found):
            first.setdefault((line, kind), what)
        made += [Remark(file.name, *at, what, *ADVICE[at[1]]) for at, what in first.items()]
    return tuple(made)


def _files(path: Path) -> Iterator[tuple[Path, ast.Module]]:
    waiting, seen = [path], {path}
    while waiting and len(seen) <= _MOST_FILES:
        file = waiting.pop(0)
        try:
            tree = ast.parse(file.read_bytes())
        except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        yield file, tree
        for name in _imported(tree):
            for beside in (path.parent / f"{name}.py", path.parent / name / "__init__.py"):
                if beside.is_file() and beside not in seen:
                    seen.add(beside)
                    waiting.append(beside)


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (one.name.partition(".")[0] for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


# ---- names ------------------------------------------------------------------------------------
def _aliases(tree: ast.Module) -> dict[str, str]:
    """Return what imported names stand for."""
    made = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for one in node.names:
                name = one.asname or one.name.partition(".")[0]
                made[name] = one.name if one.asname else name
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for one in node.names:
                made[one.asname or one.name] = f"{node.module}.{one.name}"
    return made


def _dotted(node: ast.expr, aliases: dict[str, str]) -> str:
    """Return the full name of an imported thing; empty for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.insert(0, node.attr)
        node = node.value
    if isinstance(node, ast.Call):  # Path(...).read_text
        inner = _dotted(node.func, aliases)
        return ".".join([inner, *parts]) if inner and parts else ""
    if not isinstance(node, ast.Name):
        return ""
    root = aliases.get(node.id, "open" if node.id == "open" and not parts else "")
    return ".".join([root, *parts]) if root else ""


def _named(tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    aliases, done = _aliases(tree), set[int]()
    for node in ast.walk(tree):  # a call comes before the names in it
        if isinstance(node, ast.Call):
            target, seeded = node.func, bool(node.args or node.keywords)
        elif isinstance(node, ast.Attribute | ast.Name) and id(node) not in done:
            target, seeded = node, False
            if isinstance(node.ctx, ast.Store | ast.Del):
                continue
        else:
            continue
        name = _dotted(target, aliases)
        kind = rule_of(name, seeded) if name else _method(target)
        inner: ast.expr = target
        done.add(id(inner))
        while isinstance(inner, ast.Attribute):
            inner = inner.value
            done.add(id(inner))
        if kind:
            yield node.lineno, kind, name or f"….{ast.unparse(target).rpartition('.')[2]}"


def _method(target: ast.expr) -> str:
    """Return the kind of a method that is known by its name alone, whatever it belongs to."""
    named = isinstance(target, ast.Attribute) and target.attr in ("read_text", "read_bytes")
    return "reads" if named else ""


# ---- shapes -----------------------------------------------------------------------------------
def _private(tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    """Yield private attributes of the context."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and _hidden(node.attr) and _is_context(node.value):
            yield node.lineno, "private", ast.unparse(node)
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ("getattr", "vars", "dir")
            and node.args
            and _is_context(node.args[0])
        ):
            second = node.args[1] if len(node.args) > 1 else None
            text = second.value if isinstance(second, ast.Constant) else "_"
            if isinstance(text, str) and _hidden(text):
                yield node.lineno, "private", ast.unparse(node)


def _hidden(name: str) -> bool:
    return name.startswith("_")


def _is_context(node: ast.expr) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr == "context"
    return isinstance(node, ast.Name) and node.id == "context"


def _swallowed(tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    """Yield handlers that would catch what ends a stuck callback, and do not raise it again."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and _catches_all(node.type):
            if not any(isinstance(one, ast.Raise) and one.exc is None for one in ast.walk(node)):
                what = "except:" if node.type is None else f"except {ast.unparse(node.type)}:"
                yield node.lineno, "swallows", what
        elif isinstance(node, ast.Try | ast.TryStar):
            for one in node.finalbody:
                if isinstance(one, ast.Return):
                    yield one.lineno, "swallows", "return in finally"
        elif _suppresses(node):
            yield node.lineno, "swallows", ast.unparse(node)


def _suppresses(node: ast.AST) -> TypeGuard[ast.Call]:
    if not isinstance(node, ast.Call) or not ast.unparse(node.func).endswith("suppress"):
        return False
    return any(map(_catches_all, node.args))


def _catches_all(kind: ast.expr | None) -> bool:
    if isinstance(kind, ast.Tuple):
        return any(map(_catches_all, kind.elts))
    return kind is None or ast.unparse(kind) in ("BaseException", "builtins.BaseException")
