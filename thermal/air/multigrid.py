"""Multigrid-preconditioned conjugate gradients for the pressure equation.

    sum over faces of c_f (p_P - p_nb) + e p_P = b,   c on lower faces, e >= 0 at outdoor openings

The finest level is the staggered grid itself, the next ones are the grids of blocks.py, the last
ones the graphs of aggregates.py. Restriction sums, prolongation repeats. A coarse face sums the
conductances of the fine faces it is made of, times the ratio of fine to coarse distance, which
makes the coarse operator the finite-volume one. Smoothing is Jacobi with Chebyshev weights; the
coarsest level is solved.
"""

from collections.abc import Callable

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.scipy.linalg import solve_triangular
from jaxtyping import Array, Float

from thermal.air.aggregates import Aggregate
from thermal.air.blocks import Blocks, coarse_conductance, prolong, restrict
from thermal.air.operators import lower, triple, upper
from thermal.air.staging import stage

Field = Float[Array, "nx ny nz"]
Triple = tuple[Field, Field, Field]
Unknown = Float[Array, "..."]

SMOOTHING_RANGE = (0.3, 2.0)
"""Eigenvalues of D^-1 A that the smoother damps; 2 bounds them all [-]."""
SMOOTHING_STEPS = 2
LARGEST_SOLVED = 512
"""Nodes up to which the coarsest level is factorised."""
SHIFT = 1e-3
"""Added to the scaled coarsest diagonal: a sealed hall's pressure level is free [-]."""


def _chebyshev_weights(steps: int) -> tuple[float, ...]:
    low, high = SMOOTHING_RANGE
    angles = np.pi * (2 * np.arange(steps) + 1) / (2 * steps)
    return tuple(float(w) for w in 1.0 / (0.5 * (high + low) + 0.5 * (high - low) * np.cos(angles)))


WEIGHTS = _chebyshev_weights(SMOOTHING_STEPS)


class Grid(eqx.Module):
    """Operator of a level that is a grid: conductances on lower faces, diagonal and its inverse.

    `blocks` made its cells of finer ones; None on the finest level.
    """

    blocks: Blocks | None
    c: Triple
    diagonal: Field
    inverse: Field


class Graph(eqx.Module):
    """Operator of a level that is a graph: every node's coupling to its neighbours.

    `factor` is the inverse of the Cholesky factor of the operator scaled to a unit diagonal.
    """

    aggregate: Aggregate
    coupling: Float[Array, "nodes many"]
    diagonal: Float[Array, " nodes"]
    inverse: Float[Array, " nodes"]
    factor: Float[Array, "nodes nodes"] | None


Levels = tuple[Grid | Graph, ...]


def apply(level: Grid | Graph, p: Unknown) -> Unknown:
    """Operator times p: net outflow of every cell or node."""
    return level.diagonal * p - _from_neighbours(level, p)


def _from_neighbours(level: Grid | Graph, p: Unknown) -> Unknown:
    """Sum over the neighbours of conductance times their p."""
    if isinstance(level, Graph):
        return jnp.sum(level.coupling * _pick(p, level.aggregate.neighbour), axis=1)
    out = jnp.zeros_like(p)
    for axis in range(3):
        out = out + level.c[axis] * lower(p, axis) + upper(level.c[axis], axis) * upper(p, axis)
    return out


def build_levels(
    c: Triple, e: Field, aggregates: tuple[Blocks | Aggregate, ...], go: Array | None = None
) -> Levels:
    """Levels from fine to coarse; the last is factorised unless it is large."""
    levels: list[Grid | Graph] = [_grid(None, c, e, go)]
    grids = [x for x in aggregates if isinstance(x, Blocks)]
    graphs = [x for x in aggregates if isinstance(x, Aggregate)]
    for blocks in grids:
        c, e = _blocked(c, e, blocks, go)
        levels.append(_grid(blocks, c, e, go))
    conductance, anchor = jnp.concatenate([x.ravel() for x in c]), e.ravel()
    for number, graph in enumerate(graphs):
        conductance, anchor = stage(go, _summed, conductance, anchor, graph)
        last = number == len(graphs) - 1 and len(anchor) <= LARGEST_SOLVED
        levels.append(_graph(conductance, anchor, graph, last))
    return tuple(levels)


def v_cycle(levels: Levels, b: Unknown, go: Array | None = None) -> Unknown:
    """One V-cycle from zero: a symmetric approximation of the inverse operator.

    `b` is zero where there is no air; what comes back there means nothing.
    """
    level = levels[0]
    if isinstance(level, Graph) and level.factor is not None:
        return _solve(level.factor, level.inverse, b)
    p = stage(go, _first_sweeps, level, b)
    p = _smooth(level, p, b, WEIGHTS[2:], go)
    if len(levels) > 1:
        rest = stage(go, lambda level, p, b: b - apply(level, p), level, p, b)
        coarse = v_cycle(levels[1:], _down(rest, levels[1], go), go)
        p = stage(
            go, lambda p, coarse, below: p + _up(coarse, below, p.shape), p, coarse, levels[1]
        )
    return _smooth(level, p, b, WEIGHTS[::-1], go)


def _down(rest: Unknown, below: Grid | Graph, go: Array | None) -> Unknown:
    """What is left to balance, summed over the nodes of the level below."""
    if isinstance(below, Graph):
        return jnp.sum(_pick(rest.ravel(), below.aggregate.children), axis=1)
    assert below.blocks is not None
    return stage(go, restrict, rest, below.blocks)


def _up(coarse: Unknown, below: Grid | Graph, shape: tuple[int, ...]) -> Unknown:
    """Every finer cell or node has the value of the one that it is part of."""
    if isinstance(below, Graph):
        return _pick(coarse, below.aggregate.parent).reshape(shape)
    assert below.blocks is not None
    return prolong(coarse, below.blocks)


def solve_to(
    levels: Levels,
    b: Field,
    tolerance: float,
    most: int,
    go: Array | None = None,
    extra: Callable[[Field], Field] | None = None,
) -> tuple[Field, Array]:
    """Conjugate gradients until the residual falls to `tolerance` of b; also their number.

    `b` is zero where there is no air, and so is the solution. `extra` is added to the operator of
    the finest level; it must be linear, symmetric, not negative, and zero where there is no air.
    The levels do not know it, so that it costs about an iteration for every rank it has.
    """
    goal = tolerance**2 * jnp.vdot(b, b)

    def unfinished(carry: tuple) -> Array:
        (_, r, _, _), count = carry
        return (jnp.vdot(r, r) > goal) & (count < most)

    def step(carry: tuple) -> tuple:
        state, count = carry
        return _cg_step(levels, state, go, extra), count + 1

    start = (jnp.zeros_like(b), b, jnp.zeros_like(b), jnp.ones((), b.dtype))
    state, count = lax.while_loop(unfinished, step, (start, jnp.array(0)))
    return jnp.where(levels[0].diagonal > 0, state[0], 0.0), count


def _cg_step(
    levels: Levels, state: tuple, go: Array | None, extra: Callable[[Field], Field] | None
) -> tuple:
    """Preconditioned conjugate gradients: solution, residual, direction, r.z of the last step."""
    p, r, direction, before = state
    z = v_cycle(levels, r, go)
    now = jnp.vdot(r, z)
    direction = stage(go, lambda z, d, ratio: z + ratio * d, z, direction, now / before)
    image = stage(go, apply, levels[0], direction)
    if extra is not None:
        image = image + extra(direction)
    curvature = jnp.vdot(direction, image)
    alpha = jnp.where(curvature > 0, now / jnp.where(curvature > 0, curvature, 1.0), 0.0)
    return p + alpha * direction, r - alpha * image, direction, jnp.where(now > 0, now, 1.0)


def _grid(blocks: Blocks | None, c: Triple, e: Field, go: Array | None) -> Grid:
    diagonal = stage(go, _diagonal, c, e)
    return Grid(blocks, c, diagonal, stage(go, _inverse, diagonal))


def _diagonal(c: Triple, e: Field) -> Field:
    for axis in range(3):
        e = e + c[axis] + upper(c[axis], axis)
    return e


def _blocked(
    c: Triple, e: Field, blocks: Blocks, go: Array | None
) -> tuple[tuple[Array, Array, Array], Array]:
    """Conductances of the next level's faces, and opening terms of its cells."""
    coarse = triple(
        stage(go, lambda c, blocks, axis=axis: coarse_conductance(c, blocks, axis), c[axis], blocks)
        for axis in range(3)
    )
    return coarse, stage(go, restrict, e, blocks)


def _summed(conductance: Array, anchor: Array, aggregate: Aggregate) -> tuple[Array, Array]:
    """Conductances of the next level's edges, and opening terms of its nodes."""
    edges = jnp.sum(aggregate.weight * _pick(conductance, aggregate.members), axis=1)
    return edges, jnp.sum(_pick(anchor, aggregate.children), axis=1)


def _graph(conductance: Array, anchor: Array, aggregate: Aggregate, solved: bool) -> Graph:
    coupling = _pick(conductance, aggregate.by_edge)
    diagonal = anchor + jnp.sum(coupling, axis=1)
    inverse = _inverse(diagonal)
    factor = _factor(coupling, diagonal, inverse, aggregate) if solved else None
    return Graph(aggregate, coupling, diagonal, inverse, factor)


def _factor(coupling: Array, diagonal: Array, inverse: Array, aggregate: Aggregate) -> Array:
    """Inverse of the Cholesky factor of the operator scaled to a unit diagonal."""
    nodes = len(diagonal)
    rows = jnp.arange(nodes)[:, None]
    scale = jnp.sqrt(inverse)
    scaled = coupling * scale[:, None] * _pick(scale, aggregate.neighbour)
    full = jnp.zeros((nodes, nodes), diagonal.dtype).at[rows, aggregate.neighbour].add(-scaled)
    one = jnp.eye(nodes, dtype=diagonal.dtype)
    return solve_triangular(jnp.linalg.cholesky(full + (1.0 + SHIFT) * one), one, lower=True)


def _solve(factor: Array, inverse: Array, b: Array) -> Array:
    """Solution on the coarsest level; symmetric and positive whatever the rounding."""
    scale = jnp.sqrt(inverse)
    return scale * (factor.T @ (factor @ (scale * b)))


def _first_sweeps(level: Grid | Graph, b: Unknown) -> Unknown:
    """The first sweep, from zero, is one product: it costs less within the second."""
    return _sweep(level, WEIGHTS[0] * level.inverse * b, b, WEIGHTS[1])


def _smooth(
    level: Grid | Graph, p: Unknown, b: Unknown, weights: tuple[float, ...], go: Array | None
) -> Unknown:
    for weight in weights:
        p = stage(go, lambda level, p, b, w=weight: _sweep(level, p, b, w), level, p, b)
    return p


def _sweep(level: Grid | Graph, p: Unknown, b: Unknown, weight: float) -> Unknown:
    """Jacobi: p moved towards what balances every cell, by a weight."""
    return (1.0 - weight) * p + weight * level.inverse * (b + _from_neighbours(level, p))


def _inverse(diagonal: Array) -> Array:
    return jnp.where(diagonal > 0, 1.0 / jnp.where(diagonal > 0, diagonal, 1.0), 0.0)


def _pick(values: Array, index: Array) -> Array:
    """Values at the indices; 0 for an index beyond the last."""
    return values.at[index].get(mode="fill", fill_value=0)
