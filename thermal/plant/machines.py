"""What machines outdoors have in common: what they do with heat, their liquid, their water."""

from functools import lru_cache

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from thermal.fans import shaft_power
from thermal.properties import fluid

Scalar = float | Float[Array, "..."]

T_COOLER_RATED = 313.15  # mean liquid temperature at which a cooler's flow becomes a mass flow [K]


class Rejection(eqx.Module):
    """What a machine does with the heat it is given."""

    T_leaving: Float[Array, "*shape"]  # liquid back to the loop [K]
    power: Float[Array, "*shape"]  # electrical [W]
    speed: Float[Array, "*shape"]  # of fans, or load of a chiller, share of full [-]
    shortage: Float[Array, "*shape"]  # heat beyond what keeps T_leaving at its set point [W]
    water: Float[Array, "*shape"]  # made up for what evaporates, drifts and is bled [kg/s]


@lru_cache
def volumetric_heat(name: str) -> float:
    """Density times heat capacity [J/(m3 K)] of a liquid in a cooler."""
    liquid = fluid(name)
    with jax.ensure_compile_time_eval():
        T = jnp.asarray(T_COOLER_RATED)
        return float(liquid.density(T) * liquid.heat_capacity(T))


def together(*values: Scalar) -> list[Array]:
    """The values as arrays of one shape and precision, that of the arrays among them."""
    found = jnp.result_type(*values)
    dtype = found if jnp.issubdtype(found, jnp.floating) else float
    return jnp.broadcast_arrays(*(jnp.asarray(value, dtype) for value in values))


def made_up(evaporated: Array, cycles: float, drift: Scalar = 0.0) -> Float[Array, "..."]:
    """Water [kg/s] that replaces what evaporates, drifts away and is bled.

    Salts stay behind when water evaporates. At `cycles` times the concentration of the fresh water
    they leave with the bleed and the drift: bleed + drift = evaporated / (cycles - 1).
    """
    return evaporated + jnp.maximum(evaporated / (cycles - 1.0), drift)


def pump_power(
    V_flow: Scalar,
    V_flow_nominal: float,
    dp_nominal: float,
    efficiency: float,
    dp_static: float = 0.0,
) -> Float[Array, "..."]:
    """Electrical power [W] of pumps that drive V_flow [m3/s] round a loop.

    Friction takes dp_nominal - dp_static at the nominal flow and follows its square; `dp_static`,
    such as the lift to the top of an open tower, stays. Without it power follows the cube.
    """
    ratio = jnp.asarray(V_flow) / V_flow_nominal
    return shaft_power(V_flow, dp_static + (dp_nominal - dp_static) * ratio**2, efficiency)
