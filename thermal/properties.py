"""Properties of air and of the liquids in the loops, as functions of temperature.

Letters: T temperature [K], p pressure [Pa], w humidity ratio [kg water / kg dry air].
"""

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from geometry.errors import Finding, InputError

ZERO_CELSIUS = 273.15  # [K]
STANDARD_PRESSURE = 101325.0  # sea level, ISO 2533 [Pa]
GAS_CONSTANT_AIR = 287.055  # dry air, Picard et al. (2008) molar mass [J/(kg K)]
WATER_TO_AIR_MOLAR_MASS = 0.621945  # ASHRAE Fundamentals (2017), chapter 1, eq. 20 [-]

_DEW_POINT_ITERATIONS = 6  # Newton on a nearly straight line; float64 round-off after five


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
    """Density of dry air [kg/m3] at T [K] and p [Pa]; ideal gas, within 0.1 % for 250-360 K.

    >>> print(f"{air_density(jnp.array(293.15)):.4f}")
    1.2041
    """
    return p / (GAS_CONSTANT_AIR * T)


@jax.jit
def air_viscosity(T: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Dynamic viscosity of dry air [Pa s] at T [K].

    Sutherland's law; within 0.7 % of CoolProp for 250-360 K.

    >>> print(f"{air_viscosity(jnp.array(300.0)):.3e}")
    1.846e-05
    """
    return 1.716e-5 * (T / ZERO_CELSIUS) ** 1.5 * (ZERO_CELSIUS + 110.4) / (T + 110.4)


@jax.jit
def air_conductivity(T: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Thermal conductivity of dry air [W/(m K)] at T [K].

    Least squares to CoolProp (Lemmon and Jacobsen 2004) at 101325 Pa; within 0.02 % for 250-360 K.
    """
    warmer = T - 300.0
    return 0.02638408 + 7.4353278e-5 * warmer - 3.95426e-8 * warmer**2


@jax.jit
def air_heat_capacity(T: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Specific heat of dry air at constant pressure [J/(kg K)] at T [K].

    Least squares to CoolProp (Lemmon et al. 2000) at 101325 Pa; within 0.01 % for 250-360 K.
    """
    warmer = T - 300.0
    return 1006.372 + 0.0366022 * warmer + 4.03181e-4 * warmer**2


@jax.jit
def saturation_pressure(T: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Saturation pressure of water vapour [Pa] at T [K], over ice below 0.01 degC.

    Hyland and Wexler (1983), ASHRAE Fundamentals (2017), chapter 1, eq. 5 and 6; 173-473 K.
    """
    ice = (
        -5.6745359e3 / T
        + 6.3925247
        - 9.677843e-3 * T
        + 6.2215701e-7 * T**2
        + 2.0747825e-9 * T**3
        - 9.484024e-13 * T**4
        + 4.1635019 * jnp.log(T)
    )
    water = (
        -5.8002206e3 / T
        + 1.3914993
        - 4.8640239e-2 * T
        + 4.1764768e-5 * T**2
        - 1.4452093e-8 * T**3
        + 6.5459673 * jnp.log(T)
    )
    return jnp.exp(jnp.where(T <= ZERO_CELSIUS + 0.01, ice, water))


@jax.jit
def vapour_pressure(
    w: Float[Array, "*shape"], p: float | Float[Array, ""] = STANDARD_PRESSURE
) -> Float[Array, "*shape"]:
    """Partial pressure of water vapour [Pa] at humidity ratio w; same source, eq. 20."""
    return p * w / (WATER_TO_AIR_MOLAR_MASS + w)


@jax.jit
def humidity_ratio(
    vapour: Float[Array, "*shape"], p: float | Float[Array, ""] = STANDARD_PRESSURE
) -> Float[Array, "*shape"]:
    """Humidity ratio w at the vapour's partial pressure [Pa]; same source, eq. 20."""
    return WATER_TO_AIR_MOLAR_MASS * vapour / (p - vapour)


@jax.jit
def dew_point(vapour: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Dew (or frost) point [K] of air whose vapour has this partial pressure [Pa].

    Newton on ln(saturation pressure) against 1/T, which is nearly a straight line
    (Clausius-Clapeyron); 200-370 K.
    """
    T = jnp.full_like(vapour, 285.0)
    target = jnp.log(jnp.maximum(vapour, 0.1))
    for _ in range(_DEW_POINT_ITERATIONS):
        step = 0.01
        low, here = jnp.log(saturation_pressure(T - step)), jnp.log(saturation_pressure(T + step))
        slope = (here - low) / (1.0 / (T + step) - 1.0 / (T - step))
        T = 1.0 / (1.0 / T + (target - 0.5 * (low + here)) / slope)
    return T


@jax.jit
def dew_point_at_humidity(
    T: Float[Array, "*shape"], relative_humidity: Float[Array, "*shape"]
) -> Float[Array, "*shape"]:
    """Dew point [K] of air at T [K] and relative humidity (0 to 1)."""
    return dew_point(relative_humidity * saturation_pressure(T))


@jax.jit
def dew_point_at_wet_bulb(
    T: Float[Array, "*shape"],
    T_wet: Float[Array, "*shape"],
    p: float | Float[Array, ""] = STANDARD_PRESSURE,
) -> Float[Array, "*shape"]:
    """Dew point [K] of air at dry bulb T and wet bulb T_wet [K], above freezing."""
    return dew_point(vapour_pressure(humidity_ratio_at_wet_bulb(T, T_wet, p), p))


@jax.jit
def humidity_ratio_at_wet_bulb(
    T: Float[Array, "*shape"],
    T_wet: Float[Array, "*shape"],
    p: float | Float[Array, ""] = STANDARD_PRESSURE,
) -> Float[Array, "*shape"]:
    """Humidity ratio [-] of air at dry bulb T and wet bulb T_wet [K], above freezing.

    ASHRAE Fundamentals (2017), chapter 1, eq. 33.
    """
    dry, wet = T - ZERO_CELSIUS, T_wet - ZERO_CELSIUS
    saturated = humidity_ratio(saturation_pressure(T_wet), p)
    return ((2501.0 - 2.326 * wet) * saturated - 1.006 * (dry - wet)) / (
        2501.0 + 1.86 * dry - 4.186 * wet
    )


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
    """Sum of terms[i] x^i by Horner's rule, x = (T - 318.15) / 25."""
    x = (T - 318.15) / 25.0
    value = jnp.full_like(x, terms[-1])
    for term in terms[-2::-1]:
        value = value * x + term
    return value


# Propylene glycol 25 % by volume in water: CoolProp 8.0.0 INCOMP::APG[0.25] (ASHRAE data) at 2 bar,
# reproduced to 1e-7; within 0.1 % of a CDU maker's table of 25 % PG at 20-45 degC.
_PG25 = Fluid(
    name="pg25",
    T_min=278.15,
    T_max=368.15,
    density_terms=(1011.8071, -13.650728, -1.5858493, -4.3372211e-05),
    heat_capacity_terms=(3974.572, 61.705938, 0.005053975, 0.0008821875),
    conductivity_terms=(0.49113747, 0.019410386, -0.0040917358, 6.788132e-06),
    log_viscosity_terms=(-6.7167691, -0.5886122, 0.10741977, -0.015653373),
)

# Water at 2 bar: least squares to CoolProp 8.0.0 (IAPWS-95) over 5-95 degC; density 3e-5,
# heat capacity 5e-5, conductivity 9e-4, viscosity 3e-4 relative.
_WATER = Fluid(
    name="water",
    T_min=278.15,
    T_max=368.15,
    density_terms=(990.25917, -10.486139, -2.1870468, 0.26575663, -0.046803329),
    heat_capacity_terms=(4179.9555, 5.0043422, 5.5298179, -1.6773623, 1.2785376, -0.29063923),
    conductivity_terms=(0.63496823, 0.030367622, -0.0061620662, 0.00055356473),
    log_viscosity_terms=(
        -7.4255569,
        -0.44338927,
        0.062142799,
        -0.010624178,
        0.0026954711,
        -0.00049900929,
    ),
)

FLUIDS = {known.name: known for known in (_PG25, _WATER)}


def fluid(name: str) -> Fluid:
    """Return the liquid of this name: `pg25` (25 % propylene glycol by volume) or `water`.

    >>> fluid("water").name
    'water'
    """
    if name not in FLUIDS:
        raise InputError([Finding(name, f"unknown fluid; known are {', '.join(sorted(FLUIDS))}")])
    return FLUIDS[name]


def check_range(liquid: Fluid, T: float | np.ndarray, where: str) -> None:
    """Raise InputError where T [K] leaves the range in which the properties of `liquid` hold."""
    T = np.atleast_1d(np.asarray(T, dtype=float))
    outside = ~((liquid.T_min <= T) & (liquid.T_max >= T))  # NaN is outside
    if outside.any():
        found = float(T[outside][0]) - ZERO_CELSIUS
        low, high = liquid.T_min - ZERO_CELSIUS, liquid.T_max - ZERO_CELSIUS
        held = f"its properties hold from {low:.0f} to {high:.0f} degC"
        raise InputError([Finding(where, f"{liquid.name} at {found:.1f} degC; {held}")])
