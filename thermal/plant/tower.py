"""Open cooling towers by Merkel's theory, known by one rated point.

Water at T_w gives heat to air in counterflow; enthalpy drives it, with Lewis number 1 and the water
that evaporates left out of the water flow (Merkel 1925, VDI-Forschungsarbeiten 275):

    KaV/L = integral of cp dT_w / (h_s(T_w) - h_a)     the tower's duty, the Merkel number
    KaV/L = c (L/G)^-n                                 what the fill can do; c from the rated point

This is the effectiveness-NTU model of Braun, Klein and Mitchell (1989, ASHRAE Transactions 95(2))
without the straight line that it puts in the place of the saturation curve. The air leaves
saturated, which says how much evaporates. L, G: water and dry air [kg/s].
"""

from dataclasses import dataclass
from functools import lru_cache, partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from geometry.errors import Finding, InputError
from thermal.fans import power_at_speed
from thermal.plant.halving import turning_point
from thermal.plant.machines import Rejection, Scalar, made_up, together, volumetric_heat
from thermal.plant.outdoor import (
    Outdoor,
    outdoor_at_wet_bulb,
    saturated_enthalpy,
    saturated_humidity,
    saturation_temperature,
)

CP_WATER = 4186.0  # near 25 degC, as towers are rated with [J/(kg K)]
DRY_BULB_ABOVE_WET = 10.0  # at rating; 2 K more or less move the water by 0.02 K [K]
SPEED_LEAST = 1e-3  # of the fans where the speed for a duty is looked for [-]
FLOATING_MOST = 60.0  # water above the wet bulb, where no tower comes in use [K]
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(8)
_LEAST_DRIVE = 1.0  # difference of enthalpy that stands for none [J/kg]


@dataclass(frozen=True)
class CoolingTower:
    """A tower that cools V_flow_nominal by capacity, to `approach` above the wet bulb T_wet."""

    name: str
    capacity: float  # [W]
    approach: float  # leaving water minus wet bulb at rating [K]
    T_wet: float  # wet bulb at rating [K]
    V_flow_nominal: float  # of the water [m3/s]
    fan_power: float  # at full speed [W]
    liquid_to_gas: float  # L/G at rating [-]
    exponent: float  # n of the fill [-]
    cycles: float  # of concentration of the water [-]
    drift: float  # droplets lost, share of the water flow [-]


def merkel_number(
    T_leaving: Array, rise: Array, h_air: Array, ratio: Array, p: Array
) -> Float[Array, "..."]:
    """Duty KaV/L [-] of cooling water by `rise` [K] to T_leaving [K] at `ratio` = L/G.

    Gauss-Legendre of 8 points; infinite in effect where the air cannot take the heat.
    """
    T_leaving, rise, h_air, ratio, p = jnp.broadcast_arrays(T_leaving, rise, h_air, ratio, p)
    along = (-1, *(1 for _ in T_leaving.shape))  # the water's path is the first axis
    share = jnp.asarray(0.5 * (_NODES + 1.0), T_leaving.dtype).reshape(along)
    weight = jnp.asarray(0.5 * _WEIGHTS, T_leaving.dtype).reshape(along)
    warmed = share * rise[None]
    T_water = T_leaving[None] + warmed
    drive = saturated_enthalpy(T_water, jnp.broadcast_to(p, T_water.shape))
    drive = drive - h_air[None] - CP_WATER * ratio[None] * warmed
    total = jnp.sum(weight / jnp.maximum(drive, _LEAST_DRIVE), axis=0)
    return CP_WATER * rise * total


@partial(jax.jit, static_argnames="tower")
def cooling_tower(
    tower: CoolingTower, heat: Scalar, outdoor: Outdoor, V_flow: Scalar, T_set: Scalar
) -> Rejection:
    """Water leaving a tower that rejects `heat` [W], its fans holding T_set [K] if they can.

    Fans by speed, air flow with it, power by the cube law. At full speed the water floats above
    T_set; without water flow all heat is short. Without fans a tower takes nothing here.
    """
    heat, V_flow, T_set, _ = together(heat, V_flow, T_set, outdoor.T_dry)
    outdoor = outdoor.spread(heat.shape)
    full, none = jnp.ones_like(heat), jnp.zeros_like(heat)
    short = heat - turning_point(
        lambda less: ~_enough(tower, less, outdoor, V_flow, T_set, full), none, heat
    )
    short = jnp.where(carries(tower, heat, outdoor, V_flow, T_set), 0.0, short)
    speed = turning_point(
        lambda speed: _enough(tower, heat, outdoor, V_flow, T_set, speed),
        jnp.full_like(heat, SPEED_LEAST),
        full,
    )
    speed = jnp.where(heat > 0.0, speed, 0.0)
    warmest = outdoor.T_wet + FLOATING_MOST
    floating = turning_point(
        lambda T: carries(tower, heat, outdoor, V_flow, T), outdoor.T_wet + none, warmest + none
    )
    T_leaving = jnp.where((short > 0.0) & (V_flow > 0.0), floating, T_set)
    water = made_up(
        evaporation(tower, heat, outdoor, speed), tower.cycles, tower.drift * _water(V_flow)
    )
    used = (heat > 0.0) & (V_flow > 0.0)
    return Rejection(
        T_leaving,
        power_at_speed(tower.fan_power, speed),
        speed,
        short,
        jnp.where(used, water, 0.0),
    )


def carries(
    tower: CoolingTower, heat: Array, outdoor: Outdoor, V_flow: Array, T: Array
) -> Bool[Array, "..."]:
    """Whether a tower at full speed cools its water to T [K]."""
    return _enough(tower, heat, outdoor, V_flow, T, jnp.ones_like(heat))


def _enough(
    tower: CoolingTower,
    heat: Array,
    outdoor: Outdoor,
    V_flow: Array,
    T_leaving: Array,
    speed: Array,
) -> Bool[Array, "..."]:
    """Whether the fill can do the duty at this fan speed; never without flow but for no heat."""
    L = jnp.maximum(_water(V_flow), 1e-9)
    ratio = L / (jnp.maximum(speed, 1e-9) * _dry_air(tower))
    needed = merkel_number(T_leaving, heat / (L * CP_WATER), outdoor.enthalpy, ratio, outdoor.p)
    can = _rated_merkel(tower) * (ratio / tower.liquid_to_gas) ** -tower.exponent
    above = T_leaving >= outdoor.T_wet  # where the drive at the cold end is positive
    return (heat <= 0.0) | (above & (V_flow > 0.0) & (needed <= can))


def evaporation(
    tower: CoolingTower, heat: Array, outdoor: Outdoor, speed: Array
) -> Float[Array, "..."]:
    """Water that evaporates [kg/s]: the air takes `heat` and leaves saturated."""
    G = jnp.maximum(speed, SPEED_LEAST) * _dry_air(tower)
    T_out = saturation_temperature(outdoor.enthalpy + heat / G, outdoor.p)
    return G * jnp.maximum(saturated_humidity(T_out, outdoor.p) - outdoor.w, 0.0)


def _water(V_flow: Array) -> Float[Array, "..."]:
    """Water flow [kg/s], so that CP_WATER times it is the capacity rate that loops count with."""
    return V_flow * volumetric_heat("water") / CP_WATER


def _dry_air(tower: CoolingTower) -> float:
    """Dry air at full speed [kg/s]."""
    nominal = tower.V_flow_nominal * volumetric_heat("water") / CP_WATER
    return nominal / tower.liquid_to_gas


@lru_cache
def _rated_merkel(tower: CoolingTower) -> float:
    """Merkel number of the rated point; raises InputError if no tower could do its duty."""
    with jax.ensure_compile_time_eval():
        air = outdoor_at_wet_bulb(tower.T_wet + DRY_BULB_ABOVE_WET, tower.T_wet)
        rise = tower.capacity / (tower.V_flow_nominal * volumetric_heat("water"))
        T_leaving = jnp.asarray(tower.T_wet + tower.approach)
        ratio = jnp.asarray(tower.liquid_to_gas)
        found = float(merkel_number(T_leaving, jnp.asarray(rise), air.enthalpy, ratio, air.p))
    if not 0.0 < found < 20.0:
        message = (
            f"cooling by {rise:.1f} K to {tower.approach:.1f} K above the wet bulb at L/G "
            f"{tower.liquid_to_gas:g} needs a Merkel number of {found:.3g}; wanted one below 20"
        )
        raise InputError([Finding(tower.name, message)])
    return found
