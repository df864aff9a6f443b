"""Balances of a network of conductances, in a banded order, eliminated row by row.

A network laid out in rows, such as racks between a supply and a return header, has a narrow band
once its nodes are ordered well: n rows of half-width w cost n w^2 where a dense matrix costs n^3/3,
and a batch of states runs through the same sweep.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int
from scipy.sparse import coo_array
from scipy.sparse.csgraph import reverse_cuthill_mckee


def order(nodes: int, lower: np.ndarray, upper: np.ndarray) -> tuple[Int[np.ndarray, " node"], int]:
    """Row of each node, and the half-width of the band, for entries between these pairs of nodes.

    Reverse Cuthill and McKee (1969).
    """
    ones = np.ones(2 * lower.size)
    both = np.concatenate([lower, upper]), np.concatenate([upper, lower])
    graph = coo_array((ones, both), shape=(nodes, nodes)).tocsr()
    row = np.empty(nodes, int)
    row[reverse_cuthill_mckee(graph, symmetric_mode=True)] = np.arange(nodes)
    width = int(np.abs(row[lower] - row[upper]).max()) if lower.size else 0
    return row, width


def solve(
    between: Float[Array, "row width"],
    to_ground: Float[Array, " row"],
    right: Float[Array, "row column"],
) -> Float[Array, "row column"]:
    """Potentials x with sum_j g_ij (x_i - x_j) + g_i x_i = right_i.

    `between[i, j]` is the conductance g of rows i and i + j + 1, `to_ground` that to potential 0.
    Rows are eliminated in a window that moves down the band. What is kept is conductances, which
    only ever add up (Grassmann, Taksar and Heyman 1985): nothing cancels, however far apart they
    are, so that parts held by a small leak alone have a sharp potential too.
    """
    width = between.shape[1]
    if width == 0:
        return right / to_ground[:, None]
    inside, place = _pairs(width)

    def below(values):
        return jnp.concatenate([values, jnp.zeros((width, *values.shape[1:]), values.dtype)])

    between, to_ground, right = below(between), below(to_ground), below(right)

    def eliminate(window, coming):
        (near, ground, value), (next_near, next_ground, next_value) = window, coming
        pivot = jnp.sum(near[0]) + ground[0]
        shares = near[0] / pivot
        passed = jnp.where(inside, shares[:, None] * near[0][place], 0.0)
        kept = (
            jnp.concatenate([near[1:], next_near[None]]) + passed,
            jnp.concatenate([ground[1:], next_ground[None]]) + shares * ground[0],
            jnp.concatenate([value[1:], next_value[None]]) + shares[:, None] * value[:1],
        )
        return kept, (shares, value[0] / pivot)

    start = between[:width], to_ground[:width], right[:width]
    coming = between[width:], to_ground[width:], right[width:]
    _, (shares, own) = jax.lax.scan(eliminate, start, coming)

    def substitute(after, row):
        share, value = row
        here = value + share @ after
        return jnp.concatenate([here[None], after[:-1]]), here

    after = jnp.zeros((width, right.shape[1]), right.dtype)
    _, solution = jax.lax.scan(substitute, after, (shares, own), reverse=True)
    return solution


def _pairs(width: int) -> tuple[Array, Array]:
    """Neighbour j of the eliminated row that is `place` rows after its neighbour i, if there is."""
    place = np.arange(width)[:, None] + np.arange(1, width + 1)[None, :]
    return jnp.asarray(place < width), jnp.asarray(np.minimum(place, width - 1))
