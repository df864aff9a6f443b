"""Steady temperatures of circuits whose flows are known.

Energy is balanced at every node: what flows in, mixed, flows out. The laws of the links are linear
between kinks (a set point held or not, a rack at its limit), so that a Newton step is a linear
system that is exact once the right pieces are found.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from thermal.liquid import advection
from thermal.liquid.heat import (
    FREE,
    HeatModel,
    HeatState,
    Law,
    capacity_rate,
    downstream,
    heat_taken,
    law,
    modes,
    upstream,
)

MAX_STEPS = 60


class Temperatures(eqx.Module):
    """Temperatures over the reference, and where heat goes."""

    node: Float[Array, " node"]  # [K]
    entering: Float[Array, " link"]  # [K]
    leaving: Float[Array, " link"]  # [K]
    taken: Float[Array, " link"]  # heat to the liquid [W]
    exchanged: Float[Array, " exchanger"]  # from hot to cold side [W]
    lost: Float[Array, " link"]  # to the air along it [W]
    rejected: Float[Array, " rejection"]  # [W]
    residual: Float[Array, ""]  # largest open heat of a node over all heat wanted [-]
    steps: Int[Array, ""]


def solve_temperatures(model: HeatModel, state: HeatState) -> Temperatures:
    """Steady temperatures; safe under `vmap`. A part that nothing flows into rests.

    The search starts at the highest temperature. One more step from where it ends carries the
    derivatives.
    """
    fixed = jax.lax.stop_gradient((model, state))
    dtype = state.m_flow.dtype
    tolerance = 1e3 * float(jnp.finfo(dtype).eps)

    def goes_on(carry):
        _, _, change, steps = carry
        return (change > tolerance) & (steps < MAX_STEPS)

    def advance(carry):
        node, mode, _, steps = carry
        new, mode = _step(node, mode, *fixed)
        return new, mode, jnp.max(jnp.abs(new - node)), steps + 1

    top = jax.lax.stop_gradient(jnp.max(state.theta_max))
    start = jnp.full(model.row.shape, top, dtype)
    free = jnp.full(model.exchangers.hot.shape, FREE)
    carry = start, free, jnp.asarray(jnp.inf, dtype), jnp.asarray(0)
    node, mode, _, steps = jax.lax.while_loop(goes_on, advance, carry)
    node, mode = _step(node, mode, model, state)
    return _result(node, mode, steps, model, state)


def _step(node: Float[Array, " node"], before, model: HeatModel, state: HeatState):
    """Temperatures of the nodes for the laws about `node`, and the pieces these are on."""
    entering = node[upstream(model, state)]
    mode = modes(before, entering, model, state)
    return _balance(law(entering, mode, model, state), model, state), mode


def _balance(now: Law, model: HeatModel, state: HeatState) -> Float[Array, " node"]:
    """Temperatures at which the heat that flows into every node is that which flows out."""
    C, x, row = capacity_rate(model, state), model.exchangers, model.row
    up, down = upstream(model, state), downstream(model, state)
    nothing = jnp.zeros(row.shape, C.dtype)
    enters = nothing.at[up].add(C).at[down].add(-C)  # less what leaves the network
    # A trace of a tie to where it rests, for parts that nothing flows into or escapes from.
    trace = jnp.finfo(C.dtype).eps ** 1.25 * jnp.max(model.m_scale) * jnp.max(state.cp)
    escapes = (trace + jnp.maximum(-enters, 0.0)).at[up].add(C * (1.0 - now.kept))
    right = jnp.maximum(enters, 0.0) * state.theta_enter
    right = (right + trace * state.theta_rest[model.circuit_of_node]).at[down].add(C * now.constant)
    at = jnp.concatenate([down, down[x.hot], down[x.cold]])
    of = jnp.concatenate([up, up[x.cold], up[x.hot]])
    carried = C * now.own, C[x.hot] * now.cold_to_hot, C[x.cold] * now.hot_to_cold
    by_row = advection.solve(
        jnp.concatenate(carried),
        row[at],
        row[of],
        nothing.at[row].set(escapes),
        nothing.at[row].set(right),
        model.width,
    )
    return by_row[row]


def _result(node, mode, steps, model: HeatModel, state: HeatState) -> Temperatures:
    up, down = upstream(model, state), downstream(model, state)
    entering = node[up]
    leaving = law(entering, mode, model, state).leaving(entering, model)
    C, x = capacity_rate(model, state), model.exchangers
    taken = heat_taken(entering, model, state)
    gained = C * (leaving - entering)
    lost = jnp.where(C > 0.0, -jnp.expm1(-state.loss / jnp.where(C > 0.0, C, 1.0)), 0.0)
    lost = C * lost * (entering - state.theta_air)
    exchanged = (gained - taken + lost)[x.cold]
    rejected = -(gained - taken + lost)[model.rejection]
    inflow = jnp.zeros_like(node).at[down].add(C)
    open_heat = jnp.zeros_like(node).at[down].add(C * (leaving - node[down]))
    outflow = jnp.zeros_like(node).at[up].add(C)
    open_heat = open_heat + jnp.maximum(outflow - inflow, 0.0) * (state.theta_enter - node)
    total = jnp.maximum(jnp.sum(jnp.abs(state.heat)) + jnp.sum(jnp.abs(lost)), 1.0)
    return Temperatures(
        node,
        entering,
        leaving,
        taken,
        exchanged,
        lost,
        rejected,
        jnp.max(jnp.abs(open_heat)) / total,
        steps,
    )
