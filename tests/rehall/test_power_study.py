"""The power chain of a case: what its air, its shelves and its failures leave of it."""

import json

import numpy as np
import pytest

from geometry.errors import InputError
from rehall.config import load
from rehall.electrical import power_side
from rehall.node_air import node_headroom
from rehall.power_rows import tables_of
from rehall.power_run import run_power, summary_of

CHAIN = """\
power:
  nodes:
    - {name: grid, of: utility, voltage: 415 V}
    - {name: hot, of: whip_100, fed_by: grid, length: 5 m,
       from: [4.2 m, 0.3 m, 1.8 m], to: [5.4 m, 0.9 m, 2.1 m]}
    - {name: cold, of: whip_100, fed_by: grid, length: 5 m,
       from: [0.3 m, 0.3 m, 1.8 m], to: [1.5 m, 0.9 m, 2.1 m]}
"""


def aisle(duct: str, hot: float) -> str:
    """The duct, whose rack of 10 kW lets 1 m3/s through at so many degrees more."""
    heat = 1.0 * 1.2 * 1006.0 * (hot - 20.0)
    text = duct.replace("10 kW", f"{heat / 1e3:.3f} kW")
    assert text != duct
    return text.replace("      facing:", "      feeds: [hot, cold]\n      facing:") + CHAIN


def test_hot_aisle_takes_the_share_of_the_table_from_the_whip_that_runs_in_it(duct, solved):
    solution, summary = solved(aisle(duct, 51.0))
    model = solution.power[0].model
    hot, cold = (model.index[name] for name in ("hot", "cold"))
    air = solution.node_air
    assert air["hot"] == pytest.approx(323.9, abs=1.0)
    assert air["cold"] == pytest.approx(293.15, abs=0.5)
    # The conductors' 115 A at 30 degC are the tighter of both beyond 58 degC only.
    share = np.interp(air["hot"] - 273.15, [50.0, 55.0], [0.96, 0.92])
    state = solution.power[1]
    limit = 0.8 * np.sqrt(3) * 415.0 * 100.0
    room = node_headroom(solution).own
    used = state.power[hot]
    assert room[hot] + used == pytest.approx(share * limit * 0.99, rel=2e-3)
    assert room[cold] + state.power[cold] == pytest.approx(limit * 0.99, rel=2e-3)
    row = next(row for row in summary["power_nodes"] if row["name"] == "hot")
    assert row["derating_pct"] == pytest.approx(100 * share, abs=0.05)
    assert row["air_c"] == pytest.approx(air["hot"] - 273.15)
    assert row["headroom_kw"] == pytest.approx(room[hot] / 1e3, rel=1e-6)


RACKS = """\
site: {outdoor: {dry_bulb: 30 degC, wet_bulb: 20 degC}}
hall: {size: [12 m, 10 m, 4 m], openings: [
  {name: a, kind: outdoor, wall: -x, from: [1 m, 0.5 m], to: [9 m, 2 m]}]}
equipment:
  - row: {of: %s, name: R, count: 2, first: [3 m, 4 m], facing: -y, feeds: [A, B]%s}
power:
  nodes:
    - {name: grid, of: utility, voltage: 13.8 kV}
    - {name: TA, of: transformer_2500, fed_by: grid}
    - {name: TB, of: transformer_2500, fed_by: grid}
    - {name: A, of: board_2000, fed_by: TA}
    - {name: B, of: board_2000, fed_by: TB}
"""
AIR_COOLED = "{like: storage_rack, power: 40 kW, supply: {shelf: power_shelf_33, count: %d}}"


@pytest.mark.parametrize(("shelves", "unserved"), [(4, 0.0), (2, 2 * (40.0 - 33.0 / 0.975))])
def test_shelves_of_one_feed_carry_the_rack_alone_or_say_what_they_cannot(
    shelves, unserved, case_of
):
    found = run_power(case_of(RACKS % (AIR_COOLED % shelves, "")))
    rows = {row["state"]: row for row in summary_of(found)["power_states"]}
    assert rows["normal"]["unserved_kw"] == 0.0
    assert rows["TA lost"]["unserved_kw"] == pytest.approx(unserved, abs=1e-6)
    assert rows["grid lost"]["unserved_kw"] == pytest.approx(80.0)


def test_three_shelves_on_two_feeds_share_by_their_number(case_of):
    side = power_side(case_of(RACKS % (AIR_COOLED % 3, "")))
    state = side.solve({"R01": 40e3, "R02": 40e3})
    np.testing.assert_allclose(state.feed_power[0], [2 / 3 * 40e3, 1 / 3 * 40e3])


def test_row_may_rotate_over_the_phases(case_of):
    entry = "{like: antminer_s21, voltage: [200 V, 277 V]}"
    text = (RACKS % (entry, ", phases: rotate")).replace("count: 2", "count: 4")
    side = power_side(case_of(text))
    assert [load.phases for load in side.model.loads] == ["a", "b", "c", "a"]
    state = side.solve({f"R0{n}": 3.5e3 for n in range(1, 5)})
    size = np.abs(state.current[side.model.index["A"]])
    assert size[0] == pytest.approx(2 * size[1], rel=1e-3)


def test_finding_names_rule_place_state_and_source(case_of):
    heavy = "{like: storage_rack, power: 700 kW}"
    found = run_power(case_of(RACKS % (heavy, "")))
    rows = [finding.row() for finding in found.findings]
    row = next(r for r in rows if r["state"] == "TA lost" and r["where"] == "B")
    assert row["rule"] == "loading"
    assert row["value"] == pytest.approx(1400 / 0.98, rel=0.05)
    assert "NEC" in row["source"]
    assert not any(r["state"] == "normal" and not r["informational"] for r in rows)


def test_case_without_power_is_refused(case_of, duct):
    with pytest.raises(InputError, match="no power section"):
        run_power(case_of(duct))


def test_command_prints_the_binding_node_and_writes_numbers_and_diagram(command, tmp_path):
    (tmp_path / "hall.yaml").write_text(RACKS % (AIR_COOLED % 4, ""))
    code, said = command("power", "hall.yaml", "--out", "out")
    assert code == 0
    assert "Headroom of the tightest feeder" in said
    assert "TA lost" in said
    numbers = json.loads((tmp_path / "out" / "power.json").read_text())
    assert {row["name"] for row in numbers["power_nodes"]} == {"grid", "TA", "TB", "A", "B"}
    assert (tmp_path / "out" / "power.svg").read_text().startswith("<?xml")
    code, _ = command("power", "hall.yaml", "--load", "900 %", "--enforce")
    assert code == 1


A, B = "{name: A, of: board_2000, fed_by: TA}", "{name: B, of: board_2000, fed_by: TB}"
CABLE = "{name: B, of: {like: whip_100, ampacity: 60 A}, fed_by: TB, length: 1 m}"
TIED = """\
    - {name: tie, of: bus_tie_4000, fed_by: [A, B]}
    - {name: C, of: board_2000, fed_by: tie}"""
SECOND = "    - {name: second, of: utility, voltage: 13.8 kV}"
ISLAND = "    - {name: set, of: generator_2500}"
GRID = "{name: grid, of: utility, voltage: 13.8 kV}"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (A, A.replace("TA", "[TA, TB]"), "would parallel two sources"),
        (A, A.replace("board_2000", "{like: board_2000, rating_current: 0 A}"), "more than 0"),
        (A, A.replace("TA", "TA, voltage: 480 V"), "put a transformer"),
        ("feeds: [A, B]", "phases: ad, feeds: [A, B]", "phases"),
        ("feeds: [A, B]", "feeds: [A, C]", "no power node 'C'"),
        (GRID, "{name: grid, of: board_2000, fed_by: TA}", "fed by itself"),
        (B, CABLE, "larger than its cable"),
        (B, B.replace("board_2000", "bus_tie_4000"), "between two boards"),
        (B, B.replace("board_2000, fed_by: TB", "bus_tie_4000, fed_by: [TA, TB]"), "two boards"),
        (B, B + "\n" + TIED, "hangs on a tie"),
        (GRID, GRID + "\n" + SECOND, "the site has 2 utilities"),
        (GRID, GRID + "\n" + ISLAND, "it would never start"),
        ("power:\n", "power:\n  voltage_tolerance: 8 %\n", "wanted 6 % or 10 %"),
        ("feeds: [A, B]", "phases: ab, feeds: [A, B]", "hang on all three phases"),
        (B, B.replace("board_2000", "{like: ups_2500, overload: [[50 %, 9 s]]}"), "overload"),
    ],
)
def test_wrong_chain_is_refused_with_file_and_line(old, new, message, case_of):
    text = RACKS % (AIR_COOLED % 4, "")
    text = text.replace("20 degC}}", "20 degC}, contracted_demand: 1 MW}")
    assert old in text
    with pytest.raises(InputError, match=message) as refused:
        power_side(case_of(text.replace(old, new)))
    assert all(finding.line for finding in refused.value.findings)


WEAK = """\
    - {name: B, of: {like: busway_2000, resistance: 1 mohm/m, reactance: 0.5 mohm/m}, fed_by: TB,
       length: 100 m}
"""


@pytest.fixture
def weak(tmp_path):
    """A hall whose side B is too weak to carry all racks alone; a file."""
    path = tmp_path / "weak.yaml"
    rack = "{like: storage_rack, power: 200 kW}"
    text = (RACKS % (rack, "")).replace("    - " + B + "\n", WEAK)
    path.write_text(text)
    return path


def test_collapse_after_a_failure_is_a_finding_with_its_node(weak, command):
    found = run_power(load(weak))
    rows = {row["state"]: row for row in tables_of(found)["power_states"]}
    assert rows["normal"]["converged"]
    assert not rows["TA lost"]["converged"]
    assert rows["TA lost"]["headroom_kw"] is None
    assert rows["TA lost"]["worst"] == "voltage collapse of B"
    node = next(row for row in tables_of(found)["power_nodes"] if row["name"] == "B")
    assert (node["worst_state"], node["worst_headroom_kw"]) == ("TA lost", None)
    rules = {f.check.rule for f in found.findings if f.failure == "TA lost"}
    assert rules == {"voltage collapse"}
    code, said = command("power", str(weak))
    assert code == 0
    assert "No voltage carries the loads in" in said


def test_collapse_in_the_normal_state_is_written_too(weak, command, tmp_path):
    code, _ = command("power", str(weak), "--load", "300 %", "--out", "out")
    assert code == 0
    numbers = json.loads((tmp_path / "out" / "power.json").read_text())
    first = numbers["power_findings"][0]
    assert (first["rule"], first["where"], first["state"]) == ("voltage collapse", "B", "normal")
    assert all(row["load_kva"] is None for row in numbers["power_nodes"])
    assert not (tmp_path / "out" / "power.svg").exists()


@pytest.mark.slow
def test_run_of_a_chain_that_collapses_says_where(solved, duct):
    thin = aisle(duct, 51.0).replace("of: whip_100", "of: {like: whip_100, resistance: 1 ohm/m}")
    _, summary = solved(thin)
    assert not summary["converged"]
    first = summary["power_findings"][0]
    assert (first["rule"], first["state"]) == ("voltage collapse", "normal")
    assert first["where"] in ("hot", "cold")
