"""A Dask cluster on this machine: a scheduler and two workers, each a process of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LIMIT_S = 60.0


class Cluster:
    """A scheduler and its workers, each a process of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.processes: list[subprocess.Popen[bytes]] = []
        self.address = ""

    def start(self) -> None:
        where = self._folder / "scheduler.json"
        self._run("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
                  "--scheduler-file", str(where))  # fmt: skip
        end = time.monotonic() + LIMIT_S
        while not where.is_file() or not where.read_text().strip():
            assert time.monotonic() < end, "no scheduler"
            time.sleep(0.05)
        self.address = json.loads(where.read_text())["address"]
        for n in range(2):
            self._run("worker", self.address, "--nthreads", "1", "--nworkers", "1", "--no-nanny",
                      "--no-dashboard", "--local-directory", str(self._folder / f"w{n}"))  # fmt: skip
        from distributed import Client

        with Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=LIMIT_S)

    def _run(self, *words: str) -> None:
        env = {**os.environ, "TMPDIR": str(self._folder), "PYTHONPATH": str(Path.cwd())}
        with (self._folder / "log").open("ab") as log:
            self.processes.append(
                subprocess.Popen(
                    [sys.executable, "-m", "distributed.cli.dask_" + words[0], *words[1:]],
                    stdout=log, stderr=log, env=env, start_new_session=True,
                )
            )  # fmt: skip

    def close(self) -> None:
        for process in reversed(self.processes):
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
            process.wait()


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    made = Cluster(folder)
    try:
        made.start()
        yield made
    finally:
        made.close()
