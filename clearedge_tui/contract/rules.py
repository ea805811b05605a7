"""Cross-field rules such as `fast < slow`: a small safe language over numbers and choices."""

import ast
import operator
from collections.abc import Callable, Mapping
from decimal import Decimal, DecimalException
from typing import Any

LONGEST = 200
_SUMS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_ORDER: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
Values = Mapping[str, object]


class Rule:
    """A parsed rule. Nothing but the whitelisted nodes is ever evaluated."""

    def __init__(self, text: str) -> None:
        """Raise ValueError when the text is not in the language of rules."""
        self.text = text
        if len(text) > LONGEST:
            raise ValueError(f"a rule of {len(text)} characters; at most {LONGEST}")
        try:
            self._tree = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            raise ValueError("not an expression") from None
        self.names = _names(self._tree)
        if not self.names:
            raise ValueError("it names no field")

    def holds(self, values: Values) -> bool:
        """Whether the rule is true; arithmetic that cannot be done counts as false."""
        try:
            return bool(_value(self._tree, values))
        except (DecimalException, TypeError):
            return False


def _names(tree: ast.expr) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            found[node.id] = None
        elif isinstance(node, ast.Constant):
            if not isinstance(node.value, int | float | str):
                raise ValueError(f"`{node.value!r}` is neither number nor text")
        elif not isinstance(node, _ALLOWED):
            raise ValueError(
                f"{type(node).__name__} is not allowed: use + - * / comparisons and or not"
            )
    return tuple(found)


_ALLOWED = (
    *_SUMS,
    *_ORDER,
    ast.BinOp,
    ast.UnaryOp,
    ast.USub,
    ast.Not,
    ast.BoolOp,
    ast.And,
    ast.Or,
    ast.Compare,
    ast.Load,
)


def _value(node: ast.expr, values: Values) -> Any:
    match node:
        case ast.Name():
            return _number(values[node.id])
        case ast.Constant():
            return _number(node.value)
        case ast.UnaryOp(op=ast.Not()):
            return not _value(node.operand, values)
        case ast.UnaryOp():
            return -_value(node.operand, values)
        case ast.BinOp():
            return _SUMS[type(node.op)](_value(node.left, values), _value(node.right, values))
        case ast.BoolOp():
            parts = (_value(part, values) for part in node.values)
            return all(parts) if isinstance(node.op, ast.And) else any(parts)
        case ast.Compare():
            return _compare(node, values)
    raise TypeError(type(node).__name__)


def _compare(node: ast.Compare, values: Values) -> bool:
    left = _value(node.left, values)
    for sign, other in zip(node.ops, node.comparators, strict=True):
        right = _value(other, values)
        if not _ORDER[type(sign)](left, right):
            return False
        left = right
    return True


def _number(value: object) -> object:
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    return value
