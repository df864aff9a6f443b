"""Matrix-free multigrid-preconditioned conjugate gradients for the pressure equation.

    sum over faces of c_f (p_P - p_nb) + e p_P = b,   c on lower faces, e >= 0 at outdoor openings

Cells are merged in pairs along the axes that the model's coarsening names; restriction sums,
prolongation repeats. A coarse face sums the conductances of the fine faces it covers, times the
ratio of fine to coarse distance, which makes the coarse operator the finite-volume one. Smoothing
is Jacobi with Chebyshev weights. Arrays have the shape of the cells.
"""

from functools import partial

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float

from thermal.air.operators import lower, upper
from thermal.air.staging import stage

Field = Float[Array, "nx ny nz"]
Triple = tuple[Field, Field, Field]
Plan = tuple[tuple[bool, bool, bool], ...]

SMOOTHING_RANGE = (0.6, 2.0)
"""Eigenvalues of D^-1 A that the smoother damps; 2 bounds them all [-]."""


def _chebyshev_weights(steps: int) -> tuple[float, ...]:
    low, high = SMOOTHING_RANGE
    angles = np.pi * (2 * np.arange(steps) + 1) / (2 * steps)
    return tuple(float(w) for w in 1.0 / (0.5 * (high + low) + 0.5 * (high - low) * np.cos(angles)))


WEIGHTS = _chebyshev_weights(2)


class Level(eqx.Module):
    """Operator of one multigrid level and the inverse of its diagonal."""

    c: Triple
    inverse: Field
    diagonal: Field


def apply(level: Level, p: Field) -> Field:
    """Operator times p: net outflow of every cell."""
    out = level.diagonal * p
    for axis in range(3):
        out = out - level.c[axis] * lower(p, axis) - upper(level.c[axis], axis) * upper(p, axis)
    return out


def build_levels(
    c: Triple,
    e: Field,
    spacing: tuple[Array, Array, Array],
    plan: Plan,
    go: Array | None = None,
) -> list[Level]:
    """Levels from fine to coarse. `spacing` is the distance across lower faces per axis [m]."""
    levels = [stage(go, _level, c, e)]
    for axes in plan:
        distance = spacing
        spacing = tuple(
            _coarse_distance(s, axis) if axes[axis] else s for axis, s in enumerate(distance)
        )
        coarser = partial(_coarser, axes=axes)
        c, e = stage(go, coarser, c, e, distance, spacing)
        levels.append(stage(go, _level, c, e))
    return levels


def v_cycle(levels: list[Level], b: Field, plan: Plan, go: Array | None = None) -> Field:
    """One V(2,2) cycle from zero: a symmetric approximation of the inverse operator."""
    level = levels[0]
    if not plan:
        return _smooth(level, b * level.inverse, b, (0.9,) * 8, go)
    p = stage(go, lambda level, b: WEIGHTS[0] * b * level.inverse, level, b)
    p = _smooth(level, p, b, WEIGHTS[1:], go)
    rest = stage(go, lambda level, p, b: _pair_sum(b - apply(level, p), plan[0]), level, p, b)
    coarse = v_cycle(levels[1:], rest, plan[1:], go)
    p = stage(go, lambda p, coarse: p + _repeat(coarse, plan[0], p.shape), p, coarse)
    return _smooth(level, p, b, WEIGHTS[::-1], go)


def conjugate_gradients(
    levels: list[Level], b: Field, plan: Plan, iterations: int, go: Array | None = None
) -> Field:
    """A fixed number of preconditioned conjugate-gradient iterations from zero."""
    return lax.fori_loop(
        0, iterations, lambda _, state: _cg_step(levels, plan, state, go), _cg_start(b)
    )[0]


def solve_to(
    levels: list[Level],
    b: Field,
    plan: Plan,
    tolerance: float,
    most: int = 200,
    go: Array | None = None,
) -> tuple[Field, Array]:
    """Iterate until the residual falls to `tolerance` of b; also the number of iterations."""
    goal = tolerance**2 * jnp.vdot(b, b)

    def unfinished(carry: tuple) -> Array:
        (_, r, _, _), count = carry
        return (jnp.vdot(r, r) > goal) & (count < most)

    def step(carry: tuple) -> tuple:
        state, count = carry
        return _cg_step(levels, plan, state, go), count + 1

    state, count = lax.while_loop(unfinished, step, (_cg_start(b), jnp.array(0)))
    return state[0], count


def _cg_start(b: Field) -> tuple:
    return jnp.zeros_like(b), b, jnp.zeros_like(b), jnp.ones((), b.dtype)


def _cg_step(levels: list[Level], plan: Plan, state: tuple, go: Array | None) -> tuple:
    """Preconditioned conjugate gradients: solution, residual, direction, r.z of the last step."""
    p, r, direction, before = state
    z = v_cycle(levels, r, plan, go)
    now = jnp.vdot(r, z)
    direction = stage(go, lambda z, d, ratio: z + ratio * d, z, direction, now / before)
    image = stage(go, apply, levels[0], direction)
    curvature = jnp.vdot(direction, image)
    alpha = jnp.where(curvature > 0, now / jnp.where(curvature > 0, curvature, 1.0), 0.0)
    return p + alpha * direction, r - alpha * image, direction, jnp.where(now > 0, now, 1.0)


def _level(c: Triple, e: Field) -> Level:
    diagonal = e
    for axis in range(3):
        diagonal = diagonal + c[axis] + upper(c[axis], axis)
    inverse = jnp.where(diagonal > 0, 1.0 / jnp.where(diagonal > 0, diagonal, 1.0), 0.0)
    return Level(c, inverse, diagonal)


def _smooth(
    level: Level, p: Field, b: Field, weights: tuple[float, ...], go: Array | None
) -> Field:
    for weight in weights:
        p = stage(
            go,
            lambda level, p, b, w=weight: p + w * level.inverse * (b - apply(level, p)),
            level,
            p,
            b,
        )
    return p


def _coarser(
    c: Triple, e: Field, fine: tuple, coarse: tuple, axes: tuple[bool, ...]
) -> tuple[Triple, Field]:
    """Conductances and opening terms of the next level; `fine` and `coarse` are distances [m]."""
    summed = []
    for axis in range(3):
        conductance = c[axis]
        if axes[axis]:
            conductance = conductance * fine[axis]
            n = conductance.shape[axis]
            conductance = lax.slice_in_dim(conductance, 0, n, stride=2, axis=axis)
        across = tuple(a and b != axis for b, a in enumerate(axes))
        total = _pair_sum(conductance, across)
        summed.append(total / coarse[axis] if axes[axis] else total)
    return (summed[0], summed[1], summed[2]), _pair_sum(e, axes)


def _coarse_distance(spacing: Array, axis: int) -> Array:
    """Distance between merged pairs: from middle to middle of two fine cells each."""
    middle = lax.slice_in_dim(spacing, 0, spacing.shape[axis], stride=2, axis=axis)
    before = jnp.roll(spacing, 1, axis=axis)
    after = jnp.roll(spacing, -1, axis=axis)
    sides = 0.5 * (before + after)
    sides = lax.slice_in_dim(sides, 0, sides.shape[axis], stride=2, axis=axis)
    return middle + sides


def _pair_sum(x: Field, axes: tuple[bool, ...]) -> Field:
    """Sum of cells in pairs along the given axes; an odd last cell stays alone."""
    for axis in range(3):
        if axes[axis]:
            n = x.shape[axis]
            if n % 2:
                x = lax.pad(x, jnp.zeros((), x.dtype), [(0, int(a == axis), 0) for a in range(3)])
            pairs = (*x.shape[:axis], (n + 1) // 2, 2, *x.shape[axis + 1 :])
            x = x.reshape(pairs).sum(axis + 1)
    return x


def _repeat(x: Field, axes: tuple[bool, ...], shape: tuple[int, ...]) -> Field:
    """Every coarse value for the fine cells it was made of."""
    for axis in range(3):
        if axes[axis]:
            wide = jnp.broadcast_to(
                jnp.expand_dims(x, axis + 1), (*x.shape[: axis + 1], 2, *x.shape[axis + 1 :])
            )
            x = wide.reshape((*x.shape[:axis], 2 * x.shape[axis], *x.shape[axis + 1 :]))
            x = lax.slice_in_dim(x, 0, shape[axis], axis=axis)
    return x
