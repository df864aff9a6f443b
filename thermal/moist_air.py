"""Moist air as a mixture of ideal gases: humidity, dew point, wet bulb, enthalpy, density.

ASHRAE Fundamentals (2017), chapter 1, whose equations are named below. Unless told otherwise a
function holds over the range of dry air (`thermal/properties.py`), from no water to saturation and
at most W_MAX; `check_moist_air` refuses what is outside.

Letters: T temperature [K], p pressure [Pa], w humidity ratio [kg water / kg dry air].
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from geometry.errors import InputError
from thermal.coolants import ZERO_CELSIUS
from thermal.properties import (
    AIR_P_MAX,
    AIR_P_MIN,
    AIR_T_MAX,
    AIR_T_MIN,
    GAS_CONSTANT_AIR,
    STANDARD_PRESSURE,
    out_of_range,
)

Pressure = float | Float[Array, ""] | Float[Array, "*shape"]

WATER_TO_AIR_MOLAR_MASS = 0.621945  # eq. 20 [-]
HEAT_CAPACITY_DRY_AIR = 1006.0  # eq. 30 [J/(kg K)]
HEAT_CAPACITY_VAPOUR = 1860.0  # eq. 30 [J/(kg K)]
EVAPORATION_HEAT = 2501e3  # at 0 degC, eq. 30 [J/kg]

W_MAX = 0.1
"""Above it a gas mixture is further from ideal; a dew point of 53 degC at sea level [-]."""

_ROUND_OFF = 1e-4  # share by which air may be above saturation in float32 [-]
_DEW_POINT_ITERATIONS = 6  # Newton on a nearly straight line; float64 round-off after five
_WET_BULB_ITERATIONS = 5  # Newton from Stull's guess; float64 round-off over the whole range


@jax.jit
def saturation_pressure(T: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Saturation pressure of water vapour [Pa] at T [K], over ice below 0.01 degC.

    Hyland and Wexler (1983), eq. 5 and 6; 173-473 K, within 0.04 % of IAPWS for ice and water.
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
    w: Float[Array, "*shape"], p: Pressure = STANDARD_PRESSURE
) -> Float[Array, "*shape"]:
    """Partial pressure of water vapour [Pa] at humidity ratio w; eq. 20."""
    return p * w / (WATER_TO_AIR_MOLAR_MASS + w)


@jax.jit
def humidity_ratio(
    vapour: Float[Array, "*shape"], p: Pressure = STANDARD_PRESSURE
) -> Float[Array, "*shape"]:
    """Humidity ratio w at the vapour's partial pressure [Pa]; eq. 20."""
    return WATER_TO_AIR_MOLAR_MASS * vapour / (p - vapour)


@jax.jit
def relative_humidity(
    T: Float[Array, "*shape"], w: Float[Array, "*shape"], p: Pressure = STANDARD_PRESSURE
) -> Float[Array, "*shape"]:
    """Relative humidity (0 to 1) at T [K] and humidity ratio w; eq. 12 and 22."""
    return vapour_pressure(w, p) / saturation_pressure(T)


@jax.jit
def dew_point(vapour: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Dew (or frost) point [K] of air whose vapour has this partial pressure [Pa]; 200-370 K.

    Newton on ln(saturation pressure) against 1/T, which is nearly a straight line
    (Clausius-Clapeyron). Drier air has the dew point of 0.1 Pa.
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
    T: Float[Array, "*shape"], T_wet: Float[Array, "*shape"], p: Pressure = STANDARD_PRESSURE
) -> Float[Array, "*shape"]:
    """Dew point [K] of air at dry bulb T and wet bulb T_wet [K]."""
    return dew_point(vapour_pressure(humidity_ratio_at_wet_bulb(T, T_wet, p), p))


@jax.jit
def humidity_ratio_at_wet_bulb(
    T: Float[Array, "*shape"], T_wet: Float[Array, "*shape"], p: Pressure = STANDARD_PRESSURE
) -> Float[Array, "*shape"]:
    """Humidity ratio of air at dry bulb T and wet bulb T_wet [K]; eq. 33, over ice eq. 35.

    Negative where no air has so low a wet bulb.
    """
    return _psychrometer(T, T_wet, p, T_wet >= ZERO_CELSIUS)


@jax.jit
def wet_bulb(
    T: Float[Array, "*shape"], w: Float[Array, "*shape"], p: Pressure = STANDARD_PRESSURE
) -> Float[Array, "*shape"]:
    """Wet bulb [K] of air at dry bulb T [K] and humidity ratio w; eq. 33, over ice eq. 35.

    Newton's method from the fit of Stull (2011). Where a wet and an iced bulb both have a solution
    the wet one is taken: the iced one is then less than 0.8 K below freezing.
    """
    wet = w >= _psychrometer(T, jnp.full_like(T, ZERO_CELSIUS), p, jnp.full(T.shape, True))

    def excess(T_wet: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        return _psychrometer(T, T_wet, p, wet) - w

    def step(_, T_wet):
        value, slope = jax.jvp(excess, (T_wet,), (jnp.ones_like(T_wet),))
        return T_wet - value / slope

    guess = _near_wet_bulb(T, relative_humidity(T, w, p))
    return jax.lax.fori_loop(0, _WET_BULB_ITERATIONS, step, guess)


def _psychrometer(
    T: Float[Array, "*shape"],
    T_wet: Float[Array, "*shape"],
    p: Pressure,
    wet: Bool[Array, "*shape"],
) -> Float[Array, "*shape"]:
    """Humidity ratio from a bulb that is wet, eq. 33, or iced, eq. 35, in kJ and degC."""
    dry_bulb, bulb = T - ZERO_CELSIUS, T_wet - ZERO_CELSIUS
    saturated = humidity_ratio(saturation_pressure(T_wet), p)
    cooled = 1.006 * (dry_bulb - bulb)
    from_wet = (2501.0 - 2.326 * bulb) * saturated - cooled
    from_ice = (2830.0 - 0.24 * bulb) * saturated - cooled
    return jnp.where(
        wet,
        from_wet / (2501.0 + 1.86 * dry_bulb - 4.186 * bulb),
        from_ice / (2830.0 + 1.86 * dry_bulb - 2.1 * bulb),
    )


def _near_wet_bulb(
    T: Float[Array, "*shape"], relative: Float[Array, "*shape"]
) -> Float[Array, "*shape"]:
    """Wet bulb [K] within 6 K over the range of this file; Stull (2011), in degC and percent."""
    t, r = T - ZERO_CELSIUS, 100.0 * jnp.clip(relative, 0.0, 1.0)
    return (
        ZERO_CELSIUS
        + t * jnp.arctan(0.151977 * jnp.sqrt(r + 8.313659))
        + jnp.arctan(t + r)
        - jnp.arctan(r - 1.676331)
        + 0.00391838 * r**1.5 * jnp.arctan(0.023101 * r)
        - 4.686035
    )


@jax.jit
def moist_air_enthalpy(
    T: Float[Array, "*shape"], w: Float[Array, "*shape"]
) -> Float[Array, "*shape"]:
    """Enthalpy of moist air [J/kg dry air] over dry air and liquid water at 0 degC; eq. 30."""
    warm = T - ZERO_CELSIUS
    return HEAT_CAPACITY_DRY_AIR * warm + w * (EVAPORATION_HEAT + HEAT_CAPACITY_VAPOUR * warm)


@jax.jit
def moist_air_heat_capacity(w: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Heat capacity of moist air [J/(kg dry air K)]: the slope of eq. 30 with T at constant w."""
    return HEAT_CAPACITY_DRY_AIR + HEAT_CAPACITY_VAPOUR * w


@jax.jit
def moist_air_density(
    T: Float[Array, "*shape"], w: Float[Array, "*shape"], p: Pressure = STANDARD_PRESSURE
) -> Float[Array, "*shape"]:
    """Density of moist air [kg/m3], its water counted; eq. 11 and 26.

    The volume of a kilogram of dry air with its water is (1 + w) over it.
    """
    gas_constant = GAS_CONSTANT_AIR * (1.0 + w / WATER_TO_AIR_MOLAR_MASS)
    return p * (1.0 + w) / (gas_constant * T)


def check_moist_air(
    T: float | np.ndarray, w: float | np.ndarray, p: float | np.ndarray, where: str
) -> None:
    """Raise InputError where T [K], w [-] or p [Pa] leaves the range of moist air."""
    found = out_of_range("air", T, AIR_T_MIN, AIR_T_MAX) or _pressure_out_of_range(p)
    found = found or _water_out_of_range(T, w, p)
    if found is not None:
        raise InputError.of(where, found)


def _pressure_out_of_range(p: float | np.ndarray) -> str | None:
    """Say which pressure [Pa] is outside the range."""
    p = np.atleast_1d(np.asarray(p, dtype=float))
    outside = p[~((p >= AIR_P_MIN) & (p <= AIR_P_MAX))]  # NaN is outside
    if not outside.size:
        return None
    held = f"its properties hold from {AIR_P_MIN / 1e3:g} to {AIR_P_MAX / 1e3:g} kPa"
    return f"air at {outside[0] / 1e3:.1f} kPa; {held}"


def _water_out_of_range(
    T: float | np.ndarray, w: float | np.ndarray, p: float | np.ndarray
) -> str | None:
    """Say which humidity ratio is outside the range at its T [K] and p [Pa]."""
    T, w, p = np.broadcast_arrays(*(np.atleast_1d(np.asarray(x, float)) for x in (T, w, p)))
    vapour = saturation_pressure(jnp.asarray(T))
    at_most = vapour_pressure(jnp.full(p.shape, W_MAX), jnp.asarray(p))
    most = np.asarray(humidity_ratio(jnp.minimum(vapour, at_most), jnp.asarray(p)))
    outside = ~((w >= 0.0) & (w <= most * (1.0 + _ROUND_OFF)))  # NaN is outside
    if not outside.any():
        return None
    found = f"{w[outside][0]:.4g} kg/kg of water in air at {T[outside][0] - ZERO_CELSIUS:.1f} degC"
    return f"{found}; its properties hold from 0 to {most[outside][0]:.4g} kg/kg"
