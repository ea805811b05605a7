"""A database in a temporary folder, and the makers of what goes into it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from clearedge_tui.core.model import Instance
from clearedge_tui.store.db import Store, open_store
from tests.store.makers import GOOD, SCHEMA


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "clearedge.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with open_store(path) as opened:
        opened.put_schema("ema_cross", "aa", SCHEMA.to_plain(), 1)
        yield opened


@pytest.fixture
def ema() -> Instance:
    return Instance(
        "ema", "ema_cross", "paper", "BTCUSDT.LOCAL", "1m", config=dict(GOOD), created_ns=10
    )
