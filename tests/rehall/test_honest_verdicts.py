"""Cases in which a careless program would say `pass`: each must name what is wrong."""

from importlib.resources import files

import pytest

from rehall.config import load
from rehall.run import solve_case

pytestmark = pytest.mark.slow


def solved(folder, *changes, base: str | None = None):
    text = base or (files("rehall") / "templates" / "starter.yaml").read_text()
    for old, new in (("cell: 0.3 m", "cell: 0.6 m"), *changes):
        assert old in text, old
        text = text.replace(old, new)
    path = folder / "case.yaml"
    path.write_text(text)
    return solve_case(load(path))[1].summary


def broken(summary) -> set[str]:
    return {row["name"] for row in summary["limits"] if row["holds"] is False}


def test_rack_with_too_little_air_breaks_its_rise(tmp_path):
    summary = solved(tmp_path, ("facing: -y, feeds", "facing: -y, air_flow: 0.3 m3/s, feeds"))
    assert "rack_air_rise_max" in broken(summary)


def test_rack_above_its_rating_is_broken(tmp_path):
    summary = solved(tmp_path, ("facing: -y, feeds", "facing: -y, power: 30 kW, feeds"))
    assert "rack_power_max" in broken(summary)


def test_case_cannot_loosen_the_limit_of_the_maker(tmp_path):
    summary = solved(tmp_path, ("rack_inlet_max: 27 degC", "rack_inlet_max: 60 degC"))
    for row in summary["racks"]:  # ASHRAE class A2
        assert row["inlet_limit_c"] == pytest.approx(35.0)


def test_chiller_loses_capacity_above_its_own_rated_outdoor_temperature(tmp_path):
    small = "capacity: 85 kW, entering_rated: 20 degC"
    summary = solved(tmp_path, ("capacity: 300 kW", small))
    (chw,) = summary["facilities"]

    def curve(outdoor):  # published terms at 10 degC of leaving water, the end of their range
        held = 1.0580308705 + 0.386840989 + 0.02236087
        return held - (0.0040725421 + 0.002962367) * outdoor - 0.0000915179 * outdoor**2

    assert chw["capacity_kw"] == pytest.approx(85 * curve(30) / curve(20), rel=1e-5)
    assert "rejection_loading_max" in broken(summary)


def test_hall_that_nothing_cools_is_unsure_and_says_why(tmp_path):
    summary = solved(tmp_path, ("name: FW1", "name: FW1\n      on: false"))
    assert summary["verdict"] == "unsure"
    assert "than anything takes out" in summary["reasons"][0]


def test_closed_aisle_shows_its_mass_mismatch_and_is_not_converged(tmp_path):
    # Racks draw 5.4 m3/s at 22 degC, the unit 5.4 m3/s of warm air: less mass in proportion to
    # the temperatures, over what racks and unit move together.
    summary = solved(tmp_path, (", leakage: 2 %", ""), ("air_flow: 6.5 m3/s", "air_flow: 5.4 m3/s"))
    assert not summary["converged"]
    (unit,) = summary["cooling_units"]
    lighter = 1 - (22 + 273.15) / (unit["return_c"] + 273.15)
    assert summary["balance"]["air_mass_pct"] == pytest.approx(100 * lighter / 2, rel=0.1)
    assert "closed room" in summary["reasons"][0]


def test_single_miners_are_counted_as_equipment(duct, tmp_path):
    old = """of: {kind: rack, name: heater, size: [1.2 m, 1.2 m, 2.4 m], power: 10 kW,
           air_flow: {flow: 1 m3/s}}
      name: R
      at: [2.4 m, 0 m]"""
    new = "of: antminer_s19_pro\n      name: R\n      at: [2.4 m, 0.3 m]"
    summary = solved(tmp_path, (old, new), base=duct)
    assert summary["metrics"]["it_kw"] == pytest.approx(3.25)
    assert [row["name"] for row in summary["racks"]] == ["R"]


def test_heat_that_a_chiller_leaves_in_its_water_breaks_a_limit(tmp_path):
    summary = solved(tmp_path, ("capacity: 300 kW", "capacity: 60 kW"))
    assert "facility_heat_stored" in broken(summary)
    (chw,) = summary["facilities"]
    (stored,) = (row for row in summary["limits"] if row["name"] == "facility_heat_stored")
    assert stored["value"] == pytest.approx(chw["heat_kw"] - chw["capacity_kw"], rel=1e-3)
    assert chw["capacity_kw"] == pytest.approx(60, rel=0.1)  # at the site's temperatures


def test_coil_that_its_own_heat_warms_the_water_of_gives_no_colder_air_than_that(tmp_path):
    changes = (("facing: -y, feeds", "facing: -y, power: 200 kW, feeds"),)
    summary = solved(tmp_path, *changes)
    (chw,), (unit,) = summary["facilities"], summary["cooling_units"]
    assert chw["supply_c"] > 25
    assert unit["supply_c"] > chw["supply_c"]


def test_aisle_too_tight_for_its_flows_breaks_the_pressure_of_the_hall(tmp_path):
    summary = solved(tmp_path, ("leakage: 2 %", "leakage: 0.2 %"))
    assert "hall_pressure_max" in broken(summary)


def test_one_cell_across_an_intake_tells_nothing_about_its_error(tmp_path):
    summary = solved(tmp_path)
    assert summary["grid"]["method"] == "none"
    assert "1 cell across the intake of A01 (wanted 2)" in summary["grid"]["reason"]
    assert summary["verdict"] == "unsure"
