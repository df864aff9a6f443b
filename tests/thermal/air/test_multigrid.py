"""The pressure solver on halls with solid blocks, thin walls and leaks, open and sealed."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from thermal.air.aggregates import aggregates
from thermal.air.multigrid import apply, build_levels, solve_to, v_cycle


def problem(n, sealed=False, wall=None, seed=0):
    """A box of n cells a side with blocks inside; `wall` is the loss of a partition across it.

    Returns conductances, anchors, aggregates and the open cells, in the solver's shape.
    """
    shape, full = (2 * n, n, n), (2 * n + 1, n + 1, n + 1)
    fluid = np.zeros(full)
    fluid[:-1, :-1, :-1] = 1.0
    for x in range(2, 2 * n - 2, 8):
        fluid[x : x + 2, n // 4 : 3 * n // 4, : n // 2] = 0.0
    opened, loss, c = [], [], []
    noise = np.random.default_rng(seed)
    for axis in range(3):
        behind = np.roll(fluid, 1, axis)
        behind[(slice(None),) * axis + (0,)] = 0.0
        opened.append(fluid * behind)
        loss.append(np.zeros(full))
        c.append(opened[axis] * noise.uniform(0.5, 2.0, full))
    if wall is not None:
        loss[0][n] = wall
        c[0][n] *= 1e-4 if np.isfinite(wall) else 0.0
        opened[0][n] *= float(np.isfinite(wall))
    anchor = np.zeros(full)
    if not sealed:
        anchor[0, :2, :2] = fluid[0, :2, :2]
    widths = tuple(np.full(m, 0.2) for m in shape)
    merged = aggregates(tuple(opened), tuple(loss), fluid, widths, np.float64)
    return tuple(jnp.array(x) for x in c), jnp.array(anchor), merged, fluid


def source(fluid, groups=None, seed=3):
    """A random right side, its mean taken out of every group of cells."""
    b = np.random.default_rng(seed).normal(size=fluid.shape) * fluid
    for group in [fluid] if groups is None else groups:
        b -= group * (b * group).sum() / group.sum()
    return jnp.array(b)


@jax.jit
def solved(c, anchor, merged, b):
    levels = build_levels(c, anchor, merged)
    p, count = solve_to(levels, b, 1e-8, 100)
    return jnp.linalg.norm(apply(levels[0], p) - b) / jnp.linalg.norm(b), count


@pytest.mark.parametrize("sealed", [False, True])
def test_residual_falls_to_the_tolerance(sealed):
    c, anchor, merged, fluid = problem(8, sealed)
    left, count = solved(c, anchor, merged, source(fluid))
    assert left < 1.01e-8
    assert count < 30


@pytest.mark.slow
@pytest.mark.parametrize("sealed", [False, True])
def test_iterations_hardly_grow_with_size(sealed):
    counts = []
    for n in (8, 16, 32):
        c, anchor, merged, fluid = problem(n, sealed)
        counts.append(int(solved(c, anchor, merged, source(fluid))[1]))
    assert counts[-1] < 2 * counts[0]


@pytest.mark.slow
@pytest.mark.parametrize("wall", [1e4, np.inf])
def test_partition_costs_few_iterations(wall):
    c, anchor, merged, fluid = problem(16, True, wall)
    halves = None
    if np.isinf(wall):
        left = fluid * (np.arange(fluid.shape[0]) < 16)[:, None, None]
        halves = [left, fluid - left]
    assert solved(c, anchor, merged, source(fluid, halves))[1] < 35


def test_cells_on_the_two_sides_of_a_wall_are_never_merged_through_it():
    _, _, merged, fluid = problem(8, True, np.inf)
    left = np.zeros(fluid.shape, bool)
    left[:8] = True
    sides = left.ravel()
    for level in merged:
        parent, nodes = np.asarray(level.parent), level.children.shape[0]
        on_left = np.zeros(nodes + 1)
        np.maximum.at(on_left, parent, sides.astype(float))
        on_right = np.zeros(nodes + 1)
        np.maximum.at(on_right, parent, (~sides).astype(float))
        assert not (on_left * on_right)[:nodes].any()
        sides = on_left[:nodes] > 0


def test_cycle_is_symmetric_and_positive():
    c, anchor, merged, fluid = problem(8)
    levels = build_levels(c, anchor, merged)
    a, b = source(fluid, seed=1), source(fluid, seed=2)
    one, other = v_cycle(levels, a), v_cycle(levels, b)
    assert float(jnp.vdot(b, one)) == pytest.approx(float(jnp.vdot(a, other)), rel=1e-9)
    assert float(jnp.vdot(a, one)) > 0
