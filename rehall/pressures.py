"""Pressures of the hall's air against outdoors, as fans and doors meet them."""

import jax.numpy as jnp
import numpy as np

from geometry.voxels import Patch
from rehall.simulate import Solution
from thermal.air.model import GRAVITY
from thermal.air.state import AirState
from thermal.properties import air_density


def inside_pressure(solution: Solution, patch: Patch) -> float:
    """Mean pressure before an opening over that outdoors at its height [Pa].

    With the head that the air has gathered on its way: static pressure of a fan is told against
    air at rest before it (ISO 5801).
    """
    model, z = solution.level.model, solution.level.grid.centres[2]
    pressure, at = float(model.pressure), tuple(patch.cells.T)
    rho_out, rho_ref = (
        float(air_density(jnp.asarray(T), pressure))
        for T in (solution.case.site.outdoor.dry_bulb, float(model.T_ref))
    )
    outside = (rho_ref - rho_out) * GRAVITY * z[patch.cells[:, 2]]
    state = solution.air.state
    inside = np.asarray(state.p)[at] + gathered_head(state, pressure)[at]
    return float(np.average(inside - outside, weights=patch.area))


def hall_pressure(solution: Solution) -> float:
    """Largest pressure of the hall's air over or below that outdoors [Pa].

    Of a body of air whose level nothing sets, over or below its own mean. Suction that the air's
    own velocity explains, as just before a fan, is not counted.
    """
    state, fluid = solution.air.state, ~solution.level.voxels.solid
    p = np.asarray(state.p, float)
    volume = solution.level.grid.volume
    for body in solution.level.model.sealed:
        inside = np.asarray(body)[:-1, :-1, :-1] > 0
        p = np.where(inside, p - np.average(p[inside], weights=volume[inside]), p)
    head = gathered_head(state, float(solution.level.model.pressure))
    held = np.where(p < 0, np.minimum(p + head, 0.0), p)
    return float(np.abs(held[fluid]).max())


def gathered_head(state: AirState, pressure: float) -> np.ndarray:
    """Dynamic pressure of the air in every cell [Pa]."""
    u, v, w = (np.asarray(x, float) for x in (state.u, state.v, state.w))
    middle = (u[1:] + u[:-1], v[:, 1:] + v[:, :-1], w[:, :, 1:] + w[:, :, :-1])
    rho = np.asarray(air_density(jnp.asarray(state.T), pressure))
    return np.asarray(0.5 * rho * sum((0.5 * part) ** 2 for part in middle))
