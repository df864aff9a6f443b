"""Heat rejection against outdoor conditions: dry cooler, air-cooled chiller, facility pumps.

Design-point models: each machine is known by one rated point. Temperatures may be arrays, such as
the hours of a year; all arguments broadcast.
"""

from dataclasses import dataclass
from functools import lru_cache, partial

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from thermal.exchanger import conductance_to_inlets, ua_at_flows, ua_from_rating
from thermal.fans import power_at_speed, shaft_power
from thermal.properties import fluid

Scalar = float | Float[Array, "..."]

T_CHILLER_RATED = 308.15  # outdoor, AHRI 550/590 (2023) for air-cooled machines [K]
T_COOLER_RATED = 313.15  # mean liquid temperature at which a cooler's flow becomes a mass flow [K]
_SPEED_STEPS = 40  # halvings of the fan speed; 1e-12


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
class Chiller:
    """An air-cooled chiller; its COP is kept at air cooler than rated (too low)."""

    name: str
    capacity: float  # [W]
    cop: float  # heat from the water over electrical power [-]
    derate: float = 0.0  # capacity lost per kelvin outdoors above rated, share of rated [1/K]
    T_outdoor_rated: float = T_CHILLER_RATED  # [K]


class Rejection(eqx.Module):
    """What a machine does with the heat it is given."""

    T_leaving: Float[Array, "*shape"]  # liquid back to the loop [K]
    power: Float[Array, "*shape"]  # electrical [W]
    speed: Float[Array, "*shape"]  # fans (dry cooler) or load (chiller), share of full [-]
    shortage: Float[Array, "*shape"]  # heat beyond what keeps T_leaving at its set point [W]


@partial(jax.jit, static_argnames="cooler")
def dry_cooler(
    cooler: DryCooler, heat: Scalar, T_outdoor: Scalar, V_flow: Scalar, T_set: Scalar
) -> Rejection:
    """Liquid leaving a dry cooler that rejects `heat` [W], its fans holding T_set [K] if they can.

    Both streams unmixed: heat = K (T_in - T_outdoor) with K = effectiveness C_min. Fans slow down
    until the liquid leaves at T_set, power by the cube law; at full speed the leaving temperature
    floats above T_set and `shortage` says by how much heat. Without liquid flow all heat is short.
    """
    heat, T_outdoor, V_flow, T_set = jnp.broadcast_arrays(
        *(jnp.asarray(value, float) for value in (heat, T_outdoor, V_flow, T_set))
    )
    C_liquid = V_flow * _volumetric_heat(cooler.fluid)
    safe = jnp.where(C_liquid > 0.0, C_liquid, 1.0)
    most = _conductance(cooler, jnp.ones_like(heat), V_flow)
    # With T_in = T_leaving + heat / C: heat (1/K - 1/C) = T_leaving - T_outdoor.
    resistance = jnp.maximum(1.0 / jnp.maximum(most, 1e-9) - 1.0 / safe, 1e-12)
    limit = jnp.where(C_liquid > 0.0, jnp.maximum(T_set - T_outdoor, 0.0) / resistance, 0.0)
    short = jnp.maximum(heat - limit, 0.0)
    span = jnp.maximum(T_set + heat / safe - T_outdoor, 1e-9)
    speed = jnp.where(short > 0.0, 1.0, _fan_speed(cooler, heat / span, V_flow))
    floating = jnp.where(C_liquid > 0.0, T_outdoor + heat * resistance, T_set)
    T_leaving = jnp.where(short > 0.0, floating, T_set)
    return Rejection(T_leaving, power_at_speed(cooler.fan_power, speed), speed, short)


def _fan_speed(cooler: DryCooler, needed: Array, V_flow: Array) -> Float[Array, "..."]:
    """Speed [-] at which the conductance between inlets is `needed` [W/K], by bisection."""

    def halve(_, bounds):
        low, high = bounds
        middle = 0.5 * (low + high)
        enough = _conductance(cooler, middle, V_flow) >= needed
        return jnp.where(enough, low, middle), jnp.where(enough, middle, high)

    bounds = (jnp.zeros_like(needed), jnp.ones_like(needed))
    low, high = jax.lax.fori_loop(0, _SPEED_STEPS, halve, bounds)
    return jnp.where(needed > 0.0, 0.5 * (low + high), 0.0)


def _conductance(cooler: DryCooler, speed: Array, V_flow: Array) -> Float[Array, "..."]:
    """Heat per kelvin between liquid and air inlets [W/K] at a fan speed and liquid flow."""
    per_volume = _volumetric_heat(cooler.fluid)
    C_air = speed * cooler.air_ratio * per_volume * cooler.V_flow_nominal
    UA = ua_at_flows(_rated_ua(cooler), V_flow / cooler.V_flow_nominal, speed)
    return conductance_to_inlets(V_flow * per_volume, C_air, UA, "crossflow")


@lru_cache
def _rated_ua(cooler: DryCooler) -> float:
    """UA [W/K] of the rated point."""
    C_liquid = cooler.V_flow_nominal * _volumetric_heat(cooler.fluid)
    span = cooler.approach + cooler.capacity / C_liquid
    C_air = cooler.air_ratio * C_liquid
    return ua_from_rating(cooler.capacity, C_liquid, C_air, span, 0.0, "crossflow", cooler.name)


@lru_cache
def _volumetric_heat(name: str) -> float:
    """Density times heat capacity [J/(m3 K)] of a liquid in a cooler."""
    liquid = fluid(name)
    with jax.ensure_compile_time_eval():
        T = jnp.asarray(T_COOLER_RATED)
        return float(liquid.density(T) * liquid.heat_capacity(T))


def chiller(
    machine: Chiller,
    heat: Scalar,
    T_outdoor: Scalar,
    V_flow: Scalar,
    T_set: Scalar,
    liquid: str = "water",
) -> Rejection:
    """Liquid leaving a chiller that is asked for `heat` [W] at T_set [K].

    The capacity falls by `derate` per kelvin outdoors above the rated temperature. What it cannot
    carry is `shortage`, and the liquid leaves warmer by shortage / (m_flow cp).
    """
    heat, T_outdoor, V_flow, T_set = jnp.broadcast_arrays(
        *(jnp.asarray(value, float) for value in (heat, T_outdoor, V_flow, T_set))
    )
    hotter = jnp.maximum(T_outdoor - machine.T_outdoor_rated, 0.0)
    available = machine.capacity * jnp.maximum(1.0 - machine.derate * hotter, 0.0)
    carried = jnp.minimum(heat, available)
    shortage = heat - carried
    C_liquid = V_flow * _volumetric_heat(liquid)
    rise = jnp.where(C_liquid > 0.0, shortage / jnp.where(C_liquid > 0.0, C_liquid, 1.0), 0.0)
    load = carried / jnp.maximum(available, 1.0)
    return Rejection(T_set + rise, carried / machine.cop, load, shortage)


def facility_pump_power(
    V_flow: Scalar, V_flow_nominal: float, dp_nominal: float, efficiency: float
) -> Float[Array, "..."]:
    """Electrical power [W] of pumps that drive V_flow [m3/s] round a loop of dp ~ V_flow^2."""
    ratio = jnp.asarray(V_flow) / V_flow_nominal
    return shaft_power(V_flow, dp_nominal * ratio**2, efficiency)
