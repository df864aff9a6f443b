"""Second-order part of advection: the value at a face beyond the upwind cell.

The face value is phi_C + s_C h_C with C the upwind cell, h_C half its width and s_C its slope.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from thermal.air.operators import lower, upper

Field = Float[Array, "nx ny nz"]


def limited_slope(gradient: Field, axis: int) -> Field:
    """Slope of a cell from the gradients at its two faces [1/m]: their harmonic mean.

    Zero at an extremum, so that no new extremum arises. Van Leer (1974), J. Comput. Phys. 14.
    """
    g, h = gradient, upper(gradient, axis)
    product = g * h
    return jnp.where(product > 0, 2 * product / (g + h + jnp.where(product > 0, 0.0, 1.0)), 0.0)


def correction(
    scheme: str,
    flux: Field,
    gradient: Field,
    down: Float[Array, "..."],
    up: Float[Array, "..."],
    axis: int,
) -> Field:
    """Advected amount beyond first-order upwind, at lower faces.

    `gradient` is the difference of the two nodes over their distance, at the face; `down` and `up`
    are the distances from a node to its lower and upper face [m].
    """
    if scheme == "upwind":
        return jnp.zeros_like(flux)
    if scheme == "central":
        ahead = gradient * lower(up + jnp.zeros_like(gradient), axis)
        return jnp.maximum(flux, 0.0) * ahead - jnp.minimum(flux, 0.0) * gradient * down
    slope = limited_slope(gradient, axis)
    ahead = lower(slope * up, axis)
    return jnp.maximum(flux, 0.0) * ahead - jnp.minimum(flux, 0.0) * slope * down
