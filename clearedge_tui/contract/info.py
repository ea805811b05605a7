"""What is known of a strategy file without running its strategy. Pure data: it crosses processes."""

import msgspec


class StrategyInfo(msgspec.Struct, frozen=True):
    """A file that holds a strategy. `kind` is class, module or native."""

    name: str
    path: str
    sha256: str
    kind: str
    doc: str = ""  # first line of the docstring
    schema: dict[str, object] = {}  # Schema.to_plain()
    hooks: tuple[str, ...] = ()  # optional callbacks the file has

    @property
    def ok(self) -> bool:
        return True


class LoadError(msgspec.Struct, frozen=True):
    """A file that holds none, and why. `error` is one line that begins with the place."""

    name: str
    path: str
    error: str
    line: int = 0
    detail: str = ""  # the traceback, for the log
    sha256: str = ""

    @property
    def ok(self) -> bool:
        return False
