"""Which files are a strategy's code, without running any of it."""

from pathlib import Path

import pytest

from clearedge_tui.approvals.code_files import code_of
from clearedge_tui.core.errors import NotFound

FILES = {
    "mine.py": "from helper import size\nimport numpy\nfrom pack.deep import x\nraise SystemExit",
    "helper.py": "import other",
    "other.py": "import mine",
    "pack/__init__.py": "",
    "pack/deep.py": "from . import near",
    "pack/near.py": "",
    "_named_by_nobody.py": "",
    "_pack/data.txt": "1",
    "_pack/__pycache__/x.pyc": "",
    "another.py": "",
    "broken.py": "import other\nthis is no python (",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path


def test_what_it_may_import_is_its_code_and_the_rest_is_not(folder: Path) -> None:
    left_out = {"another.py", "broken.py", "_pack/__pycache__/x.pyc"}
    assert set(code_of(folder, "mine")) == FILES.keys() - left_out


@pytest.mark.parametrize(
    "name", ["mine.py", "other.py", "pack/near.py", "_named_by_nobody.py", "_pack/data.txt"]
)
def test_a_changed_byte_of_any_of_them_changes_its_hash_alone(folder: Path, name: str) -> None:
    before = code_of(folder, "mine")
    (folder / name).write_text(FILES[name] + "\n")
    after = code_of(folder, "mine")
    assert {one for one in before if before[one] != after[one]} == {name}


def test_a_file_that_cannot_be_parsed_is_its_own_code_at_least(folder: Path) -> None:
    assert "broken.py" in code_of(folder, "broken")
    with pytest.raises(NotFound, match="is not there"):
        code_of(folder, "gone")
