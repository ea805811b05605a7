from collections import deque
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearedge_tui.contract.indicators import Ema
from clearedge_tui.core.errors import StrategyFault
from clearedge_tui.engine import keep

leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.decimals(allow_nan=False)
)
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text() | st.integers(), inner)
        | st.lists(inner).map(lambda v: deque(v, maxlen=50))
    ),
    max_leaves=20,
)


@given(state=st.dictionaries(st.text(), values))
def test_state_comes_back_equal(
    tmp_path_factory: pytest.TempPathFactory, state: dict[str, Any]
) -> None:
    path = tmp_path_factory.getbasetemp() / "kept_state"  # one place: a new one each took 50 ms
    keep.write(path, state, "code", 1, 0)
    assert keep.read(path) == state


def test_indicators_of_the_contract_come_back_warm(tmp_path: Path) -> None:
    ema = Ema(3)
    for price in (1.0, 2.0, 4.0, 8.0):
        ema.update(price)
    when = datetime(2022, 1, 1, tzinfo=UTC)
    keep.write(
        tmp_path / "state",
        {"ema": ema, "when": when, "seen": {1, 2}, "d": Decimal("0.1")},
        "",
        1,
        0,
    )
    back = keep.read(tmp_path / "state")
    assert back is not None
    assert back["ema"].update(16.0) == ema.update(16.0)
    assert (back["when"], back["seen"], back["d"]) == (when, {1, 2}, Decimal("0.1"))


def test_what_cannot_be_kept_is_named_by_its_key(tmp_path: Path) -> None:
    with pytest.raises(StrategyFault, match=r"state\['a'\]\[1\] is a object"):
        keep.write(tmp_path / "state", {"a": [1, object()]}, "", 1, 0)
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("junk", [b"", b"\x00", b"junk", b"\x93\x01"])
def test_a_damaged_file_is_no_state(tmp_path: Path, junk: bytes) -> None:
    (tmp_path / "state").write_bytes(junk)
    assert keep.read(tmp_path / "state") is None
