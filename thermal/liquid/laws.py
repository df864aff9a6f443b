"""Pressure lost and raised along the links of a network, smooth and rising with the flow.

Every law has a slope above zero at rest, so that a network without flow is an ordinary state.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from thermal.liquid.network import Network, Pipes, State

LAMINAR_RATIO = 1e-3  # share of nominal flow below which a power law turns linear [-]
FITTING_RATIO = 1e-4  # the same for fittings, valves and pumps [-]
# Below it f Re = 64 to round-off, and the logarithms of Churchill are kept safe.
REYNOLDS_MIN = 10.0


def power_law(ratio: Float[Array, "*shape"], exponent: Float[Array, "*shape"]):
    """Relative loss dp / dp_n at relative flow: sign(r) |r|^n, linear for |r| << LAMINAR_RATIO.

    r (r^2 + e^2)^((n - 1) / 2),  within (n - 1) e^2 / 2 of the power law at nominal flow
    """
    return ratio * (ratio**2 + LAMINAR_RATIO**2) ** (0.5 * (exponent - 1.0))


def friction_factor(
    Re: Float[Array, "*shape"], relative_roughness: Float[Array, "*shape"]
) -> Float[Array, "*shape"]:
    """Darcy friction factor for Re >= REYNOLDS_MIN, laminar to turbulent in one expression.

        f = 8 [(8/Re)^12 + (A + B)^-1.5]^(1/12),  B = (37530/Re)^16,  A = (8 / f_t)^8

    Churchill (1977), Chemical Engineering 84(24), smooth through transition, with Colebrook's
    turbulent f_t in place of his own fit of it, which is up to 3 % from it. The powers are taken as
    logarithms: (37530/10)^16 overflows float32.
    """
    log_A = 8.0 * jnp.log(8.0 * _turbulent(Re, relative_roughness) ** 2)
    log_B = 16.0 * jnp.log(37530.0 / Re)
    laminar = 12.0 * jnp.log(8.0 / Re)
    return 8.0 * jnp.exp(jnp.logaddexp(laminar, -1.5 * jnp.logaddexp(log_A, log_B)) / 12.0)


def _turbulent(Re, relative_roughness):
    """1 / sqrt(f) of Colebrook (1939), 1/sqrt(f) = -2 log10(e/3.7D + 2.51 / (Re sqrt(f))).

    Two substitutions and Steffensen's extrapolation: Serghides (1984), Chemical Engineering 91(5),
    within 0.003 % for Re > 2100.
    """
    rough, Re = relative_roughness / 3.7, jnp.maximum(Re, 1000.0)
    first = -2.0 * jnp.log10(rough + 12.0 / Re)
    second = -2.0 * jnp.log10(rough + 2.51 * first / Re)
    third = -2.0 * jnp.log10(rough + 2.51 * second / Re)
    bend = third - 2.0 * second + first
    settled = jnp.abs(bend) < jnp.finfo(bend.dtype).eps  # fully rough: nothing left to extrapolate
    beyond = (second - first) ** 2 / jnp.where(settled, 1.0, bend)
    return jnp.where(settled, third, first - beyond)


def pipe_loss(
    V_flow: Float[Array, " pipe"],
    pipes: Pipes,
    density: Float[Array, " pipe"],
    viscosity: Float[Array, " pipe"],
) -> Float[Array, " pipe"]:
    """Friction loss [Pa], f L/D rho v|v|/2 written as (f Re) mu L v / (2 D^2): linear at rest."""
    velocity = V_flow / (0.25 * jnp.pi * pipes.diameter**2)
    Re = jnp.maximum(density * jnp.abs(velocity) * pipes.diameter / viscosity, REYNOLDS_MIN)
    f_Re = friction_factor(Re, pipes.roughness / pipes.diameter) * Re
    return f_Re * viscosity * pipes.length * velocity / (2.0 * pipes.diameter**2)


def flow_share(network: Network, state: State) -> Float[Array, " valve"]:
    """Flow coefficient of each valve over that fully open, 0 where it is closed [-]."""
    ratio = network.valves.rangeability
    equal = jnp.where(ratio > 0.0, ratio, 1.0) ** (state.position - 1.0)
    share = jnp.where(ratio > 0.0, equal, state.position)
    return jnp.where(state.position > 0.0, share, 0.0)


def lost(m_flow: Float[Array, " link"], network: Network, state: State) -> Float[Array, " link"]:
    """Pressure lost along each link [Pa], pumps left out."""
    V_flow, V_scale = m_flow / state.density, network.m_scale / state.density
    squared = V_flow * jnp.sqrt(V_flow**2 + (FITTING_RATIO * V_scale) ** 2)
    pipes, losses, valves = network.pipes, network.losses, network.valves
    share = flow_share(network, state)
    open_share = jnp.where(share > 0.0, share, 1.0)  # a closed valve is a bound, not a loss
    quadratic = network.quadratic.at[valves.link].add(valves.quadratic / open_share**2)
    friction = pipe_loss(
        V_flow[pipes.link], pipes, state.density[pipes.link], state.viscosity[pipes.link]
    )
    ratio = V_flow[losses.link] / losses.V_flow_nominal
    measured = losses.dp_nominal * power_law(ratio, losses.exponent)
    total = quadratic * state.density * squared
    return state.fouling * total.at[pipes.link].add(friction).at[losses.link].add(measured)


def raised(
    m_flow: Float[Array, " link"], speed: Float[Array, " group"], network: Network, state: State
) -> Float[Array, " link"]:
    """Pressure raised by the pump of each link [Pa]; a stopped one resists."""
    pumps = network.pumps
    V_flow = (m_flow / state.density)[pumps.link]
    V_scale = (network.m_scale / state.density)[pumps.link]
    squared = V_flow * jnp.sqrt(V_flow**2 + (FITTING_RATIO * V_scale) ** 2)
    s = state.running * speed[pumps.group]
    rise = pumps.shutoff * s**2 - pumps.linear * s * V_flow - pumps.quadratic * squared
    return jnp.zeros_like(m_flow).at[pumps.link].add(rise)


def net_loss(
    m_flow: Float[Array, " link"], speed: Float[Array, " group"], network: Network, state: State
) -> Float[Array, " link"]:
    """Pressure lost along each link less that raised by its pump [Pa]."""
    return lost(m_flow, network, state) - raised(m_flow, speed, network, state)


def slope(
    m_flow: Float[Array, " link"], speed: Float[Array, " group"], network: Network, state: State
) -> tuple[Float[Array, " link"], Float[Array, " link"]]:
    """Net loss of each link [Pa] and its derivative by the link's own flow [Pa s/kg]."""

    def loss(m_flow):
        return net_loss(m_flow, speed, network, state)

    return jax.jvp(loss, (m_flow,), (jnp.ones_like(m_flow),))
