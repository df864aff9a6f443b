"""Transport of anything that air carries, in delta form, with cheap Jacobi sweeps.

    sum over faces of a_nb (phi_nb - phi_P) + second-order part + sources = 0

One routine serves the velocity components, temperature and every other scalar. Coefficients are
kept on lower faces: `a` weighs the lower neighbour of cell P, `b` the lower neighbour's upper
neighbour, which is P itself; so the upper neighbour's weight is `upper(b)`. The form is "bounded":
it leaves out phi times the mass imbalance, which is zero when the flow has converged.
"""

from typing import TYPE_CHECKING

import equinox as eqx
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from thermal.air.operators import lower, to_face, triple, upper
from thermal.air.schemes import correction

if TYPE_CHECKING:
    from thermal.air.model import AirModel

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


class Source(eqx.Module):
    """What enters every cell besides transport, linear in phi: gain - loss phi, loss >= 0.

    `gain` [kg/s x unit of phi], `loss` [kg/s].
    """

    gain: Field
    loss: Field

    def plus(self, gain: Array | float = 0.0, loss: Array | float = 0.0) -> "Source":
        """The source with more of both."""
        return Source(self.gain + gain, self.loss + loss)


class Held(eqx.Module):
    """Cells whose value is given: a share `weight` [-] of `value`, the rest from transport."""

    weight: Field
    value: Field


def change_of(
    phi: Field,
    flux: Triple,
    diffusivity: Field,
    source: Source,
    model: "AirModel",
    sweeps: int,
    relaxation: float,
    held: Held | None = None,
) -> Field:
    """Change of a scalar in cells by one relaxed solution of its transport equation.

    `flux` [kg/s] through open faces, `diffusivity` rho D in cells [kg/m/s].
    """
    conductance = triple(
        to_face(diffusivity, axis)
        * model.open[axis]
        * model.area(axis)
        / model.metric.spacing[axis]
        for axis in range(3)
    )
    k = coefficients(flux, conductance)
    r = residual(phi, k, flux, model.scheme, model.metric, passable=model.open)
    r = (r + source.gain - source.loss * phi) * model.fluid
    diagonal = (k.total + source.loss) / relaxation
    inverse = model.fluid / jnp.where(diagonal > 0, diagonal, 1.0)
    if held is not None:
        free = jnp.maximum(1.0 - held.weight, 1e-6)
        r = r + held.weight / free * diagonal * (held.value - phi) * model.fluid
        inverse = free * inverse
    return sweep(r, k, inverse, sweeps)


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
