"""Outdoor air as plant meets it, and saturated air at the temperature of a tower's water.

Enthalpy and humidity are per kilogram of dry air (`thermal/moist_air.py`); w is the humidity ratio.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from thermal.coolants import ZERO_CELSIUS
from thermal.moist_air import (
    humidity_ratio,
    humidity_ratio_at_wet_bulb,
    moist_air_enthalpy,
    saturation_pressure,
    wet_bulb,
)
from thermal.plant.halving import turning_point
from thermal.plant.machines import Scalar, together
from thermal.properties import STANDARD_PRESSURE

FREEZING = ZERO_CELSIUS  # of water on pads [K]
VAPOUR_MOST = 0.95  # of the pressure; water in towers stays below that of boiling [-]
T_COLDEST, T_WARMEST = 223.15, 371.15  # between which saturated air is looked for [K]


class Outdoor(eqx.Module):
    """Outdoor air, at one instant or hour by hour."""

    T_dry: Float[Array, "*hour"]  # dry bulb [K]
    T_wet: Float[Array, "*hour"]  # wet bulb [K]
    w: Float[Array, "*hour"]  # humidity ratio [-]
    p: Float[Array, "*hour"]  # barometric pressure [Pa]

    def spread(self, shape: tuple[int, ...]) -> "Outdoor":
        """The same air in every element of a shape that it broadcasts to."""
        return jax.tree.map(lambda part: jnp.broadcast_to(part, shape), self)

    @property
    def enthalpy(self) -> Float[Array, "*hour"]:
        """Of the moist air [J/kg]."""
        return moist_air_enthalpy(self.T_dry, self.w)


def outdoor_at_wet_bulb(T_dry: Scalar, T_wet: Scalar, p: Scalar = STANDARD_PRESSURE) -> Outdoor:
    """Air known by dry bulb and wet bulb [K] at p [Pa], such as a design condition."""
    T_dry, T_wet, p = together(T_dry, T_wet, p)
    return Outdoor(T_dry, T_wet, humidity_ratio_at_wet_bulb(T_dry, T_wet, p), p)


def outdoor_at_dew_point(T_dry: Scalar, T_dew: Scalar, p: Scalar = STANDARD_PRESSURE) -> Outdoor:
    """Air known by dry bulb and dew point [K] at p [Pa], such as a weather file's."""
    T_dry, T_dew, p = together(T_dry, T_dew, p)
    w = humidity_ratio(saturation_pressure(jnp.minimum(T_dew, T_dry)), p)
    return Outdoor(T_dry, jnp.minimum(wet_bulb(T_dry, w, p), T_dry), w, p)


def saturated_humidity(
    T: Float[Array, "*shape"], p: Float[Array, "*shape"]
) -> Float[Array, "*shape"]:
    """Humidity ratio of saturated air at T [K]; near boiling that of VAPOUR_MOST."""
    return humidity_ratio(jnp.minimum(saturation_pressure(T), VAPOUR_MOST * p), p)


def saturated_enthalpy(
    T: Float[Array, "*shape"], p: Float[Array, "*shape"]
) -> Float[Array, "*shape"]:
    """Enthalpy of saturated air at T [K], [J/kg]."""
    return moist_air_enthalpy(T, saturated_humidity(T, p))


def saturation_temperature(
    h: Float[Array, "*shape"], p: Float[Array, "*shape"]
) -> Float[Array, "*shape"]:
    """Temperature [K] of saturated air of enthalpy h [J/kg], -50 to 98 degC."""
    low, high = jnp.full_like(h, T_COLDEST), jnp.full_like(h, T_WARMEST)
    return turning_point(lambda T: saturated_enthalpy(T, p) >= h, low, high)
