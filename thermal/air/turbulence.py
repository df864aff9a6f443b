"""Eddy viscosity, and the drag of walls."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from thermal.air.model import AirModel
from thermal.air.operators import to_cell

Field = Float[Array, "nx ny nz"]
Triple = tuple[Field, Field, Field]

ZERO_EQUATION = 0.03874
"""mu_t = 0.03874 rho V l, l the distance to the nearest wall. Chen and Xu (1998), eq. 7 [-]."""

POWER_LAW = 8.3
"""u+ = 8.3 y+^(1/7) above y+ 11.8, u+ = y+ below. Werner and Wengle (1991) [-]."""


def speed(velocity: Triple) -> Field:
    """Magnitude of the velocity in cells [m/s]."""
    u, v, w = (to_cell(component, axis) for axis, component in enumerate(velocity))
    return jnp.sqrt(u * u + v * v + w * w + 1e-12)


def eddy_viscosity(V: Field, rho: Field, model: AirModel) -> Field:
    """Turbulent viscosity in cells [Pa s] by the model's turbulence model."""
    if model.turbulence == "laminar":
        return jnp.zeros_like(rho)
    return ZERO_EQUATION * rho * V * model.wall_distance


def wall_drag(
    V: Float[Array, "*shape"],
    rho: Float[Array, "*shape"],
    distance: Float[Array, "..."],
    model: AirModel,
) -> Float[Array, "*shape"]:
    """Wall shear stress over the speed at `distance` [m] from a smooth wall [kg/m2/s].

    The larger of the laminar value and that of the one-seventh power law, which is explicit in
    the speed: tau = rho (V / 8.3)^(7/4) (nu / y)^(1/4).
    """
    laminar = model.mu / distance
    if model.turbulence == "laminar":
        return laminar + jnp.zeros_like(V)
    root = jnp.sqrt(V)
    ratio = jnp.sqrt(jnp.sqrt(model.mu / (rho * distance)))
    return jnp.maximum(laminar, rho * root * jnp.sqrt(root) * ratio / POWER_LAW**1.75)
