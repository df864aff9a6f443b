"""The chilled-water coil and fans of a fan wall, CRAH or in-row unit, known by one rated point."""

from dataclasses import dataclass
from functools import lru_cache

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from thermal.exchanger import conductance_to_inlets, ua_at_flows, ua_from_rating
from thermal.fans import power_at_speed
from thermal.properties import air_density, air_heat_capacity, fluid

Scalar = float | Float[Array, "..."]

# Convective resistances of a finned coil at its rated point and how they follow the flows:
# defaults of HADryCoil, Modelica Buildings library (r_nominal = 2/3, n_a = 0.8, n_w = 0.85).
AIR_SHARE = 0.6  # of the resistance at rating, 1 / (1 + 2/3) [-]
AIR_EXPONENT = 0.8
WATER_EXPONENT = 0.85


@dataclass(frozen=True)
class CoolingUnit:
    """A coil rated at `capacity`, gross (fan heat not taken off) and sensible: the coil is dry."""

    name: str
    capacity: float  # air to water [W]
    V_flow_air: float  # at T_air_in and 101325 Pa [m3/s]
    T_air_in: float  # return air at rating [K]
    V_flow_water: float  # [m3/s]
    T_water_in: float  # [K]
    fan_power: float  # at V_flow_air [W]
    fluid: str = "water"


def capacity(
    unit: CoolingUnit, T_air_in: Scalar, m_air: Scalar, T_water_in: Scalar, m_water: Scalar
) -> Float[Array, "..."]:
    """Most sensible heat [W] the coil can take from m_air [kg/s] with the valve open.

    Counterflow, as in coils of several rows; none where the water is not colder than the air.
    Valid as long as the coil is dry, that is, the water is above the dew point of the air.
    """
    T_air_in, m_air, T_water_in, m_water = jnp.broadcast_arrays(
        *(jnp.asarray(value, float) for value in (T_air_in, m_air, T_water_in, m_water))
    )
    C_air = m_air * air_heat_capacity(T_air_in)
    C_water = m_water * fluid(unit.fluid).heat_capacity(T_water_in)
    UA_nominal, C_air_nominal, C_water_nominal = _rating(unit)
    UA = ua_at_flows(
        UA_nominal,
        C_air / C_air_nominal,
        C_water / C_water_nominal,
        hot_share=AIR_SHARE,
        hot_exponent=AIR_EXPONENT,
        cold_exponent=WATER_EXPONENT,
    )
    return conductance_to_inlets(C_air, C_water, UA) * jnp.maximum(T_air_in - T_water_in, 0.0)


def water_leaving(
    unit: CoolingUnit, heat: Scalar, T_water_in: Scalar, m_water: Scalar
) -> Float[Array, "..."]:
    """Temperature [K] of the water that took `heat` [W]; that of the inlet without flow."""
    T_water_in = jnp.asarray(T_water_in, float)
    C_water = m_water * fluid(unit.fluid).heat_capacity(T_water_in)
    flows = C_water > 0.0
    return T_water_in + jnp.where(flows, heat / jnp.where(flows, C_water, 1.0), 0.0)


def air_leaving(
    heat: Scalar, fan_heat: Scalar, T_air_in: Scalar, m_air: Scalar
) -> Float[Array, "..."]:
    """Temperature [K] of air that gave `heat` [W] to the coil and took `fan_heat` [W]."""
    T_air_in = jnp.asarray(T_air_in, float)
    C_air = m_air * air_heat_capacity(T_air_in)
    flows = C_air > 0.0
    return T_air_in + jnp.where(flows, (fan_heat - heat) / jnp.where(flows, C_air, 1.0), 0.0)


def fan_power(unit: CoolingUnit, V_flow_air: Scalar) -> Float[Array, "..."]:
    """Electrical power [W] of the fans at V_flow_air [m3/s], by the cube law."""
    return power_at_speed(unit.fan_power, jnp.asarray(V_flow_air, float) / unit.V_flow_air)


@lru_cache
def _rating(unit: CoolingUnit) -> tuple[float, float, float]:
    """UA and capacity rates of air and water [W/K] at the rated point."""
    liquid = fluid(unit.fluid)
    with jax.ensure_compile_time_eval():
        T_air, T_water = jnp.asarray(unit.T_air_in), jnp.asarray(unit.T_water_in)
        C_air = float(air_density(T_air) * air_heat_capacity(T_air)) * unit.V_flow_air
        per_volume = float(liquid.density(T_water) * liquid.heat_capacity(T_water))
        C_water = per_volume * unit.V_flow_water
    UA = ua_from_rating(
        unit.capacity, C_air, C_water, unit.T_air_in, unit.T_water_in, where=unit.name
    )
    return UA, C_air, C_water
