"""What settled air carries: moisture, age and recirculated air, against balances by hand."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from rehall import carried
from rehall.bodies import entering
from rehall.derived import Uncertainty
from rehall.limits_air import inlet_ratio
from rehall.moisture import entering_ratio, humidity
from rehall.operation import air_inputs
from rehall.run import fields_of
from rehall.simulate import simulate
from rehall.summary import summarise

TWO_SUPPLIES = """\
site: {outdoor: {dry_bulb: 24 degC, wet_bulb: 20 degC}}
hall:
  size: [6 m, 2.4 m, 1.2 m]
  openings:
    - {name: dry, kind: supply, wall: -x, from: [0 m, 0 m], to: [1.2 m, 1.2 m], flow: 0.8 m3/s,
       temperature: 14 degC}
    - {name: moist, kind: supply, wall: -x, from: [1.2 m, 0 m], to: [2.4 m, 1.2 m], flow: 1.2 m3/s,
       temperature: 24 degC}
    - {name: out, wall: +x, from: [0 m, 0 m], to: [2.4 m, 1.2 m], kind: outdoor,
       loss_coefficient: 10}
catalogue:
  heater: {kind: rack, name: heater, size: [1.2 m, 1.2 m, 1.2 m], power: 5 kW,
           air_flow: {flow: 1 m3/s}}
equipment:
  - unit: {of: heater, name: A, at: [2.4 m, 0 m], facing: -x}
  - unit: {of: heater, name: B, at: [2.4 m, 1.2 m], facing: -x}
solver: {cell: 0.2 m, precision: float64}
"""

ROUND = """\
include: chilled_water.yaml
site: {outdoor: {dry_bulb: 20 degC, wet_bulb: 14 degC}}
hall: {size: [6 m, 2.4 m, 2.4 m]}
equipment:
  - unit:
      of: {kind: rack, name: heater, size: [0.6 m, 1.2 m, 1.8 m], power: 10 kW,
           air_flow: {flow: 0.8 m3/s}}
      name: R
      at: [1.8 m, 0.6 m]
      facing: -x
  - unit:
      of: {kind: cooling_unit, name: crah, size: [0.6 m, 1.2 m, 1.8 m], intake: front,
           discharge: back, fan_power: 1 kW,
           rating: {capacity: 20 kW, air_flow: 1 m3/s, air_in: 32 degC, water_flow: 60 L/min,
                    water_in: 10 degC, water_out: 14.8 degC}}
      name: U
      at: [3.6 m, 0.6 m]
      facing: +x
      facility: chw
      supply: 18 degC
solver: {cell: 0.3 m, precision: float64}
"""


@pytest.fixture(scope="module")
def two_supplies(case_of):
    """On two grids."""
    solution = simulate(case_of(TWO_SUPPLIES))
    return solution, summarise(solution)


def rows(summary, name):
    return {row["where"]: row for row in summary["limits"] if row["name"] == name}


@pytest.mark.slow
def test_racks_take_in_the_moisture_of_the_supply_before_them_and_all_of_it_leaves(two_supplies):
    solution, summary = two_supplies
    assert not summary["reasons"]
    ratios = {o.name: entering_ratio(solution.case, o) for o in solution.case.openings}
    flows = entering(solution.case, solution.level, solution.air)
    assert ratios["dry"] < 0.8 * ratios["moist"]
    a, b = (rack["inlet_humidity_ratio_g_kg"] / 1e3 for rack in summary["racks"])
    assert ratios["dry"] < a < 0.95 * b < ratios["moist"]
    mixed = sum(flows[name] * ratios[name] for name in ("dry", "moist")) / (
        flows["dry"] + flows["moist"]
    )
    # All air leaves by the one opening, through cells of uneven moisture.
    patch = solution.level.voxels.openings["out"]
    at, state = tuple(patch.cells.T), solution.air.state
    out = -patch.sign * state.u[tuple(patch.faces.T)] * patch.area / np.asarray(state.T)[at]
    assert (out > 0).all()
    leaving = np.average(solution.carried.cells["humidity_ratio"][at], weights=out)
    assert leaving == pytest.approx(mixed, rel=2e-3)
    dew = rows(summary, "rack_dew_point_max")
    assert dew["A"]["value"] < dew["B"]["value"] - 0.5


@pytest.mark.slow
def test_dew_point_is_as_uncertain_as_two_grids_differ_in_moisture(two_supplies):
    solution, summary = two_supplies
    ((level, air),) = solution.coarser
    inputs = air_inputs(solution.case, level, solution.exchange)
    coarse = carried.carried(solution.case, level, air, inputs).intake["humidity_ratio"]
    fine = solution.carried.intake["humidity_ratio"]
    # 3 / (2^2 - 1) = 1: the difference itself, no less than the root mean square of both racks.
    steps = {name: abs(fine[name] - coarse[name]) for name in "AB"}
    least = np.sqrt(np.mean(np.square(list(steps.values()))))
    for name, row in rows(summary, "rack_dew_point_max").items():
        ratios = fine[name] + max(steps[name], least) * np.array([-1.0, 0.0, 1.0])
        low, middle, high = (humidity(x, 290.0, 101325.0).dew_point for x in ratios)
        assert row["uncertainty"] == pytest.approx(max(middle - low, high - middle), rel=1e-3)


@pytest.mark.slow
def test_rack_whose_moisture_is_not_solved_has_the_range_of_what_enters(
    two_supplies, leave_moisture_unsolved
):
    solution, summary = two_supplies
    leave_moisture_unsolved()
    failed = summarise(replace(solution))
    assert any("moisture" in warning for warning in failed["warnings"])
    assert failed["racks"][0]["inlet_dew_point_c"] is None
    ratios = {o.name: entering_ratio(solution.case, o) for o in solution.case.openings}
    dew = {name: humidity(ratio, 290.0, 101325.0).dew_point for name, ratio in ratios.items()}
    for name in ("rack_dew_point_max", "rack_dew_point_min", "rack_humidity_max"):
        for rack, row in rows(failed, name).items():
            known = rows(summary, name)[rack]
            assert abs(row["value"] - known["value"]) < row["uncertainty"]
            assert row["uncertainty"] > 2 * known["uncertainty"]
    row = rows(failed, "rack_dew_point_max")["A"]
    assert row["uncertainty"] == pytest.approx(0.5 * (dew["moist"] - dew["dry"]), rel=0.1)
    assert set(rows(failed, "rack_humidity_min")) == {"A", "B"}


def test_inlet_is_as_moist_as_all_that_enters_and_no_uncertainty_goes_beyond_it():
    def ratio(solved, entered, **unsure):
        bounds = {"R": entered} if entered else {}
        known = SimpleNamespace(
            entered=SimpleNamespace(bounds=bounds),
            carried=SimpleNamespace(taken_in=lambda *_: solved),
        )
        return inlet_ratio(known, "R", Uncertainty(ratio=unsure))

    assert ratio(0.008, (0.008, 0.008)) == (0.008, 0.008, 0.008)
    assert ratio(0.008, (0.006, 0.009)) == (0.008, 0.006, 0.009)
    assert ratio(0.008, (0.006, 0.009), R=0.0015) == pytest.approx((0.008, 0.0065, 0.009))
    assert ratio(None, (0.006, 0.009)) == pytest.approx((0.0075, 0.006, 0.009))
    assert ratio(None, None) is None


@pytest.fixture(scope="module")
def closed_hall(solved):
    return solved(ROUND)


@pytest.mark.slow
def test_age_at_a_return_is_mass_over_flow_and_what_racks_give_out_is_taken_in_again(closed_hall):
    solution, summary = closed_hall
    m = {name: abs(solution.air.m_flow[solution.level.streams.of(name)].sum()) for name in "RU"}
    age, share = (solution.carried.intake[name] for name in ("age", "recirculated"))
    rho = 101325 / 287.055 / np.asarray(solution.air.state.T)
    mass = (rho * solution.level.grid.volume)[~solution.level.voxels.solid].sum()
    assert age["U"] == pytest.approx(mass / m["U"], rel=5e-3)
    assert m["R"] * share["R"] + m["U"] * share["U"] == pytest.approx(m["R"], rel=5e-3)
    assert 0.01 < share["R"] < 0.99
    metrics = summary["metrics"]
    assert metrics["recirculated_pct"] == pytest.approx(100 * share["R"])
    efficiency = 50 * mass / m["U"] / metrics["air_age_mean_s"]
    assert metrics["air_change_efficiency_pct"] == pytest.approx(efficiency, rel=5e-3)


@pytest.mark.slow
def test_moisture_of_a_hall_without_outdoor_air_is_left_out_of_its_fields(closed_hall):
    solution, summary = closed_hall
    assert summary["racks"][0]["inlet_humidity_ratio_g_kg"] is None
    extra = fields_of(solution.level, solution.air.state, solution.carried).extra
    assert "age" in extra
    assert "humidity_ratio" not in extra
