"""Which files decide what a strategy does: its own, and those beside it that it may import."""

import ast
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from clearedge_tui.core.clock import monotonic
from clearedge_tui.core.errors import NotFound

_READ_AGAIN_S = 10.0  # what no stamp shows is seen by then
Stamp = tuple[int, int, int, int]


def code_of(strategies: Path, strategy: str) -> dict[str, str]:
    """Return file -> SHA-256 of a strategy and the modules of its folder. Nothing of it is run.

    Those it names in an import, and theirs; and every module whose name begins with `_`, which may
    be imported in a way that cannot be read. Raises NotFound when the strategy is not there.
    """
    own = strategies / f"{strategy}.py"
    if not own.is_file():
        raise NotFound(f"{own} is not there: nothing can be said about its code")
    found: dict[str, str] = {}
    waiting = [own, *(file for top in sorted(strategies.glob("_*")) for file in _files(top))]
    while waiting:
        file = waiting.pop()
        name = file.relative_to(strategies).as_posix()
        if name in found:
            continue
        body = file.read_bytes()
        found[name] = hashlib.sha256(body).hexdigest()
        for module in _imported(body):
            waiting += _files(strategies / module)
            waiting += _files(strategies / f"{module}.py")
    return dict(sorted(found.items()))


def stamp(path: str) -> Stamp:
    """Return what changes with a file or folder: its times, size and number. Zeros: not there."""
    try:
        seen = os.stat(path)  # noqa: PTH116  # asked before every order
    except OSError:
        return 0, 0, 0, 0
    return seen.st_mtime_ns, seen.st_ctime_ns, seen.st_size, seen.st_ino


class CodeWatch:
    """The code of one strategy, read again only when something of it has moved."""

    def __init__(self, strategies: Path, strategy: str) -> None:
        self._folder, self._strategy = strategies, strategy
        self._code: dict[str, str] = {}
        self._places: tuple[str, ...] = ()  # what is stamped: folders, and the files in them
        self._stamps: tuple[Stamp, ...] = ()
        self._read_s = -_READ_AGAIN_S

    def look(self) -> dict[str, str]:
        """Return what `code_of` returns. Raises as it does, and OSError for what cannot be read."""
        now = monotonic()
        if self._code and self._stamped() == self._stamps and now - self._read_s < _READ_AGAIN_S:
            return self._code
        self._code = {}  # what fails from here on is looked at anew
        found = code_of(self._folder, self._strategy)
        self._code, self._read_s = found, now
        files = [self._folder / name for name in found]
        folders = dict.fromkeys((self._folder, *(file.parent for file in files)))
        self._places = tuple(str(path) for path in (*folders, *files))
        self._stamps = self._stamped()
        if code_of(self._folder, self._strategy) != found:  # it moved while it was read
            self._stamps = ()
        return found

    def _stamped(self) -> tuple[Stamp, ...]:
        return tuple([stamp(path) for path in self._places])


def _files(top: Path) -> list[Path]:
    """Return a module's file, or all of a package's."""
    if top.is_file():
        return [top]
    if top.name == "__pycache__" or not top.is_dir():
        return []
    return sorted(
        file for file in top.rglob("*") if file.is_file() and "__pycache__" not in file.parts
    )


def _imported(body: bytes) -> Iterator[str]:
    """Yield the first names of imports: `a` of `import a.b` and of `from a.b import c`."""
    try:
        tree = ast.parse(body)
    except (SyntaxError, ValueError):
        return  # it does not run either
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (one.name.partition(".")[0] for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.module:
                yield node.module.partition(".")[0]
            else:  # from . import a
                yield from (one.name for one in node.names)
