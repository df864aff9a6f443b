"""Balances of what flows carry from node to node, in a banded order, eliminated row by row.

As in `thermal.liquid.band`, but one-way: what is carried from i to j need not come back.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int


def solve(
    carried: Float[Array, " entry"],
    at: Int[Array, " entry"],
    of: Int[Array, " entry"],
    escapes: Float[Array, " row"],
    right: Float[Array, " row"],
    width: int,
) -> Float[Array, " row"]:
    """Values x with (escapes_i + sum carried off i) x_i - sum carried_e x_of(e) = right_i.

    Sums are over the entries e with of(e) = i, and with at(e) = i; `at` and `of` are rows, `width`
    apart at most. Rows are eliminated in a window of width + 1 rows and columns that moves down the
    band. Pivots are sums of what is carried off and escapes, which only ever add up (Grassmann,
    Taksar and Heyman 1985): a part that almost nothing escapes from has a sharp value too.
    """
    last = escapes.shape[0] + width + 1
    rows = jnp.zeros((last, 2 * width + 1), carried.dtype)  # [i, j]: at row i, of row i + j - width
    rows = rows.at[at, of - at + width].add(carried)

    def below(values, filled):
        return jnp.concatenate([values, jnp.full(width + 1, filled, values.dtype)])

    escapes, right = below(escapes, 1.0), below(right, 0.0)
    place = np.arange(width + 1)
    window = rows[place[:, None], place[None, :] - place[:, None] + width]
    coming = np.arange(width + 1, last)
    above = rows[coming[:, None] - width + place[None, :-1], 2 * width - place[None, :-1]]

    def eliminate(carry, row):
        window, escape, value = carry
        next_row, next_column, next_escape, next_value = row
        down, across = window[1:, 0], window[0, 1:]
        pivot = jnp.sum(down) + escape[0]
        shares, own = across / pivot, value[0] / pivot
        kept = jnp.concatenate(
            [window[1:, 1:] + down[:, None] * shares[None, :], next_column[:, None]], 1
        )
        kept = jnp.concatenate([kept, next_row[None, :]])
        escape = jnp.concatenate([escape[1:] + shares * escape[0], next_escape[None]])
        value = jnp.concatenate([value[1:] + down * own, next_value[None]])
        return (kept, escape, value), (shares, own)

    first = window, escapes[: width + 1], right[: width + 1]
    rest = rows[coming, : width + 1], above, escapes[width + 1 :], right[width + 1 :]
    _, (shares, own) = jax.lax.scan(eliminate, first, rest)

    def substitute(after, row):
        shares, own = row
        here = own + shares @ after
        return jnp.concatenate([here[None], after])[:width], here

    start = jnp.zeros(width, carried.dtype)
    return jax.lax.scan(substitute, start, (shares, own), reverse=True)[1]
