"""The strategy files of a home as the supervisor sees them: looked at in a child, cached by hash."""

import ast
import asyncio
import hashlib
from pathlib import Path

import msgspec

from clearedge_tui.contract.info import LoadError
from clearedge_tui.core.errors import NotFound
from clearedge_tui.core.text import clean_lines, clean_text
from clearedge_tui.settings import Home

_LIMIT_S = 20.0
_PACKAGE = Path(__file__).resolve().parent.parent
_MOST_WORDS = 4000  # letters of a docstring or a traceback that a person is shown


class FileSeen(msgspec.Struct, frozen=True):
    """One version of one file: its contract, or why it has none."""

    path: str
    sha256: str
    kind: str = ""  # class | module | native
    doc: str = ""
    schema: dict[str, object] = {}
    hooks: tuple[str, ...] = ()
    error: str = ""  # one line with file and line
    words: str = ""  # the whole docstring that `doc` is the first line of
    line: int = 0  # of the error
    detail: str = ""  # the traceback of the error


class StrategyFiles:
    def __init__(self, home: Home) -> None:
        self._home = home
        self._stamps: dict[Path, tuple[int, int, str]] = {}
        self._seen: dict[str, FileSeen] = {}  # by sha256 + path

    def path(self, strategy: str) -> Path:
        """Return the file of a strategy; NotFound names the nearest ones."""
        found = self._home.strategies / f"{strategy}.py"
        if not strategy.replace("_", "").isalnum() or not found.is_file():
            raise NotFound(
                f"no strategy `{strategy}` in {self._home.strategies}; known: {', '.join(self.names()) or 'none'}"
            )
        return found

    def names(self) -> list[str]:
        return sorted(
            p.stem for p in self._home.strategies.glob("*.py") if not p.stem.startswith("_")
        )

    def sha256(self, strategy: str) -> str:
        """Return the hash of the file as it lies there now, '' when it is not there."""
        path = self._home.strategies / f"{strategy}.py"
        try:
            stat = path.stat()
            known = self._stamps.get(path)
            if known is None or known[:2] != (stat.st_mtime_ns, stat.st_size):
                digest = hashlib.sha256(path.read_bytes()).hexdigest()
                known = self._stamps[path] = (stat.st_mtime_ns, stat.st_size, digest)
        except OSError:
            return ""
        return known[2]

    def known(self, strategy: str) -> FileSeen | None:
        """Return what is known of the file's present content, without looking into it."""
        return self._seen.get(strategy + self.sha256(strategy))

    async def look(self, strategy: str, again: bool = False) -> FileSeen:
        """Load the file in a child (once for each content) and return what it holds."""
        path = self.path(strategy)
        digest = self.sha256(strategy)
        key = strategy + digest
        if again or key not in self._seen:
            self._seen[key] = (await self.look_many([path]))[0]
        return self._seen[key]

    async def look_all(self, again: bool = False) -> dict[str, FileSeen]:
        """Return what every file holds, by name. Only content that is new is loaded."""
        keys = {name: name + self.sha256(name) for name in self.names()}
        fresh = [name for name, key in keys.items() if again or key not in self._seen]
        if fresh:
            paths = [self._home.strategies / f"{name}.py" for name in fresh]
            for name, seen in zip(fresh, await self.look_many(paths), strict=True):
                self._seen[keys[name]] = seen
        return {name: self._seen[key] for name, key in keys.items()}

    def changed_ns(self, strategy: str) -> int:
        """Return when the file was written last; 0 when it is gone."""
        self.sha256(strategy)
        known = self._stamps.get(self._home.strategies / f"{strategy}.py")
        return known[0] if known else 0

    def _short(self, error: str) -> str:
        return error.replace(f"{self._home.strategies}/", "")

    async def look_many(self, paths: list[Path]) -> list[FileSeen]:
        from clearedge_tui.engine.inspect import inspect_files

        found = await asyncio.to_thread(inspect_files, paths, _LIMIT_S)
        rows = []
        for path, info in zip(paths, found, strict=True):
            if isinstance(info, LoadError):
                rows.append(
                    FileSeen(
                        str(path),
                        self.sha256(path.stem),
                        error=self._short(info.error),
                        line=info.line,
                        detail="\n".join(clean_lines(_own_frames(info.detail)[-_MOST_WORDS:])),
                    )
                )
            else:
                rows.append(
                    FileSeen(
                        str(path),
                        info.sha256,
                        info.kind,
                        info.doc,
                        dict(info.schema),
                        info.hooks,
                        words=_words(path, info.doc),
                    )
                )
        return rows


def _own_frames(trace: str) -> str:
    """Return a traceback without the frames of this program: they lead nobody to the fault."""
    kept, ours = [], False
    for line in trace.split("\n"):
        if line.startswith('  File "'):
            ours = line.startswith(f'  File "{_PACKAGE}/')
        elif not line.startswith("    "):
            ours = False
        if not ours:
            kept.append(line)
    return "\n".join(kept)


def _words(path: Path, first: str) -> str:
    """Return the docstring that begins with `first`, read from the text: nothing is run."""
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return first  # it was changed since it was looked at
    places: list[ast.Module | ast.ClassDef] = [
        tree,
        *(node for node in tree.body if isinstance(node, ast.ClassDef)),
    ]
    for node in places:
        doc = ast.get_docstring(node) or ""
        if first and clean_text(doc.strip().split("\n")[0], 200) == first:
            return "\n".join(clean_lines(doc[:_MOST_WORDS]))
    return first
