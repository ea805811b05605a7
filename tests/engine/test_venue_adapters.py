"""Every venue's form becomes its adapter's configuration, for data and for orders."""

import json
from pathlib import Path

import pytest

from clearedge_tui.contract.schema import Schema
from clearedge_tui.core.errors import UsageError
from clearedge_tui.core.model import AccountKind
from clearedge_tui.core.venues import VENUES
from clearedge_tui.engine.venue_adapters import data_client, execution_client
from clearedge_tui.settings import Account, Home, load_accounts

KEYS = {
    "api_key": "k", "api_secret": "planted", "api_passphrase": "planted",
    "private_key": "0x" + "1" * 64,
}  # fmt: skip


@pytest.mark.parametrize("name", VENUES)
def test_every_choice_of_every_venue_is_known_to_its_adapter(name: str) -> None:
    venue = VENUES[name]
    schema = Schema.parse(venue.options)
    assert json.dumps(schema.to_plain())  # the form crosses to the console as it is
    keys = {key: KEYS[key] for key in venue.keys}
    choices = {key: field.choices for key, field in schema.fields.items() if field.choices}
    tried = [dict.fromkeys(choices)] if not choices else [
        {key: value} for key, values in choices.items() for value in values
    ]  # fmt: skip
    for options in tried:
        given = {key: value for key, value in options.items() if value is not None}
        account = Account("main", AccountKind.LIVE, "venue", venue=name, options=given)
        for factory, config in (data_client(account, keys), execution_client(account, keys)):
            assert "Factory" in type(factory).__name__
            assert "planted" not in repr(config)


@pytest.mark.parametrize("name", [n for n in VENUES if "base_url_http" in VENUES[n].options])
def test_an_address_reaches_the_adapter(name: str) -> None:
    options: dict[str, object] = {"base_url_http": "http://127.0.0.1:1"}
    account = Account("main", AccountKind.LIVE, "venue", venue=name, options=options)
    keys = {key: KEYS[key] for key in VENUES[name].keys}
    for _, config in (data_client(account, keys), execution_client(account, keys)):
        assert config.base_url_http == "http://127.0.0.1:1"


def test_a_market_is_a_venues_by_its_code_or_by_an_exchange_it_routes_to() -> None:
    assert VENUES["bybit"].lists("BTCUSDT-LINEAR.BYBIT")
    assert not VENUES["bybit"].lists("BTCUSDT.LOCAL")
    routes = VENUES["interactive_brokers"]
    assert routes.lists("AAPL.NASDAQ")
    assert routes.lists("EURUSD.IDEALPRO")
    assert not any(routes.lists(f"X.{code}") for code in ("LOCAL", "BYBIT", "BINANCE"))


def test_a_venue_that_must_be_told_its_markets_is_told_those_of_the_account() -> None:
    account = Account("main", AccountKind.LIVE, "venue", venue="interactive_brokers")
    for _, config in (
        data_client(account, {}, ["AAPL.NASDAQ", "EURUSD.IDEALPRO"]),
        execution_client(account, {}, ["AAPL.NASDAQ", "EURUSD.IDEALPRO"]),
    ):
        found = {str(one) for one in config.instrument_provider.load_ids}
        assert found == {"AAPL.NASDAQ", "EUR/USD.IDEALPRO"}  # a pair as the adapter calls it


@pytest.mark.parametrize(
    ("options", "wrong"), [("", "account_id"), ("client_id = 0", "client_id"), ("port = 0", "port")]
)
def test_what_an_interactive_brokers_account_lacks_is_said(
    tmp_path: Path, options: str, wrong: str
) -> None:
    home = Home(tmp_path)
    home.config.mkdir()
    lines = '[ib]\nkind = "live"\nfeed = "venue"\nvenue = "interactive_brokers"\n[ib.options]\n'
    (home.config / "accounts.toml").write_text(lines + options)
    with pytest.raises(UsageError, match=wrong):
        load_accounts(home)
