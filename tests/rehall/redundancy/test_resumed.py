"""A killed study goes on where it stopped, and what cannot be solved stops nothing."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rehall.redundancy import tasks
from rehall.redundancy.files import key_of
from rehall.redundancy.ground import WORK

pytestmark = pytest.mark.slow

ONLY = ("FW01 fans stop", "CDU01 off")


def run(case: Path, out: Path, *, kill_after: int | None = None) -> dict | None:
    """The study as a command of its own; killed once so many results are there."""
    only = [word for pattern in ONLY for word in ("--only", pattern)]
    words = ["redundancy", str(case), "--out", str(out), "--jobs", "1", "--no-pictures", *only]
    command = [sys.executable, "-m", "rehall.cli", *words]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        while kill_after is not None and process.poll() is None:
            if len(list((out / WORK).glob("*.json"))) >= kill_after:
                os.killpg(process.pid, signal.SIGKILL)
                break
            time.sleep(0.05)
        process.wait()
    path = out / "redundancy.json"
    return json.loads(path.read_text()) if path.is_file() else None


def without_times(summary: dict) -> dict:
    kept = {name: value for name, value in summary.items() if name != "wall_s"}
    counts = {name: value for name, value in kept["counts"].items() if name != "tasks_computed"}
    return kept | {"counts": counts}


def test_killed_study_computes_no_finished_state_again_and_ends_the_same(
    tmp_path, sound_text, case_of
):
    text = sound_text.replace("cell: 0.45 m", "cell: 0.6 m")
    case_of(tmp_path, text.replace("duration: 120 s", "duration: 30 s"))
    case, killed, whole = tmp_path / "hall.yaml", tmp_path / "killed", tmp_path / "whole"
    assert run(case, killed, kill_after=3) is None
    done = {path: path.stat().st_mtime_ns for path in (killed / WORK).glob("*.json")}
    assert len(done) >= 3
    resumed = run(case, killed)
    assert {path: path.stat().st_mtime_ns for path in done} == done
    uninterrupted = run(case, whole)
    assert resumed is not None
    assert uninterrupted is not None
    assert without_times(resumed) == without_times(uninterrupted)
    computed = uninterrupted["counts"]["tasks_computed"]
    assert resumed["counts"]["tasks_computed"] == computed - len(done)


def test_state_that_cannot_be_solved_is_told_and_stops_no_other(
    tmp_path, sound_text, studied, monkeypatch
):
    def stopped(task, ground, folder):
        raise MemoryError("no room for it")

    monkeypatch.setitem(tasks.KINDS, tasks.COOLANT, stopped)
    found = studied(tmp_path, sound_text, "CDU01 off", "CDU01 filter clogged", "UA lost")
    for name in ("CDU01 off", "CDU01 filter clogged"):
        assert found[name]["verdict"] == "unsolved"
        assert "MemoryError: no room for it" in found[name]["reason"]
    assert found["UA lost"]["verdict"] == "pass"


def test_key_of_a_study_is_that_of_its_case_and_grid(tmp_path, sound_text, case_of):
    case = case_of(tmp_path, sound_text)
    assert len({key_of(case, None), key_of(case, 0.4), key_of(case, None)}) == 2
