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
    out = laid.model.outdoor[0]
    leaving = np.asarray(carrying.streams.m_flow)[laid.streams.of("supply")]
    volume = LENGTH * 1.6 * 1.2 - 2 * 0.4 * 0.8 * 0.8
    u = -np.asarray(out.sign) * np.asarray(carrying.incoming.m_flow)[-len(out.cell) :]
    assert np.all(u == 0)  # air only leaves here
    cells = np.asarray(age.cells).ravel()[np.asarray(out.cell)]
    flux = _outflow(laid, carrying)
    assert flux.sum() == pytest.approx(leaving.sum(), rel=1e-3)
    assert (cells * flux).sum() / flux.sum() == pytest.approx(volume / FLOW, rel=2e-3)


@pytest.mark.slow
def test_what_streams_add_leaves_at_added_mass_over_flow(room):
    """Moisture of a pad in the cooler: each kg of air gets 0.001 on every pass."""
    laid, inputs, carrying = room
    both = laid.model.has_intake * laid.model.has_discharge
    cooler = jnp.zeros_like(both).at[laid.streams.of("cooler")].set(1e-3)
    release = replace(scalars.nothing(laid.model, inputs), stream=cooler, carried=both)
    moist = scalars.spread(release, carrying, laid.model)
    assert bool(moist.converged)
    flux = _outflow(laid, carrying)
    out = np.asarray(moist.cells).ravel()[np.asarray(laid.model.outdoor[0].cell)]
    added = 1e-3 * float(carrying.streams.m_flow[laid.streams.of("cooler")].sum())
    assert (out * flux).sum() == pytest.approx(added, rel=2e-3)


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
    assert (hot[:2, :2] >= 0).all() and (hot[:2, :2].sum(1) < 1.0).all()


def _outflow(laid, carrying):
    """Mass flow that leaves through the cells of the opening [kg/s]: what the cell balance asks."""
    flux = [np.asarray(f) for f in carrying.flux]
    net = sum(
        f - np.concatenate([np.delete(f, 0, axis), np.zeros_like(np.take(f, [0], axis))], axis)
        for axis, f in enumerate(flux)
    )
    return net.ravel()[np.asarray(laid.model.outdoor[0].cell)]
