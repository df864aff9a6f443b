import jax.numpy as jnp
import numpy as np
import pytest

from thermal.liquid import band


def laplacian(lower, upper, conductance, ground):
    """Dense matrix of a network of conductances."""
    matrix = np.diag(np.asarray(ground, float))
    for a, b, g in zip(lower, upper, conductance, strict=True):
        matrix[[a, b], [a, b]] += g
        matrix[[a, b], [b, a]] -= g
    return matrix


def solved(lower, upper, conductance, ground, right):
    """Potentials by the band, nodes in their own order."""
    nodes = len(ground)
    row, width = band.order(nodes, lower, upper)
    between = jnp.zeros((nodes, width))
    first, apart = np.minimum(row[lower], row[upper]), np.abs(row[lower] - row[upper])
    between = between.at[first, apart - 1].add(jnp.asarray(conductance))
    ground = jnp.zeros(nodes).at[row].set(jnp.asarray(ground))
    return band.solve(between, ground, jnp.zeros_like(right).at[row].set(right))[row], width


@pytest.mark.parametrize("seed", range(5))
def test_band_solves_what_a_dense_matrix_solves(seed):
    rng = np.random.default_rng(seed)
    nodes, links = 20, 45
    lower = np.concatenate([np.arange(19), rng.integers(0, nodes, links - 19)])
    upper = np.concatenate([np.arange(1, 20), rng.integers(0, nodes, links - 19)])
    keep = lower != upper
    lower, upper = lower[keep], upper[keep]
    conductance, ground = rng.random(lower.size), rng.random(nodes) * (rng.random(nodes) < 0.3)
    ground[3] = 1.0
    right = jnp.asarray(rng.standard_normal((nodes, 2)))
    ours, _ = solved(lower, upper, conductance, ground, right)
    matrix = laplacian(lower, upper, conductance, ground)
    np.testing.assert_allclose(ours, np.linalg.solve(matrix, right), rtol=1e-11)


def test_two_headers_with_racks_between_make_a_band_of_two():
    racks = np.arange(64)
    lower = np.concatenate([racks[:-1], 64 + racks[:-1], racks])
    upper = np.concatenate([racks[1:], 64 + racks[1:], 64 + racks])
    assert band.order(128, lower, upper)[1] <= 3


def test_part_held_by_a_leak_alone_has_a_sharp_potential():
    # A chain of 1e9 whose one end is held by 1e-9: what flows in raises all of it by 1e9, to
    # round-off; a dense matrix has lost the leak in its diagonal.
    chain = np.arange(5)
    right = jnp.zeros((6, 1)).at[5].set(1.0)
    ground = [1e-9, 0, 0, 0, 0, 0]
    ours, _ = solved(chain, chain + 1, [1e9] * 5, ground, right)
    np.testing.assert_allclose(ours[:, 0], 1e9, rtol=1e-12)
