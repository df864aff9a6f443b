"""A comparison tells the numbers of both cases, their change, and writes them whole."""

import csv
import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from geometry.hall import Box
from power import Board, Load, Utility, build, solve
from rehall import compare as comparing
from rehall.compared import tightest_node
from rehall.fits import Fit, Fits
from rehall.packing import Place

GPU = SimpleNamespace(gpus=72)
MINER = SimpleNamespace()


def rack(name: str, it: float, liquid: float, air: float, inlet: float, limit: float) -> dict:
    return {
        "name": name,
        "it_kw": it,
        "liquid_kw": liquid,
        "air_kw": it - liquid,
        "air_m3_s": air,
        "inlet_max_c": inlet,
        "inlet_limit_c": limit,
    }


def summary(case: str, racks: list[dict], **metrics: Any) -> dict:
    found = {
        "it_kw": sum(r["it_kw"] for r in racks),
        "it_kw_per_m2": 1.0,
        "liquid_share": sum(r["liquid_kw"] for r in racks) / sum(r["it_kw"] for r in racks),
        "utility_kw": 500.0,
        "pue": 1.25,
        "wue_l_per_kwh": 0.0,
        "energy_cost_per_year": 200e3,
        "currency": "USD",
    }
    return {
        "case": case,
        "verdict": "pass",
        "racks": racks,
        "loops": [],
        "facilities": [],
        "metrics": found | metrics,
    }


def power(first: float, second: float) -> Any:
    """Two boards of 100 kVA that may carry 80 kVA, on a contract of 150 kW."""
    nodes = [Utility(name="grid", voltage=415.0, demand_limit=150e3)]
    nodes += [Board(name=n, fed_by=("grid",), voltage=415.0, rating=100e3) for n in ("B1", "B2")]
    loads = [Load(name=n, feeds=(n,), power_factor=1.0) for n in ("B1", "B2")]
    model = build(nodes, loads)
    return SimpleNamespace(model=model), solve(model, [first, second])


def solution(entries: list[Any], chain: Any = None, contract: float | None = None) -> Any:
    items = [SimpleNamespace(entry=entry, on=True) for entry in entries]
    site = SimpleNamespace(contracted_demand=contract)
    case = SimpleNamespace(items=items, site=site, nodes=())
    return SimpleNamespace(case=case, loops={}, power=chain, node_air={})


def fits(floor: int, liquid: int | None, power: int) -> Fits:
    each = (Fit("floor area", floor, "free floor"), Fit("liquid cooling", liquid, "no loop"))
    box = Box((1.0, 2.0, 0.0), (1.6, 3.2, 2.3))
    return Fits("vr_nvl72", (*each, Fit("power", power, "T1 ends it")), (Place(box, "+y"),))


@pytest.fixture
def comparison(monkeypatch) -> comparing.Comparison:
    left = {"old": fits(30, None, 5), "new": fits(20, 2, 2)}
    old = (
        solution([MINER, MINER], power(70e3, 30e3), 1e6),
        summary("old", [rack("M1", 100, 0, 4, 38, 40), rack("M2", 100, 0, 4, 36, 40)]),
    )
    new = (
        solution([GPU, GPU], power(20e3, 60e3), 2e6),
        summary(
            "new",
            [rack("R1", 200, 194, 1, 26, 27), rack("S1", 50, 0, 3, 33, 35)],
            liquid_share=194 / 250,
        ),
    )
    by_case = {id(old[0]): left["old"], id(new[0]): left["new"]}
    monkeypatch.setattr(comparing, "what_fits", lambda solved, kind: by_case[id(solved)])
    return comparing.compare(old, new)


@pytest.mark.parametrize(
    ("label", "unit", "a", "b", "change"),
    [
        ("IT power", "kW", 200, 250, 50),
        ("racks and shelves", "", 2, 2, 0),
        ("GPUs", "", 0, 144, 144),
        ("IT power per rack, most", "kW", 100, 200, 100),
        ("IT power per rack, mean", "kW", 100, 125, 25),
        ("heat to air", "kW", 200, 56, -144),
        ("air through IT", "m3/s", 8, 4, -4),
        ("air through IT per IT power", "L/s/kW", 40, 16, -24),
        ("hottest inlet", "degC", 38, 33, -5),
        ("hottest inlet at", "", "M1", "S1", None),
        # The hottest inlet of the new hall has more margin: each rack has its own limit.
        ("least margin to inlet limit", "K", 2, 1, -1),
        ("least margin at", "", "M1", "R1", None),
        ("share of IT heat to liquid", "%", 0, 77.6, 77.6),
        ("share of contracted demand", "%", 50, 25, -25),
        ("own headroom, utility", "kW", 50, 70, 20),
        ("own headroom, boards", "kW", 10, 20, 10),
        ("own headroom, boards", "%", 12.5, 25, 12.5),
        ("least headroom, boards, at", "", "B1", "B2", None),
        ("energy cost a year, IT alone", "USD", 160e3, 160e3, 0),
        ("floor area", "racks", 30, 20, -10),
        ("liquid cooling", "racks", "no limit", 2, None),
        ("all together", "racks", 5, 2, -3),
        ("runs out first", "", "power", "liquid cooling and power", None),
    ],
)
def test_row_holds_the_number_of_each_case_and_their_difference(
    comparison, label, unit, a, b, change
):
    row = comparison.row(label, unit)
    for found, expected in zip((row.a, row.b, row.change), (a, b, change), strict=True):
        numeric = isinstance(expected, int | float)
        # Headroom is found by bisection to 0.2 W.
        assert found == (pytest.approx(expected, abs=1e-3) if numeric else expected)


def test_quantity_that_neither_case_has_is_left_out(comparison):
    labels = {row.label for row in comparison.rows}
    assert "coolant supply" not in labels
    assert not any("UPS" in label for label in labels)


def test_level_without_a_solved_load_flow_has_no_headroom():
    assert tightest_node(solution([]), "boards") is None
    side, _ = power(10e3, 10e3)
    dead = solve(side.model, [10e3, 10e3], frozenset({"B1"}))
    assert tightest_node(solution([], (side, dead)), "boards")[0].name == "B2"


def test_costs_in_two_currencies_are_not_subtracted():
    old, new = (summary("x", [rack("R", 1, 0, 1, 20, 30)], currency=c) for c in ("USD", "EUR"))
    assert comparing.currency_of(old, new) == "USD or EUR"
    assert comparing.row_of("site", "cost", "USD or EUR", 1.0, 2.0).change is None
    assert comparing.row_of("site", "cost", "USD", 1.0, 2.0).change == 1.0


@pytest.mark.parametrize(
    ("a", "b", "shown"),
    [
        (35.0, 35.0 - 7.96e-10, "0"),
        (1.0823, 1.0823 + 2.68e-7, "0"),
        (24.9, 24.94, "0"),
        (24.9, 25.0, "+0.1"),
        (1.08, 1.09, "+0.01 (+1 %)"),
        (5040.0, 5043.0, "+3"),
        (0.0, 0.0, "0"),
        (0.0, 0.02, "+0.02"),
    ],
)
def test_change_that_the_printed_values_cannot_show_is_none(a, b, shown):
    assert comparing.change_text(comparing.row_of("s", "l", "kW", a, b)) == shown


def test_table_fits_a_hundred_columns_and_cuts_no_value(comparison):
    out = io.StringIO()
    Console(file=out, width=100).print(comparing.table(comparison))
    lines = out.getvalue().splitlines()
    assert max(len(line) for line in lines) <= 100
    assert "\x1b" not in out.getvalue()
    assert "…" not in out.getvalue()
    power_line = next(line for line in lines if "IT power " in line)
    assert power_line.split() == ["IT", "power", "kW", "200", "250", "+50", "(+25", "%)"]
    first = next(line for line in lines if "runs out first" in line)
    assert "power" in first


def test_markdown_has_a_line_for_each_row_and_the_basis_of_each_resource(comparison):
    page = comparing.to_markdown(comparison)
    assert "| hottest inlet | degC | 38 | 33 | -5 |" in page
    assert "- power: 2. T1 ends it." in page
    assert page.count("\n- ") == 6
    tables = [line for line in page.splitlines() if line.startswith("|")]
    assert all(line.count("|") == 6 for line in tables)


def test_files_hold_the_same_numbers_and_are_written_whole(comparison, tmp_path):
    out = tmp_path / "new" / "folder"
    paths = comparing.write(comparison, out)
    assert sorted(path.name for path in out.iterdir()) == sorted(path.name for path in paths)
    content = json.loads((out / "compare.json").read_text())
    assert content["cases"] == ["old", "new"]
    assert content["fits"][1]["racks"] == 2
    assert content["fits"][0]["resources"][1]["count"] is None
    assert content["fits"][0]["places"] == [{"at_m": [1.0, 2.0], "facing": "+y"}]
    rows = list(csv.DictReader(io.StringIO((out / "compare.csv").read_text())))
    assert len(rows) == len(content["rows"]) == len(comparison.rows)
    assert float(next(r for r in rows if r["quantity"] == "IT power")["new"]) == 250.0


def test_comparison_that_cannot_be_written_leaves_no_older_one(comparison, tmp_path, monkeypatch):
    comparing.write(comparison, tmp_path)

    def fail(path: Path, text: str) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(comparing, "write_text", fail)
    with pytest.raises(OSError, match="disk full"):
        comparing.write(comparison, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_solved_halls_compare_and_the_better_one_has_more_room(tmp_path):
    from rehall.config import load
    from rehall.simulate import simulate
    from rehall.summary import summarise

    starter = Path(comparing.__file__).with_name("templates") / "starter.yaml"
    solved = []
    for name, contract in (("small", "200 kW"), ("large", "400 kW")):
        path = tmp_path / f"{name}.yaml"
        path.write_text(starter.read_text().replace("200 kW\n", f"{contract}\n"))
        case = load(path)
        found = simulate(case, cell=0.5)
        solved.append((found, summarise(found)))
    comparison = comparing.compare(*solved, kind="storage_rack")
    assert comparison.names == ("small", "large")
    assert comparison.row("IT power").a == 88.0
    drawn = solved[0][0].power[1].utility_power
    headroom = comparison.row("own headroom, utility", "kW")
    assert headroom.a == pytest.approx((200e3 - drawn) / 1e3, abs=0.5)
    assert headroom.change == pytest.approx(200.0, abs=0.5)
    assert comparison.row("power", "racks").b > comparison.row("power", "racks").a
    comparing.write(comparison, tmp_path / "out")
