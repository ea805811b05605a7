"""What a strategy's code opens while it runs: files, sockets, processes, libraries that read files.

Python tells of its own doors by audit events. Arrow, polars and the like open files below Python:
calls of theirs in the strategy's own lines are heard instead, by name. What a library does while it is
imported, and the strategy's own source, are left out. Neither hook can be taken away again, so this is
for a process that ends with it.
"""

import os
import re
import sys
import sysconfig
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from clearedge_tui.core.text import clean_text
from clearedge_tui.research.probing import Touch

_FILES = {"open", "os.listdir", "os.scandir", "os.truncate", "os.rename", "os.remove"}
_OTHERS = {
    "socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo", "subprocess.Popen",
    "os.system", "os.posix_spawn", "os.exec", "os.fork", "os.forkpty", "pty.spawn",
    "sqlite3.connect", "ctypes.dlopen", "urllib.Request",
}  # fmt: skip
_HARMLESS = ("/dev/null", "/dev/urandom", "/dev/random", "/etc/localtime", "/usr/share/zoneinfo/")
_LIBRARIES = re.compile(r"^(pyarrow|pandas|polars|duckdb|h5py|tables|fastparquet|deltalake|vaex)\b")
_READS = re.compile(r"(?i)read|scan|load|open|memory_map|file|dataset|connect|store")
_OURS = re.compile(r"^clearedge_tui\.(market|store|runs|research|supervisor|settings)\b")
_TOOL = 4  # of sys.monitoring; no debugger, coverage or profiler has it
_MOST = 50


class Doors:
    """Hears from `open` on, until the process ends."""

    def __init__(self, strategies: Path, home: str) -> None:
        self._folder, self._home = f"{strategies}/", f"{Path(home).resolve()}/"
        paths = sysconfig.get_paths()
        roots = {paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")}
        roots |= {str(Path(os.__file__).parent), str(Path(__file__).parents[1])}
        self._libraries = tuple(f"{os.path.realpath(root)}/" for root in roots) + _HARMLESS
        self._touches: dict[Touch, None] = {}

    def open(self) -> None:
        sys.addaudithook(self._heard)
        monitoring = sys.monitoring
        monitoring.use_tool_id(_TOOL, "clearedge probe")
        monitoring.register_callback(_TOOL, monitoring.events.CALL, self._called)
        monitoring.set_events(_TOOL, monitoring.events.CALL)

    def seen(self) -> tuple[Touch, ...]:
        return tuple(self._touches)

    def _heard(self, event: str, args: tuple[Any, ...]) -> None:
        if event not in _FILES and event not in _OTHERS:
            return
        place, importing = self._asker(sys._getframe(1))
        if not place:
            return
        told = event
        if event in _FILES:
            what = args[0]
            if not isinstance(what, str | bytes | os.PathLike) or self._own(what, importing):
                return
            what = os.fsdecode(what)
            if event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+"):
                told = "open to write"
        else:
            what = " ".join(str(one) for one in args[:2] if one is not None)
            if importing and event == "ctypes.dlopen":
                return
        self._note(told, what, place)

    def _own(self, path: Any, importing: bool) -> bool:
        """Say whether a path is code or a library's: what any strategy may look at."""
        real = os.path.realpath(os.fsdecode(path))
        if real.startswith(self._libraries):
            return True
        if real.startswith(os.path.realpath(self._folder)):
            return real.endswith((".py", ".pyc")) or importing
        return importing and not real.startswith(self._home)

    def _asker(self, frame: FrameType | None) -> tuple[str, bool]:
        """Return the strategy's line that asked, if one did, and whether an import is between."""
        importing = False
        while frame is not None:
            file = frame.f_code.co_filename
            if file.startswith(self._folder):
                return f"{Path(file).name}:{frame.f_lineno}", importing
            importing = importing or file.startswith("<frozen importlib")
            frame = frame.f_back
        return "", importing

    def _called(self, code: CodeType, offset: int, called: Any, _first: Any) -> object:
        if code.co_filename.startswith(self._folder):
            module = str(getattr(called, "__module__", None) or type(called).__module__)
            name = str(getattr(called, "__qualname__", type(called).__name__))
            library = _LIBRARIES.match(module) and _READS.search(name)
            if library or _OURS.match(module) or "persistence" in module:
                lines = code.co_lines()
                line = next((n for a, b, n in lines if a <= offset < b), 0) or 0
                place = f"{Path(code.co_filename).name}:{line}"
                self._note("call", f"{module}.{name}", place)
        return sys.monitoring.DISABLE

    def _note(self, event: str, what: str, place: str) -> None:
        if len(self._touches) < _MOST:
            self._touches[Touch(event, clean_text(what, 160), place)] = None
