"""Background tasks whose failure is heard of: nothing of ours dies in silence."""

import asyncio
import traceback
from collections.abc import Callable, Coroutine
from typing import Any


class Tasks:
    """Named tasks, at most one of a name at a time; an unexpected end goes to `failed`."""

    def __init__(self, failed: Callable[[str, BaseException, str], None]) -> None:
        self._failed = failed
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._tasks

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Start it; a task of that name must not be under way."""
        task = asyncio.create_task(work, name=name)
        self._tasks[name] = task
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        name = task.get_name()
        self._tasks.pop(name, None)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            self._failed(name, error, "".join(traceback.format_exception(error)))
