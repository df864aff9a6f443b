"""Flows and pressures of a network in one state, by a primal-dual interior-point method.

Bounds of the flows are approached from inside: room to a bound times the pressure that holds it is
kept equal for all bounds and shrinks from step to step (Wright, Primal-Dual Interior-Point Methods,
1997). No set of closed check valves is searched for, so that states differ in arrays only.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from thermal.liquid.equations import (
    Residual,
    Unknowns,
    bounds,
    controls,
    coupled_step,
    driving,
    leak_share,
    open_flow,
    residual,
    rise_by_speed,
)
from thermal.liquid.laws import net_loss, slope
from thermal.liquid.network import Network, State

MAX_STEPS = 100
SHARES = (1.0, 0.5, 0.2, 0.05)  # of a Newton step that are tried
BOLD_EVERY = 8  # steps
GAP_MIN = 4e-3  # aimed at, relative, times the floating-point precision [-]
RESIDUAL_MAX = 0.6  # of a law that counts as met, relative, times the root of the precision [-]
# Room and hold that vanish together are both the root of their gap: to be below that residual.
GAP_MAX = 0.75 * RESIDUAL_MAX**2  # at which the search ends, times the precision [-]
CENTRING = 0.1  # of the gap, aimed at in the next step


class Flows(eqx.Module):
    """A solved network, with the verdict of the solver."""

    m_flow: Float[Array, " link"]  # [kg/s]
    p: Float[Array, " node"]  # gauge [Pa]
    speed: Float[Array, " group"]  # over full speed [-]
    residual: Float[Array, ""]  # largest relative violation of a law or a control [-]
    continuity: Float[Array, ""]  # largest open flow of a node over the largest usual flow [-]
    steps: Int[Array, ""]
    converged: Bool[Array, ""]


class Interior(eqx.Module):
    """Where the search stands: unknowns strictly between their bounds, and what the bounds hold."""

    x: Unknowns
    hold_least: Float[
        Array, " link"
    ]  # pressure that keeps a flow from falling below its least [Pa]
    hold_most: Float[Array, " link"]  # the same from rising above its most [Pa]


def _room(at: Interior, network: Network, state: State):
    """Room of each flow over its least and below its most [kg/s], 1 where there is no bound.

    What is held leaks a little, which keeps the pressure behind it defined.
    """
    limits, leak = bounds(network, state), _leak_conductance(network)
    least = at.x.m_flow - limits.least + leak * at.hold_least
    most = limits.most - at.x.m_flow + leak * at.hold_most
    return jnp.where(at.hold_least > 0.0, least, 1.0), jnp.where(at.hold_most > 0.0, most, 1.0)


def _leak_conductance(network: Network) -> Float[Array, " link"]:
    """Flow per pressure through what is closed [kg/(s Pa)]."""
    return leak_share(network.m_scale.dtype) * network.m_scale / network.p_scale


def first_guess(network: Network, state: State) -> Interior:
    """Usual flows along every link that is open, at full speed."""
    limits, scale = bounds(network, state), network.m_scale
    shut = limits.most <= limits.least
    # Half of a set flow that is less than usual; the least, where there is one, is 0.
    m_flow = jnp.where(shut, 0.0, jnp.minimum(scale, 0.5 * limits.most))
    p = jnp.where(network.fixed, state.p_fixed, 0.0)

    def hold(bound):
        return jnp.where(jnp.isfinite(bound) & ~shut, 0.1 * network.p_scale, 0.0)

    return Interior(Unknowns(m_flow, p, state.speed), hold(limits.least), hold(limits.most))


def interior_step(at: Interior, centre, network: Network, state: State) -> Interior:
    """Newton step towards the point where every bound's room times its hold is `centre`."""
    limits, x = bounds(network, state), at.x
    loss, a = slope(x.m_flow, x.speed, network, state)
    least, most = _room(at, network, state)
    shut = limits.most <= limits.least
    leak = _leak_conductance(network)
    stiff_least = at.hold_least / (least + leak * at.hold_least)
    stiff_most = at.hold_most / (most + leak * at.hold_most)
    push_least = at.hold_least + _excess(centre, least, at.hold_least, leak)
    push_most = at.hold_most + _excess(centre, most, at.hold_most, leak)
    stiff = a + stiff_least + stiff_most
    drive = driving(x.p, network, state)
    conductance = jnp.where(shut, leak, 1.0 / stiff)
    towards = (drive - loss + push_least - push_most) / stiff
    start = jnp.where(shut, leak * drive - x.m_flow, towards)
    by_speed = rise_by_speed(x, network, state) * jnp.where(shut, 0.0, 1.0 / stiff)[:, None]
    change = coupled_step(x, conductance, start, by_speed, network, state)
    dm = change.m_flow
    return Interior(
        change,
        push_least - at.hold_least - stiff_least * dm,
        push_most - at.hold_most + stiff_most * dm,
    )


def _excess(centre, room, hold, leak):
    """Change of a hold [Pa] that brings its product with the room to `centre`."""
    return jnp.where(hold > 0.0, (centre - room * hold) / (room + leak * hold), 0.0)


def interior_residual(at: Interior, centre, network: Network, state: State) -> Residual:
    """Violations of the laws with what the bounds hold."""
    limits, x = bounds(network, state), at.x
    shut = limits.most <= limits.least
    drive = driving(x.p, network, state)
    excess = net_loss(x.m_flow, x.speed, network, state) - drive - at.hold_least + at.hold_most
    leak = leak_share(x.m_flow.dtype) * network.m_scale / network.p_scale
    closed = (x.m_flow - leak * drive) / network.m_scale
    links = jnp.where(shut, closed, excess / network.p_scale)
    return Residual(links, open_flow(x, network, state), controls(x, network, state)[0])


def _largest_share(at: Interior, change: Interior, network: Network, state: State):
    """Share of a step that keeps every room and hold above zero."""
    least, most = _room(at, network, state)
    leak, dm = _leak_conductance(network), change.x.m_flow

    def until(hold, value, by):
        falls = (by < 0.0) & (hold > 0.0)
        return jnp.min(jnp.where(falls, -value / jnp.where(falls, by, -1.0), jnp.inf))

    shares = [
        until(at.hold_least, least, dm + leak * change.hold_least),
        until(at.hold_most, most, -dm + leak * change.hold_most),
        until(at.hold_least, at.hold_least, change.hold_least),
        until(at.hold_most, at.hold_most, change.hold_most),
    ]
    return jnp.minimum(1.0, 0.99 * jnp.min(jnp.stack(shares)))


def _gap(at: Interior, network: Network, state: State):
    """Room times hold of each bound, relative [-]."""
    least, most = _room(at, network, state)
    scale = network.m_scale * network.p_scale
    return jnp.stack([least * at.hold_least / scale, most * at.hold_most / scale])


def solve_flows(network: Network, state: State) -> Flows:
    """Flows, pressures and speeds of a network in one state; safe under `vmap`.

    One more step at the solution, added and taken off again, gives the first derivatives of the
    implicit function theorem.
    """
    held, state_held = jax.lax.stop_gradient((network, state))

    def goes_on(carry):
        _, _, worst, steps = carry
        return (worst > 1.0) & (steps < MAX_STEPS)

    def advance(carry):
        at, share, _, steps = carry
        bold = steps % BOLD_EVERY == BOLD_EVERY - 1
        at, share, worst = _advance(at, share, bold, held, state_held)
        return at, share, worst, steps + 1

    start = first_guess(held, state_held)
    one = jnp.ones((), start.x.p.dtype)
    first = (start, one, jnp.inf * one, jnp.asarray(0))
    at, _, _, steps = jax.lax.while_loop(goes_on, advance, first)
    precision = float(jnp.finfo(one.dtype).eps)
    centre = GAP_MIN * precision * network.m_scale * network.p_scale
    last = interior_step(at, centre, network, state)
    x = jax.tree.map(lambda here, by: here + by - jax.lax.stop_gradient(by), at.x, last.x)
    violation = residual(x, network, state)
    laws, continuity = violation.laws(), jnp.max(jnp.abs(violation.nodes))
    resolution = precision**0.5
    converged = (laws < RESIDUAL_MAX * resolution) & (continuity < 6e-3 * resolution)  # NaN is not
    return Flows(x.m_flow, x.p, x.speed, laws, continuity, steps, converged)


def _advance(at: Interior, share, bold, network: Network, state: State):
    """One step: where it leads, the share of it that was taken, what is missing over what may be.

    Of the shares tried, that which leaves the least violation; a bold step is taken in full, which
    leads out of where only small shares help (a watchdog, Chamberlain et al. 1982). After a step
    taken in full the next one aims at a much smaller gap.
    """
    gap = _gap(at, network, state)
    mean = jnp.sum(gap) / jnp.maximum(jnp.sum(gap > 0.0), 1)
    precision = float(jnp.finfo(mean.dtype).eps)
    centring = jnp.where(share > 0.9, CENTRING**2, CENTRING)
    centre = jnp.maximum(mean * centring, GAP_MIN * precision)
    scaled = centre * network.m_scale * network.p_scale
    change = interior_step(at, scaled, network, state)
    most = _largest_share(at, change, network, state)
    shares = most * jnp.asarray(SHARES, at.x.p.dtype)

    def tried(share):
        moved = jax.tree.map(lambda value, by: value + share * by, at, change)
        violation = interior_residual(moved, scaled, network, state)
        off = jnp.where(gap > 0.0, _gap(moved, network, state) - centre, 0.0)
        return moved, violation, jnp.sqrt(violation.norm() ** 2 + jnp.sum(off**2))

    moved, violations, norms = jax.vmap(tried)(shares)
    best = jnp.argmin(jnp.where(jnp.isfinite(norms), norms, jnp.inf))
    best = jnp.where(bold & jnp.isfinite(norms[0]), 0, best)
    at, violation = jax.tree.map(lambda value: value[best], (moved, violations))
    left, gap = jnp.max(jnp.abs(violation.nodes)), jnp.max(_gap(at, network, state))
    missing = jnp.maximum(jnp.maximum(violation.laws(), left) / 1e3, gap / GAP_MAX)
    return at, shares[best], missing / precision
