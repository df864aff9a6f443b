"""The command line: exit codes, messages, and that nothing is written where nothing is due."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest


def write(text: str) -> Path:
    path = Path("case.yaml")
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("size: [6 m", "size: [6 m, 1 m", 3, "size"),
        ("power: 10 kW", "powr: 10 kW", 10, "did you mean 'power'?"),
        ("power: 10 kW", "power: 10", 10, "unit"),
        ("power: 10 kW", "power: 10 kg", 10, "power"),
        ("power: 10 kW", "power: -10 kW", 10, "-10 kW"),
        ("at: [2.4 m", "at: [5.4 m", 9, "out of the hall"),
        ("cell: 0.3 m", "cell: 1 mm", 15, "cells of"),
        ("hall:", "hall: [", 4, "malformed YAML"),
    ],
)
def test_wrong_input_is_refused_with_its_line_and_nothing_is_written(
    command, duct, old, new, line, words
):
    write(duct.replace(old, new, 1))
    code, said = command("run", "case.yaml", "--out", "results")
    assert code == 2
    assert f"case.yaml:{line}:" in said
    assert words in said
    assert not Path("results").exists()


def test_too_many_cells_are_refused_with_their_number_and_a_size_that_fits(command, duct):
    write(duct)
    code, said = command("check", "case.yaml", "--cell", "1 mm")
    assert code == 2
    assert "17,280,000,000 cells" in said
    assert "would fit" in said
    assert not Path("case.plan.png").exists()


def test_aisle_that_gives_more_than_it_gets_is_refused_before_solving(command, duct):
    closed = duct.replace("kind: outdoor", "kind: exhaust, flow: 0.5 m3/s")
    write(closed)
    code, said = command("run", "case.yaml", "--out", "results")
    assert code == 2
    assert "closed body of air" in said
    assert "0.50 m3/s" in said
    assert not Path("results").exists()


def test_folder_as_case_and_file_as_results_are_refused(command, duct):
    write(duct)
    assert command("run", ".")[0] == 2
    assert command("run", "case.yaml", "--out", "case.yaml")[0] == 2
    assert command("run", "case.yaml", "--cell", "0.2")[0] == 2
    assert command("walk")[0] == 2


def test_new_writes_a_case_that_checks_and_never_overwrites(command):
    assert command("new", "mine.yaml")[0] == 0
    code, said = command("check", "mine.yaml")
    assert code == 0
    assert "cells" in said
    assert Path("mine.plan.png").read_bytes().startswith(b"\x89PNG")
    assert command("new", "mine.yaml")[0] == 2


def test_plan_stands_beside_its_case(command, duct):
    Path("cases").mkdir()
    Path("cases/duct.v2.yaml").write_text(duct)
    code, said = command("check", "cases/duct.v2.yaml")
    assert code == 0
    assert "plan: cases/duct.v2.plan.png" in said
    assert [path.name for path in Path("cases").glob("*.png")] == ["duct.v2.plan.png"]


def test_doctor_says_that_this_machine_computes(command):
    code, said = command("doctor")
    assert "5050" in said
    assert code == 0, said


@pytest.mark.slow
def test_run_writes_every_file_and_enforce_turns_a_broken_limit_into_an_exit_code(command, duct):
    write(duct)
    code, said = command("run", "case.yaml", "--out", "results", "--no-pictures")
    assert code == 0, said
    written = {path.name for path in Path("results").iterdir()}
    assert written == {"fields.vtkhdf", "summary.json", "report.html"}
    assert all(f"results/{name}" in said for name in written)
    summary = json.loads(Path("results/summary.json").read_text())
    assert summary["verdict"] == "pass"
    assert summary["balance"]["air_energy_pct"] < 0.2
    write(duct + "limits: {rack_inlet_max: 18 degC}\n")
    assert command("run", "case.yaml", "--out", "results", "--no-pictures")[0] == 0
    assert command("run", "case.yaml", "--out", "results", "--no-pictures", "--enforce")[0] == 1


@pytest.mark.slow
def test_unconverged_run_is_written_marked_and_exits_with_3(command, duct):
    write(duct.replace("cell: 0.3 m", "cell: 0.3 m, iterations: 25"))
    code, said = command("run", "case.yaml", "--out", "results", "--no-pictures")
    assert code == 3
    assert "did not converge" in said
    assert json.loads(Path("results/summary.json").read_text())["converged"] is False


def test_view_says_what_it_wants_where_it_gets_no_results(command, duct):
    case = write(duct)
    Path("empty").mkdir()
    Path("other.h5").write_text("no HDF5")
    for given, words in (
        ("nothing", "nothing: no such folder"),
        ("empty", "empty/fields.vtkhdf: no such file"),
        (str(case), "case.yaml: is a case file; name its results folder, `rehall run case.yaml`"),
        ("other.h5", "is no results file"),
    ):
        code, said = command("view", given)
        assert code == 2
        assert words in said


@pytest.mark.slow
def test_view_draws_four_pictures_of_a_finished_run(command, duct):
    write(duct)
    assert command("run", "case.yaml", "--out", "results", "--no-pictures")[0] == 0
    code, said = command("view", "results", "--screenshot")
    assert code == 0
    for name in ("plan", "section", "racks", "streamlines"):
        assert Path(f"results/{name}.png").read_bytes().startswith(b"\x89PNG")
        assert f"{name}.png" in said


@pytest.mark.slow
def test_interrupt_ends_cleanly_with_130_and_leaves_no_half_written_file(duct, tmp_path):
    (tmp_path / "case.yaml").write_text(duct.replace("cell: 0.3 m", "cell: 0.05 m"))
    words = [sys.executable, "-m", "rehall.cli", "run", "case.yaml", "--out", "results"]
    process = subprocess.Popen(
        words, cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ}
    )
    time.sleep(8)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"interrupted" in said
    assert b"Traceback" not in said
    assert not (tmp_path / "results").exists()
