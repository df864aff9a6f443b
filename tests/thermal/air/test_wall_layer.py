"""Production of turbulence in the cells beside a wall, in the two limits of its distance."""

import jax.numpy as jnp
import numpy as np
import pytest

from geometry.grid import Grid
from geometry.hall import Hall
from thermal.air import turbulence
from thermal.air.gas import fluid
from thermal.air.walls import KAPPA, distance_in_wall_units, wall_drag

LINES = np.linspace(0, 1, 4)


@pytest.fixture(scope="module")
def box(lay):
    hall = Hall((1.0, 1.0, 1.0), symmetry=("-x", "+x", "-y", "+y", "+z"))
    return lay(hall, Grid(LINES, LINES, LINES), turbulence="k_epsilon", gas=fluid(1.0, 1e-4))


def production(box, k):
    """Production above the floor [W/m3], shear stress [Pa] and y+ for V = 1 m/s."""
    one = jnp.ones_like(box.model.fluid)
    at, walls, P, _ = turbulence.wall_layer(one, one, k * one, box.model)
    assert len(at) == 9
    assert np.all(np.asarray(walls) == 1)
    distance = jnp.asarray(1 / 6)
    tau = wall_drag(jnp.asarray(1.0), jnp.asarray(1.0), jnp.asarray(k), distance, box.model)
    y_plus = distance_in_wall_units(jnp.asarray(1.0), jnp.asarray(k), distance, box.model.gas)
    return float(P[0]), float(tau), float(y_plus)


def test_cell_over_all_layers_has_the_production_of_the_logarithmic_law(box):
    made, tau, y_plus = production(box, 0.0016)
    assert 30 < y_plus < 40
    friction = 0.09**0.25 * 0.04
    assert made == pytest.approx(tau**2 / (KAPPA * friction / 6), rel=0.05)


def test_near_cell_has_next_to_no_production(box):
    made, tau, y_plus = production(box, 1e-6)
    assert y_plus < 1
    assert made < 0.02 * tau**2 / 1e-4  # of all that the shear puts in
