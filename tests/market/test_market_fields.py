"""A market's fields by one rule, whoever writes them, and the table as a file."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clearedge_tui.core.errors import BadData, Refused, UsageError
from clearedge_tui.market import catalog, columns, fields, listed, table_file, usage
from clearedge_tui.market.layout import Key, Kind
from clearedge_tui.market.markets import Market, describe, load_markets, save_market, save_markets
from clearedge_tui.market.shelf import market_of
from clearedge_tui.market.sources.model import Listing
from clearedge_tui.settings import Home
from tests.backtest.box import BTC, MINUTE, flat_bars, make_home, store

D = Decimal
shares = st.decimals("0", "0.1", places=5)
amounts = st.decimals("0", "100000", places=3)


@st.composite
def changes(draw: st.DrawFn) -> dict[str, str]:
    """Return fields as a person types them: some said, some not, some made usual again."""
    prices, sizes = draw(st.integers(0, 8)), draw(st.integers(0, 8))
    units = st.integers(1, 10_000)
    least = draw(amounts)
    said: dict[str, object] = {
        "price_precision": prices,
        "size_precision": sizes,
        "price_step": D(draw(units)).scaleb(-prices),
        "size_step": D(draw(units)).scaleb(-sizes),
        "min_size": least,
        "max_size": least + 10_000,
        "min_notional": draw(amounts),
        "maker_fee": draw(shares) - D("0.01"),
        "taker_fee": draw(shares),
        "margin_init": D("0.5"),
        "margin_maint": D("0.25"),
        "multiplier": draw(st.sampled_from([1, 5, "0.1"])),
        "calendar": draw(st.sampled_from(["24/7", "fx"])),
        "asset_class": draw(st.sampled_from(["crypto", "fx", "equity", "index"])),
        "source": draw(st.sampled_from(["binance", 'a "b", c'])),
    }
    kept = draw(st.sets(st.sampled_from(sorted(said.keys() - {"price_precision"}))))
    if "size_step" in kept:
        kept.add("size_precision")
    chosen = {n: str(said[n]) for n in ["price_precision", *sorted(kept)]}
    usual = draw(st.sets(st.sampled_from(["maker_fee", "calendar", "max_size", "price_step"])))
    return {n: "" if n in usual else v for n, v in chosen.items()}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(asked=st.lists(changes(), min_size=1, max_size=4), form=st.sampled_from(["csv", "json"]))
def test_what_is_set_comes_back_from_disk_and_from_a_table(
    asked: list[dict[str, str]], form: str, tmp_path: Path
) -> None:
    made = [fields.changed(describe(f"A{n}/USDT"), one) for n, one in enumerate(asked)]
    for market, said in zip(made, asked, strict=True):
        for name, value in said.items():
            if value:
                assert str(getattr(market, name)) == value
    home = Home(tmp_path)
    (home.catalog / "markets.json").unlink(missing_ok=True)
    save_markets(home, made)
    assert list(load_markets(home).values()) == made
    (tmp_path / "table").write_text(table_file.write(made, form))
    for known in ({}, {m.market_id: describe(m.symbol) for m in made}):
        assert table_file.read(tmp_path / "table", known) == made


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"taker_fe": "1"}, "no field `taker_fe`; nearest: taker_fee"),
        ({"venue": "X"}, "`venue` is what the market is"),
        ({"taker_fee": "abc"}, "taker_fee 'abc' is not a number"),
        ({"taker_fee": "nan"}, "not finite"),
        ({"taker_fee": "5"}, "wanted a share of the notional"),
        ({"price_precision": "1.5"}, "wanted a whole number"),
        ({"price_precision": "17"}, "17 decimals; wanted 0 to 16"),
        ({"price_precision": ""}, "price_precision is empty"),
        ({"price_step": "0.005"}, "say price_precision or size_precision too"),
        ({"size_step": "0"}, "not above 0"),
        ({"size_step": "-1"}, "not above 0"),
        ({"min_size": "-1"}, "min_size -1; wanted 0"),
        ({"max_size": "0.0000001"}, "less than the least order"),
        ({"margin_init": "2"}, "above 0 and at most 1"),
        ({"margin_init": "0.1", "margin_maint": "0.2"}, "more than margin_init"),
        ({"multiplier": "0"}, "multiplier 0; wanted more than 0"),
        ({"asset_class": "bond"}, "asset_class `bond`; wanted one of: crypto, fx"),
        ({"calendar": "MARS"}, "calendar `MARS`"),
    ],
)
def test_a_value_that_cannot_be_is_refused_in_words(asked: Mapping[str, str], message: str) -> None:
    with pytest.raises(UsageError) as wrong:
        fields.changed(describe("BTC/USDT"), asked)
    assert message in str(wrong.value)


def test_the_least_size_follows_the_step_until_somebody_says_another() -> None:
    market = fields.changed(describe("BTC/USDT"), {"size_step": "0.25"})
    assert market.min_size == D("0.25")
    market = fields.changed(market, {"min_size": "1"})
    assert fields.changed(market, {"size_step": "0.5"}).min_size == 1
    assert fields.changed(market, {"min_size": ""}).min_size == D("0.25")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("symbol,tick\nA,1\n", "line 2: no field `tick`"),
        ("symbol,taker_fee\nBTC/USDT,x\n", "line 2: taker_fee 'x' is not a number"),
        ("symbol,venue\nBTC/USDT\n", "line 2: 2 columns wanted"),
        ("venue\nX\n", "line 2: `symbol` is missing"),
        ("symbol\nA/USDT\nA/USDT\n", "line 3: AUSDT.LOCAL is there twice"),
        ("symbol,market_id\nA,../../x\n", "wanted one like BTCUSDT.BINANCE"),
        ("symbol,market_id,base\nBTC/USDT,BTCUSDT.LOCAL,ETH\n", "has base BTC, the file says ETH"),
        ("symbol\n", "no markets in it"),
        ('{"markets": 3}', "wanted a list of markets"),
        ('{"markets": [', "Input data was truncated"),
        ('"', "unexpected end of data"),
    ],
)
def test_a_bad_table_is_refused_with_its_row(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "markets.csv"
    path.write_text(text)
    with pytest.raises(BadData) as wrong:
        table_file.read(path, {"BTCUSDT.LOCAL": describe("BTC/USDT")})
    assert str(path) in str(wrong.value)
    assert message in str(wrong.value)


def test_a_table_changes_only_the_columns_it_has(tmp_path: Path) -> None:
    known = fields.changed(describe("BTC/USDT"), {"maker_fee": "0.001", "min_notional": "5"})
    path = tmp_path / "markets.csv"
    path.write_text("symbol,venue,taker_fee\nBTC/USDT,,0.002\nES,CME,0\n")
    first, second = table_file.read(path, {known.market_id: known})
    assert first == msgspec.structs.replace(known, taker_fee=D("0.002"))
    assert (second.market_id, second.taker_fee) == ("ES.CME", D(0))


# ---- what is stored ---------------------------------------------------------------------------
def test_decimals_that_stored_prices_need_stay(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    store(home, BTC, "1m", flat_bars([20.125, 21.0, 22.0]))
    finer = fields.changed(BTC, {"price_precision": "5"})
    usage.fits(home, BTC, finer)
    with pytest.raises(Refused, match=r"BTCUSDT.LOCAL 1m is stored with prices such as 20\.125"):
        usage.fits(home, BTC, fields.changed(BTC, {"price_precision": "2"}))
    usage.fits(home, BTC, fields.changed(BTC, {"size_precision": "0"}))  # volumes are whole


def test_decimals_of_a_books_levels_count_too(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    key = Key(BTC.market_id, Kind.DEPTH)
    layout = columns.layout(key, 3, 6)
    level = [{"price": D("20.125"), "size": D("0.5"), "count": 1, "order_id": 0}]
    import pyarrow as pa

    row = {"bids": level, "asks": level, "flags": 0, "sequence": 1, "ts_event": MINUTE, "ts_init": MINUTE}  # fmt: skip
    with catalog.locked(home):
        catalog.add(home, BTC, key, [pa.RecordBatch.from_pylist([row], schema=layout)])
    for field, wrong in (("price_precision", "prices such as 20.125"), ("size_precision", "0.5")):
        with pytest.raises(Refused, match=wrong):
            usage.fits(home, BTC, fields.changed(BTC, {field: "0"}))


def test_rows_added_with_more_decimals_keep_them(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    bars = flat_bars([20.125, 21.0, 22.0, 20.12345], spread=0.0)
    store(home, BTC, "1m", bars.slice(0, 3))
    finer = fields.changed(BTC, {"price_precision": "5"})
    store(home, finer, "1m", bars.slice(3, 4))
    assert np.array_equal(catalog.read_bars(home, BTC.market_id, "1m").close, bars.close)


# ---- from venues ------------------------------------------------------------------------------
def listing(**changes: object) -> Listing:
    usual: dict[str, object] = {
        "symbol": "BTC/USDT", "name": "BTC/USDT", "market_id": "BTCUSDT.ACME", "venue": "ACME",
        "base": "BTC", "quote": "USDT", "asset_class": "crypto", "price_precision": 2,
        "size_precision": 3, "price_step": D("0.05"), "size_step": D("0.001"),
        "min_size": D("0.01"), "min_notional": D(5), "taker_fee": D("0.001"),
    }  # fmt: skip
    return Listing(**(usual | changes))  # type: ignore[arg-type]


def test_a_listing_keeps_what_the_venue_tells() -> None:
    market = market_of("acme", listing())
    assert (market.price_step, market.size_step) == (D("0.05"), None)  # one unit needs no words
    assert (market.min_size, market.min_notional) == (D("0.01"), D(5))
    assert (market.maker_fee, market.taker_fee) == (None, D("0.001"))
    assert fields.checked(market).info.limits is not None


def test_a_venue_tells_again_and_nothing_known_is_lost() -> None:
    known: Market = fields.changed(
        market_of("acme", listing()),
        {"price_precision": "4", "maker_fee": "0.0001", "calendar": "fx"},
    )
    again = listed.merged(known, "acme", listing(taker_fee=D("0.002"), price_step=D("0.01")))
    assert (again.price_precision, again.price_step) == (4, D("0.01"))
    assert (again.maker_fee, again.taker_fee) == (D("0.0001"), D("0.002"))
    assert again.calendar == "fx"


def test_a_market_of_a_home_is_replaced_or_taken_away(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    save_market(home, BTC)
    save_markets(home, [describe("ES", "CME")], without=BTC.market_id)
    assert list(load_markets(home)) == ["ES.CME"]
