"""The file whose record lock says which process is the supervisor. Nobody else opens it to write."""

from pathlib import Path


def owner_file(lock: Path) -> Path:
    return lock.with_name(lock.name + ".owner")
