"""One tree of errors, by who must act. A message says what, where, found, wanted, next step."""

import errno

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO})


class ClearEdgeError(Exception):
    """Anything we raise on purpose; shown to the user as one line, never as a traceback."""

    exit_code = 1


class UsageError(ClearEdgeError):
    """The caller gave something we cannot take: the next step is in the message."""

    exit_code = 2


class Refused(ClearEdgeError):
    """Understood and not done: a rule, a gate or a state forbids it."""

    exit_code = 3


class NotFound(UsageError):
    """A name that does not exist; the message lists the nearest ones."""


class RetryLater(ClearEdgeError):
    """Something outside is not there yet (lock held, venue away)."""

    exit_code = 4


class StrategyFault(ClearEdgeError):
    """The strategy's own code or schema is wrong. Carries the place in the user's file."""

    exit_code = 5

    def __init__(self, message: str, path: str = "", line: int = 0, detail: str = "") -> None:
        place = f"{path}:{line}: " if path and line else f"{path}: " if path else ""
        super().__init__(place + message)
        self.message = message
        self.path = path
        self.line = line
        self.detail = detail  # full traceback for the log, never for the screen


class BadData(UsageError):
    """A data file or a catalog is wrong; says file, line and reason."""


class Bug(ClearEdgeError):
    """We broke our own rule."""

    exit_code = 70


def of_machine(error: BaseException) -> ClearEdgeError | None:
    """Return what to say of a disk that is full or forbids it, which is nobody's bug; else None."""
    if not isinstance(error, OSError) or error.errno not in _FULL | _FORBIDDEN:
        return None
    full = error.errno in _FULL
    where = f"{error.filename}: " if error.filename else ""
    then = "make room" if full else "see whose it is and whether it may be read and written"
    return RetryLater(f"{where}{error.strerror}; {then}, and try again")
