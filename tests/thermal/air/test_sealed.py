"""A sealed hall: what the racks give, the cooling unit takes, or the air grows warm."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

from geometry.hall import FACES, Box, Device, Hall
from thermal.air.room import Wall

HEAT, FLOW = 5000.0, 0.4


@pytest.fixture(scope="module")
def sealed(lay):
    """One rack and one cooling unit in a box without openings."""
    hall = Hall(
        (3.2, 1.6, 1.6),
        devices=(
            Device("rack", "rack", Box((0.8, 0.4, 0.0), (1.2, 1.2, 0.8)), "-x", "+x"),
            Device("unit", "crah", Box((2.4, 0.4, 0.0), (2.8, 1.2, 0.8)), "-x", "+x", "mixed"),
        ),
    )
    return lay(hall, 0.2)


def running(sealed, **changes):
    flows = {"rack": FLOW, "unit": 1.2 * FLOW}
    return sealed.inputs(V_flow=flows, heat={"rack": HEAT}, T_set={"unit": 291.15}, **changes)


@pytest.mark.slow
def test_unit_takes_exactly_what_the_rack_gives(sealed):
    solution = sealed.solve(running(sealed))
    assert solution.converged, solution.reason
    unit = sealed.streams.of("unit")
    taken = solution.m_flow[unit] * 1006.0 * (solution.T_in[unit] - 291.15)
    assert float(taken[0]) == pytest.approx(HEAT, rel=0.005)


@pytest.mark.slow
def test_small_coil_lets_the_air_warm_until_it_carries_the_heat(sealed):
    inputs = running(sealed)
    unit = sealed.streams.of("unit")
    carry = inputs.conductance.at[unit].set(200.0)
    inputs = replace(inputs, conductance=carry, T_coolant=inputs.T_coolant.at[unit].set(288.15))
    solution = sealed.solve(inputs, iterations=2000)
    assert solution.converged, solution.reason
    assert float(solution.T_in[unit][0]) == pytest.approx(288.15 + HEAT / 200.0, abs=0.3)


@pytest.mark.slow
def test_walls_alone_carry_the_heat_at_the_temperature_they_need(sealed):
    inputs = running(sealed, walls=dict.fromkeys(FACES, Wall(283.15, 2.0)))
    inputs = replace(inputs, controlled=jnp.zeros_like(inputs.controlled))
    solution = sealed.solve(inputs, iterations=2000)
    assert solution.converged, solution.reason
    assert solution.heat["walls"] == pytest.approx(-HEAT, rel=0.01)


@pytest.mark.slow
def test_heat_that_nothing_takes_is_never_called_converged(sealed):
    inputs = running(sealed)
    inputs = replace(inputs, controlled=jnp.zeros_like(inputs.controlled))
    solution = sealed.solve(inputs, iterations=400)
    assert not solution.converged
    assert "than anything takes out" in solution.reason


@pytest.mark.slow
def test_diverged_air_is_reported_and_never_converged(sealed):
    inputs = running(sealed)
    solution = sealed.solve(replace(inputs, heat=inputs.heat * jnp.nan), iterations=100)
    assert not solution.converged
    assert "diverged" in solution.reason


@pytest.mark.slow
def test_stopped_unit_and_rack_leave_still_air(sealed):
    inputs = running(sealed)
    inputs = replace(inputs, V_flow=0.0 * inputs.V_flow, heat=0.0 * inputs.heat)
    state = sealed.solve(inputs, iterations=100).state
    np.testing.assert_allclose(state.u, 0.0, atol=1e-9)
