"""Properties of dry air and of the liquids in the loops, as functions of temperature.

Those of air hold from AIR_T_MIN to AIR_T_MAX and AIR_P_MIN to AIR_P_MAX, those of a liquid between
its own T_min and T_max. Arrays are not checked, so that a solver may look beyond the range;
`check_range` and `out_of_range` refuse what comes in. Letters: T temperature [K], p pressure [Pa].
"""

from functools import cache, partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from geometry.errors import InputError
from thermal import coolants
from thermal.coolants import ZERO_CELSIUS

STANDARD_PRESSURE = 101325.0  # sea level, ISO 2533 [Pa]
GAS_CONSTANT_AIR = 287.055  # dry air, Picard et al. (2008) molar mass [J/(kg K)]

AIR_T_MIN, AIR_T_MAX = 223.15, 363.15  # -50 to 90 degC: outdoors in winter to a hot aisle [K]
AIR_P_MIN, AIR_P_MAX = 45e3, 110e3  # 6300 m above sea level to 690 m below [Pa]


def pressure_at_altitude(altitude: float | Float[Array, ""]) -> float | Float[Array, ""]:
    """Barometric pressure [Pa] at `altitude` [m] above sea level, standard atmosphere.

    ASHRAE Fundamentals (2017), chapter 1, eq. 3; -5000 to 11000 m.

    >>> print(f"{pressure_at_altitude(1500.0):.0f}")
    84556
    """
    return STANDARD_PRESSURE * (1.0 - 2.25577e-5 * altitude) ** 5.2559


@jax.jit
def air_density(
    T: Float[Array, "*shape"], p: float | Float[Array, ""] = STANDARD_PRESSURE
) -> Float[Array, "*shape"]:
    """Density of dry air [kg/m3] at T [K] and p [Pa]; ideal gas, within 0.2 % of CoolProp.

    >>> print(f"{air_density(jnp.array(293.15)):.4f}")
    1.2041
    """
    return p / (GAS_CONSTANT_AIR * T)


@jax.jit
def air_viscosity(T: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Dynamic viscosity of dry air [Pa s] at T [K].

    Sutherland's law; within 0.8 % of CoolProp.

    >>> print(f"{air_viscosity(jnp.array(300.0)):.3e}")
    1.846e-05
    """
    return 1.716e-5 * (T / ZERO_CELSIUS) ** 1.5 * (ZERO_CELSIUS + 110.4) / (T + 110.4)


@jax.jit
def air_conductivity(T: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Thermal conductivity of dry air [W/(m K)] at T [K].

    Least squares to CoolProp (Lemmon and Jacobsen 2004) at 101325 Pa; within 0.3 %.
    """
    warmer = T - 300.0
    return 0.02638408 + 7.4353278e-5 * warmer - 3.95426e-8 * warmer**2


@jax.jit
def air_heat_capacity(T: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Specific heat of dry air at constant pressure [J/(kg K)] at T [K].

    Least squares to CoolProp (Lemmon et al. 2000) at 101325 Pa; within 0.2 %, there 0.003 %.
    """
    warmer = T - 300.0
    return 1006.372 + 0.0366022 * warmer + 4.03181e-4 * warmer**2


class Fluid(eqx.Module):
    """A liquid by polynomials, valid from T_min to T_max [K].

    Terms are those of x = (T - 318.15) / 25, lowest power first.
    """

    name: str = eqx.field(static=True)
    T_min: float = eqx.field(static=True)
    T_max: float = eqx.field(static=True)
    density_terms: tuple[float, ...] = eqx.field(static=True)
    heat_capacity_terms: tuple[float, ...] = eqx.field(static=True)
    conductivity_terms: tuple[float, ...] = eqx.field(static=True)
    log_viscosity_terms: tuple[float, ...] = eqx.field(static=True)

    def density(self, T: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Density [kg/m3]."""
        return _polynomial(self.density_terms, T)

    def heat_capacity(self, T: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Specific heat at constant pressure [J/(kg K)]."""
        return _polynomial(self.heat_capacity_terms, T)

    def conductivity(self, T: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Thermal conductivity [W/(m K)]."""
        return _polynomial(self.conductivity_terms, T)

    def viscosity(self, T: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Dynamic viscosity [Pa s]."""
        return jnp.exp(_polynomial(self.log_viscosity_terms, T))


@partial(jax.jit, static_argnums=0)
def _polynomial(terms: tuple[float, ...], T: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Sum of terms[i] x^i by Horner's rule, x = (T - T_TERMS) / T_STEP."""
    x = (T - coolants.T_TERMS) / coolants.T_STEP
    value = jnp.full_like(x, terms[-1])
    for term in terms[-2::-1]:
        value = value * x + term
    return value


@cache
def fluid(name: str) -> Fluid:
    """Return a liquid: `water`, or `pg` or `eg` (propylene, ethylene glycol) and its % by volume.

    >>> fluid("water").name
    'water'
    >>> print(f"{fluid('pg25').density(jnp.array(318.15)):.1f}")
    1011.8
    """
    wrong = coolants.complaint(name)
    if wrong:
        raise InputError.of("fluid", wrong)
    return Fluid(name, *coolants.terms(name))


def check_range(liquid: Fluid, T: float | np.ndarray, where: str) -> None:
    """Raise InputError where T [K] leaves the range in which the properties of `liquid` hold."""
    found = out_of_range(liquid.name, T, liquid.T_min, liquid.T_max)
    if found is not None:
        raise InputError.of(where, found)


def out_of_range(what: str, T: float | np.ndarray, low: float, high: float) -> str | None:
    """Return which temperature is outside a range, and how far; None if none is. All in K.

    >>> out_of_range("water", 274.15, 278.15, 368.15)
    'water at 1.0 degC, 4.0 K too cold; its properties hold from 5 to 95 degC'
    """
    T = np.atleast_1d(np.asarray(T, dtype=float))
    outside = T[~((low <= T) & (high >= T))]  # NaN is outside
    if not outside.size:
        return None
    found = float(outside[0])
    off = f"{low - found:.1f} K too cold" if found < low else f"{found - high:.1f} K too warm"
    held = f"{low - ZERO_CELSIUS:.0f} to {high - ZERO_CELSIUS:.0f} degC"
    return f"{what} at {found - ZERO_CELSIUS:.1f} degC, {off}; its properties hold from {held}"
