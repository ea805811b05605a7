"""Specifications as files: strict, exact, and read back as they were written."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearedge_tui.core.errors import BadData, NotFound, UsageError
from clearedge_tui.runs.model import BacktestSpec
from clearedge_tui.runs.spec import resolve, text, v2

OPS_LAB = """
# the example that ops-lab ships, with its own comment and another order of keys
run_id: 2026-05-20-btcusdt-backtest-001
spec_version: v1
mode: backtest
engine: nautilus
venue: binance
instrument: "BTCUSDT"
strategy: {version: 0.1.0, name: ops_smoke_demo}
data:
  dataset: btcusdt-sample
  fingerprint: placeholder
risk: {profile: tiny}
observability:
  journal: true
  metrics: false
  report: false
"""
KNOWN = "de3290d1e4b3e4d45750547071d23bbb21fdf26ab8c0c2a42482de0b88f58ac7"


def asked(body: str, **kind: bool) -> resolve.Read:
    return resolve.of_values(text.parse(body, **kind))


def test_version_1_is_read_unchanged_and_hashes_to_the_known_value() -> None:
    found = asked(OPS_LAB)
    assert found.config_sha256 == KNOWN
    assert (found.version, found.run_name) == ("v1", "2026-05-20-btcusdt-backtest-001")
    assert (found.spec.strategy, found.spec.market) == ("ops_smoke_demo", "BTCUSDT.BINANCE")


def test_version_1_with_another_strategy_has_another_hash() -> None:
    assert asked(OPS_LAB.replace("ops_smoke_demo", "other")).config_sha256 != KNOWN


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("run_id: 2026-05-20-btcusdt-backtest-001", "run_id: ../../escaped"), "run_id"),
        (("engine: nautilus", "engine: other"), "engine"),
        (("profile: tiny", "profile: '  '"), "risk.profile"),
        (("fingerprint", "fingerprnt"), "data.fingerprnt` is no key here; nearest: fingerprint"),
        (("risk: {profile: tiny}", ""), "`risk` is missing"),
        (
            ("risk:", "connectivity_readiness: {enabled: true, venue: okx}\nrisk:"),
            "connectivity_readiness.venue",
        ),
        (
            (
                "risk:",
                "connectivity_readiness: {credential_placeholders: {required_env: [key]}}\nrisk:",
            ),
            "`key` is no name of a variable",
        ),
        (
            (
                "risk:",
                "connectivity_readiness: {credential_placeholders:"
                " {required_env: [A], optional_env: [A]}}\nrisk:",
            ),
            "both required and optional",
        ),
    ],
)
def test_a_version_1_file_with_a_fault_says_which(change: tuple[str, str], words: str) -> None:
    with pytest.raises(BadData) as told:
        asked(OPS_LAB.replace(*change))
    assert words in str(told.value)


def test_a_version_1_session_is_not_taken_for_a_backtest() -> None:
    with pytest.raises(UsageError, match="instance add"):
        asked(OPS_LAB.replace("mode: backtest", "mode: paper"))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("strategi: x", "`strategi` is no key here; nearest: strategy"),
        ("strategy: x", "`market` is missing"),
        ("strategy: x\nmarket: m\ncosts: {slipage: 'bps:1'}", "costs.slipage"),
        ("strategy: x\nmarket: m\nseed: soon", "`seed`"),
        ("strategy: x\nmarket: m\nmarket: n", "line 3, column 1: `market` is there twice"),
        ("strategy: &a x\nmarket: *a", "anchors and aliases"),
        ("strategy: x\nmarket: m\nbalance: .nan", "line 3"),
        ("strategy: x\nmarket: m\nbalance: !!python/name:os.system", "line 3"),
        ("strategy: ''\nmarket: m", "cannot be empty"),
        ("spec_version: 3", "wanted 2 (ours) or v1"),
        ("- a\n- b", "no `name: value` lines"),
        ("a: [", "line 1"),
        ("", "no `name: value` lines"),
        ("1: 2", "is no text"),
        ("a: " + "[" * 3000, "not YAML"),
    ],
)
def test_a_file_with_a_fault_says_where_and_what_is_wanted(body: str, words: str) -> None:
    with pytest.raises(BadData) as told:
        asked(body)
    assert words in str(told.value)


def test_a_file_is_named_in_its_errors(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no file"):
        resolve.read(tmp_path / "none.yaml")
    path = tmp_path / "odd.toml"
    path.write_text("strategy = ", "utf-8")
    with pytest.raises(BadData, match=r"odd\.toml: not TOML"):
        resolve.read(path)
    path = tmp_path / "odd.yaml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(BadData, match=r"odd\.yaml is no UTF-8"):
        resolve.read(path)
    path.write_bytes(b"a" * 1_000_001)
    with pytest.raises(BadData, match="more than 1,000,000 bytes"):
        resolve.read(path)


def test_yaml_and_toml_ask_for_the_same() -> None:
    yaml = (
        "strategy: s\nmarket: BTC/USDT\nfrom: 2022-01-03\nbalance: 0.1\nconfig: {n: 3, f: 0.30}\n"
    )
    toml = 'strategy="s"\nmarket="BTC/USDT"\nfrom=2022-01-03\nbalance=0.1\n[config]\nn=3\nf=0.30\n'
    first, second = asked(yaml), asked(toml, toml=True)
    assert first == second
    assert first.spec.balance == Decimal("0.1")
    assert first.spec.start == "2022-01-03"


names = st.text("abcdefghij_", min_size=1, max_size=8)
values = st.one_of(
    st.integers(-(10**9), 10**9),
    st.booleans(),
    st.text(max_size=12).filter(str.isprintable),
    st.decimals("-1e6", "1e6", places=4).map(lambda one: f"{one:f}"),
)


@given(
    config=st.dictionaries(names, values, max_size=5),
    start=st.integers(0, 4 * 10**18).map(lambda ns: ns // 1000 * 1000),
    balance=st.decimals("0.01", "1e9", places=2),
    seed=st.integers(0, 2**31),
)
def test_what_is_saved_asks_for_the_same_run(
    config: dict[str, Any], start: int, balance: Decimal, seed: int
) -> None:
    spec = BacktestSpec("s", "M.V", "1m", start, start + 10**12, config, balance, seed=seed)
    saved = v2.of_backtest(spec, "ab")
    again = asked(text.write(v2.plain(saved))).spec
    assert again == saved
    from clearedge_tui.market import moments

    assert moments.span_ns(again.start, again.end) == (start, start + 10**12)
