"""Dry coolers, and adiabatic ones, whose intake air wet pads cool when dry running is not enough.

Each machine is known by one rated point. All arguments broadcast, such as the hours of a year.
"""

from dataclasses import dataclass
from functools import lru_cache, partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from thermal.exchanger import conductance_to_inlets, ua_at_flows, ua_from_rating
from thermal.fans import power_at_speed
from thermal.moist_air import HEAT_CAPACITY_DRY_AIR, humidity_ratio_at_wet_bulb
from thermal.plant.halving import turning_point
from thermal.plant.machines import Rejection, Scalar, made_up, together, volumetric_heat
from thermal.plant.outdoor import FREEZING, Outdoor


@dataclass(frozen=True)
class DryCooler:
    """Finned coils and fans outdoors, rated at `capacity` with `approach` of liquid to air."""

    name: str
    capacity: float  # [W]
    approach: float  # leaving liquid minus outdoor air at rating [K]
    fan_power: float  # at full speed [W]
    V_flow_nominal: float  # of the liquid [m3/s]
    fluid: str = "water"
    # Capacity rate of the air over that of the liquid at full speed: 1, the usual balanced design,
    # where the maker gives no air flow.
    air_ratio: float = 1.0


@dataclass(frozen=True)
class AdiabaticCooler:
    """A dry cooler behind wet pads, which run where dry running at full speed is not enough.

    The pads take the air by `effectiveness` of the way to its wet bulb; what they resist is not
    in the fans' power. They stay dry in frost.
    """

    cooler: DryCooler
    effectiveness: float  # of the pads [-]
    cycles: float  # of concentration of the water on the pads [-]

    @property
    def name(self) -> str:
        """Name of the machine."""
        return self.cooler.name


@partial(jax.jit, static_argnames="cooler")
def dry_cooler(
    cooler: DryCooler, heat: Scalar, T_air: Scalar, V_flow: Scalar, T_set: Scalar
) -> Rejection:
    """Liquid leaving a dry cooler that rejects `heat` [W], its fans holding T_set [K] if they can.

    Both streams unmixed: heat = K (T_in - T_air) with K = effectiveness C_min. Fans slow down
    until the liquid leaves at T_set, power by the cube law; at full speed the leaving temperature
    floats above T_set and `shortage` says by how much heat. Without liquid flow all heat is short.
    """
    heat, T_air, V_flow, T_set = together(heat, T_air, V_flow, T_set)
    C_liquid = V_flow * volumetric_heat(cooler.fluid)
    safe = jnp.where(C_liquid > 0.0, C_liquid, 1.0)
    short = jnp.maximum(heat - most_heat(cooler, T_air, V_flow, T_set), 0.0)
    needed = heat / jnp.maximum(T_set + heat / safe - T_air, 1e-9)
    speed = turning_point(
        lambda speed: _conductance(cooler, speed, V_flow) >= needed,
        jnp.zeros_like(heat),
        jnp.ones_like(heat),
    )
    speed = jnp.where(short > 0.0, 1.0, jnp.where(heat > 0.0, speed, 0.0))
    floating = jnp.where(C_liquid > 0.0, T_air + heat * _resistance(cooler, V_flow), T_set)
    T_leaving = jnp.where(short > 0.0, floating, T_set)
    power = power_at_speed(cooler.fan_power, speed)
    return Rejection(T_leaving, power, speed, short, jnp.zeros_like(heat))


def most_heat(
    cooler: DryCooler, T_air: Array, V_flow: Array, T_leaving: Array
) -> Float[Array, "..."]:
    """Heat [W] that a dry cooler takes at full speed from liquid that leaves at T_leaving [K]."""
    span = jnp.maximum(T_leaving - T_air, 0.0)
    return jnp.where(V_flow > 0.0, span / _resistance(cooler, V_flow), 0.0)


def _resistance(cooler: DryCooler, V_flow: Array) -> Float[Array, "..."]:
    """Kelvin per watt between the leaving liquid and the air at full speed.

    With T_in = T_leaving + heat / C: heat (1/K - 1/C) = T_leaving - T_air.
    """
    C_liquid = V_flow * volumetric_heat(cooler.fluid)
    most = _conductance(cooler, jnp.ones_like(V_flow), V_flow)
    return jnp.maximum(
        1.0 / jnp.maximum(most, 1e-9) - 1.0 / jnp.where(C_liquid > 0.0, C_liquid, 1.0), 1e-12
    )


def _conductance(cooler: DryCooler, speed: Array, V_flow: Array) -> Float[Array, "..."]:
    """Heat per kelvin between liquid and air inlets [W/K] at a fan speed and liquid flow."""
    per_volume = volumetric_heat(cooler.fluid)
    UA = ua_at_flows(_rated_ua(cooler), V_flow / cooler.V_flow_nominal, speed)
    return conductance_to_inlets(V_flow * per_volume, speed * _C_air(cooler), UA, "crossflow")


def _C_air(cooler: DryCooler) -> float:
    """Capacity rate of the air at full speed [W/K]."""
    return cooler.air_ratio * volumetric_heat(cooler.fluid) * cooler.V_flow_nominal


@lru_cache
def _rated_ua(cooler: DryCooler) -> float:
    """UA [W/K] of the rated point."""
    C_liquid = cooler.V_flow_nominal * volumetric_heat(cooler.fluid)
    span = cooler.approach + cooler.capacity / C_liquid
    return ua_from_rating(
        cooler.capacity, C_liquid, _C_air(cooler), span, 0.0, "crossflow", cooler.name
    )


@partial(jax.jit, static_argnames="machine")
def adiabatic_cooler(
    machine: AdiabaticCooler, heat: Scalar, outdoor: Outdoor, V_flow: Scalar, T_set: Scalar
) -> Rejection:
    """Liquid leaving an adiabatic cooler; its water is m_air (w_pad - w), and what is bled."""
    heat, V_flow, T_set, _ = together(heat, V_flow, T_set, outdoor.T_dry)
    outdoor = outdoor.spread(heat.shape)
    dry = dry_cooler(machine.cooler, heat, outdoor.T_dry, V_flow, T_set)
    T_pad = pad_temperature(machine, outdoor)
    wet = dry_cooler(machine.cooler, heat, T_pad, V_flow, T_set)
    on = (dry.shortage > 0.0) & (outdoor.T_wet > FREEZING)
    m_air = wet.speed * _C_air(machine.cooler) / HEAT_CAPACITY_DRY_AIR
    gained = humidity_ratio_at_wet_bulb(T_pad, outdoor.T_wet, outdoor.p) - outdoor.w
    water = made_up(m_air * jnp.maximum(gained, 0.0), machine.cycles)
    return jax.tree.map(
        lambda a, b: jnp.where(on, a, b),
        Rejection(wet.T_leaving, wet.power, wet.speed, wet.shortage, water),
        dry,
    )


def pad_temperature(machine: AdiabaticCooler, outdoor: Outdoor) -> Float[Array, "..."]:
    """Dry bulb [K] of the air behind wet pads; its wet bulb is that of outdoors."""
    return outdoor.T_dry - machine.effectiveness * (outdoor.T_dry - outdoor.T_wet)


def carries(
    machine: DryCooler | AdiabaticCooler, heat: Array, outdoor: Outdoor, V_flow: Array, T: Array
) -> Bool[Array, "..."]:
    """Whether a machine at full speed, with pads where it has them, cools its liquid to T [K]."""
    if isinstance(machine, DryCooler):
        return most_heat(machine, outdoor.T_dry, V_flow, T) >= heat
    wet = jnp.where(outdoor.T_wet > FREEZING, pad_temperature(machine, outdoor), outdoor.T_dry)
    return most_heat(machine.cooler, jnp.minimum(wet, outdoor.T_dry), V_flow, T) >= heat
