"""Neighbours and sums on the staggered grid, written for speed.

Inside the solver every array, of cells or of faces, has the same shape (nx+1, ny+1, nz+1): entry i
of a face array is the lower face of cell i, and the last layer of a cell array is unused. Shifts
then need no ghost cells and fuse into one pass (docs/decisions/0003-array-layout.md).
"""

from collections.abc import Iterable
from typing import TypeVar

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

Field = Float[Array, "nx ny nz"]
Item = TypeVar("Item")


def lower(x: Field, axis: int) -> Field:
    """Value of the lower neighbour along an axis; 0 beyond the hall."""
    return lax.pad(x, jnp.zeros((), x.dtype), _shift(axis, 1, -1))


def upper(x: Field, axis: int) -> Field:
    """Value of the upper neighbour along an axis; 0 beyond the hall."""
    return lax.pad(x, jnp.zeros((), x.dtype), _shift(axis, -1, 1))


def net_inflow(flux: tuple[Field, Field, Field]) -> Field:
    """Sum over a cell's six faces of what flows in; fluxes on lower faces, positive along +axis."""
    x, y, z = flux
    return (x - upper(x, 0)) + (y - upper(y, 1)) + (z - upper(z, 2))


def to_cell(x: Field, axis: int) -> Field:
    """Mean of a cell's two faces normal to an axis."""
    return 0.5 * (x + upper(x, axis))


def to_face(x: Field, axis: int) -> Field:
    """Mean of the two cells of a face normal to an axis."""
    return 0.5 * (x + lower(x, axis))


def triple(items: Iterable[Item]) -> tuple[Item, Item, Item]:
    """One item for each axis, in the order x, y, z."""
    x, y, z = items
    return x, y, z


def _shift(axis: int, low: int, high: int) -> list[tuple[int, int, int]]:
    return [(low, high, 0) if a == axis else (0, 0, 0) for a in range(3)]
