"""Orders that may open a position without `should_enter` having been asked, by reading the code.

A way from on_tick to place_order is fine when a condition on it hangs on should_enter's answer, when the
position is known to be there, when the size comes from the position, or when the order only reduces.
Followed through the strategy's own functions. What it says, it says with "may".
"""

import ast
from collections.abc import Iterator, Sequence

_Functions = dict[str, ast.FunctionDef]


def outside(tree: ast.Module) -> list[tuple[int, str]]:
    """Return (line, text) of such orders; none for a strategy without should_enter."""
    functions = _functions(tree)
    if "should_enter" not in functions or "on_tick" not in functions:
        return []
    walk = _Walk(functions)
    walk.function("on_tick")
    return sorted(walk.found)


def _functions(tree: ast.Module) -> _Functions:
    """Return the functions of the strategy class, or of the module."""
    bodies = [tree.body, *(one.body for one in tree.body if isinstance(one, ast.ClassDef))]
    for body in reversed(bodies):
        found = {one.name: one for one in body if isinstance(one, ast.FunctionDef)}
        if "on_tick" in found:
            return found
    return {}


class _Walk:
    def __init__(self, functions: _Functions) -> None:
        self._functions = functions
        self._seen: set[str] = set()
        self.found: set[tuple[int, str]] = set()

    def function(self, name: str) -> None:
        if name in self._seen:
            return
        self._seen.add(name)
        node = self._functions[name]
        asked = _tainted(node, "should_enter")
        held = _tainted(node, "get_position") - asked
        self._block(node.body, asked, held)

    def _block(self, body: list[ast.stmt], asked: set[str], held: set[str]) -> None:
        for one in body:
            if isinstance(one, ast.If):
                if self._branches(one, asked, held):
                    return  # what follows is past a test of the answer
            elif isinstance(one, ast.Match):
                self._orders(one.subject, asked, held)
                if not _asks(one.subject, asked):
                    for case in one.cases:
                        self._block(case.body, asked, held)
            else:
                self._others(one, asked, held)

    def _branches(self, one: ast.If, asked: set[str], held: set[str]) -> bool:
        """Walk both branches; say whether the rest of the block was asked about."""
        self._orders(one.test, asked, held)
        if _asks(one.test, asked):
            return _leaves(one.body)
        sure = _sure(one.test, held)
        if sure is not True:
            self._block(one.body, asked, held)
        if sure is not False:
            self._block(one.orelse, asked, held)
        # `if not size: return` leaves a position behind it
        return sure is False and _leaves(one.body)

    def _others(self, one: ast.stmt, asked: set[str], held: set[str]) -> None:
        inner = [part for part in ast.iter_child_nodes(one) if isinstance(part, ast.stmt)]
        if not inner and not isinstance(one, ast.Try | ast.TryStar):
            self._orders(one, asked, held)
            return
        if isinstance(one, ast.While) and (_asks(one.test, asked) or _sure(one.test, held)):
            return
        for name in ("body", "orelse", "finalbody"):
            self._block(getattr(one, name, []), asked, held)
        for handler in getattr(one, "handlers", []):
            self._block(handler.body, asked, held)

    def _orders(self, node: ast.AST, asked: set[str], held: set[str]) -> None:
        for call in (one for one in ast.walk(node) if isinstance(one, ast.Call)):
            name = _called(call)
            values = [*call.args, *(word.value for word in call.keywords)]
            if any(_uses(value, held | asked) or _asks(value, asked) for value in values):
                continue
            if name == "place_order" and not _reduces(call):
                self.found.add(
                    (call.lineno, f"{ast.unparse(call)[:80]} may open a position unasked")
                )
            elif name in self._functions and name != "should_enter":
                self.function(name)


def _called(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _reduces(call: ast.Call) -> bool:
    for word in call.keywords:
        if word.arg == "reduce_only":
            return not (isinstance(word.value, ast.Constant) and word.value.value is False)
    return False


def _tainted(node: ast.FunctionDef, source: str) -> set[str]:
    """Return names whose value comes from a call of `source`, also through other names."""
    made: set[str] = set()
    for _ in range(4):
        for one in ast.walk(node):
            value = getattr(one, "value", None)
            if not isinstance(one, ast.Assign | ast.AnnAssign | ast.NamedExpr) or value is None:
                continue
            if _calls(value, source) or _uses(value, made):
                targets = one.targets if isinstance(one, ast.Assign) else [one.target]
                made |= set(_names(targets))
    return made


def _names(targets: Sequence[ast.expr]) -> Iterator[str]:
    for target in targets:
        for one in ast.walk(target):
            if isinstance(one, ast.Name):
                yield one.id


def _calls(node: ast.AST, name: str) -> bool:
    return any(isinstance(one, ast.Call) and _called(one) == name for one in ast.walk(node))


def _uses(node: ast.AST, names: set[str]) -> bool:
    return any(isinstance(one, ast.Name) and one.id in names for one in ast.walk(node))


def _asks(node: ast.AST, asked: set[str]) -> bool:
    return _calls(node, "should_enter") or _uses(node, asked)


def _leaves(body: list[ast.stmt]) -> bool:
    return isinstance(body[-1], ast.Return | ast.Raise | ast.Continue | ast.Break)


def _sure(test: ast.expr, held: set[str]) -> bool | None:
    """Return True when a test holds only with a position, False when only without, else None."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = _plain(test.operand, held)
        return False if inner else None
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        sure = [_sure(one, held) for one in test.values]
        # the other branch of a test with several parts says nothing
        return True if True in sure else None
    if isinstance(test, ast.Compare) and _plain(test.left, held) and len(test.ops) == 1:
        zero = isinstance(test.comparators[0], ast.Constant) and test.comparators[0].value == 0
        if zero and isinstance(test.ops[0], ast.Gt | ast.Lt | ast.NotEq):
            return True
        return False if zero and isinstance(test.ops[0], ast.Eq) else None
    return True if _plain(test, held) else None


def _plain(node: ast.expr, held: set[str]) -> bool:
    """Say whether an expression is the position's size."""
    if isinstance(node, ast.Attribute):
        return node.attr == "size" and (
            _calls(node.value, "get_position") or _uses(node.value, held)
        )
    return isinstance(node, ast.Name) and node.id in held
