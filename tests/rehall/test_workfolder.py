"""Folders of solved work, and what belongs to them."""

import pytest

from geometry.errors import InputError
from rehall.workfolder import open_work

NAME = "study.key"


def test_results_of_another_key_are_thrown_away_and_those_of_the_same_kept(tmp_path):
    folder = tmp_path / "out" / "work"
    assert open_work(folder, NAME, "one") is False
    (folder / "00000.json").write_text("{}")
    assert open_work(folder, NAME, "one") is True
    assert open_work(folder, NAME, "two") is False
    assert [path.name for path in folder.iterdir()] == [NAME]


def test_folder_without_a_key_is_left_alone(tmp_path):
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "mine.txt").write_text("keep")
    with pytest.raises(InputError, match="not of a study"):
        open_work(tmp_path / "work", NAME, "key")
    assert (tmp_path / "work" / "mine.txt").read_text() == "keep"
