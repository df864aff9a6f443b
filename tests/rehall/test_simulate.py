"""Whole cases against hand sums: what the three domains tell each other must add up."""

from pathlib import Path

import numpy as np
import pytest

from rehall.config import load
from rehall.run import solve_case

pytestmark = pytest.mark.slow

RHO_20C = 101325 / (287.055 * 293.15)  # ideal gas [kg/m3]
CP_20C = 1006.1  # dry air at 20 degC, ASHRAE Fundamentals (2017) [J/(kg K)]


def solved(text: str, folder: Path):
    """Solution and results of a case given as text."""
    path = folder / "case.yaml"
    path.write_text(text)
    return solve_case(load(path))


@pytest.fixture(scope="module")
def starter_run(tmp_path_factory):
    from importlib.resources import files

    text = (files("rehall") / "templates" / "starter.yaml").read_text()
    return solved(text.replace("cell: 0.3 m", "cell: 0.5 m"), tmp_path_factory.mktemp("starter"))


def test_heated_rack_in_a_closed_duct_gives_the_analytic_outlet_temperature(duct, tmp_path):
    _, results = solved(duct, tmp_path)
    (rack,) = results.summary["racks"]
    rise = 10e3 / (RHO_20C * 1.0 * CP_20C)
    assert results.summary["converged"]
    assert rack["inlet_mean_c"] == pytest.approx(20.0, abs=0.05)
    assert rack["outlet_mean_c"] == pytest.approx(20.0 + rise, abs=0.05)
    (heat,) = (o for o in results.summary["openings"] if o["name"] == "out")
    assert -heat["mass_flow_kg_s"] == pytest.approx(RHO_20C, rel=1e-3)


def test_empty_hall_stays_at_the_temperature_of_its_supply_and_walls(duct, tmp_path):
    text = duct.split("equipment:")[0].replace(
        "openings:", "walls: {default: {temperature: 20 degC}}\n  openings:"
    )
    _, results = solved(text, tmp_path)
    air = results.fields.T[~results.fields.solid]
    np.testing.assert_allclose(air, 293.15, atol=0.01)


def test_cooling_unit_takes_all_heat_that_a_sealed_hall_is_given(starter_run):
    solution, results = starter_run
    (unit,) = results.summary["cooling_units"]
    heat = sum(rack["air_kw"] for rack in results.summary["racks"]) + unit["fan_kw"]
    assert results.summary["converged"]
    assert unit["heat_kw"] == pytest.approx(heat, rel=0.005)
    assert solution.agreement < 1e-3


def test_facility_water_warms_by_its_heat_over_its_capacity_rate(starter_run):
    _, results = starter_run
    (chw,) = results.summary["facilities"]
    (unit,) = results.summary["cooling_units"]
    assert chw["flow_lpm"] == pytest.approx(548.4, rel=1e-3)  # what the coil takes, of 550
    pumps = 550 / 60000 * 200 / 0.7
    assert chw["pump_kw"] == pytest.approx(pumps, rel=2e-3)
    assert chw["heat_kw"] == pytest.approx(unit["heat_kw"] + pumps, rel=1e-3)
    # The liquid in the hall is warmed by what the pumps give to it, not by their motors.
    C = chw["flow_lpm"] / 60000 * 998.6 * 4.185  # water at 18 degC, CoolProp
    rise = (unit["heat_kw"] + 0.7 * pumps) / C
    assert chw["return_c"] - chw["supply_c"] == pytest.approx(rise, rel=2e-3)


def test_utility_draws_the_sum_of_loads_and_losses(starter_run):
    _, results = starter_run
    summary = results.summary
    loads = sum(r["it_kw"] for r in summary["racks"])
    loads += sum(u["fan_kw"] for u in summary["cooling_units"])
    loads += sum(f["pump_kw"] + f["rejection_kw"] for f in summary["facilities"])
    losses = sum(node["losses_kw"] for node in summary["power_nodes"])
    assert summary["metrics"]["utility_kw"] == pytest.approx(loads + losses, rel=1e-4)
    it = sum(r["it_kw"] for r in summary["racks"])
    assert summary["metrics"]["pue"] == pytest.approx((loads + losses) / it, rel=1e-4)


def test_unit_without_water_flow_lets_the_hall_run_hot_and_says_so(starter, tmp_path):
    text = starter.replace("supply: 18 degC", "supply: 24 degC").replace(
        "flow: 550 L/min", "flow: 120 L/min"
    )
    _, results = solved(text, tmp_path)
    (unit,) = results.summary["cooling_units"]
    assert unit["supply_c"] > unit["supply_set_c"] + 1
    broken = {row["name"] for row in results.summary["limits"] if row["holds"] is False}
    assert "cooling_unit_supply_excess" in broken
    assert results.summary["verdict"] in ("fail", "unsure")


def test_run_cut_short_is_not_called_converged(duct, tmp_path):
    _, results = solved(duct.replace("cell: 0.3 m", "cell: 0.3 m, iterations: 25"), tmp_path)
    assert not results.summary["converged"]
    assert results.summary["verdict"] == "unsure"
    assert "25 iterations tell nothing" in results.summary["reasons"][0]
