"""Breaks a strategy's callback that does not return, and remembers where it stood."""

import ctypes
import os
import sys
import threading
from pathlib import Path
from types import FrameType

from clearedge_tui.core.clock import monotonic

EXIT_STUCK = 71
_TICK_S = 0.1
_SOON_S = 0.02
_SECOND_CHANCE_S = 2.0


class CallbackTimeout(BaseException):
    """Raised inside a callback that took too long; not an Exception, so that it is not caught."""


class Watchdog:
    """A thread beside the strategy's. Python loops break; a call stuck in C ends the process."""

    def __init__(self, limit_s: float, strategy_path: str, last_words: Path) -> None:
        self.limit_s = limit_s
        self.place = ""
        self._path = strategy_path
        self._last_words = last_words
        self._main = threading.get_ident()
        self.callback = ""
        self.since = 0.0
        self._raised_at = 0.0
        self.striking = False  # said before the callback is looked at, asked after it has ended
        self._lock = threading.Lock()
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()

    def enter(self, callback: str) -> None:
        self.since = monotonic()
        self.callback = callback

    def leave(self) -> float:
        """Return how long the callback took, in seconds."""
        self.callback = ""
        if self.striking:
            with self._lock:
                if self._raised_at:  # the call ended by itself just then: nothing may strike later
                    self._strike(None)
                self._raised_at, self.striking = 0.0, False
        return monotonic() - self.since

    def _strike(self, what: type[BaseException] | None) -> None:
        """Raise in the strategy's thread at its next step; None takes back what has not struck."""
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(self._main), ctypes.py_object(what) if what else None
        )

    def _watch(self) -> None:
        wait = threading.Event()
        rest_s = _TICK_S
        while True:
            wait.wait(rest_s)
            rest_s = _TICK_S
            callback, since = self.callback, self.since
            left_s = since + self.limit_s - monotonic()
            if not callback or left_s > 0:
                # a call that outlasts this rest is under way at its end: none slips through, and
                # a hundred of these threads sleep nearly always
                rest_s = (left_s if callback else 0.9 * self.limit_s) + _SOON_S
                continue
            if not self._raised_at:
                with self._lock:
                    self.striking = True
                    if (self.callback, self.since) == (callback, since):
                        self.place = self._where()
                        self._raised_at = monotonic()
                        self._strike(CallbackTimeout)
            elif monotonic() - self._raised_at > _SECOND_CHANCE_S:
                self._last_words.parent.mkdir(parents=True, exist_ok=True)
                self._last_words.write_text(
                    f"{callback} did not return within {self.limit_s:g} s and could not be broken"
                    + (f" ({self.place})" if self.place else "")
                )
                os._exit(EXIT_STUCK)

    def _where(self) -> str:
        frame: FrameType | None = sys._current_frames().get(self._main)
        while frame is not None:
            if frame.f_code.co_filename == self._path:
                return f"{Path(self._path).name}:{frame.f_lineno}"
            frame = frame.f_back
        return ""
