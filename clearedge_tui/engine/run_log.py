"""What a strategy says in a run, in the run's folder."""

import contextlib
import os
import sys
from pathlib import Path

from clearedge_tui.core.clock import iso
from clearedge_tui.core.text import clean_lines, clean_text

_MOST_LINES, _LONGEST = 20_000, 2_000


class RunLog:
    """The run's log file: the strategy's own lines with data time, then nothing but the end."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8", buffering=1)
        self._lines = 0
        self.took = False
        self._full: OSError | None = None

    def say(self, ts_ns: int, level: str, text: str) -> None:
        self._lines += 1
        if self._lines <= _MOST_LINES:
            at = iso(ts_ns) if ts_ns else "-"
            self._write(f"{at:<19} {level:<7} {clean_text(text)}\n")
        elif self._lines == _MOST_LINES + 1:
            self._write(f"more than {_MOST_LINES} lines; the rest is dropped\n")

    def raw(self, text: str) -> None:
        """Write lines without a time. Raises what kept an earlier one from being written."""
        lines = clean_lines(text.rstrip("\n"), _LONGEST, _MOST_LINES)
        self._write("\n".join(lines) + "\n" if text else "")
        if self._full is not None:
            raise self._full

    def _write(self, text: str) -> None:
        try:
            if self._full is None:
                self._file.write(text)
        except OSError as error:  # told when the strategy is not on the stack: it is not its fault
            self._full = error

    def take_output(self) -> None:
        """Send this process's stdout and stderr here, also those of the engine's own threads."""
        sys.stdout.flush()
        sys.stderr.flush()
        self.took = True
        os.dup2(self._file.fileno(), 1)
        os.dup2(self._file.fileno(), 2)

    def finish(self) -> None:
        """Write no more: the file is about to be named by its hash."""
        if self.took:
            sys.stdout.flush()
            sys.stderr.flush()
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 1)
            os.dup2(null, 2)
            os.close(null)
        self.close()

    def close(self) -> None:
        with contextlib.suppress(OSError):  # said by `raw`
            self._file.close()
