"""A flow that is known everywhere, and the sources that make it a solution of every equation.

Air passes a square of 1 m along x or against it between planes of symmetry, turning and warming on
the way: convection, diffusion by a viscosity that varies, pressure, weight, and what makes and
takes k and epsilon. Roache (2002), J. Fluids Eng. 124. Derivatives are JAX's, of the functions
below.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import ArrayLike

from thermal.air.gas import Gas
from thermal.air.model import GRAVITY
from thermal.air.turbulence import K_EPSILON
from thermal.air.walls import TURBULENT_PRANDTL

Values = Float[Array, "*shape"]
Function = Callable[[Values, Values], Values]

RHO, MU, CP, PRANDTL, T_REF = 1.0, 5e-4, 1000.0, 0.71, 300.0
K_IN, EPSILON_IN = 0.05, 0.02  # m2/s2, m2/s3: mu_t is 0.01 Pa s, which makes Re 100
SWING, WARMING = 0.8, 30.0  # of the velocity [m/s], of the temperature along the flow [K]
CONSTANTS = K_EPSILON["k_epsilon"]


class Manufactured:
    """The fields as functions of x and z [m]; `turn` of -1 mirrors the flow along x.

    At the inflow all but u is even and w is 0; nothing diffuses through the openings, as in the
    solver. T, k and epsilon rise monotonically along the flow: a limiter that cuts extrema is of
    first order there. Shear makes less k than the cut-off of the model.
    """

    def __init__(self, turn: float) -> None:
        self.turn = turn

    def along(self, x: Values) -> Values:
        """Distance from the inflow [m]."""
        return x if self.turn > 0 else 1.0 - x

    def rise(self, x: Values) -> Values:
        """From 0 to 1 along the flow, flat at both ends [-]."""
        return 0.5 * (1.0 - jnp.cos(jnp.pi * self.along(x)))

    def stream(self, x: Values, z: Values) -> Values:
        """Mass flow along x below z, for a metre of depth [kg/s]."""
        at = self.along(x)
        turned = 0.5 * (at - jnp.sin(jnp.pi * at) / jnp.pi)
        return self.turn * RHO * (z + SWING * turned * jnp.sin(jnp.pi * z) / jnp.pi)

    def u(self, x: Values, z: Values) -> Values:
        """Velocity along x [m/s]."""
        return slope(self.stream, 1)(x, z) / self.rho(x, z)

    def w(self, x: Values, z: Values) -> Values:
        """Velocity upwards [m/s]."""
        return -slope(self.stream, 0)(x, z) / self.rho(x, z)

    def p(self, x: Values, z: Values) -> Values:
        """Pressure, of any level [Pa]."""
        return 0.2 * jnp.cos(2.0 * self.along(x) + 0.3) * jnp.cos(jnp.pi * z)

    def T(self, x: Values, z: Values) -> Values:
        """Temperature above T_REF [K]: even at both ends, warmer below between them."""
        s = self.rise(x)
        return WARMING * s * (1.0 + 0.3 * (1.0 - s) * jnp.cos(jnp.pi * z))

    def k(self, x: Values, z: Values) -> Values:
        """Turbulence kinetic energy [m2/s2]."""
        return K_IN * (1.0 + 0.5 * self.rise(x) * (1.0 + 0.4 * jnp.cos(jnp.pi * z)))

    def epsilon(self, x: Values, z: Values) -> Values:
        """Dissipation of k [m2/s3]."""
        return EPSILON_IN * (1.0 + 0.8 * self.rise(x) * (1.0 - 0.3 * jnp.cos(jnp.pi * z)))

    def rho(self, x: Values, z: Values) -> Values:
        """Density [kg/m3]."""
        return RHO * T_REF / (T_REF + self.T(x, z))

    def force_x(self, x: Values, z: Values) -> Values:
        """Force along x that momentum needs [N/m3]."""
        return self._carried(self.u, self._mixing(1.0, 1.0), x, z) + slope(self.p, 0)(x, z)

    def force_z(self, x: Values, z: Values) -> Values:
        """Force upwards that momentum needs [N/m3]."""
        carried = self._carried(self.w, self._mixing(1.0, 1.0), x, z)
        return carried + slope(self.p, 1)(x, z) + GRAVITY * (self.rho(x, z) - RHO)

    def heat(self, x: Values, z: Values) -> Values:
        """Heat that energy needs [W/m3]."""
        return CP * self._carried(self.T, self._mixing(PRANDTL, TURBULENT_PRANDTL), x, z)

    def source_k(self, x: Values, z: Values) -> Values:
        """What the equation of k needs [W/m3]."""
        P, G = self._production(x, z)
        carried = self._carried(self.k, self._mixing(1.0, CONSTANTS.sigma_k), x, z)
        return carried - P - G + self.rho(x, z) * self.epsilon(x, z)

    def source_epsilon(self, x: Values, z: Values) -> Values:
        """What the equation of epsilon needs [W/m3/s]; G is positive here."""
        P, G = self._production(x, z)
        epsilon = self.epsilon(x, z)
        made = CONSTANTS.C1 * (P + G) - CONSTANTS.C2 * self.rho(x, z) * epsilon
        carried = self._carried(self.epsilon, self._mixing(1.0, CONSTANTS.sigma_e), x, z)
        return carried - epsilon / self.k(x, z) * made

    def _mu_t(self, x: Values, z: Values) -> Values:
        return CONSTANTS.C_mu * self.rho(x, z) * self.k(x, z) ** 2 / self.epsilon(x, z)

    def _mixing(self, laminar: float, turbulent: float) -> Function:
        """Diffusivity for two Prandtl numbers [kg/m/s]."""
        return lambda x, z: MU / laminar + self._mu_t(x, z) / turbulent

    def _carried(self, f: Function, diffusivity: Function, x: Values, z: Values) -> Values:
        """rho U grad f - div(diffusivity grad f)."""

        def spread(axis: int) -> Values:
            return slope(lambda x, z: diffusivity(x, z) * slope(f, axis)(x, z), axis)(x, z)

        convected = self.u(x, z) * slope(f, 0)(x, z) + self.w(x, z) * slope(f, 1)(x, z)
        return self.rho(x, z) * convected - spread(0) - spread(1)

    def _production(self, x: Values, z: Values) -> tuple[Values, Values]:
        """Of k by shear and by buoyancy [W/m3]."""
        ux, uz, wx, wz = (slope(f, axis)(x, z) for f in (self.u, self.w) for axis in (0, 1))
        shear = 2 * ux**2 + 2 * wz**2 + (uz + wx) ** 2
        lighter = slope(self.rho, 1)(x, z) / (RHO * TURBULENT_PRANDTL)
        mu_t = self._mu_t(x, z)
        return mu_t * shear, mu_t * GRAVITY * lighter


def gas() -> Gas:
    """An ideal gas of these properties; its viscosity is not that of air."""
    values = (1e5, T_REF, RHO, 1 / T_REF, CP, MU, PRANDTL)
    return Gas("ideal_gas", *(jnp.asarray(value, float) for value in values))


def slope(f: Function, axis: int) -> Function:
    """Derivative of f along x (axis 0) or z (1)."""

    def along(x: Values, z: Values) -> Values:
        one, none = jnp.ones_like(x), jnp.zeros_like(x)
        return jax.jvp(f, (x, z), (none, one) if axis else (one, none))[1]

    return along


def at(f: Function, x: ArrayLike, z: ArrayLike) -> np.ndarray:
    """Values [x, z] of a function on two lines of coordinates [m]."""
    return np.asarray(jax.jit(f)(*jnp.meshgrid(jnp.asarray(x), jnp.asarray(z), indexing="ij")))
