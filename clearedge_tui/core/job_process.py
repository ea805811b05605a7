"""A job's process: it reads one task from its input, tells its steps on a descriptor, and ends."""

import os
from collections.abc import Callable
from typing import Any

import msgspec

from clearedge_tui.core.wire import Deframer, frame

Send = Callable[[msgspec.Struct], None]


def serve[T](answers: int, decode: Callable[[bytes], T], run: Callable[[T, Send], Any]) -> int:
    """Do the one task, send how it ended, and return its exit code; 2 when no task came.

    What the task starts does not inherit the descriptor: whoever reads it would wait for that too.
    """

    def send(message: msgspec.Struct) -> None:
        view = memoryview(frame(message))
        while view:
            view = view[os.write(answers, view) :]

    os.set_inheritable(answers, False)
    deframer = Deframer()
    while chunk := os.read(0, 1 << 16):
        for body in deframer.feed(chunk):
            ended = run(decode(body), send)
            send(ended)
            return int(ended.code)
    return 2
