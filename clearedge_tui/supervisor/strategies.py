"""The strategy files of a home as the supervisor sees them: looked at in a child, cached by hash."""

import asyncio
import hashlib
from pathlib import Path

import msgspec

from clearedge_tui.contract.info import LoadError
from clearedge_tui.core.errors import NotFound
from clearedge_tui.settings import Home

_LIMIT_S = 20.0


class FileSeen(msgspec.Struct, frozen=True):
    """One version of one file: its contract, or why it has none."""

    path: str
    sha256: str
    kind: str = ""  # class | module | native
    doc: str = ""
    schema: dict[str, object] = {}
    hooks: tuple[str, ...] = ()
    error: str = ""  # one line with file and line


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

    async def look(self, strategy: str) -> FileSeen:
        """Load the file in a child (once for each content) and return what it holds."""
        path = self.path(strategy)
        digest = self.sha256(strategy)
        key = strategy + digest
        if key not in self._seen:
            self._seen[key] = (await self.look_many([path]))[0]
        return self._seen[key]

    def _short(self, error: str) -> str:
        return error.replace(f"{self._home.strategies}/", "")

    async def look_many(self, paths: list[Path]) -> list[FileSeen]:
        from clearedge_tui.engine.inspect import inspect_files

        found = await asyncio.to_thread(inspect_files, paths, _LIMIT_S)
        rows = []
        for path, info in zip(paths, found, strict=True):
            if isinstance(info, LoadError):
                rows.append(
                    FileSeen(str(path), self.sha256(path.stem), error=self._short(info.error))
                )
            else:
                rows.append(
                    FileSeen(
                        str(path), info.sha256, info.kind, info.doc, dict(info.schema), info.hooks
                    )
                )
        return rows
