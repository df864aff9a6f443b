"""Passive scalars on flows whose answer is known without solving."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

from geometry.hall import Box, Device, Hall, Opening
from thermal.air import scalars

SIDE, LENGTH, FLOW = 0.8, 3.2, 0.2


@pytest.fixture(scope="module")
def room(lay):
    """Room with a small supply, a small outlet and two devices that stir it: (room, flow)."""
    hall = Hall(
        (LENGTH, 1.6, 1.2),
        devices=(
            Device("rack", "rack", Box((0.8, 0.4, 0.0), (1.2, 1.2, 0.8)), "-x", "+x"),
            Device("cooler", "crah", Box((2.2, 0.4, 0.0), (2.6, 1.2, 0.8)), "-x", "+x", "mixed"),
        ),
        openings=(
            Opening("supply", "supply", Box((0.0, 0.0, 0.4), (0.0, 0.4, 0.8))),
            Opening("out", "outdoor", Box((LENGTH, 1.2, 0.4), (LENGTH, 1.6, 0.8)), 1.0),
        ),
    )
    laid = lay(hall, 0.2)
    inputs = laid.inputs(V_flow={"supply": FLOW, "rack": 0.5, "cooler": 0.4})
    solution = laid.solve(inputs, iterations=300, change=1e-4)
    return laid, inputs, scalars.carriage(solution.work, laid.model, inputs)


@pytest.mark.slow
def test_age_at_the_only_exhaust_is_volume_over_flow(room):
    laid, inputs, carrying = room
    age = scalars.mean_age(carrying, laid.model, inputs)
    assert bool(age.converged)
    volume = LENGTH * 1.6 * 1.2 - 2 * 0.4 * 0.8 * 0.8
    exhaust = float(scalars.leaving(age.cells, carrying, laid.model))
    assert exhaust == pytest.approx(volume / FLOW, rel=1e-3)


@pytest.mark.slow
def test_what_streams_add_leaves_at_added_mass_over_flow(room):
    """Moisture of a pad in the cooler: each kg of air gets 0.001 on every pass."""
    laid, inputs, carrying = room
    both = laid.model.has_intake * laid.model.has_discharge
    cooler = jnp.zeros_like(both).at[laid.streams.of("cooler")].set(1e-3)
    release = replace(scalars.nothing(laid.model, inputs), stream=cooler, carried=both)
    moist = scalars.spread(release, carrying, laid.model)
    assert bool(moist.converged)
    m_flow = np.asarray(carrying.streams.m_flow)
    added, out = (float(m_flow[laid.streams.of(name)].sum()) for name in ("cooler", "supply"))
    exhaust = float(scalars.leaving(moist.cells, carrying, laid.model))
    assert exhaust * out == pytest.approx(1e-3 * added, rel=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.01, 0.001])
def test_little_fresh_air_in_much_that_goes_round_sets_the_level(lay, share):
    # All air is as moist as what enters, and as old at the exhaust as volume over flow.
    length = 20.0
    hall = Hall(
        (length, 1.6, 1.2),
        devices=(Device("fan", "rack", Box((1.2, 0.4, 0.0), (1.6, 1.2, 0.8)), "-x", "+x"),),
        openings=(
            Opening("supply", "supply", Box((0.0, 0.0, 0.4), (0.0, 0.4, 0.8))),
            Opening("out", "exhaust", Box((length, 1.2, 0.4), (length, 1.6, 0.8))),
        ),
    )
    laid = lay(hall, 0.2)
    inputs = laid.inputs(V_flow={"supply": share, "out": share, "fan": 1.0})
    solution = laid.solve(inputs, iterations=200, change=1e-3)
    carrying = scalars.carriage(solution.work, laid.model, inputs)
    both = laid.model.has_intake * laid.model.has_discharge
    supply = jnp.zeros_like(both).at[laid.streams.of("supply")].set(0.01)
    still = scalars.nothing(laid.model, inputs)
    moist = replace(still, stream=supply, carried=both)
    found = scalars.spread(moist, carrying, laid.model, tolerance=3e-4)
    inside = np.asarray(laid.model.fluid) > 0
    np.testing.assert_allclose(np.asarray(found.cells)[inside], 0.01, rtol=5e-3)
    aged = replace(still, source=carrying.rho * laid.model.fluid, carried=both)
    age = scalars.spread(aged, carrying, laid.model, tolerance=3e-4)
    volume = length * 1.6 * 1.2 - 0.4 * 0.8 * 0.8
    (exhaust,) = np.asarray(age.intake)[laid.streams.of("out")]
    assert exhaust == pytest.approx(volume / share, rel=0.02)


@pytest.mark.slow
def test_origins_of_the_air_sum_to_one_everywhere(room):
    laid, inputs, carrying = room
    names = ("rack", "cooler", "supply")
    groups = jnp.array([[float(n == name) for n in laid.streams.name] for name in names])
    found = scalars.origins(groups, carrying, laid.model, inputs)
    assert bool(found.converged)
    taking = np.asarray(laid.model.has_intake) > 0
    np.testing.assert_allclose(np.asarray(found.intake).sum(0)[taking], 1.0, atol=1e-5)
    inside = np.asarray(laid.model.fluid) > 0
    np.testing.assert_allclose(np.asarray(found.cells).sum(0)[inside], 1.0, atol=1e-5)
    cold, hot = scalars.capture(found.intake, carrying.streams.m_flow, groups)
    np.testing.assert_allclose(cold[:2].sum(1), 1.0, atol=1e-5)
    assert (hot[:2, :2] >= 0).all()
    assert (hot[:2, :2].sum(1) < 1.0).all()
