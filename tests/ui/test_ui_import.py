"""The form of an import: a file with odd columns is shown, and its columns are chosen by arrows."""

from pathlib import Path

import pytest

from tests.fakes.supervisor import FakeSupervisor
from tests.ui.conftest import Desk, OpenDesk, sent
from tests.ui.test_ui_palette import command

COLUMNS = ("Zeit", "Erster, bez.", "Hoch", "Tief", "Close", "Bemerkung")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "odd.csv"
    path.write_text("the fake supervisor does not read it\n")
    return path


async def choose(d: Desk, times: int) -> None:
    await d.press("j", *["right"] * times)


@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
async def test_columns_are_chosen_among_those_of_the_file_and_read_before_anything_is_written(
    world: FakeSupervisor, desk: OpenDesk, file: Path, size: tuple[int, int]
) -> None:
    async with desk(size=size) as d:
        await command(d, f"import {file}")
        await d.shows("6 columns of the file")
        below = d.cells("#file_rows").lines()
        assert all(name in below[2] for name in COLUMNS) and "2024-01-01 00:00" in below[3]
        assert below[1].split() == ["close"], "the one name that is understood"
        await d.press("j", "enter")
        await d.type("NEW/USDT")
        await d.press("enter", "w")
        await d.shows("not sent: 4 wrong: time =")
        assert not sent(world, "data.plan")
        await d.press("j")
        for times in (1, 2, 3, 4):
            await choose(d, times)
        await d.until(
            lambda: (
                d.cells("#file_rows").lines()[1].split() == ["time", "open", "high", "low", "close"]
            )
        )
        await d.press("w")
        await d.shows("time=Zeit, open=Erster, bez., high=Hoch, low=Tief")
        await d.press("enter")
        await d.shows("enter writes it, esc writes nothing")
        (asked,) = sent(world, "data.plan")
        fields = ("time", "open", "high", "low", "close")
        assert asked == {
            "path": str(file), "market": "NEW/USDT",
            "columns": dict(zip(fields, COLUMNS, strict=False)),
        }  # fmt: skip
        assert not sent(world, "data.import")


async def test_another_kind_needs_other_columns_and_an_understood_one_none(
    world: FakeSupervisor, desk: OpenDesk, file: Path
) -> None:
    async with desk() as d:
        await command(d, f"import {file}")
        await d.shows("open =")
        await d.press("j", "j", "right", "right")
        await d.shows("bid =")
        assert "open =" not in d.text() and "ask =" in d.text()
        await d.press("left", "left", "left")
        await d.shows("‹ depth ›")
        assert "time =" not in d.text() and "6 columns of the file" in d.text()


async def test_what_the_field_column_says_stands(
    world: FakeSupervisor, desk: OpenDesk, file: Path
) -> None:
    async with desk() as d:
        await command(d, f"import {file} column=time=Zeit,low=Tief")
        await d.shows("6 columns of the file")
        await d.shows("‹ Zeit ›")
        assert "‹ Tief ›" in d.text()
        assert "3 wrong: market, open =, high =" in d.text()


async def test_a_line_that_is_refused_opens_the_form_with_what_it_said(
    world: FakeSupervisor, desk: OpenDesk, file: Path
) -> None:
    world.refuse["data.plan"] = "no column for `time`"
    async with desk() as d:
        await command(d, f"import {file} market=NEW/USDT tz=Europe/Berlin")
        await d.shows("6 columns of the file")
        assert "[NEW/USDT" in d.text() and "[Europe/Berlin" in d.text()
        assert "no column for `time`" in d.text()


async def test_a_file_that_is_no_table_is_told_at_its_path(
    world: FakeSupervisor, desk: OpenDesk, file: Path
) -> None:
    world.refuse["data.columns"] = f"{file}: the file is empty; wanted a CSV"
    async with desk() as d:
        await command(d, f"import {file}")
        await d.shows("✖ the file is empty; wanted a CSV")
        assert "columns of the file" not in d.text()
