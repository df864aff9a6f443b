"""What walls do to the air beside them: shear, and the film that heat crosses.

One law for every distance from the wall, from y+ of 1 to the logarithmic layer: the laminar and
the turbulent profile blended as Kader (1981), Int. J. Heat Mass Transfer 24, does. Where k is
solved for, the friction velocity is C_mu^(1/4) sqrt(k); elsewhere the one-seventh power law needs
the speed alone.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from thermal.air.gas import Gas
from thermal.air.model import AirModel

Values = Float[Array, "*shape"]

KAPPA = 0.41
"""Von Karman's constant [-]."""
ROUGHNESS = 9.793
"""E of u+ = ln(E y+) / kappa for smooth walls [-]. With kappa 0.41 this is ln(y+)/0.41 + 5.57."""
C_MU_QUARTER = 0.09**0.25
TURBULENT_PRANDTL = 0.9
"""Launder and Spalding (1974) [-]."""
POWER_LAW = 8.3
"""u+ = 8.3 y+^(1/7) above y+ 11.8, u+ = y+ below. Werner and Wengle (1991) [-]."""
SMALLEST_Y_PLUS = 0.1


def wall_drag(
    V: Values, rho: Values, k: Values, distance: Float[Array, "..."], model: AirModel
) -> Values:
    """Wall shear stress over the speed V [m/s] at `distance` [m] from a smooth wall [kg/m2/s]."""
    laminar = model.mu / distance
    if model.turbulence == "laminar":
        return laminar + jnp.zeros_like(V)
    if model.turbulence == "zero_equation":
        root = jnp.sqrt(V)
        ratio = jnp.sqrt(jnp.sqrt(model.mu / (rho * distance)))
        return jnp.maximum(laminar, rho * root * jnp.sqrt(root) * ratio / POWER_LAW**1.75)
    y_plus = distance_in_wall_units(rho, k, distance, model.gas)
    return laminar * y_plus / velocity_law(y_plus)


def film(
    V: Values, rho: Values, k: Values, distance: Float[Array, "..."], model: AirModel
) -> Values:
    """Conductance between a wall and the air at `distance` [m], over cp [kg/m2/s].

    With k-epsilon the thermal wall law; with the power law the Colburn analogy to its shear, not
    below conduction.
    """
    gas = model.gas
    conduction = gas.mu / (gas.prandtl * distance)
    if model.turbulence == "laminar":
        return conduction + jnp.zeros_like(V)
    if model.turbulence == "zero_equation":
        drag = wall_drag(V, rho, k, distance, model)
        return jnp.maximum(drag * gas.prandtl ** (-2 / 3), conduction)
    y_plus = distance_in_wall_units(rho, k, distance, gas)
    return gas.mu * y_plus / (distance * temperature_law(y_plus, gas.prandtl))


def distance_in_wall_units(
    rho: Values, k: Values, distance: Float[Array, "..."], gas: Gas
) -> Values:
    """y* = rho C_mu^(1/4) sqrt(k) y / mu [-]."""
    reynolds = rho * C_MU_QUARTER * jnp.sqrt(k + 1e-12) * distance / gas.mu
    return jnp.maximum(reynolds, SMALLEST_Y_PLUS)


def velocity_law(y_plus: Values) -> Values:
    """u+ at y+ [-]."""
    return _blend(y_plus, y_plus, y_plus, _logarithmic(y_plus))


def temperature_law(y_plus: Values, prandtl: Float[Array, ""]) -> Values:
    """T+ at y+ [-]; resistance of the sublayer after Jayatilleke (1969)."""
    ratio = prandtl / TURBULENT_PRANDTL
    sublayer = 9.24 * (ratio**0.75 - 1.0) * (1.0 + 0.28 * jnp.exp(-0.007 * ratio))
    turbulent = TURBULENT_PRANDTL * (_logarithmic(y_plus) + sublayer)
    return _blend(prandtl * y_plus, prandtl * y_plus, y_plus * prandtl**3, turbulent)


def _logarithmic(y_plus: Values) -> Values:
    return jnp.log(1.0 + ROUGHNESS * y_plus) / KAPPA


def weights_at(y_plus: Values) -> tuple[Values, Values]:
    """Weights of the laminar and of the logarithmic layer at y+ [-]."""
    return _weights(y_plus, y_plus)


def _blend(fourth: Values, laminar: Values, first: Values, turbulent: Values) -> Values:
    """Laminar and turbulent profile, blended as Kader does."""
    near, away = _weights(fourth, first)
    return near * laminar + away * turbulent


def _weights(fourth: Values, first: Values) -> tuple[Values, Values]:
    """Kader's weights exp(-G) and exp(-1/G), G = 0.01 a^4 / (1 + 5 b)."""
    G = 0.01 * fourth**4 / (1.0 + 5.0 * first)
    return jnp.exp(-G), jnp.exp(-1.0 / G)
