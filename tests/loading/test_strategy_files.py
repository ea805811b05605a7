"""The folder of strategies as the supervisor tells of it: loaded once a content, errors without our own frames."""

from pathlib import Path

import pytest

from clearedge_tui.cli.init import make_home
from clearedge_tui.settings import Home
from clearedge_tui.supervisor.client import call
from clearedge_tui.supervisor.strategies import StrategyFiles

SOUND = '''"""Says nothing,

but at length.
"""


def init(context):
    return {}


def on_tick(context, tick):
    return None
'''
BROKEN = "import math\n\n\ndef wide():\n    return math.pi * qqqzz\n\n\nWIDE = wide()\n"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = make_home(tmp_path)
    (made.strategies / "sound.py").write_text(SOUND)
    (made.strategies / "broken.py").write_text(BROKEN)
    return made


def listed(home: Home, **args: object) -> dict[str, dict[str, object]]:
    rows = call(home, "strategy.list", args).data
    assert isinstance(rows, list)
    return {row["strategy"]: row for row in rows}


def test_a_row_tells_all_that_a_screen_shows(home: Home) -> None:
    rows = listed(home)
    assert list(rows) == ["broken", "sound"]
    sound, broken = rows["sound"], rows["broken"]
    assert (sound["kind"], sound["error"]) == ("module", "")
    assert sound["words"] == "Says nothing,\n\nbut at length."
    assert sound["changed_ns"] == (home.strategies / "sound.py").stat().st_mtime_ns
    assert sound["path"] == str(home.strategies / "sound.py")
    assert broken["line"] == 5 and "qqqzz" in str(broken["error"])


def test_a_traceback_holds_the_frames_of_the_file_and_none_of_ours(home: Home) -> None:
    trace = str(listed(home)["broken"]["detail"])
    assert "line 8, in <module>" in trace and "return math.pi * qqqzz" in trace
    assert "loading.py" not in trace and "clearedge_tui" not in trace
    assert trace.startswith("Traceback") and trace.rstrip().endswith("'qqqzz' is not defined")


def test_names_alone_load_nothing(home: Home) -> None:
    assert listed(home, brief=True) == {
        "broken": {"strategy": "broken"},
        "sound": {"strategy": "sound"},
    }


async def test_a_file_is_loaded_once_a_content_and_again_when_asked(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = StrategyFiles(home)
    real, loaded = files.look_many, []

    async def look_many(paths: list[Path]) -> object:
        loaded.append([path.stem for path in paths])
        return await real(paths)

    monkeypatch.setattr(files, "look_many", look_many)
    first = await files.look_all()
    assert await files.look_all() == first
    (home.strategies / "broken.py").write_text(SOUND)
    assert not (await files.look_all())["broken"].error
    await files.look_all(again=True)
    assert loaded == [["broken", "sound"], ["broken"], ["broken", "sound"]]
