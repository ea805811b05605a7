"""Setting up: at once when it was done before, one line when there is no Python to do it with."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parent.parent
TOOLS = ("dirname", "cksum", "cat", "ls", "grep", "rm", "chmod", "sh")
FIXED = ("/usr/local/bin", "/usr/bin", "/opt/homebrew/bin")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with nothing but the script and the locks, and a PATH without any Python."""
    (tmp_path / "scripts").mkdir()
    (tmp_path / "bin").mkdir()
    shutil.copy(REPO / "scripts" / "bootstrap", tmp_path / "scripts" / "bootstrap")
    for name in ("requirements.lock", "requirements-dev.lock"):
        shutil.copy(REPO / name, tmp_path / name)
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found
        (tmp_path / "bin" / tool).symlink_to(found)
    return tmp_path


def bootstrap(clone: Path, kind: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["sh", str(clone / "scripts" / "bootstrap"), kind],
        env={"PATH": str(clone / "bin"), "HOME": str(clone)},
        capture_output=True,
        text=True,
        timeout=20,
    )


def stamp(clone: Path, kind: str, lock: str) -> None:
    """Pretend that this lock was installed here."""
    python = clone / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True, exist_ok=True)
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    with (clone / lock).open("rb") as content:
        total = subprocess.run(["cksum"], stdin=content, capture_output=True, text=True, check=True)
    (clone / ".venv" / f".{kind}").write_text(f"{clone} {total.stdout}")


def has_python(clone: Path) -> bool:
    fixed = [Path(folder) / name for folder in FIXED for name in ("python3.13", "python3.14")]
    more = [
        *Path("/opt").glob("*/bin/python3.1[34]"),
        *Path("/opt/pyenv").glob("versions/3.1[34]*"),
    ]
    return any(one.exists() for one in fixed) or bool(more)


def test_no_python_is_one_line_that_says_what_to_install(clone: Path) -> None:
    if has_python(clone):
        pytest.skip("this machine has a Python at a place that the script always looks at")
    done = bootstrap(clone, "run")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "no Python 3.13 or 3.14 here; install one: " in done.stderr
    assert not (clone / ".venv").exists()


@pytest.mark.parametrize(
    ("installed", "lock", "asked"),
    [
        ("run", "requirements.lock", "run"),
        ("dev", "requirements-dev.lock", "dev"),
        ("dev", "requirements-dev.lock", "run"),
    ],
)
def test_what_was_installed_is_not_installed_again(
    clone: Path, installed: str, lock: str, asked: str
) -> None:
    stamp(clone.resolve(), installed, lock)
    done = bootstrap(clone, asked)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_changed_lock_is_installed(clone: Path) -> None:
    if has_python(clone):
        pytest.skip("this machine has a Python at a place that the script always looks at")
    stamp(clone.resolve(), "run", "requirements.lock")
    with (clone / "requirements.lock").open("a") as lock:
        lock.write("# changed\n")
    assert bootstrap(clone, "run").returncode == 1


def test_an_unknown_kind_is_wrong_usage(clone: Path) -> None:
    done = bootstrap(clone, "all")
    assert done.returncode == 2
    assert "wanted run or dev" in done.stderr


def test_the_script_is_executable() -> None:
    for name in ("scripts/bootstrap", "scripts/lock", ".ci/run"):
        assert os.access(REPO / name, os.X_OK), name
