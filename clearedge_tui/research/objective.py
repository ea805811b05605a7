"""What an optimiser is to raise: a figure's name, a sum over figures, or several of them."""

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

from clearedge_tui.contract.nearest import nearest
from clearedge_tui.core.errors import UsageError
from clearedge_tui.core.text import clean_text
from clearedge_tui.runs.metrics import FIGURES

NAMES = tuple(figure.__name__ for figure in FIGURES)
_LONGEST = 200
_SUMS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.Pow: math.pow,
}  # fmt: skip
_CALLS: dict[str, Callable[..., float]] = {
    "min": min, "max": max, "abs": abs, "sqrt": math.sqrt, "log": math.log,
}  # fmt: skip


class Objective:
    """One or several expressions; each is raised. Falls are raised as `-max_drawdown`."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._trees = [_parsed(part) for part in _parts(text)]

    def __len__(self) -> int:
        return len(self._trees)

    def of(self, figures: Mapping[str, float | None]) -> tuple[float, ...] | None:
        """Return the values; None where one is not defined: never a zero in its place."""
        found = []
        for tree in self._trees:
            try:
                value = float(_value(tree, figures))
            except (ArithmeticError, ValueError, TypeError):
                return None
            if not math.isfinite(value):
                return None
            found.append(value)
        return tuple(found)


def _parts(text: str) -> list[str]:
    """Split at the commas that stand outside of brackets."""
    parts, depth = [""], 0
    for letter in text[:_LONGEST]:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    if len(text) > _LONGEST or not all(part.strip() for part in parts):
        raise UsageError(f"objective `{clean_text(text, 80)}`; wanted figures such as sharpe")
    return parts


def _parsed(text: str) -> ast.expr:
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise UsageError(f"objective `{clean_text(text, 80)}` is no expression") from None
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id not in NAMES and node.id not in _CALLS:
            raise UsageError(f"no figure is called `{node.id}`{nearest(node.id, NAMES)}")
        if not isinstance(node, _ALLOWED) or (
            isinstance(node, ast.Constant) and type(node.value) not in (int, float)
        ):
            raise UsageError(
                f"objective `{clean_text(text, 80)}`: wanted figures, numbers, + - * / **, and "
                f"{', '.join(_CALLS)}"
            )
    return tree


_ALLOWED = (
    ast.Name, ast.Load, ast.Constant, ast.BinOp, ast.UnaryOp, ast.USub, ast.UAdd, ast.Call,
    *_SUMS,
)  # fmt: skip


def _value(node: ast.expr, figures: Mapping[str, float | None]) -> Any:
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            return figures.get(name)
        case ast.UnaryOp(op=op, operand=operand):
            found = _value(operand, figures)
            return -found if isinstance(op, ast.USub) else found
        case ast.BinOp(left=left, op=op, right=right):
            return _SUMS[type(op)](_value(left, figures), _value(right, figures))
        case ast.Call(func=ast.Name(id=name), args=args) if name in _CALLS:
            return _CALLS[name](*(_value(arg, figures) for arg in args))
    raise ValueError("no value")
