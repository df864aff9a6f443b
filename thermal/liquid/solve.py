"""Flows, pressures and temperatures of all circuits in one state of their pumps, valves and heat.

Flows of circuits without valves on exchangers first; then flows of the others and all temperatures
in turn, until every valve lets through what holds its set point, or is open.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from thermal.liquid.circuits import CircuitsModel, Scenario
from thermal.liquid.heat import HeatState, quotient
from thermal.liquid.hydraulics import Flows, solve_flows
from thermal.liquid.laws import raised
from thermal.liquid.network import State
from thermal.liquid.temperatures import Temperatures, solve_temperatures
from thermal.liquid.valves import flow_needed
from thermal.programs import kept_program

MAX_ROUNDS = 40
HELD = 1e-6  # share below the flow that a valve lets through at which it still counts as held [-]


class CircuitsState(eqx.Module):
    """All circuits solved. Energy: sum(heat_taken) = sum(heat_lost) + sum(rejected)."""

    m_flow: Float[Array, " link"]  # [kg/s]
    p: Float[Array, " node"]  # gauge [Pa]
    speed: tuple[Float[Array, " group"], ...]  # of the pumps of each network [-]
    pump_heat: Float[Array, " link"]  # hydraulic power of its pump, to the liquid [W]
    T: Float[Array, " node"]  # [K]
    T_in: Float[Array, " link"]  # [K]
    T_out: Float[Array, " link"]  # [K]
    heat_taken: Float[Array, " link"]  # with that of its pump [W]
    heat_unmet: Float[Array, " link"]  # that it could take only beyond T_max of the liquid [W]
    heat_lost: Float[Array, " link"]  # to the air along it [W]
    exchanged: Float[Array, " exchanger"]  # hot to cold [W]
    rejected: Float[Array, " rejection"]  # [W]
    valve_share: Float[Array, " exchanger"]  # let through of the flow with all valves open [-]
    cp: Float[Array, " circuit"]  # [J/(kg K)]
    residual: Float[Array, ""]  # largest relative violation of a hydraulic law [-]
    continuity: Float[Array, ""]  # largest open flow over the largest usual flow [-]
    energy_residual: Float[Array, ""]  # largest open heat of a node over all heat wanted [-]
    rounds: Array  # of flows and temperatures
    converged: Bool[Array, ""]


class Round(eqx.Module):
    """Where valves and heat capacities stand."""

    needed: Float[Array, " exchanger"]  # cold flow that just holds the set point [kg/s]
    m_cold: Float[Array, " exchanger"]  # what flows [kg/s]
    cp: Float[Array, " circuit"]


@kept_program
def solve(model: CircuitsModel, scenario: Scenario) -> CircuitsState:
    """Steady state of all circuits.

    A stopped pump, a closed valve, no heat, no flow and no rejection are ordinary states.
    Derivatives leave out how heat capacity follows temperature (0.3 % of them in a rack loop).
    For a batch: `solve_batch`.
    """
    x = model.heat.exchangers
    pairs = zip(model.networks, scenario.hydraulic, strict=True)
    first = tuple(solve_flows(arrays, state) for arrays, state in pairs)
    open_flow = jnp.abs(_joined(first).m_flow)[x.cold]
    cp = jnp.stack([f.heat_capacity(T) for f, T in zip(model.fluids, model.T_rest, strict=True)])
    start = Round(jnp.full_like(open_flow, jnp.inf), open_flow, cp)
    frozen = jax.lax.stop_gradient((model, scenario, first))

    def goes_on(carry):
        _, change, count = carry
        return (change > _tolerance(cp.dtype)) & (count < MAX_ROUNDS)

    def advance(carry):
        here, _, count = carry
        new, _, _ = _round(here, *frozen)
        moved = jnp.abs(new.m_cold - here.m_cold) / x.m_cold
        change = jnp.max(jnp.abs(new.cp / here.cp - 1.0)) + jnp.max(moved, initial=0.0)
        return new, change, count + 1

    infinite = jnp.asarray(jnp.inf, cp.dtype)
    here, change, count = jax.lax.while_loop(
        goes_on, advance, (jax.lax.stop_gradient(start), infinite, jnp.asarray(0))
    )
    last, flows, heat = _round(here, model, scenario, first)
    share = jnp.clip(quotient(last.needed, open_flow), 0.0, 1.0)
    return _state(model, scenario, flows, heat, share, change, count)


@kept_program
def solve_batch(model: CircuitsModel, scenarios: Scenario) -> CircuitsState:
    """The same for a batch: every array of `scenarios` has a first axis of states."""
    found: CircuitsState = eqx.filter_vmap(solve, in_axes=(None, 0))(model, scenarios)
    return found


def _tolerance(dtype) -> float:
    return 1e5 * float(jnp.finfo(dtype).eps)


def _round(here: Round, model: CircuitsModel, scenario: Scenario, first: tuple[Flows, ...]):
    """Flows with the valves as they are, temperatures, and the valves that these ask for."""
    m_valve = jnp.where(model.two_way, here.needed, jnp.inf)
    flows = _valved_flows(m_valve, model, scenario, first)
    joined, x = _joined(flows), model.heat.exchangers
    m_cold = jnp.abs(joined.m_flow)[x.cold]
    held = jnp.isfinite(m_valve) & (m_cold > (1.0 - HELD) * m_valve)
    state = heat_state(
        joined.m_flow, here.cp, held, model, scenario, pump_heat(flows, model, scenario)
    )
    temperatures = solve_temperatures(model.heat, state)
    needed = flow_needed(temperatures.entering, model.heat, state)
    new = Round(needed, m_cold, _heat_capacity(joined.m_flow, temperatures, model))
    return new, flows, (state, temperatures)


def _valved_flows(m_valve, model: CircuitsModel, scenario: Scenario, first: tuple[Flows, ...]):
    """Flows of all circuits, of those with valves anew."""
    total = sum(a.tail.shape[0] for a in model.networks)
    cold = model.heat.exchangers.cold
    most = jnp.full(total, jnp.inf, m_valve.dtype).at[cold].min(m_valve)

    def flows(n):
        if not model.valved[n]:
            return first[n]
        state = scenario.hydraulic[n]
        first_link = sum(a.tail.shape[0] for a in model.networks[:n])
        own = slice(first_link, first_link + state.m_max.shape[0])
        limited = jnp.minimum(state.m_max, most[own])
        return solve_flows(model.networks[n], eqx.tree_at(lambda s: s.m_max, state, limited))

    return tuple(flows(n) for n in range(len(first)))


def _joined(flows: tuple[Flows, ...]) -> Flows:
    """Flows and pressures of all circuits as one."""
    return Flows(
        m_flow=jnp.concatenate([f.m_flow for f in flows]),
        p=jnp.concatenate([f.p for f in flows]),
        speed=jnp.concatenate([f.speed for f in flows]),
        residual=jnp.max(jnp.stack([f.residual for f in flows])),
        continuity=jnp.max(jnp.stack([f.continuity for f in flows])),
        steps=jnp.max(jnp.stack([f.steps for f in flows])),
        converged=jnp.all(jnp.stack([f.converged for f in flows])),
    )


def pump_heat(flows, model: CircuitsModel, scenario: Scenario) -> Float[Array, " link"]:
    """Hydraulic power of the pumps of every link [W], 0 where they hold back the flow."""

    def of(flow: Flows, arrays, state: State):
        rise = raised(flow.m_flow, flow.speed, arrays, state)
        return jnp.maximum(flow.m_flow / state.density * rise, 0.0)

    return jnp.concatenate(
        [of(*three) for three in zip(flows, model.networks, scenario.hydraulic, strict=True)]
    )


def heat_state(
    m_flow, cp, held, model: CircuitsModel, scenario: Scenario, pumps: Float[Array, " link"]
) -> HeatState:
    """What the temperatures of known flows depend on, temperatures over the reference."""
    T_max = jnp.asarray([f.T_max for f in model.fluids], cp.dtype)
    return HeatState(
        m_flow=m_flow,
        cp=cp,
        heat=scenario.heat + pumps,
        loss=scenario.loss,
        theta_air=scenario.T_air - model.T_ref,
        theta_max=T_max - model.T_ref,
        theta_enter=scenario.T_enter - model.T_ref,
        theta_rest=model.T_rest - model.T_ref,
        theta_set=scenario.T_set - model.T_ref,
        held=held,
        fouling=scenario.fouling,
        theta_rejected=scenario.T_rejected - model.T_ref,
    )


def _heat_capacity(m_flow, temperatures: Temperatures, model: CircuitsModel):
    """Heat capacity of each circuit at the mean temperature of its links, weighted by flow."""
    mean, m = 0.5 * (temperatures.entering + temperatures.leaving), jnp.abs(m_flow)

    def of(n):
        place = slice(*model.links[n])
        flow = m[place] + 1e-9 * model.heat.m_scale[place]
        T = model.T_ref + jnp.sum(flow * mean[place]) / jnp.sum(flow)
        fluid = model.fluids[n]
        return fluid.heat_capacity(jnp.clip(T, fluid.T_min, fluid.T_max))

    return jnp.stack([of(n) for n in range(len(model.fluids))])


def _state(
    model: CircuitsModel,
    scenario: Scenario,
    flows: tuple[Flows, ...],
    heat: tuple[HeatState, Temperatures],
    share: Float[Array, " exchanger"],
    change,
    count,
) -> CircuitsState:
    state, temperatures = heat
    joined = _joined(flows)
    dtype = joined.m_flow.dtype
    limit = 1e-8 if jnp.finfo(dtype).bits == 64 else 1e-4
    settled = (change <= _tolerance(dtype)) & (temperatures.residual < limit)
    return CircuitsState(
        m_flow=joined.m_flow,
        p=joined.p,
        speed=tuple(f.speed for f in flows),
        pump_heat=state.heat - scenario.heat,
        T=model.T_ref + temperatures.node,
        T_in=model.T_ref + temperatures.entering,
        T_out=model.T_ref + temperatures.leaving,
        heat_taken=temperatures.taken,
        heat_unmet=state.heat - temperatures.taken,
        heat_lost=temperatures.lost,
        exchanged=temperatures.exchanged,
        rejected=temperatures.rejected,
        valve_share=share,
        cp=state.cp,
        residual=joined.residual,
        continuity=joined.continuity,
        energy_residual=temperatures.residual,
        rounds=count,
        converged=joined.converged & settled,
    )


def pick(states: eqx.Module, index: int) -> Any:
    """One of a batch of states or scenarios."""
    return jax.tree_util.tree_map(lambda leaf: leaf[index], states)
