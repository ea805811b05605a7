"""What processes cost is looked at now and then, and their pages are summed when they changed."""

import os
import subprocess
import sys

import psutil
import pytest

from clearedge_tui.supervisor import memory


def test_pages_are_summed_when_memory_grew_and_seldom_else(monkeypatch: pytest.MonkeyPatch) -> None:
    now, summed, resident = [1000.0], [0], [50.0]

    def private(_pid: int) -> float:
        summed[0] += 1
        return 7.5

    monkeypatch.setattr(memory, "monotonic", lambda: now[0])
    monkeypatch.setattr(memory, "private_mb", private)
    monkeypatch.setattr(memory, "stat", lambda _pid: memory.Stat(7, 1.0, resident[0]))
    scales = memory.Scales()
    first = scales.look(os.getpid())
    assert first is not None
    assert first[1] == 7.5
    assert scales.look(os.getpid()) is None  # too soon
    for _ in range(100):  # ten minutes in which nothing grows
        now[0] += 6
        scales.look(os.getpid())
    assert 2 <= summed[0] <= 6
    before, resident[0] = summed[0], 80.0
    now[0] += 31
    scales.look(os.getpid())
    assert summed[0] == before + 1


def test_a_real_process_is_weighed_and_one_that_is_gone_is_not() -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", "x = bytearray(b'1' * 30_000_000); print(1, flush=True); input()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert child.stdout is not None
    child.stdout.readline()
    costs = memory.Scales().look(child.pid)
    assert costs is not None
    assert 30 < costs[1] < 120
    seen = memory.stat(child.pid)
    assert seen is not None
    assert seen.resident_mb >= costs[1] * 0.95
    child.communicate(b"\n")
    assert memory.Scales().look(child.pid) is None
    assert memory.stat(child.pid) is None


def test_the_kernel_is_read_as_psutil_reads_it() -> None:
    ours, theirs = memory.stat(os.getpid()), psutil.Process()
    assert ours is not None
    times = theirs.cpu_times()
    assert ours.spent_s == pytest.approx(times.user + times.system, abs=0.1)
    assert ours.resident_mb == pytest.approx(theirs.memory_info().rss / 1e6, rel=0.1)


def test_a_share_is_of_the_time_between_two_looks_and_of_one_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, seen = [1000.0], [memory.Stat(7, 1.0, 50.0)]
    monkeypatch.setattr(memory, "monotonic", lambda: now[0])
    monkeypatch.setattr(memory, "private_mb", lambda _pid: 7.5)
    monkeypatch.setattr(memory, "stat", lambda _pid: seen[0])
    scales = memory.Scales()
    assert scales.look(5) == (0.0, 7.5)
    now[0] += 10
    seen[0] = memory.Stat(7, 3.5, 50.0)
    assert scales.look(5) == (25.0, 7.5)
    now[0] += 10
    seen[0] = memory.Stat(8, 0.1, 50.0)  # another process got the number
    assert scales.look(5) is None
    assert scales.look(5) == (0.0, 7.5)
