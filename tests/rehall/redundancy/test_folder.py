from io import StringIO

import pytest
from rich.console import Console

from rehall.redundancy.command import Asked, run_study
from rehall.redundancy.folder import LONGEST, slugs
from rehall.results import FIELDS, REPORT, read


def test_names_of_folders_are_safe_short_and_each_once():
    names = ["FW1 fans stop", "FW1: fans stop", "../../etc", "Kühlung", "..", "x" * 90, "x" * 91]
    found = list(slugs(names))
    assert found[:5] == ["fw1-fans-stop", "fw1-fans-stop-2", "etc", "k-hlung", "state"]
    assert len(set(found)) == len(names)
    assert max(map(len, found)) == LONGEST


@pytest.mark.slow
def test_a_study_leaves_the_normal_state_and_its_worst_states_as_results(
    case_of, sound_text, tmp_path
):
    """FW01 at its least fan speed is solved on the fine grid, where the other units stay off."""
    case = case_of(tmp_path, sound_text + "off: [FW02, FW03]\n")
    old, kept = tmp_path / "states" / "old", tmp_path / "states" / "mine" / "notes.txt"
    for folder in (old, kept.parent):
        folder.mkdir(parents=True)
    (old / FIELDS).touch()
    kept.touch()
    asked = Asked(("FW01 control*",), (), False, 1, 0.6, False)
    summary = run_study(case, tmp_path, asked, Console(file=StringIO()))
    assert summary["counts"]["fail"] == 1
    assert read(tmp_path).summary["redundancy"]["states"] == summary["states"]
    assert "What failures break" in (tmp_path / REPORT).read_text(encoding="utf-8")
    found = sorted(path.name for path in (tmp_path / "states").iterdir())
    assert found == ["fw01-control-lost-fans-at-their-least", "mine"]
    worst = read(tmp_path / "states" / found[0]).summary
    assert worst["case"] == "hall: FW01 control lost, fans at their least"
    assert worst["verdict"] == "fail"
    assert not list(tmp_path.glob("*.png"))
