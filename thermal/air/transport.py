"""Transport of anything that air carries, in delta form, with cheap Jacobi sweeps.

    sum over faces of a_nb (phi_nb - phi_P) + second-order part + sources = 0

One routine serves the velocity components, temperature and every other scalar. The form is
"bounded": it leaves out phi times the mass imbalance, which is zero when the flow has converged.
"""

from functools import partial
from typing import TYPE_CHECKING

import equinox as eqx
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from thermal.air.operators import lower, net_inflow, to_face, triple, upper
from thermal.air.schemes import correction
from thermal.air.staging import stage

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
    """Weights of each cell's lower and upper neighbours [kg/s], and the diagonal they ask for.

    The diagonal is the larger of what enters and what leaves: equal once mass is conserved, and
    before that it keeps a cell that air only leaves from running away.
    """

    lower: Triple
    upper: Triple
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

    def conductance(axis: int, diffusivity: Field) -> Field:
        between = model.open[axis] * model.area(axis) / model.metric.spacing[axis]
        return to_face(diffusivity, axis) * between

    conductances = triple(
        stage(model.go, partial(conductance, axis), diffusivity) for axis in range(3)
    )
    k = coefficients(flux, conductances, model.go)
    r = residual(phi, k, flux, model.scheme, model.metric, model.open, model.go)
    r = (r + source.gain - source.loss * phi) * model.fluid
    diagonal = (k.total + source.loss) / relaxation
    inverse = model.fluid / jnp.where(diagonal > 0, diagonal, 1.0)
    if held is not None:
        free = jnp.maximum(1.0 - held.weight, 1e-6)
        r = r + held.weight / free * diagonal * (held.value - phi) * model.fluid
        inverse = free * inverse
    return sweep(r, k, inverse, sweeps)


def coefficients(flux: Triple, conductance: Triple, go: Array | None = None) -> Coefficients:
    """Upwind weights from mass flux and diffusive conductance [kg/s] on lower faces."""

    def weights(axis: int, flux: Field, conductance: Field) -> tuple[Field, Field]:
        from_above = upper(conductance + jnp.maximum(-flux, 0.0), axis)
        return conductance + jnp.maximum(flux, 0.0), from_above

    def diagonal(below: Triple, above: Triple, flux: Triple) -> Field:
        entering = sum(a + b for a, b in zip(below, above, strict=True))
        return entering + jnp.maximum(-net_inflow(flux), 0.0)

    pairs = [stage(go, partial(weights, axis), flux[axis], conductance[axis]) for axis in range(3)]
    below, above = triple(pair[0] for pair in pairs), triple(pair[1] for pair in pairs)
    return Coefficients(below, above, stage(go, diagonal, below, above, flux))


def residual(
    phi: Field,
    k: Coefficients,
    flux: Triple,
    scheme: str,
    metric: Metric,
    passable: tuple[Array, Array, Array] | None = None,
    go: Array | None = None,
) -> Field:
    """What flows into each cell by advection and diffusion, second order [kg/s x unit of phi].

    `passable` (1 or 0 between a node and its lower neighbour) keeps slopes out of solids; `go` is
    the flag of stages.
    """
    total = jnp.zeros_like(phi)
    for axis in range(3):
        total = total + k.lower[axis] * (lower(phi, axis) - phi)
        total = total + k.upper[axis] * (upper(phi, axis) - phi)
        if scheme != "upwind":
            within = None if passable is None else passable[axis]
            second = _second_order(phi, flux[axis], scheme, metric, within, axis, go)
            total = total + second - upper(second, axis)
    return total


def _second_order(
    phi: Field,
    flux: Field,
    scheme: str,
    metric: Metric,
    passable: Array | None,
    axis: int,
    go: Array | None,
) -> Field:
    """Advected amount beyond first-order upwind; not fused into the residual (decision 0005)."""

    def slope(phi: Field, passable: Array | None) -> Field:
        gradient = (phi - lower(phi, axis)) / metric.spacing[axis]
        return gradient if passable is None else gradient * passable

    def beyond(flux: Field, gradient: Field) -> Field:
        return correction(scheme, flux, gradient, metric.down[axis], metric.up[axis], axis)

    return stage(go, beyond, flux, stage(go, slope, phi, passable))


def sweep(r: Field, k: Coefficients, inverse_diagonal: Field, sweeps: int) -> Field:
    """Approximate solution of the linear system for the change of phi, from zero.

    Jacobi; information travels one cell a sweep, so the outer iteration wants many of them.
    """

    def one(_: Array | int, delta: Field) -> Field:
        gathered = r
        for axis in range(3):
            gathered = gathered + k.lower[axis] * lower(delta, axis)
            gathered = gathered + k.upper[axis] * upper(delta, axis)
        return gathered * inverse_diagonal

    return lax.fori_loop(0, sweeps - 1, one, r * inverse_diagonal)
