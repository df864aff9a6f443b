"""Rates of change in time: backward differences of second order with steps of any length.

    d phi/dt = a0 phi + a1 phi_before + a2 phi_earlier,    a0 + a1 + a2 = 0

In the "bounded" form of transport.py the conservative rate of rho phi less phi times that of rho is
a1 rho_before (phi_before - phi) + a2 rho_earlier (phi_earlier - phi), exactly.
"""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from thermal.air.gas import Gas, density, density_change
from thermal.air.model import AirModel
from thermal.air.operators import to_face
from thermal.air.state import Work
from thermal.air.transport import Source

Values = Float[Array, "*shape"]


class Storage(eqx.Module):
    """Weights of the three instants [1/s], and the two states that lie behind."""

    a0: Float[Array, ""]
    a1: Float[Array, ""]
    a2: Float[Array, ""]
    before: Work
    earlier: Work
    rho_before: Float[Array, "nx ny nz"]
    rho_earlier: Float[Array, "nx ny nz"]

    def rate(self, phi: Values, before: Values, earlier: Values, axis: int | None = None) -> Values:
        """rho d phi/dt without the change of rho [unit of phi kg/m3/s], in cells or on faces."""
        rho_before, rho_earlier = self._densities(axis)
        return self.a1 * rho_before * (before - phi) + self.a2 * rho_earlier * (earlier - phi)

    def weight(self, axis: int | None = None) -> Values:
        """What a change of phi changes the rate by [kg/m3/s]."""
        rho_before, rho_earlier = self._densities(axis)
        return -(self.a1 * rho_before + self.a2 * rho_earlier)

    def of_density(self, T: Values, gas: Gas) -> Values:
        """Rate of change of the density [kg/m3/s] at T above T_ref [K].

        Densities are nearly one: their differences come from those of the temperatures.
        """
        to_before, to_earlier = (
            density_change(T, state.T, gas) for state in (self.before, self.earlier)
        )
        return self.a1 * to_before + self.a2 * to_earlier

    def plain(self, phi: Values, before: Values, earlier: Values) -> Values:
        """Rate of change of anything [unit of phi/s]."""
        return self.a0 * phi + self.a1 * before + self.a2 * earlier

    def _densities(self, axis: int | None) -> tuple[Values, Values]:
        if axis is None:
            return self.rho_before, self.rho_earlier
        return to_face(self.rho_before, axis), to_face(self.rho_earlier, axis)


def backward_differences(
    before: Work,
    earlier: Work,
    step: Float[Array, ""],
    step_before: Float[Array, ""],
    model: AirModel,
) -> Storage:
    """Storage of a step [s] after one of `step_before` [s]; without such a one, first order.

    `step_before` of 0 says that there is no earlier state.
    """
    second = step_before > 0
    ratio = jnp.where(second, step / jnp.where(second, step_before, 1.0), 0.0)
    a0 = (1 + 2 * ratio) / (1 + ratio) / step
    a2 = ratio**2 / (1 + ratio) / step
    return Storage(
        a0=a0,
        a1=-(a0 + a2),
        a2=a2,
        before=before,
        earlier=earlier,
        rho_before=density(before.T, model.gas),
        rho_earlier=density(earlier.T, model.gas),
    )


def in_time(
    source: Source,
    phi: Values,
    before: Values,
    earlier: Values,
    storage: Storage,
    model: AirModel,
) -> Source:
    """A source with what is stored: the rate of change at phi, and its answer to a change of phi.

    The sum gain - loss phi is exact at phi, so a solution in delta form is that of the step.
    """
    volume = model.volume * model.fluid
    weight = volume * storage.weight()
    return source.plus(gain=weight * phi - volume * storage.rate(phi, before, earlier), loss=weight)
