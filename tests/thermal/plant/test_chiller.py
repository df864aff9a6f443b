from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

from thermal.plant.chiller import Range, available, chiller, energy_input, outside

ZERO = 273.15
FLOW = 0.06  # [m3/s]


def at(machine, load, leaving=6.67, entering=35.0):
    """The machine at a share of what it can take there."""
    T_leaving, T_entering = leaving + ZERO, entering + ZERO
    heat = load * available(machine, T_leaving, T_entering)
    return heat, chiller(machine, heat, T_entering, FLOW, T_leaving)


def test_chiller_at_its_rating_has_its_rated_capacity_and_cop(air_cooled, water_cooled):
    for machine in (air_cooled, water_cooled):
        state = chiller(machine, machine.capacity, machine.T_entering, FLOW, machine.T_leaving)
        assert float(state.power) == pytest.approx(machine.capacity / machine.cop, rel=1e-9)
        assert float(state.shortage) == pytest.approx(0.0, abs=1e-6)
        assert float(state.speed) == pytest.approx(1.0, rel=1e-12)


def test_curves_are_those_published(air_cooled):
    # Terms of the set written out by hand for 8 degC leaving and 25 degC outdoors.
    x, y = 8.0, 25.0
    capacity = 1.0580308705 + 0.0386840989 * x + 2.236087e-4 * x**2
    capacity += -0.0040725421 * y - 9.15179e-5 * y**2 - 2.962367e-4 * x * y
    assert float(air_cooled.curves.capacity.at(x + ZERO, y + ZERO)) == pytest.approx(capacity)
    # The set was fitted to a machine of 1 at 6.67 and 35 degC, to the accuracy of its fit.
    for surface in (air_cooled.curves.capacity, air_cooled.curves.energy_input):
        assert float(surface.at(6.67 + ZERO, 35.0 + ZERO)) == pytest.approx(1.0, abs=0.03)


def test_capacity_falls_and_power_rises_as_the_condenser_gets_warmer(air_cooled, water_cooled):
    for machine, entering in ((air_cooled, (10, 20, 30, 40)), (water_cooled, (13, 18, 23, 29))):
        T = jnp.array(entering, float) + ZERO
        assert (jnp.diff(energy_input(machine, 280.0, T)) > 0.0).all()
    T = jnp.array([10.0, 20.0, 30.0, 40.0]) + ZERO
    assert (jnp.diff(available(air_cooled, 280.0, T)) < 0.0).all()


def test_warmer_chilled_water_costs_less_power_for_the_same_heat(air_cooled):
    state = [chiller(air_cooled, 1e6, 308.15, FLOW, T + ZERO).power for T in (6.0, 8.0, 10.0)]
    assert float(state[0]) > float(state[1]) > float(state[2])


def test_no_chiller_needs_less_power_than_carnot(air_cooled, water_cooled):
    for machine, entering in ((air_cooled, (5, 45)), (water_cooled, (13, 29))):
        for leaving in (6.0, 8.0):
            T = jnp.linspace(*entering, 9) + ZERO
            carnot = (T - (leaving + ZERO)) / (leaving + ZERO)
            assert (energy_input(machine, leaving + ZERO, T) > carnot).all()


def test_below_its_least_load_a_chiller_cycles_at_constant_efficiency(air_cooled):
    heat, state = at(air_cooled, jnp.array([0.05, 0.1, 0.25]))
    np.testing.assert_allclose(heat / state.power, float((heat / state.power)[0]), rtol=1e-9)
    heat, state = at(air_cooled, jnp.array([0.25, 0.5, 1.0]))
    assert (jnp.diff(state.power) > 0.0).all()


def test_what_a_chiller_cannot_carry_stays_in_the_water(air_cooled):
    most = float(available(air_cooled, 280.0, 318.15))
    state = chiller(air_cooled, most + 1e5, 318.15, FLOW, 280.0)
    assert float(state.shortage) == pytest.approx(1e5)
    C_water = 992.2 * 4178.5 * FLOW
    assert float(state.T_leaving) - 280.0 == pytest.approx(1e5 / C_water, rel=1e-3)


def test_beyond_their_ranges_curves_keep_their_edge_and_it_is_said(air_cooled):
    T = jnp.array([-10.0, 4.44, 20.0, 46.11, 55.0]) + ZERO
    power = energy_input(air_cooled, 280.0, T)
    assert float(power[0]) == float(power[1])
    assert float(power[4]) == float(power[3])
    ways = outside(air_cooled, jnp.full(5, 280.0), T)
    assert np.asarray(ways[Range.COLD]).tolist() == [True, False, False, False, False]
    assert np.asarray(ways[Range.WARM]).tolist() == [False, False, False, False, True]


def test_leaving_water_beyond_the_curves_gains_cop_by_the_kelvin(air_cooled):
    inside = float(energy_input(air_cooled, 10.0 + ZERO, 308.15))
    warmer = float(energy_input(air_cooled, 15.0 + ZERO, 308.15))
    assert inside / warmer == pytest.approx(1.04**5, rel=1e-9)
    assert bool(outside(air_cooled, 15.0 + ZERO, 308.15)[Range.LEAVING])


def test_water_between_the_curves_and_the_rated_point_is_known(air_cooled):
    machine = replace(air_cooled, T_leaving=18.0 + ZERO, cop=4.5)
    state = chiller(machine, machine.capacity, 308.15, FLOW, 18.0 + ZERO)
    assert float(state.power) == pytest.approx(machine.capacity / 4.5, rel=1e-9)
    assert not bool(outside(machine, 18.0 + ZERO, 308.15)[Range.LEAVING])
    assert bool(outside(machine, 19.0 + ZERO, 308.15)[Range.LEAVING])


def test_no_heat_takes_no_power(air_cooled):
    state = chiller(air_cooled, 0.0, 308.15, FLOW, 280.0)
    assert float(state.power) == 0.0
    assert float(state.T_leaving) == 280.0
