"""Events of circuits: what is refused, and what coils get of it over time."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

from geometry.errors import InputError
from rehall.coolant_march import march_coolant
from rehall.coolant_to_air import WARMER, knots, water_changes
from rehall.events import after
from rehall.liquid import liquid_side
from rehall.models import air_levels
from rehall.operated import operated
from rehall.operation import Exchange, air_inputs
from rehall.timeline import case_with, changes_of, stretches
from rehall.utilities import first_exchange
from thermal.air.inputs import Bodies

HALL = """\
include: chilled_water.yaml
site: {outdoor: {dry_bulb: 20 degC, wet_bulb: 14 degC}}
hall:
  size: [6 m, 2.4 m, 2.4 m]
equipment:
  - unit:
      of: {kind: cooling_unit, name: crah, size: [1.2 m, 1.2 m, 1.2 m], intake: front,
           discharge: back, fan_power: 1 kW,
           rating: {capacity: 20 kW, air_flow: 1.2 m3/s, air_in: 32 degC, water_flow: 60 L/min,
                    water_in: 10 degC, water_out: 14.8 degC}}
      name: U
      at: [2.4 m, 0.6 m]
      facing: -x
      facility: chw
      supply: 18 degC
solver: {cell: 0.6 m, precision: float64}
transient: {duration: 300 s, output: [300 s], events: [EVENT]}
"""


def over_time(case_of, event):
    """Stretches of a case with an event, its unit's stream, and the march of its water."""
    case = case_of(HALL.replace("EVENT", event))
    level = air_levels(case)[-1]
    x = Exchange(
        T_facility={"chw": 283.15}, coil_heat={"U": 10e3}, T_in={"U": 303.15}, m_air={"U": 1.4}
    )
    side = liquid_side(case)
    found = march_coolant(case, side, x)
    base = air_inputs(case, level, x)
    none = jnp.zeros_like(base.V_flow)
    base = replace(base, bodies=Bodies(none, none, none))  # as where servers store heat
    changes = changes_of(case, level, x, case.transient)
    changes += water_changes(case, level, found, base)
    return stretches(base, changes, case.transient), int(level.streams.of("U")[0]), found


@pytest.mark.slow
def test_coils_get_the_water_that_their_circuit_has(case_of):
    plan, unit, found = over_time(case_of, "{at: 20 s, item: chw, rejection: off}")
    assert found.T_coil[-1, 0] - found.T_coil[0, 0] > 3.0
    for t, T in zip(found.times, found.T_coil[:, 0], strict=True):
        stretch = next(s for s in plan if s.begin <= t <= s.end)
        first, last = (float(end.T_coolant[unit]) for end in (stretch.first, stretch.last))
        part = (t - stretch.begin) / (stretch.end - stretch.begin)
        assert first + part * (last - first) == pytest.approx(T, abs=1.01 * WARMER)
    assert float(plan[-1].last.T_coolant[unit]) == pytest.approx(found.T_coil[-1, 0], abs=1e-6)
    assert float(plan[-1].last.conductance[unit]) == pytest.approx(
        float(plan[0].first.conductance[unit])
    )
    assert float(plan[-1].last.T_set[unit]) == pytest.approx(291.15)


@pytest.mark.slow
def test_coils_without_water_carry_nothing(case_of):
    plan, unit, found = over_time(case_of, "{at: 20 s, item: chw, state: off}")
    assert abs(found.m_coil[-1, 0]) < 1e-6
    before = [s for s in plan if s.end <= 20.0]
    after = [s for s in plan if s.begin >= 20.0]
    assert float(before[-1].last.conductance[unit]) > 100.0
    assert after[0].jump
    assert float(after[0].first.conductance[unit]) == pytest.approx(0.0, abs=1e-3)


@pytest.mark.slow
def test_a_faster_coil_without_water_carries_nothing_either(case_of):
    faster = "{at: 5 s, item: U, air_flow: 1.6 m3/s}, {at: 20 s, item: chw, state: off}"
    plan, unit, _ = over_time(case_of, faster)
    assert float(plan[-1].last.conductance[unit]) == pytest.approx(0.0, abs=1e-3)


@pytest.mark.slow
def test_a_coil_whose_water_valve_is_stuck_shut_carries_nothing_while_its_fans_blow(case_of):
    plan, unit, found = over_time(case_of, "{at: 20 s, item: U, water: off}")
    assert found.m_coil[0, 0] > 0.5
    assert abs(found.m_coil[-1, 0]) < 1e-6
    first, last = plan[0].first, plan[-1].last
    assert float(first.conductance[unit]) > 100.0
    assert float(last.conductance[unit]) == pytest.approx(0.0, abs=1e-3)
    assert float(last.V_flow[unit]) == float(first.V_flow[unit]) > 1.0
    assert float(last.heat[unit]) == float(first.heat[unit]) == pytest.approx(1e3)


def test_the_first_guess_gives_no_heat_to_a_coil_without_water(case_of):
    case = case_of(HALL.replace("EVENT", "{at: 20 s, item: U, water: off}"))
    normal = operated(case)
    dry = case_with(case, after(case.transient.events[0], normal, normal))
    assert list(first_exchange(case).coil_heat) == ["U"]
    assert list(first_exchange(dry).coil_heat) == []


def test_a_steady_coil_without_water_conducts_nothing_while_its_fans_blow(case_of):
    case = case_of(HALL.replace("EVENT", "{at: 20 s, item: U, water: off}"))
    normal = operated(case)
    dry = case_with(case, after(case.transient.events[0], normal, normal))
    level, x = air_levels(case)[-1], Exchange(T_facility={"chw": 283.15})
    wet, none = (air_inputs(c, level, x) for c in (case, dry))
    unit = int(level.streams.of("U")[0])
    assert float(none.conductance[unit]) == 0.0 < float(wet.conductance[unit])
    assert float(none.V_flow[unit]) == float(wet.V_flow[unit]) > 1.0
    assert float(none.heat[unit]) == float(wet.heat[unit]) > 0.0


@pytest.mark.slow
def test_a_coil_that_is_switched_on_again_has_its_water_again(case_of):
    events = "{at: 20 s, item: U, water: off}, {at: 60 s, item: U, state: on}"
    plan, unit, found = over_time(case_of, events)
    assert np.abs(found.m_coil[(found.times > 21.0) & (found.times < 59.0), 0]).max() < 1e-6
    assert found.m_coil[-1, 0] == pytest.approx(found.m_coil[0, 0], rel=1e-6)
    conductance = float(plan[0].first.conductance[unit])
    assert float(plan[-1].last.conductance[unit]) == pytest.approx(conductance)


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ("{at: 0 s, item: chw, pumps: 3}", "chw has 1"),
        ("{at: 0 s, item: chw, trip: [1, 2]}", "chw has 1 pumps; wanted numbers from 1 to 1"),
        ("{at: 0 s, item: chw, trip: [0]}", "found 0, wanted at least 1"),
        ("{at: 0 s, item: chw, trip: []}", "wanted at least 1 items"),
        ("{at: 0 s, item: chw, trip: [1], pumps: 0}", "trip: goes with neither pumps nor state"),
        ("{at: 0 s, item: chw, trip: [1], state: off}", "trip: goes with neither pumps nor state"),
        ("{at: 0 s, item: chw, trip: [1], ramp: 2 s}", "coast_down"),
        ("{at: 0 s, item: U, trip: [1]}", "known are state, power"),
        ("{at: 0 s, item: chw, coolers: off}", "coolers: chw has no outdoor loop"),
        ("{at: 0 s, item: chw, water: off}", "known are state, pumps, rejection, coolers, trip"),
        ("{at: 0 s, item: U, filters: 2}", "known are state, power, air_flow, supply, water"),
        ("{at: 0 s, item: chw, state: off, ramp: 2 s}", "coast_down"),
        ("{at: 0 s, item: chw, state: off, pumps: 1}", "off goes with no pumps"),
        ("{at: 0 s, item: chw, power: 2 kW}", "known are state, pumps, rejection"),
        ("{at: 0 s, item: U, rejection: off}", "known are state, power"),
        ("{at: 0 s, item: chv, state: off}", "did you mean 'chw'?"),
    ],
)
def test_events_that_circuits_have_no_use_for_are_refused(case_of, event, words):
    with pytest.raises(InputError, match=r"case.yaml:\d+") as refused:
        case_of(HALL.replace("EVENT", event))
    assert words in str(refused.value)


def test_knots_follow_jumps_and_bends_and_nothing_else():
    times = np.array([0.0, 1.0, 2.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    values = np.array([0.0, 0.0, 0.0, 9.0, 9.5, 10.0, 14.0, 18.0])[:, None]
    assert knots(times, values) == [0, 2, 3, 5, 7]
    assert knots(times, 0.1 * values) == [0, 2, 3, 7]
    assert knots(times, 0.0 * values) == []
