"""Moisture of air: what comes in, and dew point and relative humidity of a humidity ratio."""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from rehall.config import Case
from rehall.operation import entering_temperature
from rehall.shell import OpeningItem
from thermal.moist_air import (
    dew_point,
    humidity_ratio,
    humidity_ratio_at_wet_bulb,
    saturation_pressure,
    vapour_pressure,
)
from thermal.properties import pressure_at_altitude

Cells = Float[np.ndarray, "nx ny nz"]

CLASS_LIMITS = {"A1": (17.0, 80.0), "A2": (21.0, 80.0), "A3": (24.0, 85.0), "A4": (24.0, 90.0)}
"""Highest dew point [degC] and relative humidity [%] of the air that IT equipment takes in."""
LOWEST = (-12.0, 8.0)
"""Dew point [degC] and relative humidity [%] that no class goes below. Both: ASHRAE TC 9.9,
thermal guidelines, 5th edition (2021), allowable ranges."""


@dataclass(frozen=True)
class Humidity:
    """Moisture of air: dew point [K], relative humidity [-]."""

    dew_point: float
    relative: float


def humidity(ratio: float, T: float, pressure: float) -> Humidity:
    """Dew point and relative humidity of air of a humidity ratio [-] at T [K], pressure [Pa]."""
    vapour = vapour_pressure(jnp.asarray(ratio), pressure)
    saturated = float(saturation_pressure(jnp.asarray(T)))
    return Humidity(float(dew_point(vapour)), float(vapour) / saturated)


def humidity_fields(ratio: Cells, T: Cells, pressure: float) -> dict[str, tuple[np.ndarray, str]]:
    """Humidity ratio, dew point and relative humidity of cells at T [K] with their units."""
    vapour = vapour_pressure(jnp.asarray(ratio), pressure)
    relative = vapour / saturation_pressure(jnp.asarray(T, vapour.dtype))
    return {
        "humidity_ratio": (ratio, "kg/kg"),
        "dew_point": (np.asarray(dew_point(vapour)), "K"),
        "relative_humidity": (np.asarray(relative), "1"),
    }


def entering_ratio(case: Case, opening: OpeningItem) -> float:
    """Humidity ratio of the air that enters an opening [-].

    Outdoor air; over a wet pad it keeps its wet bulb and takes up water (ASHRAE Fundamentals,
    chapter 1: adiabatic saturation). A supply's is outdoor air, dried where it was cooled below
    its dew point.
    """
    outdoor, p = case.site.outdoor, float(pressure_at_altitude(case.site.altitude))
    wet = jnp.asarray(outdoor.wet_bulb)
    if opening.kind == "supply":
        T = jnp.asarray(opening.temperature or outdoor.dry_bulb)
        saturated = float(humidity_ratio(saturation_pressure(T), p))
        dry = jnp.asarray(outdoor.dry_bulb)
        return min(float(humidity_ratio_at_wet_bulb(dry, wet, p)), saturated)
    T = jnp.asarray(entering_temperature(case, opening))
    return float(humidity_ratio_at_wet_bulb(T, wet, p))
