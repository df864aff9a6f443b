"""Halving of an interval, for laws that only rise or only fall; element by element."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

HALVINGS = 48
"""Of an interval; 4e-15 of its width, finer than float64 tells temperatures apart."""


def turning_point(
    enough: Callable[[Float[Array, "*shape"]], Bool[Array, "*shape"]],
    low: Float[Array, "*shape"],
    high: Float[Array, "*shape"],
) -> Float[Array, "*shape"]:
    """Least value between low and high that is `enough`, where all greater ones are.

    `high` where none is. What is returned is the upper end of the last interval, so that it is
    enough wherever `high` is.

    >>> print(f"{turning_point(lambda x: x**2 >= 2.0, jnp.array(0.0), jnp.array(2.0)):.4f}")
    1.4142
    """

    def halve(_: Array, bounds: tuple[Array, Array]) -> tuple[Array, Array]:
        lower, upper = bounds
        middle = 0.5 * (lower + upper)
        reached = enough(middle)
        return jnp.where(reached, lower, middle), jnp.where(reached, middle, upper)

    return jax.lax.fori_loop(0, HALVINGS, halve, (low, high))[1]


def least_count(
    enough: Callable[[Float[Array, "*shape"]], Bool[Array, "*shape"]],
    most: Float[Array, "*shape"],
    limit: int,
) -> Float[Array, "*shape"]:
    """Least whole number from 1 that is `enough`; `most`, at most `limit`, where none is."""

    def halve(_: Array, bounds: tuple[Array, Array]) -> tuple[Array, Array]:
        lower, upper = bounds
        middle = jnp.floor(0.5 * (lower + upper))
        reached = (middle >= 1.0) & enough(jnp.maximum(middle, 1.0))
        return jnp.where(reached, lower, middle), jnp.where(reached, middle, upper)

    start = (jnp.zeros_like(most), most)
    return jax.lax.fori_loop(0, limit.bit_length(), halve, start)[1]
