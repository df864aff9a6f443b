"""One residual per component of a network, each smooth through zero flow and scaled to order one.

A component runs from node `tail` to node `head`; V_flow [m3/s] is positive that way and `drop` is
p[tail] - p[head] [Pa]. Every residual is zero when its component's law holds, has a finite slope
everywhere, and stays solvable for a stopped pump, a closed valve and no flow.
"""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from thermal.fans import Curve

LEAK = 0.01  # of a closed valve or stopped pump, times the root of the floating-point precision [-]
LAMINAR_RATIO = 1e-3  # share of nominal flow below which a power law turns linear [-]
REYNOLDS_MIN = (
    10.0  # below it f Re = 64 to round-off, and the logarithms of Churchill are kept safe
)


class Pumps(eqx.Module):
    """Pumps with check valves, from the suction node `tail` to the discharge node `head`."""

    tail: Int[Array, " pump"]
    head: Int[Array, " pump"]
    curve: Curve  # arrays of length pump
    V_flow_nominal: Float[Array, " pump"]  # [m3/s]
    efficiency: Float[Array, " pump"]  # hydraulic power over electrical power [-]


class Branches(eqx.Module):
    """Resistances known by one point and an exponent, each with a valve: racks, strainers."""

    tail: Int[Array, " branch"]
    head: Int[Array, " branch"]
    dp_nominal: Float[Array, " branch"]  # valve open [Pa]
    V_flow_nominal: Float[Array, " branch"]  # [m3/s]
    exponent: Float[Array, " branch"]


class Pipes(eqx.Module):
    """Straight round pipes."""

    tail: Int[Array, " pipe"]
    head: Int[Array, " pipe"]
    length: Float[Array, " pipe"]  # [m]
    diameter: Float[Array, " pipe"]  # [m]
    roughness: Float[Array, " pipe"]  # [m]


def power_law(ratio: Float[Array, "*shape"], exponent: Float[Array, "*shape"]):
    """Relative loss dp / dp_n at relative flow: sign(r) |r|^n, linear for |r| << LAMINAR_RATIO.

    r (r^2 + e^2)^((n - 1) / 2),  within (n - 1) e^2 / 2 of the power law at nominal flow
    """
    return ratio * (ratio**2 + LAMINAR_RATIO**2) ** (0.5 * (exponent - 1.0))


def friction_factor(
    Re: Float[Array, "*shape"], relative_roughness: Float[Array, "*shape"]
) -> Float[Array, "*shape"]:
    """Darcy friction factor for Re >= REYNOLDS_MIN, laminar to turbulent in one expression.

        f = 8 [(8/Re)^12 + (A + B)^-1.5]^(1/12),  B = (37530/Re)^16,
        A = (2.457 ln(1 / ((7/Re)^0.9 + 0.27 e/D)))^16

    Churchill (1977), Chemical Engineering 84(24); within 3 % of Colebrook for Re > 1e4, and smooth
    through transition. The powers are taken as logarithms: (37530/10)^16 overflows float32.
    """
    inner = 2.457 * jnp.log(1.0 / ((7.0 / Re) ** 0.9 + 0.27 * relative_roughness))
    log_A = 8.0 * jnp.log(inner**2 + 1e-12)
    log_B = 16.0 * jnp.log(37530.0 / Re)
    laminar = 12.0 * jnp.log(8.0 / Re)
    return 8.0 * jnp.exp(jnp.logaddexp(laminar, -1.5 * jnp.logaddexp(log_A, log_B)) / 12.0)


def pipe_loss(
    V_flow: Float[Array, " pipe"],
    pipes: Pipes,
    density: Float[Array, ""],
    viscosity: Float[Array, ""],
) -> Float[Array, " pipe"]:
    """Friction loss [Pa], f L/D rho v|v|/2 written as (f Re) mu L v / (2 D^2): linear at rest."""
    velocity = V_flow / (0.25 * jnp.pi * pipes.diameter**2)
    Re = jnp.maximum(density * jnp.abs(velocity) * pipes.diameter / viscosity, REYNOLDS_MIN)
    f_Re = friction_factor(Re, pipes.roughness / pipes.diameter) * Re
    return f_Re * viscosity * pipes.length * velocity / (2.0 * pipes.diameter**2)


def branch_residual(
    V_flow: Float[Array, " branch"],
    drop: Float[Array, " branch"],
    opening: Float[Array, " branch"],
    branches: Branches,
) -> Float[Array, " branch"]:
    """opening^2 drop = dp_n (V/V_n)^n: the loss grows as 1/opening^2 (flow coefficient ~ opening).

    Multiplied out, a closed valve (opening 0) says V_flow = 0 whatever the pressures, but for a
    leak that keeps the pressure between two closed valves defined: V/V_n = 1e-10 drop/dp_n in
    float64, 3e-6 in float32.
    """
    leak = LEAK * jnp.sqrt(jnp.finfo(V_flow.dtype).eps) * LAMINAR_RATIO ** (branches.exponent - 1.0)
    loss = power_law(V_flow / branches.V_flow_nominal, branches.exponent)
    return (opening**2 + leak) * drop / branches.dp_nominal - loss


def pump_residual(
    V_flow: Float[Array, " pump"],
    drop: Float[Array, " pump"],
    speed: Float[Array, ""],
    running: Float[Array, " pump"],
    pumps: Pumps,
) -> Float[Array, " pump"]:
    """Pump behind a check valve: either it flows and meets its curve, or the valve holds.

    q = V_flow / V_n >= 0, g = (back pressure - pressure rise) / shut-off >= 0, q g = 0, written as
    Fischer and Burmeister's (1992) q + g - sqrt(q^2 + g^2 + d^2) = 0. A stopped pump has q = 0
    but for the same leak as a closed valve.
    """
    resolution = jnp.sqrt(jnp.finfo(V_flow.dtype).eps)
    q = V_flow / pumps.V_flow_nominal
    held = (-drop - pumps.curve.pressure_rise(V_flow, speed)) / pumps.curve.shutoff
    flowing = q + held - jnp.sqrt(q**2 + held**2 + (0.1 * resolution) ** 2)
    stopped = q - LEAK * resolution * drop / pumps.curve.shutoff
    return running * flowing + (1.0 - running) * stopped
