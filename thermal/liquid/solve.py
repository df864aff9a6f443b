"""Flows, pressures and temperatures of a loop in one state of its pumps, valves and heat."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from thermal.fans import shaft_power
from thermal.liquid.heat import (
    STAGNANT,
    Balance,
    Streams,
    balance_at,
    quotient,
    supply_temperature,
    valve_share,
)
from thermal.liquid.hydraulics import Flows, solve_flows
from thermal.liquid.loop import LiquidModel
from thermal.liquid.network import State
from thermal.programs import kept_program


def _floats(values) -> Array:
    """Array of floats from numbers, arrays or lists; floats keep their precision."""
    values = jnp.asarray(values)
    return values if jnp.issubdtype(values.dtype, jnp.inexact) else values.astype(float)


class LiquidInputs(eqx.Module):
    """What may differ between states of one loop: arrays only, so states run as one batch."""

    heat: Float[Array, " branch"] = eqx.field(converter=_floats)  # from each rack [W]
    running: Float[Array, " cdu"] = eqx.field(converter=_floats)  # 0 or 1
    opening: Float[Array, " branch"] = eqx.field(converter=_floats)  # of its valve, 0 to 1
    T_facility: Float[Array, ""] = eqx.field(converter=_floats)  # [K]
    V_flow_facility: Float[Array, " cdu"] = eqx.field(converter=_floats)  # available [m3/s]


class LiquidState(eqx.Module):
    """A solved loop. Energy: sum(heat_taken) + sum(pump_heat) = sum(heat_cdu) + heat_stored."""

    m_flow_branch: Float[Array, " branch"]  # [kg/s]
    m_flow_cdu: Float[Array, " cdu"]  # [kg/s]
    p_supply: Float[Array, " branch"]  # supply header at each branch, over return at the first [Pa]
    p_return: Float[Array, " branch"]  # return header at each branch [Pa]
    dp_pump: Float[Array, " cdu"]  # rise of a running pump, 0 of a stopped one [Pa]
    speed: Float[Array, " cdu"]  # of full speed [-]
    pump_power: Float[Array, " cdu"]  # electrical [W]
    pump_heat: Float[Array, " cdu"]  # hydraulic power, to the fluid [W]
    T_supply: Float[Array, ""]  # of the racks, mixed [K]
    T_return: Float[Array, ""]  # of the racks, mixed [K]
    T_branch_out: Float[Array, " branch"]  # [K]
    T_supply_cdu: Float[Array, " cdu"]  # leaving each exchanger [K]
    T_facility_out: Float[Array, " cdu"]  # of the water let through [K]
    facility_share: Float[Array, " cdu"]  # of the available facility flow let through (0 to 1)
    heat_taken: Float[Array, " branch"]  # from each rack by the coolant [W]
    heat_unmet: Float[Array, " branch"]  # that a rack cannot give off below T_max of the fluid [W]
    heat_cdu: Float[Array, " cdu"]  # to the facility water [W]
    heat_stored: Float[Array, ""]  # that nothing rejects: the loop at T_max would heat on [W]
    cp: Float[Array, ""]  # of the coolant at mean temperature [J/(kg K)]
    residual: Float[Array, ""]  # largest relative violation of a hydraulic law [-]
    energy_residual: Float[Array, ""]  # open heat over all heat [-]
    converged: Bool[Array, ""]


@kept_program
def solve(model: LiquidModel, inputs: LiquidInputs) -> LiquidState:
    """Steady state of a loop.

    Flows by Newton, then temperatures along the flow. A stopped pump, a closed branch, no heat, no
    flow and no facility water are ordinary states. Differentiable; for a batch:
    `eqx.filter_vmap(solve, in_axes=(None, 0))(model, inputs)`.
    """
    flows = solve_flows(model.network, _hydraulic_state(model, inputs))
    streams, dp_pump = _streams(model, inputs, flows)
    theta = supply_temperature(streams, model)
    balance = balance_at(theta, streams, model)
    return _state(model, inputs, flows, dp_pump, streams, theta, balance)


solve_batch = eqx.filter_jit(eqx.filter_vmap(solve, in_axes=(None, 0)))


def _hydraulic_state(model: LiquidModel, inputs: LiquidInputs) -> State:
    """Pumps that run, and branches whose flow coefficient is `opening` of that fully open."""
    none, first = jnp.ones_like(model.state.fouling), inputs.running.shape[0]
    place = slice(first, first + inputs.opening.shape[0])
    share = jnp.where(inputs.opening > 0.0, inputs.opening, 1.0)
    return eqx.tree_at(
        lambda state: (state.running, state.fouling, state.m_max),
        model.state,
        (
            inputs.running,
            none.at[place].set(1.0 / share**2),
            (jnp.inf * none).at[place].set(jnp.where(inputs.opening > 0.0, jnp.inf, 0.0)),
        ),
    )


def _streams(
    model: LiquidModel, inputs: LiquidInputs, flows: Flows
) -> tuple[Streams, Float[Array, " cdu"]]:
    """Mass flows, heats and facility water of a solved network, and the pumps' pressure rise."""
    units, branches = inputs.running.shape[0], inputs.opening.shape[0]
    rise = flows.p[0] - flows.p[branches]  # of the units: first supply over first return
    dp_pump = rise * inputs.running
    m_nominal = model.density * model.exchangers.V_flow_nominal
    m_cdu = _moving(flows.m_flow[:units], m_nominal) * inputs.running
    m_branch = flows.m_flow[units : units + branches]
    facility, T_facility = model.facility_fluid, inputs.T_facility
    C_volume = facility.density(T_facility) * facility.heat_capacity(T_facility)
    streams = Streams(
        m_branch=_moving(m_branch, model.density * model.V_flow_branch),
        m_cdu=m_cdu,
        heat=inputs.heat,
        pump_heat=m_cdu / model.density * dp_pump,
        T_facility=T_facility,
        C_facility=C_volume * inputs.V_flow_facility,
        V_flow_facility=inputs.V_flow_facility,
    )
    return streams, dp_pump


def _moving(m_flow: Float[Array, " part"], m_flow_nominal: Float[Array, " part"]):
    """Flow of the parts that are not stagnant, 0 of the others [kg/s]."""
    return jnp.where(m_flow > STAGNANT * m_flow_nominal, m_flow, 0.0)


def _state(
    model: LiquidModel,
    inputs: LiquidInputs,
    flows: Flows,
    dp_pump: Float[Array, " cdu"],
    streams: Streams,
    theta: Float[Array, ""],
    balance: Balance,
) -> LiquidState:
    """Everything a caller may want to know of the solved loop."""
    T_set, branches = model.T_supply_set, inputs.heat.shape[0]
    share = valve_share(balance, streams, model)
    imbalance = -balance.imbalance(streams)
    # At T_max nothing rejects the rest; elsewhere an open balance is an error of the solver.
    top = model.fluid.T_max - T_set
    stored = jnp.where(theta > top - 1e-3, imbalance, 0.0)
    heat = jnp.sum(balance.taken) + jnp.sum(streams.pump_heat)
    energy_residual = jnp.abs(imbalance - stored) / jnp.maximum(heat, 1.0)
    limit = 1e-6 if jnp.finfo(theta.dtype).bits == 64 else 1e-4
    stagnant_rise = jnp.where((streams.m_branch <= 0.0) & (inputs.heat > 0.0), top - theta, 0.0)
    outlet = theta + quotient(balance.taken, streams.m_branch * balance.cp) + stagnant_rise
    leaving = balance.theta_hot - quotient(balance.rejected, streams.m_cdu * balance.cp)
    facility_rise = quotient(balance.rejected, share * streams.C_facility)
    return LiquidState(
        m_flow_branch=streams.m_branch,
        m_flow_cdu=streams.m_cdu,
        p_supply=flows.p[:branches],
        p_return=flows.p[branches:],
        dp_pump=dp_pump,
        speed=flows.speed[0] * inputs.running,
        pump_power=shaft_power(streams.pump_heat, 1.0, model.efficiency),
        pump_heat=streams.pump_heat,
        T_supply=T_set + theta,
        T_return=T_set + balance.theta_return,
        T_branch_out=T_set + outlet,
        T_supply_cdu=T_set + leaving,
        T_facility_out=inputs.T_facility + facility_rise,
        facility_share=share,
        heat_taken=balance.taken,
        heat_unmet=inputs.heat - balance.taken,
        heat_cdu=balance.rejected,
        heat_stored=stored,
        cp=balance.cp,
        residual=flows.residual,
        energy_residual=energy_residual,
        converged=flows.converged & (energy_residual < limit),
    )


def pick(states: eqx.Module, index: int) -> Any:
    """One of a batch of states or inputs."""
    return jax.tree_util.tree_map(lambda leaf: leaf[index], states)
