"""Transport of anything that air carries, in delta form, with cheap Jacobi sweeps.

    sum over faces of a_nb (phi_nb - phi_P) + second-order part + sources = 0

One routine serves the velocity components, temperature and every other scalar. Coefficients are
kept on lower faces: `a` weighs the lower neighbour of cell P, `b` the lower neighbour's upper
neighbour, which is P itself; so the upper neighbour's weight is `upper(b)`. The form is "bounded":
it leaves out phi times the mass imbalance, which is zero when the flow has converged.
"""

import equinox as eqx
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from thermal.air.operators import lower, triple, upper
from thermal.air.schemes import correction

Field = Float[Array, "nx ny nz"]
Triple = tuple[Field, Field, Field]


class Metric(eqx.Module):
    """Distances along the three axes [m], in shapes that broadcast.

    `spacing` from a node to its lower neighbour; `down` and `up` from a node to its lower and
    upper face.
    """

    spacing: tuple[Array, Array, Array]
    down: tuple[Array, Array, Array]
    up: tuple[Array, Array, Array]


class Coefficients(eqx.Module):
    """Weights of the neighbours [kg/s] on lower faces, and the diagonal they ask for in cells.

    The diagonal is the larger of what enters and what leaves: equal once mass is conserved, and
    before that it keeps a cell that air only leaves from running away.
    """

    a: Triple
    b: Triple
    total: Field


def coefficients(flux: Triple, conductance: Triple) -> Coefficients:
    """Upwind weights from mass flux and diffusive conductance [kg/s] on lower faces."""
    a = triple(d + jnp.maximum(f, 0.0) for f, d in zip(flux, conductance, strict=True))
    b = triple(d + jnp.maximum(-f, 0.0) for f, d in zip(flux, conductance, strict=True))
    entering = sum(a[axis] + upper(b[axis], axis) for axis in range(3))
    leaving = sum(b[axis] + upper(a[axis], axis) for axis in range(3))
    return Coefficients(a, b, jnp.maximum(entering, leaving))


def residual(
    phi: Field,
    k: Coefficients,
    flux: Triple,
    scheme: str,
    metric: Metric,
    passable: tuple[Array, Array, Array] | None = None,
) -> Field:
    """What flows into each cell by advection and diffusion, second order [kg/s x unit of phi].

    `passable` (1 or 0 between a node and its lower neighbour) keeps slopes out of solids.
    """
    total = jnp.zeros_like(phi)
    for axis in range(3):
        step = phi - lower(phi, axis)
        gradient = step / metric.spacing[axis]
        if passable is not None:
            gradient = gradient * passable[axis]
        second = correction(scheme, flux[axis], gradient, metric.down[axis], metric.up[axis], axis)
        total = total - k.a[axis] * step + upper(k.b[axis] * step, axis)
        total = total + second - upper(second, axis)
    return total


def sweep(r: Field, k: Coefficients, inverse_diagonal: Field, sweeps: int) -> Field:
    """Approximate solution of the linear system for the change of phi, from zero.

    Jacobi; information travels one cell a sweep, so the outer iteration wants many of them.
    """

    def one(_: Array | int, delta: Field) -> Field:
        gathered = r
        for axis in range(3):
            gathered = gathered + k.a[axis] * lower(delta, axis)
            gathered = gathered + upper(k.b[axis] * delta, axis)
        return gathered * inverse_diagonal

    return lax.fori_loop(0, sweeps - 1, one, r * inverse_diagonal)
