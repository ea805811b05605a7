"""The size of things: a file is one idea, a function does one thing."""

import ast
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "clearedge_tui"
FILE, FUNCTION = 500, 40
EXCUSED = {"instance_row"}  # one line a field of a row, no logic to split


def test_no_file_is_too_long() -> None:
    sizes = {path: len(path.read_text().splitlines()) for path in PACKAGE.rglob("*.py")}
    assert {str(path): size for path, size in sizes.items() if size > FILE} == {}


def test_no_function_is_too_long() -> None:
    long = {}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                # its body; a long signature is the formatter's doing
                size = (node.end_lineno or 0) - node.body[0].lineno + 1
                if size > FUNCTION and node.name not in EXCUSED:
                    long[f"{path.relative_to(PACKAGE)}:{node.lineno} {node.name}"] = size
    assert long == {}
