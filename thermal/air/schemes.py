"""Second-order part of advection: the value at a face beyond the upwind cell.

The face value is phi_C + s_C h_C with C the upwind cell, h_C half its width and s_C its slope.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from thermal.air.operators import lower, upper

Field = Float[Array, "nx ny nz"]


def harmonic_mean(g: Field, h: Field) -> Field:
    """Limited slope from the gradients at the two faces of a cell [1/m]: their harmonic mean.

    Zero at an extremum, so that no new extremum arises. Van Leer (1974), J. Comput. Phys. 14.
    """
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
    """Advected amount beyond first-order upwind, at lower faces. `scheme` is limited or central.

    `gradient` is the difference of the two nodes over their distance, at the face; `down` and `up`
    are the distances from a node to its lower and upper face [m].
    """
    forward = flux > 0
    reach = jnp.where(forward, lower(up, axis), -down)
    if scheme == "central":
        return flux * gradient * reach
    # The slope of the upwind cell: from this face and from that cell's other one.
    beyond = jnp.where(forward, lower(gradient, axis), upper(gradient, axis))
    return flux * harmonic_mean(gradient, beyond) * reach
