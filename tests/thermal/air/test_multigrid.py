"""The pressure solver on halls with solid blocks, thin walls and leaks, open and sealed."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from thermal.air.aggregates import GRID_LEAST, aggregates
from thermal.air.blocks import Blocks, coarse_conductance
from thermal.air.multigrid import apply, build_levels, solve_to, v_cycle


def problem(n, sealed=False, wall=None, seed=0, place=None):
    """A box of n cells a side with blocks inside; `wall` is the loss of a partition across it.

    It stands in the middle or at the cell `place`. Returns conductances, anchors, aggregates and
    the open cells, in the solver's shape.
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
        at = n if place is None else place
        loss[0][at] = wall
        c[0][at] *= 1e-4 if np.isfinite(wall) else 0.0
        opened[0][at] *= float(np.isfinite(wall))
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
    return jnp.linalg.norm(apply(levels[0], p) - b) / jnp.linalg.norm(b), count, p


@pytest.mark.parametrize("sealed", [False, True])
def test_residual_falls_to_the_tolerance(sealed):
    c, anchor, merged, fluid = problem(12, sealed)
    left, count, p = solved(c, anchor, merged, source(fluid))
    assert left < 1.01e-8
    assert count < 30
    assert jnp.all(p[fluid == 0] == 0)


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


def owner(level):
    """Coarse cell or node of every finer one, and their number; a grid's unused layers count."""
    if not isinstance(level, Blocks):
        return np.asarray(level.parent), level.children.shape[0]
    coarse = tuple(len(first) for first in level.first)
    at = np.ix_(*(np.asarray(parent) for parent in level.parent))
    return np.ravel_multi_index(at, coarse).ravel(), int(np.prod(coarse))


def met(parent, nodes, finer):
    """Which coarse nodes hold any of the finer nodes that are marked."""
    found = np.zeros(nodes + 1, bool)
    np.logical_or.at(found, parent, finer)
    return found[:nodes]


def assert_apart(merged, one, other):
    """No level has a node with cells of both."""
    sides = one.ravel(), other.ravel()
    for level in merged:
        parent, nodes = owner(level)
        sides = tuple(met(parent, nodes, side) for side in sides)
        assert sides[0].any()
        assert sides[1].any()
        assert not (sides[0] & sides[1]).any()


@pytest.mark.parametrize(("n", "place"), [(8, 8), (8, 7), (12, 13)])
@pytest.mark.parametrize("loss", [1e4, np.inf])
def test_cells_on_the_two_sides_of_a_wall_are_never_merged_through_it(n, place, loss):
    _, _, merged, fluid = problem(n, True, loss, place=place)
    assert isinstance(merged[0], Blocks) == (fluid.sum() > GRID_LEAST)
    left = fluid * (np.arange(fluid.shape[0]) < place)[:, None, None]
    assert_apart(merged, left > 0, fluid > left)


def test_bodies_of_air_that_meet_at_an_edge_are_never_merged():
    fluid = np.zeros((17, 17, 17))
    fluid[:9, :9, :16] = 1.0
    fluid[9:16, 9:16, :16] = 1.0
    opened = tuple(fluid * np.roll(fluid, 1, axis) for axis in range(3))
    merged = aggregates(opened, (0 * fluid,) * 3, fluid, (np.ones(16),) * 3, np.float64)
    assert isinstance(merged[0], Blocks)
    one = fluid * (np.arange(17) < 9)[:, None, None]
    assert_apart(merged, one > 0, fluid > one)


def test_walls_that_cross_keep_one_plane_apart_each():
    fluid = np.zeros((17, 17, 17))
    fluid[:16, :16, :16] = 1.0
    opened = [fluid * np.roll(fluid, 1, axis) for axis in range(3)]
    opened[0][[7, 10]], opened[1][:, 5] = 0.0, 0.0
    merged = aggregates(tuple(opened), (0 * fluid,) * 3, fluid, (np.ones(16),) * 3, np.float64)
    assert [len(x) - 1 for x in merged[0].first] == [9, 9, 8]


def test_widths_that_differ_merge_the_narrow_cells_only():
    fluid = np.zeros((33, 9, 9))
    fluid[:32, :8, :8] = 1.0
    opened = [fluid * np.roll(fluid, 1, axis) for axis in range(3)]
    widths = (np.full(32, 0.1), np.full(8, 0.4), np.full(8, 0.4))
    merged = aggregates(tuple(opened), (0 * fluid,) * 3, fluid, widths, np.float64)
    assert [len(x) - 1 for x in merged[0].first] == [16, 8, 8]


def test_coarse_grid_keeps_the_conductance_of_a_leak_and_halves_that_of_open_air():
    c, _, merged, _ = problem(12, True, 1e4)
    coarse = jax.jit(coarse_conductance, static_argnums=2)(c[0], merged[0], 0)
    assert float(coarse[6].sum()) == pytest.approx(float(c[0][12].sum()), rel=1e-12)
    assert float(coarse[3].sum()) == pytest.approx(0.5 * float(c[0][6].sum()), rel=1e-12)


@pytest.mark.slow
def test_extra_term_is_part_of_the_operator():
    c, anchor, merged, fluid = problem(8)
    b, stream = source(fluid), source(fluid, seed=5)

    @jax.jit
    def left():
        def extra(p):
            return 3.0 * stream * jnp.vdot(stream, p)

        levels = build_levels(c, anchor, merged)
        p, _ = solve_to(levels, b, 1e-8, 100, extra=extra)
        return jnp.linalg.norm(apply(levels[0], p) + extra(p) - b)

    assert left() < 1.01e-8 * jnp.linalg.norm(b)


@pytest.mark.slow
@pytest.mark.parametrize("n", [8, 12])
def test_cycle_is_symmetric_and_positive(n):
    c, anchor, merged, fluid = problem(n)
    a, b = source(fluid, seed=1), source(fluid, seed=2)

    @jax.jit
    def cycles():
        levels = build_levels(c, anchor, merged)
        return v_cycle(levels, a), v_cycle(levels, b)

    one, other = cycles()
    assert float(jnp.vdot(b, one)) == pytest.approx(float(jnp.vdot(a, other)), rel=1e-9)
    assert float(jnp.vdot(a, one)) > 0
