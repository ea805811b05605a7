"""Kraken, Hyperliquid, Deribit and Coinbase as far as they are driven: up, reconciled, one order.

Every address that an account may set is used, by the client that it is for. What a venue answers
here is only what an adapter waits for.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from clearedge_tui.core.venues import VENUES
from tests.trading.answering_venues import HTTP
from tests.trading.live import ROOT

pytestmark = pytest.mark.slow
UNUSED = {"base_url_exchange"}  # the adapter sends its orders over the socket while that is up


def test_each_address_is_used_and_an_order_leaves_for_each_venue(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.trading.four_venues", str(tmp_path)],
        capture_output=True, text=True, timeout=60, cwd=ROOT, check=False,
    )  # fmt: skip
    assert done.stdout, done.stderr[-2000:]
    said = json.loads(done.stdout)
    for name in HTTP:
        urls = {one for one in VENUES[name].options if "url" in one} - {"proxy_url"} - UNUSED
        assert urls <= {one.split()[1] for one in said["asked"] if one.split()[0] == name}
    assert set(said["ordered"]) == set(HTTP), said["told"]
    for number, name in enumerate(HTTP):
        if name != "hyperliquid":  # which is sent a number made from the name of an order
            assert f"{number:032x}" in said["ordered"][name]
    assert not any('"executions"' in one for one in said["asked"]["kraken ws_public_url"])
