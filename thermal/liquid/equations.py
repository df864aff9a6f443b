"""Equations of a network and their Newton step.

Unknowns are the flow of every link, the pressure of every node and the speed of every group of
pumps. Each link's flow stays between two bounds (0 behind a check valve and in a closed valve, a
set flow where a valve throttles); between them its law holds:

    p_tail - p_head + rho g (z_tail - z_head) = loss(m) - rise(m, speed)

and at a bound the law holds as an inequality. A step linearises the laws, which leaves one
equation a node (Todini and Pilati 1988): a network of conductances. Losses that grow with the flow
make the solution unique.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from thermal.liquid import band
from thermal.liquid.laws import flow_share, net_loss, raised
from thermal.liquid.network import Network, State

GRAVITY = 9.80665  # standard, ISO 80000-3 [m/s2]
LEAK = 0.01  # of what is closed, times the root of the precision, of usual flow at usual pressure
GAIN_MIN = 1e-9  # of a control: relative change of what it measures by the speed [-]
SPEED_MIN = 0.1  # of full speed, below which no control turns a running pump [-]


class Unknowns(eqx.Module):
    """What Newton seeks."""

    m_flow: Float[Array, " link"]  # [kg/s]
    p: Float[Array, " node"]  # [Pa]
    speed: Float[Array, " group"]  # [-]


class Bounds(eqx.Module):
    """Least and largest flow of each link [kg/s]."""

    least: Float[Array, " link"]
    most: Float[Array, " link"]


def bounds(network: Network, state: State) -> Bounds:
    """Bounds of the flows: check valves, closed valves, valves that hold a flow (shut at 0)."""
    closed = (state.m_max <= 0.0).at[network.valves.link].max(flow_share(network, state) <= 0.0)
    least = jnp.where(closed | network.one_way, 0.0, -jnp.inf)
    return Bounds(least, jnp.where(closed, 0.0, state.m_max))


def driving(p: Float[Array, " node"], network: Network, state: State) -> Float[Array, " link"]:
    """Pressure that drives each link [Pa]: that between its nodes and the weight of the liquid."""
    tail, head, height = network.tail, network.head, network.height
    return p[tail] - p[head] + GRAVITY * state.density * (height[tail] - height[head])


def net_inflow(m_flow: Float[Array, " link"], network: Network) -> Float[Array, " node"]:
    """Flow into each node less that out of it [kg/s]."""
    nothing = jnp.zeros(network.height.shape, m_flow.dtype)
    return nothing.at[network.head].add(m_flow).at[network.tail].add(-m_flow)


class Residual(eqx.Module):
    """Violation of every law, relative [-]."""

    links: Float[Array, " link"]
    nodes: Float[Array, " node"]
    groups: Float[Array, " group"]

    def norm(self) -> Float[Array, ""]:
        """Root of the sum of squares."""
        parts = self.links, self.nodes, self.groups
        return jnp.sqrt(sum(jnp.sum(part**2) for part in parts))

    def laws(self) -> Float[Array, ""]:
        """Largest violation of a law or a control."""
        return jnp.maximum(jnp.max(jnp.abs(self.links)), jnp.max(jnp.abs(self.groups), initial=0.0))


def residual(x: Unknowns, network: Network, state: State) -> Residual:
    """Violations of the laws at these unknowns."""
    limits = bounds(network, state)
    excess = (net_loss(x.m_flow, x.speed, network, state) - driving(x.p, network, state)) / (
        network.p_scale
    )
    leak = leak_share(x.m_flow.dtype) * excess
    above = (x.m_flow - limits.least) / network.m_scale + leak
    below = (x.m_flow - limits.most) / network.m_scale + leak
    links = jnp.maximum(jnp.minimum(excess, above), below)
    return Residual(links, open_flow(x, network, state), controls(x, network, state)[0])


def open_flow(x: Unknowns, network: Network, state: State) -> Float[Array, " node"]:
    """Relative open flow of each node; where a vessel holds the pressure, that it misses [-]."""
    missed = (x.p - state.p_fixed) / network.p_scale
    left = net_inflow(x.m_flow, network) - state.demand
    return jnp.where(network.fixed, missed, left / jnp.max(network.m_scale))


def leak_share(dtype) -> float:
    """Relative flow through what is closed, at usual pressure."""
    return LEAK * float(jnp.finfo(dtype).eps) ** 0.5


def controls(x: Unknowns, network: Network, state: State):
    """Violation of the controls [-]; where a group turns at its least or most [-1, 0, 1].

    What is measured too much is compared with room of the speed, so it is relative to a usual
    pressure or flow: next to a small target it is large from one end of the speed to the other, and
    the speed goes to and fro between them.
    """
    controlled = jnp.isfinite(state.target)
    missed = _measured(x.m_flow, x.p, network) - jnp.where(controlled, state.target, 0.0)
    over = jnp.where(controlled, missed / _usual(network), -1.0)
    least = jnp.minimum(SPEED_MIN, state.speed)
    slower, faster = x.speed - least, x.speed - state.speed
    violation = jnp.maximum(jnp.minimum(over, slower), faster)
    return violation, jnp.where(faster >= over, 1, jnp.where(slower <= over, -1, 0))


def _measured(m_flow, p, network: Network) -> Float[Array, " group"]:
    """What each group's control measures [Pa or kg/s]."""
    return network.groups.of_nodes @ p + network.groups.of_links @ m_flow


def _usual(network: Network) -> Float[Array, " group"]:
    """Usual size of what each group's control measures [Pa or kg/s]."""
    m_flow = network.groups.of_links @ network.m_scale
    return jnp.where(m_flow > 0.0, m_flow, network.p_scale)


def rise_by_speed(x: Unknowns, network: Network, state: State) -> Float[Array, "link group"]:
    """Derivative of each link's pressure rise by the speed of its group [Pa]."""

    def rise(speed):
        return raised(x.m_flow, speed, network, state)

    ones = jnp.ones_like(x.speed)
    total = jax.jvp(rise, (x.speed,), (ones,))[1]  # each link has one pump, of one group
    place = jnp.zeros((x.m_flow.shape[0], x.speed.shape[0]), total.dtype)
    pumps = network.pumps
    return place.at[pumps.link, pumps.group].set(total[pumps.link])


def coupled_step(x, conductance, start, by_speed, network: Network, state: State) -> Unknowns:
    """Step of all unknowns where dm = start + conductance d(driving) + by_speed d(speed)."""
    tail, head = network.tail, network.head

    def flow_into(m):
        nothing = jnp.zeros((network.height.shape[0], *m.shape[1:]), m.dtype)
        return nothing.at[head].add(m).at[tail].add(-m)

    open_flow = flow_into((x.m_flow + start)[:, None]) - state.demand[:, None]
    right = jnp.concatenate([open_flow, flow_into(by_speed)], axis=1)
    held = jnp.concatenate([(state.p_fixed - x.p)[:, None], jnp.zeros_like(right[:, 1:])], axis=1)
    right = jnp.where(network.fixed[:, None], held, right)
    solved = _solve_nodes(conductance, right, network)
    base, columns = solved[:, 0], solved[:, 1:]
    dm_base = start + conductance * (base[tail] - base[head])
    dm_columns = by_speed + conductance[:, None] * (columns[tail] - columns[head])
    d_speed = _speed_step(x, base, columns, dm_base, dm_columns, network, state)
    return Unknowns(dm_base + dm_columns @ d_speed, base + columns @ d_speed, d_speed)


def _solve_nodes(conductance, right, network: Network):
    """Changes of pressure that let `right` flow into the nodes, at fixed ones `right` itself.

    Fixed nodes are ground to the others, and what they change by flows in from them.
    """
    tail, head, fixed, row = network.tail, network.head, network.fixed, network.row
    nothing = jnp.zeros_like(right)
    from_tail = jnp.where(fixed[tail], conductance, 0.0)
    from_head = jnp.where(fixed[head], conductance, 0.0)
    known = jnp.where(fixed[:, None], right, 0.0)
    inflow = nothing.at[head].add(from_tail[:, None] * known[tail])
    inflow = right + inflow.at[tail].add(from_head[:, None] * known[head])
    ground = jnp.zeros_like(right[:, 0]).at[head].add(from_tail).at[tail].add(from_head)
    ground = jnp.where(fixed, 1.0, ground)
    rows = jnp.where(fixed[:, None], right, inflow)
    lower, apart = jnp.minimum(row[tail], row[head]), jnp.abs(row[tail] - row[head])
    free = jnp.where(fixed[tail] | fixed[head], 0.0, conductance)
    between = jnp.zeros((fixed.shape[0], network.width), conductance.dtype)
    between = between.at[lower, apart - 1].add(free)
    by_row = jnp.zeros_like(ground).at[row].set(ground)
    return band.solve(between, by_row, nothing.at[row].set(rows))[row]


def _speed_step(x, base, columns, dm_base, dm_columns, network: Network, state: State):
    """Change of the groups' speeds that brings what they measure to its target, or to a bound."""
    _, bound = controls(x, network, state)
    least = jnp.minimum(SPEED_MIN, state.speed)
    to_bound = jnp.where(bound > 0, state.speed, least) - x.speed
    measured = _measured(x.m_flow + dm_base, x.p + base, network)
    matrix = network.groups.of_nodes @ columns + network.groups.of_links @ dm_columns
    matrix = matrix / _usual(network)[:, None]
    missing = jnp.where(bound == 0, (state.target - measured) / _usual(network), 0.0)
    # A control whose value does not rise with the speed has nothing to turn: full speed if it
    # measures too little, least speed if too much.
    gain = jnp.diagonal(matrix)
    deaf = ~(gain > GAIN_MIN)
    idle = jnp.where(missing < 0.0, least, state.speed)
    own = jnp.eye(x.speed.shape[0], dtype=x.speed.dtype)
    matrix = matrix + 1e-9 * jnp.diag(gain)  # two that hold the same flow share it
    held = (bound != 0) | deaf
    matrix = jnp.where(held[:, None], own, matrix)
    wanted = jnp.where(bound != 0, to_bound, jnp.where(deaf, idle - x.speed, missing))
    change = jnp.linalg.solve(matrix, wanted)
    return jnp.clip(change, -1.0, 1.0)
