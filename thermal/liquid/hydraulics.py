"""Flows and pressures of a network of pumps, branches and pipes, by Newton.

Unknowns are the flow of every component, the pressure of every node and the pumps' common speed;
equations are one law per component, continuity at every node, and the control. Density and
viscosity are constant in a network, so that flows do not depend on temperatures.
"""

import equinox as eqx
import jax.numpy as jnp
import lineax
import optimistix
from jaxtyping import Array, Bool, Float

from thermal.liquid.components import (
    Branches,
    Pipes,
    Pumps,
    branch_residual,
    pipe_loss,
    pump_residual,
)

CONTROLS = ("speed", "differential_pressure")
MAX_STEPS = 100  # Newton takes 5-25; a state that needs more is reported as not converged


class Network(eqx.Module):
    """Components between nodes. Node `low` has gauge pressure 0; `high` is the other sensor."""

    pumps: Pumps
    branches: Branches
    pipes: Pipes
    density: Float[Array, ""]  # [kg/m3]
    viscosity: Float[Array, ""]  # [Pa s]
    control_value: Float[Array, ""]  # speed [-], or pressure of `high` over `low` [Pa]
    control: str = eqx.field(static=True)
    nodes: int = eqx.field(static=True)
    high: int = eqx.field(static=True)
    low: int = eqx.field(static=True)


class Unknowns(eqx.Module):
    """Unknowns of Newton, scaled to order one by `scales`."""

    V_pump: Float[Array, " pump"]  # [m3/s over scale]
    V_branch: Float[Array, " branch"]
    V_pipe: Float[Array, " pipe"]
    p: Float[Array, " node"]  # gauge [Pa over scale]
    speed: Float[Array, ""]  # of the running pumps [-]


class Flows(eqx.Module):
    """Solved flows [m3/s] and gauge pressures [Pa], with the verdict of the solver."""

    V_pump: Float[Array, " pump"]
    V_branch: Float[Array, " branch"]
    V_pipe: Float[Array, " pipe"]
    p: Float[Array, " node"]
    speed: Float[Array, ""]  # of the running pumps [-]
    residual: Float[Array, ""]  # largest relative violation of a law [-]
    steps: Array  # Newton steps
    converged: Bool[Array, ""]


def scales(network: Network) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """Flow [m3/s] and pressure [Pa] that make the unknowns of order one."""
    return jnp.max(network.pumps.V_flow_nominal), jnp.max(network.pumps.curve.shutoff)


def residual(
    unknowns: Unknowns,
    network: Network,
    running: Float[Array, " pump"],
    opening: Float[Array, " branch"],
) -> Unknowns:
    """Violation of every law, in the places of the unknowns; zero when solved [-]."""
    V_scale, p_scale = scales(network)
    pumps, branches, pipes = network.pumps, network.branches, network.pipes
    p = unknowns.p * p_scale
    V_pump, V_branch = unknowns.V_pump * V_scale, unknowns.V_branch * V_scale
    V_pipe = unknowns.V_pipe * V_scale
    loss = pipe_loss(V_pipe, pipes, network.density, network.viscosity)
    return Unknowns(
        pump_residual(V_pump, p[pumps.tail] - p[pumps.head], unknowns.speed, running, pumps),
        branch_residual(V_branch, p[branches.tail] - p[branches.head], opening, branches),
        (p[pipes.tail] - p[pipes.head] - loss) / p_scale,
        _continuity(unknowns, network),
        _control_residual(unknowns, network),
    )


def _continuity(unknowns: Unknowns, network: Network) -> Float[Array, " node"]:
    """Net flow into each node; at node `low`, where it follows from the others, its pressure."""
    net = jnp.zeros_like(unknowns.p)
    for parts, V_flow in (
        (network.pumps, unknowns.V_pump),
        (network.branches, unknowns.V_branch),
        (network.pipes, unknowns.V_pipe),
    ):
        net = net.at[parts.head].add(V_flow).at[parts.tail].add(-V_flow)
    return net.at[network.low].set(unknowns.p[network.low])


def _control_residual(unknowns: Unknowns, network: Network) -> Float[Array, ""]:
    """Speed as set; or the pressure as set, unless full speed falls short of it.

    s = 1 - speed >= 0, g = shortfall of pressure >= 0, s g = 0, as in `pump_residual`.
    """
    if network.control == "speed":
        return unknowns.speed - network.control_value
    _, p_scale = scales(network)
    slack = 1.0 - unknowns.speed
    measured = (unknowns.p[network.high] - unknowns.p[network.low]) * p_scale
    shortfall = 1.0 - measured / network.control_value
    resolution = 0.1 * jnp.sqrt(jnp.finfo(unknowns.p.dtype).eps)
    return slack + shortfall - jnp.sqrt(slack**2 + shortfall**2 + resolution**2)


def solve_flows(
    network: Network, running: Float[Array, " pump"], opening: Float[Array, " branch"]
) -> Flows:
    """Flows and pressures with these pumps running (0 or 1) and valves open (0 to 1).

    Differentiable by the implicit function theorem, and safe under `vmap`.
    """
    precision = jnp.finfo(network.density.dtype).eps
    tolerance = 100.0 * float(precision)
    solution: optimistix.Solution = optimistix.root_find(
        lambda unknowns, args: residual(unknowns, *args),
        optimistix.Newton(rtol=tolerance, atol=tolerance, linear_solver=lineax.LU()),
        _first_guess(network, running, opening),
        args=(network, running, opening),
        max_steps=MAX_STEPS,
        throw=False,
    )
    solved = solution.value
    violation = residual(solved, network, running, opening)
    worst = jnp.max(jnp.abs(_flatten(violation)))
    V_scale, p_scale = scales(network)
    return Flows(
        solved.V_pump * V_scale,
        solved.V_branch * V_scale,
        solved.V_pipe * V_scale,
        solved.p * p_scale,
        solved.speed,
        worst,
        solution.stats["num_steps"],
        worst < 1e4 * precision,  # NaN is not converged
    )


def _flatten(unknowns: Unknowns) -> Float[Array, " unknown"]:
    """All unknowns in one vector."""
    return jnp.concatenate(
        [unknowns.V_pump, unknowns.V_branch, unknowns.V_pipe, unknowns.p, unknowns.speed[None]]
    )


def _first_guess(
    network: Network, running: Float[Array, " pump"], opening: Float[Array, " branch"]
) -> Unknowns:
    """Nominal flow through open branches, shared by the pumps that run; closed ones at rest."""
    V_scale, _ = scales(network)
    alive = jnp.minimum(jnp.sum(running), 1.0)
    V_branch = network.branches.V_flow_nominal * opening * alive / V_scale
    share = running / jnp.maximum(jnp.sum(running), 1.0)
    return Unknowns(
        share * jnp.sum(V_branch),
        V_branch,
        jnp.zeros_like(network.pipes.length),
        jnp.zeros(network.nodes, V_branch.dtype),
        jnp.ones((), V_branch.dtype),
    )
