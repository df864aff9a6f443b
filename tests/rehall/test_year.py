"""A year of weather: the same as single hours, sums that add up, hours counted by hand."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import psychrolib
import pytest

from geometry.errors import InputError
from rehall.config import load
from rehall.facility import design, facilities_of, plant_of, solve_facility
from rehall.utilities import Plant, first_exchange, settle
from rehall.weather import read_epw
from rehall.year import at_utilisation, coil_heats, solve_year
from rehall.year_contract import contract_of, contract_row
from rehall.year_power import utility_power
from rehall.year_summary import summarise_year
from thermal.plant.outdoor import outdoor_at_wet_bulb
from thermal.plant.plant import operate

pytestmark = pytest.mark.slow
psychrolib.SetUnitSystem(psychrolib.SI)
ZERO, HOUR = 273.15, 3600.0

HALL = """\
site:
  outdoor: {dry_bulb: 30 degC, wet_bulb: 20 degC}
  energy_price: 0.10 USD/kWh
  water_price: 3 USD/m3
  contracted_demand: 2 MW
catalogue:
  small_cooler: {like: dry_cooler_2mw, capacity: 500 kW, flow: 725 L/min, fan_power: 11 kW}
  small_tower: {like: cooling_tower_3mw, capacity: 500 kW, flow: 1300 L/min, fan_power: 6 kW}
  plates: {like: plate_exchanger_2mw, capacity: 150 kW, flow: 550 L/min}
hall:
  size: [12 m, 9 m, 4 m]
equipment:
  - row: {of: vr_nvl72, name: A, count: 2, first: [3 m, 3 m], facing: -y, loop: tcs, feeds: [UA]}
  - unit: {of: coolit_chx2000, name: CDU1, at: [9 m, 3 m], facing: -y, loop: tcs, feeds: [UA]}
  - unit: {of: vertiv_fa069hc, name: FW1, at: [1 m, 6 m], facing: -y, supply: 22 degC,
           air_flow: 3 m3/s, facility: chw, feeds: [MB]}
liquid:
  facility:
    - name: fws
      supply: 39 degC
      flow: 1000 L/min
      pump_head: 200 kPa
      pump_efficiency: 70 %
      rejection: {of: small_cooler, count: 1}
      feeds: [MB]
    - name: chw
      supply: 18 degC
      flow: 550 L/min
      pump_head: 200 kPa
      pump_efficiency: 70 %
      rejection: {of: {like: air_cooled_chiller_1500, capacity: 150 kW}, count: 1}
      feeds: [MB]
  loops:
    - name: tcs
      supply: 43 degC
      facility: fws
      header: {diameter: 200 mm, pitch: 0.6 m}
      control: {differential_pressure: 180 kPa}
power:
  nodes:
    - {name: grid, of: utility, voltage: 13.8 kV}
    - {name: T1, of: transformer_2500, fed_by: grid}
    - {name: UA, of: ups_2500, fed_by: T1}
    - {name: MB, of: board_2000, fed_by: T1}
limits: {coolant_supply_max: 45 degC}
"""
CHILLER = "rejection: {of: {like: air_cooled_chiller_1500, capacity: 150 kW}, count: 1}"
ECONOMISER = """rejection:
        of: {like: air_cooled_chiller_1500, capacity: 150 kW}
        count: 2
        spare: 1
        outdoor_loop:
          of: {like: dry_cooler_2mw, capacity: 150 kW, flow: 220 L/min, fan_power: 3.4 kW}
          count: 1
          fluid: pg30
          flow: 550 L/min
          pump_head: 150 kPa
          pump_efficiency: 70 %
          economiser: {of: plates, count: 1}"""


@pytest.fixture
def hall(tmp_path):
    """Return a function that loads the hall, with something written instead of something."""

    def loaded(*changes):
        text = HALL
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "hall.yaml"
        path.write_text(text)
        return load(path)

    return loaded


@pytest.fixture
def seasons(epw):
    """A year with winter, summer and days: -8 to 36 degC."""
    hour = np.arange(8760)
    dry = 14.0 - 16.0 * np.cos(2 * np.pi * hour / 8760) - 6.0 * np.cos(2 * np.pi * hour / 24)
    return read_epw(epw(dry, dry - 7.0))


def constant(epw, dry, wet):
    """A year in which every hour is the same."""
    w = psychrolib.GetHumRatioFromTWetBulb(dry, wet, 101325.0)
    return read_epw(epw(dry, psychrolib.GetTDewPointFromHumRatio(dry, w, 101325.0)))


def test_year_of_constant_weather_is_the_design_hour_8760_times(hall, epw):
    case = hall((CHILLER, ECONOMISER))
    settled = settle(case, Plant.of(case), first_exchange(case))
    year = solve_year(case, constant(epw, 30.0, 20.0))
    for name, f in year.facilities.items():
        single = settled.facilities[name]
        np.testing.assert_allclose(f.T_supply, single.T_supply, atol=1e-3)
        np.testing.assert_allclose(f.power, single.power, rtol=1e-3)
        assert f.heat == pytest.approx(single.heat)
    (_, state), *_ = settled.loops.values()
    np.testing.assert_allclose(year.coolant["tcs"], np.max(state.T_branch_in), atol=0.02)
    np.testing.assert_allclose(year.utility.power, settled.power.utility_power, rtol=1e-5)
    summary = summarise_year(year)
    pue = settled.power.utility_power / sum(i.power for i in case.items if i.kind == "rack")
    assert summary["metrics"]["pue"] == pytest.approx(pue, rel=1e-5)
    assert summary["metrics"]["pue_worst_hour"] == pytest.approx(pue, rel=1e-5)


def test_every_hour_is_that_of_the_plant_alone(hall, seasons):
    year = solve_year(hall(), seasons)
    for n in (0, 4000, 4390, 8000):
        dry, dew = seasons.T_dry[n] - ZERO, seasons.T_dew[n] - ZERO
        wet = psychrolib.GetTWetBulbFromTDewPoint(dry, dew, 101325.0)
        outdoor = outdoor_at_wet_bulb(dry + ZERO, wet + ZERO)
        for f in year.facilities.values():
            alone = operate(plant_of(year.case, f.spec), f.heat, outdoor)
            assert f.T_supply[n] == pytest.approx(float(alone.T_supply), abs=2e-3)
            assert f.power[n] - f.pump_power == pytest.approx(float(alone.power), rel=2e-3)


def test_power_between_few_solutions_of_the_chain_is_that_of_a_solution(hall, seasons):
    year = solve_year(hall(), seasons)
    side = Plant.of(year.case).side
    assert year.utility.error < 1e-6
    for n in (17, 2222, 4444):
        powers = year.loads | {name: float(f.power[n]) for name, f in year.facilities.items()}
        assert year.utility.power[n] == pytest.approx(side.solve(powers).utility_power, rel=1e-6)


def test_chain_between_its_solutions_follows_the_square_of_the_load():
    class Side:
        """Losses of one resistance that all loads share, and one of a load alone."""

        class State:
            converged = True

            def __init__(self, power):
                total = sum(power.values())
                self.utility_power = total + 1e-8 * total**2 + 3e-8 * power["a"] ** 2

        def solve(self, power):
            return self.State(power)

    hourly = {"a": np.linspace(1e5, 4e5, 8760), "b": 2e5 + 1e5 * np.sin(np.arange(8760))}
    found = utility_power(Side(), {"it": 1e6}, hourly, 8760)
    total = 1e6 + hourly["a"] + hourly["b"]
    exact = total + 1e-8 * total**2 + 3e-8 * hourly["a"] ** 2
    np.testing.assert_allclose(found.power, exact, rtol=1e-12)
    assert found.error < 1e-12


def test_energy_of_the_year_is_the_sum_of_its_parts(hall, seasons):
    year = solve_year(hall(), seasons)
    summary = summarise_year(year)
    m = summary["metrics"]
    others = sum(p for n, p in year.loads.items() if n not in ("A01", "A02")) * 8760 / 1e6
    assert m["energy_mwh"] == pytest.approx(
        m["it_mwh"] + m["plant_mwh"] + m["losses_mwh"] + others, rel=1e-9
    )
    assert m["pue"] == pytest.approx(m["energy_mwh"] / m["it_mwh"])
    parts = ("chillers_mwh", "coolers_mwh", "outdoor_pumps_mwh", "pumps_mwh")
    plant = sum(row[key] for row in summary["facilities"] for key in parts)
    assert plant == pytest.approx(m["plant_mwh"], rel=1e-9)
    assert m["losses_mwh"] > 0.0
    assert sum(row["energy_mwh"] for row in summary["months"]) == pytest.approx(m["energy_mwh"])
    assert sum(row["hours"] for row in summary["months"]) == 8760
    assert m["energy_cost_per_year"] == pytest.approx(m["energy_mwh"] * 1e3 * 0.10)


def test_pue_is_weighted_by_energy_and_worst_in_the_hottest_hours(hall, seasons):
    year = solve_year(hall(), seasons)
    m = summarise_year(year)["metrics"]
    assert m["pue_best_hour"] < m["pue"] < m["pue_worst_hour"]
    assert seasons.T_dry[np.argmax(year.utility.power)] > np.percentile(seasons.T_dry, 99)
    assert m["peak_kw"] == pytest.approx(year.utility.power.max() / 1e3)


def test_hours_above_a_class_are_those_of_the_water(hall, seasons):
    warm = ("supply: 39 degC", "supply: 26.5 degC")
    year = solve_year(hall(warm), seasons)
    rows = {row["name"]: row for row in summarise_year(year)["facilities"]}
    T = year.facilities["fws"].T_supply - ZERO
    assert T.max() > 33.0
    for key, limit in (("w17", 17.0), ("w27", 27.0), ("w32", 32.0), ("w40", 40.0)):
        assert rows["fws"][f"hours_above_{key}"] == (~(limit + 1e-3 >= T)).sum()
    assert rows["fws"]["hours_above_w17"] == 8760
    assert 0 < rows["fws"]["hours_above_w32"] < rows["fws"]["hours_above_w27"] < 8760
    assert rows["fws"]["hours_short"] == (T > 26.5 + 1e-6).sum()
    # At full speed the approach is what the heat asks for, whatever the hour.
    above = T - (seasons.T_dry - ZERO)
    np.testing.assert_allclose(above[T > 27.0], above[T > 27.0][0], atol=1e-6)


def test_water_too_warm_for_the_coolant_is_counted(hall, seasons):
    smaller = ("capacity: 500 kW, flow: 725", "capacity: 200 kW, flow: 290")
    year = solve_year(hall(("supply: 39 degC", "supply: 38 degC"), smaller), seasons)
    summary = summarise_year(year)
    (loop,) = summary["loops"]
    T_fws, T_tcs = year.facilities["fws"].T_supply, year.coolant["tcs"]
    floating = T_tcs > 43.0 + ZERO + 0.01
    assert floating.any()
    assert not floating.all()
    for n in np.argsort(T_fws)[[-1, -1000, -2500]]:
        assert T_tcs[n] == pytest.approx(supply_with_water_at(year.case, T_fws[n]), abs=0.02)
    assert loop["hours_above_limit"] == (T_tcs > 45.0 + ZERO + 1e-3).sum() > 0
    broken = [row["name"] for row in summary["limits"] if row["holds"] is False]
    assert {"coolant_supply_hours", "facility_supply_hours"} <= set(broken)
    assert summary["verdict"] == "fail"


def supply_with_water_at(case, T):
    """Warmest supply to a rack with facility water at a temperature, solved for it [K]."""
    liquid, heat = Plant.of(case).liquid, {i.name: i.heat_to_liquid for i in case.items if i.loop}
    states = liquid.states(liquid.solve(heat, {"fws": float(T)}, {}, 295.15))
    return float(np.max(states["tcs"][1].T_branch_in))


def test_economiser_turns_winter_into_free_cooling_and_saves_energy(hall, seasons):
    heat = {"FW1": 110e3}
    year = solve_year(hall((CHILLER, ECONOMISER)), seasons, coil_heat=heat)
    with_it = summarise_year(year)
    without = summarise_year(solve_year(hall(), seasons, coil_heat=heat))
    row = next(r for r in with_it["facilities"] if r["name"] == "chw")
    modes = row["hours_free"], row["hours_partly_free"], row["hours_mechanical"]
    assert sum(modes) == 8760
    assert min(modes) > 100
    assert with_it["metrics"]["hours_without_compressor"] == row["hours_free"]
    assert without["metrics"]["hours_without_compressor"] == 0
    assert with_it["metrics"]["pue"] < without["metrics"]["pue"]
    # Free in the coldest hours: those in which the cooler gets below what the exchanger needs.
    free = np.asarray(year.facilities["chw"].state.chillers) == 0
    assert seasons.T_dry[free].max() <= seasons.T_dry[~free].min() + 0.01


def test_water_of_towers_is_counted_and_paid(hall, seasons):
    tower = ("of: small_cooler", "of: small_tower")
    year = solve_year(hall(tower, ("supply: 39 degC", "supply: 28 degC")), seasons)
    m = summarise_year(year)["metrics"]
    rejected = year.facilities["fws"].heat * 8760 / 1e3  # [kWh]
    litres = 1e3 * m["plant_water_m3"]
    # A litre and a bit a kilowatt-hour evaporates, a third more is bled at four cycles.
    assert 0.9 < litres / rejected * 3 / 4 < 1.6
    assert m["wue_l_per_kwh"] == pytest.approx(litres / (m["it_mwh"] * 1e3))
    assert m["water_cost_per_year"] == pytest.approx(3.0 * m["plant_water_m3"])


def test_half_the_servers_power_is_half_the_it_energy_and_less_heat(hall, seasons):
    full, half = (solve_year(hall(), seasons, share) for share in (1.0, 0.5))
    assert half.it == pytest.approx(0.5 * full.it)
    assert half.facilities["fws"].heat < 0.6 * full.facilities["fws"].heat
    assert at_utilisation(full.case, 1.0) is full.case


def test_heat_of_a_run_goes_before_the_first_guess(hall, seasons, tmp_path):
    case = hall()
    rows = '{"case": "hall", "cooling_units": [{"name": "FW1", "heat_kw": 77.0}], "racks": []}'
    (tmp_path / "summary.json").write_text(rows)
    heats = coil_heats(case, tmp_path)
    assert heats == {"FW1": 77e3}
    year = solve_year(case, seasons, coil_heat=heats)
    chw = year.facilities["chw"]
    assert chw.heat == pytest.approx(77e3 + chw.pump_power, rel=0.01)


def test_chillers_that_cannot_carry_the_heat_have_no_steady_state(hall, seasons):
    small = ("capacity: 150 kW}", "capacity: 10 kW}")
    year = solve_year(hall(small), seasons)
    summary = summarise_year(year)
    row = next(r for r in summary["facilities"] if r["name"] == "chw")
    assert row["hours_without_steady_state"] == row["hours_short"] > 0
    assert row["hours_above_w45"] == row["hours_short"]
    assert row["supply_highest_c"] is None
    assert np.isnan(year.facilities["chw"].T_supply).sum() == row["hours_short"]
    assert summary["verdict"] == "fail"


def test_hours_beyond_the_curves_are_told(hall, seasons):
    year = solve_year(hall(), seasons)
    summary = summarise_year(year)
    cold = int((seasons.T_dry < 4.44 + ZERO).sum())
    row = next(r for r in summary["facilities"] if r["name"] == "chw")
    assert row["hours_condenser_too_cold"] == cold > 0
    assert row["hours_leaving_water_off"] == 0
    assert any(f"in {cold:,} of 8,760 h" in warning for warning in summary["warnings"])
    warmer = summarise_year(solve_year(hall(("supply: 18 degC", "supply: 21 degC")), seasons))
    row = next(r for r in warmer["facilities"] if r["name"] == "chw")
    assert row["hours_leaving_water_off"] == 8760


def test_hall_without_chain_or_plant_draws_the_sum_of_its_loads(duct, tmp_path, seasons):
    path = tmp_path / "duct.yaml"
    path.write_text(duct)
    year = solve_year(load(path), seasons)
    np.testing.assert_allclose(year.utility.power, 10e3)
    summary = summarise_year(year)
    assert summary["metrics"]["pue"] == pytest.approx(1.0)
    assert summary["metrics"]["hours_without_compressor"] == 8760


def test_openings_to_outdoors_beside_cooling_units_are_warned_of(hall, seasons):
    size = "  size: [12 m, 9 m, 4 m]\n"
    gap = "{name: gap, wall: +x, from: [1 m, 1 m], to: [2 m, 2 m], kind: outdoor}"
    case = hall((size, f"{size}  openings: [{gap}]\n"))
    assert any("gap: solve the case first" in w for w in solve_year(case, seasons).warnings)
    known = solve_year(case, seasons, coil_heat={"FW1": 50e3})
    assert not any("gap" in warning for warning in known.warnings)


def test_capacity_at_design_does_not_count_on_the_economiser(hall):
    case = hall((CHILLER, ECONOMISER))
    spec = next(f for f in facilities_of(case) if f.name == "chw")
    cold = replace(plant_of(case, spec), T_set=spec.supply)
    found = solve_facility(case, spec, 60e3)
    outdoor = outdoor_at_wet_bulb(*design(case))
    assert found.capacity == pytest.approx(
        150e3 * float(_share(cold, outdoor.T_dry, spec.supply)), rel=1e-4
    )


def _share(plant, T_outdoor, T_supply):
    """Capacity of the chillers on duty over the rated one, by their curve."""
    surface = plant.main.machine.curves.capacity
    rated = surface.at(jnp.array(18.0 + ZERO), jnp.array(35.0 + ZERO))
    return surface.at(jnp.array(T_supply), T_outdoor) / rated


def under(hall, terms):
    return hall(("  energy_price: 0.10 USD/kWh", terms))


def test_contract_of_a_flat_price_is_the_cost_of_the_year(hall, seasons):
    case = under(hall, "  energy_price: 0.05 USD/kWh")
    year = solve_year(case, seasons)
    summary = summarise_year(year, contract_of(year))
    metrics, contract = summary["metrics"], summary["contract"]
    assert contract["contract_cost_per_year"] == pytest.approx(metrics["energy_cost_per_year"])
    assert contract["hours_called"] == 0


def test_curtailed_hours_are_those_of_a_year_at_that_share(hall, seasons):
    terms = """\
  energy_price: 0.05 USD/kWh
  tariff:
    demand_charge: 10 USD/kW
    periods: [{price: 0.2 USD/kWh, hours: [12, 18], months: [7, 7]}]
  curtailment: {hours: 100, to: 25 %, credit: 0.1 USD/kWh}"""
    case = under(hall, terms)
    year, low = solve_year(case, seasons), solve_year(case, seasons, 0.25)
    found = contract_of(year)
    assert found.called.sum() == 100
    assert set(seasons.month[found.called]) == {7}
    np.testing.assert_allclose(found.power[found.called], low.utility.power[found.called])
    np.testing.assert_allclose(found.power[~found.called], year.utility.power[~found.called])
    np.testing.assert_allclose(found.it[found.called], 0.25 * year.it)
    row = contract_row(year, found)
    saved = (year.utility.power - low.utility.power)[found.called].sum() * 3600.0 / 3.6e9
    assert row["called_mwh"] == pytest.approx(saved)
    assert row["curtailment_credit_cost_per_year"] == pytest.approx(-100.0 * saved)
    total = row["energy_cost_per_year"] + row["demand_cost_per_year"] - 100.0 * saved
    assert row["contract_cost_per_year"] == pytest.approx(total)


def test_prices_of_a_contract_are_in_one_currency(hall):
    with pytest.raises(InputError, match=r"curtailment.credit: wanted one currency"):
        under(hall, "  energy_price: 0.05 USD/kWh\n  curtailment: {hours: 9, credit: 1 EUR/kWh}")
    with pytest.raises(InputError, match="wanted energy_price beside it"):
        under(hall, "  tariff: {demand_charge: 9 USD/kW}")
