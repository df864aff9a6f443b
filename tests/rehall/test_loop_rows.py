"""Tables of circuits: a ring with two CDUs, one stopped, facility water with a standby pump."""

from collections import Counter
from math import pi
from pathlib import Path
from types import SimpleNamespace

import pytest

from rehall import summary_tables
from rehall.loop_chart import charts
from rehall.loop_ladder import is_ladder
from rehall.loop_plot import draw_loops
from rehall.loop_rows import circuit_tables
from rehall.models import hall_with_sources
from rehall.utilities import Plant, first_exchange, settle

pytestmark = pytest.mark.slow

RING = """\
site: {outdoor: {dry_bulb: 30 degC, wet_bulb: 20 degC}}
hall: {size: [9.6 m, 9.6 m, 4 m]}
equipment:
  - unit: {of: coolit_chx2000, name: CDU1, at: [1.2 m, 2.4 m], facing: -y, loop: tcs}
  - row: {of: vr_nvl72, name: A, count: 2, first: [3.0 m, 2.4 m], facing: -y, loop: tcs}
  - row: {of: vr_nvl72, name: B, count: 2, first: [3.0 m, 6.0 m], facing: +y, loop: tcs}
  - unit: {of: coolit_chx2000, name: CDU2, at: [6.6 m, 6.0 m], facing: +y, loop: tcs, on: false}
liquid:
  facility:
    - {name: fws, fluid: water, supply: 39 degC, flow: 3750 L/min, pump_head: 220 kPa,
       pump_efficiency: 70 %, pumps: {count: 3, duty: 2},
       rejection: {of: dry_cooler_2mw, count: 2}}
  loops:
    - name: tcs
      fluid: pg25
      supply: 43 degC
      facility: fws
      control: {differential_pressure: 180 kPa}
      manifold:
        pipes:
"""
SIDE = """\
          - {{name: {s} one, ends: [{s}1, {s}A], length: 2 m, diameter: 200 mm}}
          - {{name: {s} A, ends: [{s}A, {s}2], length: 5 m, diameter: 150 mm}}
          - {{name: {s} B, ends: [{s}2, {s}B], length: 3 m, diameter: 150 mm}}
          - {{name: {s} west, ends: [{s}B, {s}A], length: 4 m, diameter: 150 mm}}
"""
TAPS = """\
        taps: {CDU1: [s1, r1], CDU2: [s2, r2], A01: [sA, rA], A02: [sA, rA], B01: [sB, rB],
               B02: [s2, rB]}
"""


def solved(case):
    plant = Plant.of(case)
    found = settle(case, plant, first_exchange(case))
    liquid = (plant.liquid, found.circuits)
    return SimpleNamespace(case=case, loops=found.loops, facilities=found.facilities, liquid=liquid)


@pytest.fixture(scope="module")
def solution(case_of):
    return solved(case_of(RING + SIDE.format(s="s") + SIDE.format(s="r") + TAPS))


@pytest.fixture(scope="module")
def summary(solution):
    coolant = summary_tables._coolant_by_rack(solution)
    return {
        "racks": [{"name": name, **row} for name, row in coolant.items()],
        "limits": [],
        "cdus": summary_tables.cdus(solution),
        "loops": summary_tables.loops(solution),
        "facilities": summary_tables.facilities(solution),
        **circuit_tables(solution),
    }


def test_as_much_flows_into_every_junction_as_out_of_it(summary):
    into = Counter()
    for pipe in summary["pipes"]:
        into[pipe["from"]] -= pipe["flow_lpm"]
        into[pipe["to"]] += pipe["flow_lpm"]
    for cdu in summary["cdus"]:
        into[cdu["return_at"]] -= cdu["flow_lpm"]
        into[cdu["supply_at"]] += cdu["flow_lpm"]
    flow = {rack["name"]: rack["coolant_lpm"] for rack in summary["racks"]}
    for branch in summary["branches"]:
        into[branch["supply_at"]] -= flow[branch["name"]]
        into[branch["return_at"]] += flow[branch["name"]]
    assert sum(flow.values()) > 1000.0
    assert set(into) == {side + place for side in "sr" for place in "12AB"}
    assert all(abs(left) < 1e-3 for left in into.values())


def test_branches_and_pumps_give_their_heat_to_facility_water(summary):
    heat = sum(row["heat_kw"] for row in summary["branches"])
    heat += sum(row["heat_kw"] for row in summary["pumps"] if row["loop"] == "tcs")
    taken = sum(row["heat_kw"] for row in summary["facility_users"])
    assert heat == pytest.approx(taken, rel=1e-8)
    assert taken == pytest.approx(sum(row["heat_kw"] for row in summary["cdus"]), rel=1e-12)
    assert heat > 4 * 223.0  # four racks' share for the liquid


def test_facility_water_warms_by_the_heat_of_its_users(summary):
    for row in summary["facility_users"]:
        if row["name"] == "CDU1":
            C = row["flow_lpm"] / 60_000 * 992.6 * 4.180  # water at 39 degC, 4.18 at 43: CoolProp
            assert row["outlet_c"] - row["inlet_c"] == pytest.approx(row["heat_kw"] / C, rel=2e-3)
            assert row["inlet_c"] == pytest.approx(39.0, abs=0.01)


def test_share_of_a_rack_is_its_flow_over_what_it_wants(summary):
    flow = {rack["name"]: rack["coolant_lpm"] for rack in summary["racks"]}
    for row in summary["branches"]:
        assert row["share_pct"] == pytest.approx(100 * flow[row["name"]] / row["wanted_lpm"])
        assert row["unmet_kw"] == pytest.approx(0.0, abs=1e-6)


def test_a_facility_has_the_flow_the_return_and_the_pump_power_of_its_circuit(summary):
    (facility,) = summary["facilities"]
    users, pumps = summary["facility_users"], summary["pumps"]
    assert facility["flow_lpm"] == pytest.approx(sum(row["flow_lpm"] for row in users), rel=1e-6)
    hydraulic = sum(row["heat_kw"] for row in pumps if row["of"] == "fws")
    share = facility["flow_lpm"] / 3750.0  # two pumps, at full speed
    assert share < 0.9
    efficiency = 0.7 * share * (2.0 - share)
    assert facility["pump_kw"] == pytest.approx(hydraulic / efficiency, rel=1e-4)
    moving = [row for row in users if row["outlet_c"] is not None]
    mixed = sum(row["flow_lpm"] * row["outlet_c"] for row in moving) / facility["flow_lpm"]
    assert mixed < facility["return_c"] < mixed + 0.1  # its pumps warm the water


def test_what_stands_still_has_no_temperature(summary):
    stopped = next(row for row in summary["cdus"] if row["name"] == "CDU2")
    assert not stopped["on"]
    keys = ("supply_c", "return_c", "facility_out_c", "approach_k")
    assert {stopped[key] for key in keys} == {None}
    user = next(row for row in summary["facility_users"] if row["name"] == "CDU2")
    assert (user["inlet_c"], user["outlet_c"]) == (None, None)
    pipe = next(row for row in summary["pipes"] if row["name"] == "s one")
    assert pipe["inlet_c"] == pytest.approx(43.0)


def test_each_unit_has_the_head_between_its_own_junctions(case_of):
    narrow = (SIDE.format(s="s") + SIDE.format(s="r")).replace("200 mm", "80 mm")
    found = solved(case_of(RING.replace(", on: false", "") + narrow + TAPS))
    loss = {row["name"]: row["dp_kpa"] for row in circuit_tables(found)["pipes"]}
    one, two = (row["head_kpa"] for row in summary_tables.cdus(found))
    between = loss["s one"] + loss["s A"] - loss["r one"] - loss["r A"]
    assert abs(between) > 0.05
    assert one - two == pytest.approx(between, rel=1e-6)


def test_water_in_a_pipe_has_the_velocity_of_its_flow(summary):
    for pipe in summary["pipes"]:
        area = pi / 4 * (0.2 if pipe["name"].endswith("one") else 0.15) ** 2
        assert pipe["velocity_m_s"] == pytest.approx(pipe["flow_lpm"] / 60_000 / area)
        assert pipe["dp_kpa"] * pipe["flow_lpm"] >= 0.0


def test_pumps_that_stand_still_are_named(summary):
    state = {row["name"]: row["state"] for row in summary["pumps"]}
    assert state == {
        "CDU1 pump 1": "running",
        "CDU2 pump 1": "stopped",
        "fws pump 1": "running",
        "fws pump 2": "running",
        "fws pump 3": "stopped",
    }
    for row in summary["pumps"]:
        stopped = row["state"] == "stopped"
        assert (abs(row["flow_lpm"]) < 1e-3) == stopped
        assert (row["speed_pct"] == 0.0) == stopped
        assert (row["head_kpa"] is None) == stopped


def test_ring_is_drawn_on_the_plan_with_its_stopped_unit_grey(summary, solution, tmp_path):
    paths = draw_loops(summary, hall_with_sources(solution.case), tmp_path)
    assert [path.name for path in paths] == ["loop_tcs.png", "loop_fws.png"]
    chart, water = charts(summary)
    assert not is_ladder(chart)
    assert is_ladder(water)
    assert "without flow: CDU2" in chart.title
    in_time, *_ = charts({**summary, "transient": {"events": ["10 s: CDU1 state off"]}})
    assert in_time.title.startswith("Loop tcs before all events: pg25")


def test_every_column_is_described(summary):
    page = (Path(__file__).parents[2] / "docs" / "results.md").read_text()
    for table in ("branches", "pumps", "pipes", "facility_users"):
        (line,) = (line for line in page.splitlines() if line.startswith(f"| `{table}` |"))
        for column in set(summary[table][0]) - {"name", "loop"}:
            assert f"`{column}`" in line, f"{table}.{column}"


def test_case_without_liquid_has_empty_tables(solution):
    found = circuit_tables(SimpleNamespace(**{**vars(solution), "liquid": None}))
    assert set(found) == {"branches", "pumps", "pipes", "facility_users"}
    assert not any(found.values())
