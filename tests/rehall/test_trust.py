"""Small halls through the command line: three grids, and a second start."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console

from rehall.run import solve_case
from rehall.tables_evidence import print_grid
from rehall.uniqueness import Second, compared, warnings_of
from rehall.verdict import Limit


@pytest.mark.parametrize("grids", ["1", "0", "-3"])
def test_fewer_than_two_grids_are_refused(command, duct, grids):
    Path("case.yaml").write_text(duct)
    code, said = command("run", "case.yaml", "--grid-study", grids)
    assert code == 2
    assert "wanted 2 or more" in said
    assert not Path("results").exists()


@pytest.mark.slow
def test_more_grids_than_the_edges_allow_are_refused(command, starter):
    Path("case.yaml").write_text(starter)
    code, said = command("run", "case.yaml", "--grid-study", "8")
    assert code == 2
    assert "ratio of widths of 1.3" in said
    assert not Path("results").exists()


@pytest.mark.slow
def test_study_and_second_start_are_printed_and_stored_for_every_rack(command, starter):
    Path("case.yaml").write_text(starter)
    code, said = command(
        "run", "case.yaml", "--grid-study", "3", "--check-uniqueness", "--no-pictures"
    )
    assert code == 0, said
    summary = json.loads(Path("results/summary.json").read_text())
    racks = [row["name"] for row in summary["racks"]]
    assert len(racks) == 4
    grid = summary["grid"]
    assert [row["name"] in said for row in grid["grids"]] == [True] * 3
    for coarse, fine in zip(grid["grids"][:-1], grid["grids"][1:], strict=True):
        assert coarse["effective_width_m"] / fine["effective_width_m"] == fine["ratio"] >= 1.3
    assert [(row["name"], row["inlet"]) for row in grid["inlets"]] == [
        (name, inlet) for name in racks for inlet in ("mean", "max")
    ]
    found = {row["name"]: row["uncertainty_k"] for row in grid["inlets"] if row["inlet"] == "max"}
    half = {
        row["name"]: 0.5 * abs(row["max_difference_k"]) for row in summary["uniqueness"]["racks"]
    }
    assert list(half) == racks
    for limit in summary["limits"]:
        if limit["name"] == "rack_inlet_max":
            at = limit["where"]
            assert limit["uncertainty"] == pytest.approx(max(found[at], half[at]))
    assert summary["uniqueness"]["shown"] is True
    assert "Second start" in said
    page = Path("results/report.html").read_text()
    assert "Grid: Inlets" in page
    assert "Uniqueness: Racks" in page


@pytest.mark.slow
def test_second_start_that_does_not_converge_shows_nothing_and_warns(duct, tmp_path, monkeypatch):
    from rehall import uniqueness
    from rehall.config import load

    path = tmp_path / "case.yaml"
    path.write_text(duct)
    monkeypatch.setattr(uniqueness, "couple", cut_short(uniqueness.couple))
    _, results = solve_case(load(path), check_uniqueness=True)
    summary = results.summary
    assert summary["converged"]
    assert summary["verdict"] == "pass"
    assert summary["uniqueness"]["shown"] is False
    assert "25 iterations" in summary["uniqueness"]["reason"]
    assert "uniqueness is not shown" in summary["warnings"][-1]


def cut_short(couple):
    """The same with only 25 iterations."""
    from dataclasses import replace

    def shorter(case, *rest):
        return couple(
            replace(case, solver=case.solver.model_copy(update={"iterations": 25})), *rest
        )

    return shorter


def state(T_in: float, T_max: float):
    return SimpleNamespace(
        T_in=T_in + 273.15, T_in_max=T_max + 273.15, amplitude=0.0, amplitude_max=0.0
    )


def test_two_states_are_told_apart_by_rack_and_name_the_limit_in_dispute():
    from rehall.schema.entries import SERVERS

    entry = object.__new__(SERVERS[0])
    items = [SimpleNamespace(name=name, entry=entry) for name in ("A01", "A02")]
    flow = SimpleNamespace(iterations=300, averaged=False)
    solution = SimpleNamespace(case=SimpleNamespace(items=items), air=flow)
    again = SimpleNamespace(reasons=[], air=flow, wall_s=1.0)
    second = Second(again, "warm air", {"A01": state(22.0, 23.0), "A02": state(26.0, 29.5)})
    limit = Limit("rack_inlet_max", "A02", 24.0, 27.0, "degC", 0.1, other=29.5)
    air = {"A01": state(22.0, 23.1), "A02": state(23.0, 24.0)}
    found = compared(solution, air, second, [limit])
    assert found["one_state"] is False
    assert found["inlet_max_difference_max_k"] == pytest.approx(5.5)
    assert found["inlet_max_difference_max_at"] == "A02"
    assert [row["same"] for row in found["racks"]] == [True, False]
    assert [row["where"] for row in found["disputed"]] == ["A02"]
    assert warnings_of(second) == []


def test_run_without_a_coarse_grid_says_that_there_is_no_evidence():
    console = Console(record=True, width=200)
    print_grid({"method": "none", "reason": "no coarser grid could be built"}, console)
    assert "no evidence: no coarser grid could be built" in console.export_text()
