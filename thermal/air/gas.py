"""The air as a gas: density and weight as functions of its temperature.

Temperatures are above T_ref, so that float32 keeps the differences that drive buoyancy.
"""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from thermal.properties import air_density, air_heat_capacity, air_viscosity

AIR_PRANDTL = 0.71
"""Of air at room temperature. Incropera et al. (2007), table A.4 [-]."""


class Gas(eqx.Module):
    """What fills the hall.

    `law` is "ideal_gas", or "constant" for a density that enters the weight alone (Boussinesq).
    `pressure` is the absolute one [Pa], `rho_ref` the density at `T_ref` [kg/m3], `expansion` the
    coefficient of the constant law [1/K]; `cp` [J/kg/K], `mu` [Pa s] and `prandtl` do not vary.
    """

    law: str = eqx.field(static=True)
    pressure: Float[Array, ""]
    T_ref: Float[Array, ""]
    rho_ref: Float[Array, ""]
    expansion: Float[Array, ""]
    cp: Float[Array, ""]
    mu: Float[Array, ""]
    prandtl: Float[Array, ""]


def air(pressure: float, T_ref: float) -> Gas:
    """Dry air at a site's pressure [Pa], properties at T_ref [K]."""
    T = jnp.asarray(T_ref, float)
    properties = (air_density(T, pressure), 1 / T, air_heat_capacity(T), air_viscosity(T))
    known = (pressure, T, *properties, AIR_PRANDTL)
    return Gas("ideal_gas", *(jnp.asarray(value, float) for value in known))


def fluid(
    rho: float,
    mu: float,
    cp: float = 1000.0,
    prandtl: float = AIR_PRANDTL,
    expansion: float = 0.0,
    T_ref: float = 300.0,
) -> Gas:
    """A fluid of constant properties whose weight alone follows T (Boussinesq)."""
    values = (1e5, T_ref, rho, expansion, cp, mu, prandtl)
    return Gas("constant", *(jnp.asarray(value, float) for value in values))


def density(T: Float[Array, "*shape"], gas: Gas) -> Float[Array, "*shape"]:
    """Density [kg/m3] at T above T_ref [K]."""
    if gas.law == "constant":
        return gas.rho_ref + jnp.zeros_like(T)
    return gas.rho_ref * gas.T_ref / (gas.T_ref + T)


def density_change(
    T: Float[Array, "*shape"], T_to: Float[Array, "*shape"], gas: Gas
) -> Float[Array, "*shape"]:
    """Density at `T_to` less that at `T` [kg/m3]; both above T_ref [K].

    In float32 as exact as the difference of the temperatures.
    """
    if gas.law == "constant":
        return jnp.zeros_like(T)
    return density(T_to, gas) * (T - T_to) / (gas.T_ref + T)


def excess_density(T: Float[Array, "*shape"], gas: Gas) -> Float[Array, "*shape"]:
    """Density less that at T_ref, as the weight sees it [kg/m3]; T above T_ref [K]."""
    if gas.law == "constant":
        return -gas.rho_ref * gas.expansion * T
    return -gas.rho_ref * T / (gas.T_ref + T)
