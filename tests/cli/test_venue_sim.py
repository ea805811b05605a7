"""`clearedge venue-sim` as a person runs it."""

import json
import re
import signal
import subprocess
import sys
import tomllib
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from clearedge_tui.cli import main
from clearedge_tui.cli import venue_sim as verb
from clearedge_tui.contract.schema import Schema
from clearedge_tui.core.venues import venue

COMMAND = [sys.executable, "-m", "clearedge_tui", "venue-sim", "--seed", "1", "--walk", "0"]


@pytest.mark.parametrize("name", verb.VENUES)
def test_what_it_prints_is_an_account_that_trades_there(name: str) -> None:
    with subprocess.Popen([*COMMAND, "--venue", name], stdout=subprocess.PIPE, text=True) as sim:
        assert sim.stdout is not None
        said = ""
        while "curl" not in said:
            said += sim.stdout.readline()
        for account in tomllib.loads(said).values():
            assert (account["kind"], account["feed"], account["venue"]) == ("live", "venue", name)
            Schema.parse(venue(name).options).validate(account["options"])
            url = account["options"].get("base_url_http")
        paths = {
            "bybit": "/v5/market/time",
            "binance": "/fapi/v1/time",
            "okx": "/api/v5/public/time",
        }
        path = paths.get(name)
        if path is not None:
            with urllib.request.urlopen(url + path, timeout=10) as answer:
                assert json.load(answer)
        (steer,) = re.findall(r"curl -d '(.*)' (.*)", said)
        with urllib.request.urlopen(steer[1], steer[0].encode(), timeout=10) as answer:
            assert json.load(answer) == {"result": None}
        sim.send_signal(signal.SIGINT)
        assert sim.wait(10) == 0
        assert all(f"_{key}" in said for key in venue(name).keys)


def test_what_it_cannot_take_is_said_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def said(*words: str) -> tuple[int, str]:
        code = main.run(["venue-sim", *words])
        error = capsys.readouterr().err
        assert error.count("\n") == 1
        return code, error

    assert said("--fault", str(tmp_path / "none.json"))[0] == 2
    rules = tmp_path / "rules.json"
    for text, why in (
        ("{", "wanted: a list"),
        ('[{"what": "explode"}]', "explode"),
        ('[{"what": "lose_ack", "onn": "x"}]', "onn"),
    ):
        rules.write_text(text)
        code, error = said("--fault", str(rules))
        assert code == 2
        assert why in error

    def without(name: str) -> Any:
        del name

    monkeypatch.setattr(verb, "find_spec", without)
    assert said() == (
        2,
        "clearedge: venue-sim: aiohttp is not installed; install it: pip install 'clearedge-tui[live]'\n",
    )
