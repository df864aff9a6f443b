"""Eddy viscosity: none, by one formula, or from the k and epsilon equations.

    rho Dk/Dt       = div((mu + mu_t / sigma_k) grad k) + P + G - rho epsilon
    rho Depsilon/Dt = div((mu + mu_t / sigma_e) grad epsilon)
                      + epsilon / k (C1 P + C1 C3 G - C2 rho epsilon)

P = mu_t S^2 is production by shear, G by buoyancy. Launder and Spalding (1974) and the RNG model
of Yakhot et al. (1992). In the cells beside walls P and epsilon are those of the wall layer; where
Re_y = rho sqrt(k) y / mu is below 200 epsilon and mu_t follow the distance y from the wall (two
layers, Chen and Patel 1988, AIAA J. 26, blended as Jongen 1992 does). So the same equations serve
walls whose layers are resolved and walls whose are not. k here is never conductivity.
"""

from dataclasses import dataclass

import jax.numpy as jnp
from jaxtyping import Array, Float

from thermal.air.gas import excess_density
from thermal.air.model import GRAVITY, AirModel
from thermal.air.operators import lower, to_cell, upper
from thermal.air.staging import stage
from thermal.air.walls import (
    C_MU_QUARTER,
    KAPPA,
    TURBULENT_PRANDTL,
    distance_in_wall_units,
    wall_drag,
    weights_at,
)

Field = Float[Array, "nx ny nz"]
Triple = tuple[Field, Field, Field]


@dataclass(frozen=True)
class Constants:
    """Constants of a k-epsilon model [-]; `eta_0` and `beta` are those of RNG's strain term."""

    C_mu: float
    C1: float
    C2: float
    sigma_k: float
    sigma_e: float
    eta_0: float = 0.0
    beta: float = 0.0


K_EPSILON = {
    "k_epsilon": Constants(0.09, 1.44, 1.92, 1.0, 1.3),
    "rng": Constants(0.0845, 1.42, 1.68, 0.7194, 0.7194, 4.38, 0.012),
}
MODELS = ("laminar", "zero_equation", *K_EPSILON)

ZERO_EQUATION = 0.03874
"""mu_t = 0.03874 rho V l, l the distance to the nearest wall. Chen and Xu (1998), eq. 7 [-]."""
SMALLEST = 1e-10
"""Floor of k [m2/s2] and epsilon [m2/s3]."""
LARGEST_RATIO = 1e5
"""Largest mu_t / mu [-]."""
STARTING_K, STARTING_RATIO = 1e-3, 100.0
"""k [m2/s2] and mu_t / mu of air at the start of a solve."""
# Two layers: Chen and Patel (1988), constants after Wolfstein (1969).
C_L = KAPPA * 0.09**-0.75
A_MU = 70.0
A_EPSILON = 2 * C_L
RE_SWITCH = 200.0
RE_BLEND = 10.0 / 0.9199
"""The blend goes from 0.02 to 0.98 within 10 of RE_SWITCH; 0.9199 = artanh 0.98 / 2.5 [-]."""


def solves_k(model: AirModel) -> bool:
    """Whether the model has equations for k and epsilon."""
    return model.turbulence in K_EPSILON


def starting_turbulence(model: AirModel) -> tuple[Field, Field]:
    """k and epsilon of air that nothing has moved yet."""
    if not solves_k(model):
        return jnp.zeros_like(model.fluid), jnp.zeros_like(model.fluid)
    C_mu = K_EPSILON[model.turbulence].C_mu
    epsilon = C_mu * model.gas.rho_ref * STARTING_K**2 / (STARTING_RATIO * model.mu)
    return STARTING_K * model.fluid, epsilon * model.fluid


def speed(velocity: Triple) -> Field:
    """Magnitude of the velocity in cells [m/s]."""
    u, v, w = (to_cell(component, axis) for axis, component in enumerate(velocity))
    return jnp.sqrt(u * u + v * v + w * w + 1e-12)


def eddy_viscosity(V: Field, rho: Field, k: Field, epsilon: Field, model: AirModel) -> Field:
    """Turbulent viscosity in cells [Pa s] by the model's turbulence model."""
    if model.turbulence == "laminar":
        return jnp.zeros_like(rho)
    if model.turbulence == "zero_equation":
        return ZERO_EQUATION * rho * V * model.wall_distance
    C_mu = K_EPSILON[model.turbulence].C_mu
    root = jnp.sqrt(k + SMALLEST)
    reynolds = rho * root * model.wall_distance / model.mu
    length = C_L * model.wall_distance * -jnp.expm1(-reynolds / A_MU)
    near = rho * 0.09 * length * root
    away = C_mu * rho * k * k / jnp.maximum(epsilon, SMALLEST)
    weight = far_from_walls(reynolds)
    mu_t = weight * away + (1.0 - weight) * near
    return jnp.minimum(mu_t, LARGEST_RATIO * model.mu) * model.fluid


def far_from_walls(reynolds: Field) -> Field:
    """Weight of the model's own epsilon: 0 in the layer that walls rule, 1 away from them [-]."""
    return 0.5 * (1.0 + jnp.tanh((reynolds - RE_SWITCH) / RE_BLEND))


def dissipation_near_wall(
    k: Float[Array, "*shape"],
    rho: Float[Array, "*shape"],
    distance: Float[Array, "*shape"],
    model: AirModel,
) -> Float[Array, "*shape"]:
    """Dissipation at a distance from a wall [m2/s3], k^(3/2) over the length of Chen and Patel."""
    root = jnp.sqrt(k + SMALLEST)
    reynolds = rho * root * distance / model.mu
    length = C_L * distance * -jnp.expm1(-jnp.maximum(reynolds, 1e-3) / A_EPSILON)
    return k * root / jnp.maximum(length, 1e-9)


def strain_squared(velocity: Triple, model: AirModel) -> Field:
    """S^2 = 2 S_ij S_ij in cells [1/s2]; slopes stop at walls."""
    centred = [to_cell(component, axis) for axis, component in enumerate(velocity)]

    def slope(component: int, axis: int) -> Field:
        if component == axis:
            u = velocity[axis]
            return (upper(u, axis) - u) / model.width[axis]
        U = centred[component]
        passable = model.open[axis]
        step = (U - lower(U, axis)) / model.metric.spacing[axis] * passable
        sides = passable + upper(passable, axis)
        return (step + upper(step, axis)) / jnp.maximum(sides, 1.0)

    def squared(a: int, b: int) -> Field:
        if a == b:
            return 2.0 * slope(a, a) ** 2
        return (slope(a, b) + slope(b, a)) ** 2

    pairs = ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))
    parts = [stage(model.go, lambda u, a=a, b=b: squared(a, b), velocity) for a, b in pairs]
    return sum(parts[1:], parts[0]) * model.fluid


def buoyant_production(T: Field, mu_t: Field, model: AirModel) -> Field:
    """G = g mu_t / (rho Pr_t) d rho/dz [W/m3]: negative in stable layers."""
    rho = excess_density(T, model.gas)
    step = (rho - lower(rho, 2)) / model.metric.spacing[2] * model.open[2]
    sides = model.open[2] + upper(model.open[2], 2)
    gradient = (step + upper(step, 2)) / jnp.maximum(sides, 1.0)
    return GRAVITY * mu_t / (model.gas.rho_ref * TURBULENT_PRANDTL) * gradient


def wall_layer(
    V: Field, rho: Field, k: Field, model: AirModel
) -> tuple[Array, Array, Array, Array]:
    """Cells beside walls (flat indices), with their weight, production and dissipation.

    A cell with several walls is listed once an axis; its values are means over its walls. The
    production is that of the two layers at the centre where the cell lies in them, and that of the
    logarithmic law, tau^2 / (kappa rho u* y), where the cell holds them all: then the value at the
    centre is not the mean of the cell. Blended as the velocity is, Popovac and Hanjalic (2007),
    Flow Turbul. Combust. 78.
    """
    cells, weight, production, dissipation = [], [], [], []
    for beside in model.drag:
        at = beside.cell
        V_at, rho_at, k_at = (x.ravel()[at] for x in (V, rho, k))
        tau = wall_drag(V_at, rho_at, k_at, beside.distance, model) * V_at
        root = jnp.sqrt(k_at + SMALLEST)
        reynolds = rho_at * root * beside.distance / model.mu
        mu_t = rho_at * 0.09 * C_L * beside.distance * root * -jnp.expm1(-reynolds / A_MU)
        sublayer, logarithmic = weights_at(
            distance_in_wall_units(rho_at, k_at, beside.distance, model.gas)
        )
        slope = tau / (KAPPA * rho_at * C_MU_QUARTER * root * beside.distance)
        resolved = mu_t * (tau / (model.mu + mu_t)) ** 2
        cells.append(at)
        weight.append(beside.walls)
        production.append(beside.walls * (sublayer * resolved + logarithmic * tau * slope))
        dissipation.append(
            beside.walls * dissipation_near_wall(k_at, rho_at, beside.distance, model)
        )
    at, walls, P, near = (jnp.concatenate(x) for x in (cells, weight, production, dissipation))
    return at, walls, P, near


def strain_term(k: Field, epsilon: Field, strain: Field, constants: Constants) -> Field:
    """What RNG adds to C2: C_mu eta^3 (1 - eta / eta_0) / (1 + beta eta^3), eta = S k / eps [-]."""
    if not constants.eta_0:
        return jnp.zeros_like(k)
    eta = jnp.sqrt(strain) * k / jnp.maximum(epsilon, SMALLEST)
    cubed = eta**3
    return constants.C_mu * cubed * (1 - eta / constants.eta_0) / (1 + constants.beta * cubed)
