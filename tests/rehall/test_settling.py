"""Facility water that floats far above its set point, and a year of what cannot last."""

import pytest

from rehall import liquid_words, utilities
from rehall.coils import coil_conductance
from rehall.coolant_march import march_coolant
from rehall.operation import coil_of
from rehall.utilities import Plant, first_exchange, settle
from rehall.validation.runner import default_root
from rehall.weather import read_epw
from rehall.year import solve_year
from rehall.year_summary import summarise_year

pytestmark = pytest.mark.slow
COOLER = "rejection: {of: dry_cooler_2mw, count: 1}"
SMALL = "rejection: {of: {like: dry_cooler_2mw, capacity: %s}, count: 1}"
FEW = """
site: {outdoor: {dry_bulb: 30 degC, wet_bulb: 20 degC}}
hall: {size: [9 m, 6 m, 4 m], raised_floor: {height: 0.6 m, leakage: 1 %}}
equipment:
  - unit: {of: stulz_crs560cw, name: CU1, at: [1 m, 2 m], facing: +x, facility: chw,
           supply: 22 degC}
  - unit: {of: stulz_crs560cw, name: CU2, at: [1 m, 4 m], facing: +x, facility: chw,
           supply: 22 degC}
liquid:
  facility:
    - {name: chw, fluid: water, supply: 18 degC, flow: 370 L/min, pump_head: 20 kPa,
       pump_efficiency: 70 %, rejection: {of: air_cooled_chiller_1500, count: 1}}
"""
WEATHER = default_root().parent / "configs" / "weather" / "synthetic_continental.epw"


@pytest.mark.parametrize("capacity", ["40 kW", "70 kW", "200 kW"])
def test_water_is_solved_at_the_supply_that_its_rejection_gives(case_of, liquid_pod, capacity):
    # At 40 kW the racks cannot give off all: the warmer the water, the less they give.
    case = case_of(liquid_pod.replace(COOLER, SMALL % capacity))
    plant, x = Plant.of(case), first_exchange(case)
    found = settle(case, plant, x)
    facility = found.facilities["fws"]
    assert found.unsettled == ()
    assert facility.T_supply > 309.15 + 0.5
    used = float(found.circuits.T_out[plant.liquid.places.link["fws", "rejection"]])
    assert used == pytest.approx(facility.T_supply, abs=0.01)
    unmet = float(found.loops["tcs"][1].heat_unmet.sum())
    assert (unmet > 50e3) == (capacity == "40 kW")
    taken = facility.heat - facility.pump_power
    assert taken == pytest.approx(300e3 - unmet, rel=0.02)


def test_water_that_does_not_settle_is_told(case_of, liquid_pod, monkeypatch):
    monkeypatch.setattr(utilities, "SETTLING", 1)
    case = case_of(liquid_pod.replace(COOLER, SMALL % "40 kW"))
    found = settle(case, Plant.of(case), first_exchange(case))
    assert len(found.unsettled) == 1
    assert "fws would supply" in found.unsettled[0]
    year = summarise_year(solve_year(case, read_epw(WEATHER)))
    assert not year["converged"]
    assert year["verdict"] == "unsure"


def test_a_coil_has_the_water_that_its_circuit_gives_it(case_of, liquid_pod):
    """Two coils of 185 L/min on pumps that raise too little for them."""
    case = case_of(FEW)
    plant, x = Plant.of(case), first_exchange(case)
    found = settle(case, plant, x)
    units = [item for item in case.items if item.kind == "cooling_unit"]
    flows = [60e3 * x.V_water[item.name] for item in units]
    assert 0.3 * 185.0 < max(flows) < 0.6 * 185.0
    T = x.T_facility["chw"]
    nominal = coil_conductance(units[0], case, 1.15 * 13000.0 / 3600.0, T, 185.0 / 60e3)
    assert coil_of(case, units[0], x)[0] < 0.85 * nominal
    (told,) = liquid_words.warnings(plant.liquid, found.circuits)
    assert "L/min flow of the 370 L/min that the case gives" in told


def test_a_facility_loop_that_is_off_carries_nothing_and_starts_by_an_event(case_of, liquid_pod):
    events = "[{at: 20 s, item: fws, state: on}]"
    lines = f"off: [fws]\ntransient: {{duration: 60 s, events: {events}}}\n"
    case = case_of(liquid_pod + lines)
    plant, x = Plant.of(case), first_exchange(case)
    found = settle(case, plant, x)
    facility, state = found.facilities["fws"], found.loops["tcs"][1]
    assert facility.pump_power == 0.0
    assert facility.heat < 1.0
    assert state.heat_unmet.sum() == pytest.approx(300e3, rel=0.01)
    (told,) = [
        text for text in liquid_words.warnings(plant.liquid, found.circuits) if "fws" in text
    ]
    assert "no pump runs" in told or "without facility water" in told
    marched = march_coolant(case, plant.liquid, x)
    tcs = marched.T_supply[:, marched.circuits.index("tcs")]
    assert tcs[-1] < tcs[0] - 20.0


def test_a_year_fails_where_a_rack_has_no_coolant(case_of, liquid_pod):
    shut = "pressure: 150 kPa, branch: {valve: 60 m3/h}, valves: {R02: 0 %}}\n"
    case = case_of(liquid_pod.replace("pressure: 150 kPa}\n", shut))
    year = summarise_year(solve_year(case, read_epw(WEATHER)))
    broken = {(row["name"], row["where"]) for row in year["limits"] if row["holds"] is False}
    assert year["verdict"] == "fail"
    assert {("coolant_flow_min", "R02"), ("coolant_heat_unmet", "R02")} == broken
