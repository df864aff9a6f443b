"""Advection and diffusion against the exact profile, on uniform and stretched grids."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from thermal.air.build import cell_metric
from thermal.air.transport import coefficients, residual, sweep

HELD = 2
"""Cells at each end that hold the exact value."""


def exact(x, peclet):
    return np.expm1(peclet * x) / np.expm1(peclet)


def profile(scheme, cells, peclet, stretch=0.0, rounds=400, bound=np.inf):
    """Cell centres and the numerical solution of u phi' = phi'' between held ends.

    The held values are exact, but not beyond 0 and `bound`.
    """
    s = np.linspace(0, 1, cells + 1)
    inside = s + stretch * np.sin(2 * np.pi * s) / (2 * np.pi)
    h = np.diff(inside)
    edges = np.concatenate([-h[:HELD][::-1].cumsum()[::-1], inside, 1 + h[-HELD:].cumsum()])
    width = np.diff(edges)
    centres = 0.5 * (edges[1:] + edges[:-1])
    metric = cell_metric((width, np.ones(1), np.ones(1)), np.float64)
    shape = (len(width) + 1, 2, 2)
    inner = np.zeros(shape)
    inner[1 : len(width), 0, 0] = 1.0
    flux = (jnp.array(inner * peclet), jnp.zeros(shape), jnp.zeros(shape))
    conductance = (jnp.array(inner) / metric.spacing[0], jnp.zeros(shape), jnp.zeros(shape))
    k = coefficients(flux, conductance)
    free = np.zeros(shape)
    free[HELD : len(width) - HELD, 0, 0] = 1.0
    inverse = jnp.array(free) / jnp.where(k.total > 0, k.total, 1.0)
    start = np.zeros(shape)
    start[:-1, 0, 0] = np.clip(exact(centres, peclet), 1 - bound, bound)

    def one(_, phi):
        r = residual(phi, k, flux, scheme, metric) * free
        return phi + 0.7 * sweep(r, k, inverse, 4 * cells)

    phi = jax.jit(lambda p: jax.lax.fori_loop(0, rounds, one, p))(jnp.array(start))
    return centres, np.asarray(phi)[:-1, 0, 0], width


def error(scheme, cells, peclet, stretch):
    x, phi, width = profile(scheme, cells, peclet, stretch)
    return float(np.sum(np.abs(phi - exact(x, peclet)) * width))


@pytest.mark.slow
@pytest.mark.parametrize("stretch", [0.0, 0.4])
@pytest.mark.parametrize("peclet", [8.0, -8.0])
@pytest.mark.parametrize(("scheme", "order"), [("upwind", 1), ("central", 2), ("limited", 2)])
def test_scheme_has_its_formal_order(scheme, order, peclet, stretch):
    coarse, fine = error(scheme, 32, peclet, stretch), error(scheme, 64, peclet, stretch)
    assert np.log2(coarse / fine) == pytest.approx(order, abs=0.3)


@pytest.mark.parametrize("peclet", [400.0, -400.0])
@pytest.mark.parametrize("scheme", ["upwind", "limited"])
def test_steep_layer_is_crossed_without_overshoot(scheme, peclet):
    _, phi, _ = profile(scheme, 16, peclet, rounds=100, bound=1.0)
    assert phi[HELD:-HELD].min() > -1e-6
    assert phi[HELD:-HELD].max() < 1 + 1e-6


def test_central_scheme_overshoots_a_steep_layer():
    _, phi, _ = profile("central", 16, 60.0, rounds=200, bound=1.0)
    assert phi[HELD:-HELD].min() < -1e-3
