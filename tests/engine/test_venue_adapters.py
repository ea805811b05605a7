"""Every venue's form becomes its adapter's configuration, for data and for orders."""

import json

import pytest

from clearedge_tui.contract.schema import Schema
from clearedge_tui.core.model import AccountKind
from clearedge_tui.core.venues import VENUES
from clearedge_tui.engine.venue_adapters import data_client, execution_client
from clearedge_tui.settings import Account

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
