"""What a failure does in time, against closed forms: sealed air, a stagnant rack, a return."""

import jax.numpy as jnp
import numpy as np
import pytest

from rehall import transient
from rehall.observe import device_air
from rehall.redundancy.ground import WORK, make_ground, normal_solution
from rehall.redundancy.solving import Options
from rehall.redundancy.study import study_failures
from rehall.redundancy.tasks import MARCH, Task, read_arrays, solve_task
from thermal.properties import fluid, pressure_at_altitude

pytestmark = pytest.mark.slow

STORES = 60e3
"""Heat that each rack's servers store [J/K]."""
SEALED = """
site:
  name: sealed room
  outdoor: {dry_bulb: 30 degC, wet_bulb: 18 degC}
hall:
  size: [4.8 m, 3.6 m, 2.7 m]
  walls: {default: adiabatic}
equipment:
  - row:
      of: {like: storage_rack, power: 10 kW, thermal_mass: 60 kJ/K, thermal_conductance: 12 kW/K}
      name: R
      count: 2
      first: [1.8 m, 1.2 m]
      facing: -y
      feeds: [board]
  - unit:
      of:
        like: vertiv_fa069hc
        size: [1.2 m, 0.6 m, 1.8 m]
        fan_power: 1 kW
        rating:
          capacity: 40 kW
          air_flow: 9000 m3/h
          air_in: 35 degC
          water_flow: 120 L/min
          water_in: 18 degC
          water_out: 25 degC
      name: FW
      at: [3.3 m, 1.2 m]
      facing: -y
      supply: 20 degC
      air_flow: 2 m3/s
      facility: chw
      feeds: [board]
liquid:
  facility:
    - name: chw
      supply: 16 degC
      flow: 140 L/min
      volume: 0.5 m3
      pump_head: 200 kPa
      pump_efficiency: 70 %
      rejection: {of: {like: air_cooled_chiller_1500, capacity: 60 kW, restart: 30 s}, count: 1}
      feeds: [cold]
power:
  nodes:
    - {name: utility, of: utility, voltage: 13.8 kV}
    - {name: GEN, of: {like: generator_2500, units: 1, start_time: 12 s}}
    - {name: MV, of: {like: mv_switch_630, gap: 0.5 s, delay: 0 s}, fed_by: [utility, GEN]}
    - {name: T, of: transformer_2500, fed_by: MV}
    - {name: cold, of: board_2000, fed_by: T}
    - {name: U, of: ups_2500, fed_by: T}
    - {name: board, of: board_2000, fed_by: U}
solver: {cell: 0.45 m}
redundancy: {duration: 300 s}
"""


@pytest.fixture(scope="module")
def sealed(tmp_path_factory, case_of):
    folder = tmp_path_factory.mktemp("sealed")
    ground = make_ground(case_of(folder, SEALED), None, folder / WORK)
    options = Options(only=("chw lost", "utility lost"))
    found = study_failures(ground, folder / WORK, options)
    return ground, {one.state.name: one for one in found.states}, folder / WORK


def test_march_of_an_open_door_begins_in_the_hall_before_it_was_opened(
    tmp_path, sound_text, case_of, monkeypatch
):
    ground = make_ground(case_of(tmp_path, sound_text), None, tmp_path / WORK)
    options = Options(only=("door*",))
    (one,) = study_failures(ground, tmp_path / WORK, options).states
    settled, before = [], transient._settled

    def spied(level, work, inputs):
        settled.append(level)
        return before(level, work, inputs)

    monkeypatch.setattr(transient, "_settled", spied)
    task = Task(MARCH, "opened", one.course, ground.fine.x, span=1.0)
    solve_task(task, ground, tmp_path / WORK)
    assert settled == [ground.grids["coarse"].level]
    series = read_arrays(task, tmp_path / WORK)
    normal = normal_solution(ground, "coarse")
    air = device_air(normal.case, normal.level, normal.air)
    for n, name in enumerate(map(str, series["air_devices"])):
        if name.startswith("A"):
            assert series["air_T_in_max"][0, n] == pytest.approx(air[name].T_in_max, abs=0.1)


def test_sealed_adiabatic_room_without_cooling_warms_by_its_heat_over_what_stores_it(sealed):
    """Once all of it warms alike, dT/dt = Q / (m cp + C): within 1 %."""
    ground, states, folder = sealed
    one = states["chw lost"]
    assert one.air.how == "endless"
    # Followed to its end, not only until its limits break.
    task = Task(MARCH, "whole", one.course, ground.fine.x)
    solve_task(task, ground, folder)
    series = read_arrays(task, folder)
    t, T = series["air_times"], series["air_T_in"]
    assert t[-1] == pytest.approx(300.0)
    late = t > t[-1] - 60.0
    rate = np.mean([np.polyfit(t[late], T[late, n], 1)[0] for n in range(T.shape[1])])
    level, case = ground.grids["coarse"].level, ground.case
    volume = float(np.sum(np.asarray(level.model.volume) * np.asarray(level.model.fluid)))
    # Air that warms at constant pressure leaves: its mass is that of the time in between.
    T_mean = 0.5 * float(T[late].mean() + series["air_T_out"][late].mean())
    mass = float(pressure_at_altitude(0.0)) * volume / (287.05 * T_mean)
    fans = float(ground.fine.x.coil_heat["FW"]) - 2 * 10e3
    heat = 2 * 10e3 + fans
    stored = mass * float(level.model.cp) + 2 * STORES
    assert case.items[0].power == 10e3
    assert rate == pytest.approx(heat / stored, rel=0.01)


def test_room_whose_cooling_returns_comes_back_to_its_normal_state(sealed):
    """The generator runs after 12.5 s, the chiller cools 30 s later."""
    _, states, _ = sealed
    one = states["utility lost"]
    assert one.air.how == "reused"
    T = one.series["air_T_in"]
    racks = [str(name).startswith("R") for name in one.series["air_devices"]]
    assert T[:, racks].max() > T[0, racks].max() + 1.0
    np.testing.assert_allclose(T[-1, racks], T[0, racks], atol=0.2)


def test_rack_behind_a_shut_valve_warms_at_the_rate_of_what_it_holds(tmp_path, sound_text, case_of):
    """dT/dt = Q / (m cp of its coolant + C of its plates): within 2 %."""
    text = sound_text.replace("      header:", "      branch: {valve: 60 m3/h}\n      header:")
    case = case_of(tmp_path, text)
    ground = make_ground(case, None, tmp_path / WORK)
    options = Options(only=("valve of A01 shut",))
    (one,) = study_failures(ground, tmp_path / WORK, options).states
    series = one.series
    n = list(map(str, series["coolant_racks"])).index("A01")
    t, T = series["coolant_times"], series["coolant_T_hottest"][:, n]
    item = case.item("A01")
    coolant = item.entry.coolant
    late = (t > 10.0) & (T < 373.15)
    liquid, T_mean = fluid("pg25"), jnp.asarray(T[late].mean())
    per_volume = float(liquid.density(jnp.asarray(313.15)) * liquid.heat_capacity(T_mean))
    stored = coolant.volume * per_volume + coolant.plates.thermal_mass
    rate = np.polyfit(t[late], T[late], 1)[0]
    assert rate == pytest.approx(item.heat_to_liquid / stored, rel=0.02)
