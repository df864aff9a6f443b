"""Circuits in time: pumps that coast and start, valves that move, heat carried by the liquid.

Flows follow pumps and valves at once: the inertia of the liquid, some tenths of a second in a
hall's loops, is left out, so that flow ends a little sooner than it does. Heat moves through the
cells of every link (thermal.liquid.cells) with the mean of the flows at both ends of a step.
"""

from dataclasses import replace

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from thermal.liquid import cells as heat_cells
from thermal.liquid.cells import CellsModel, CellsState, Solids
from thermal.liquid.circuits import CircuitsModel, Scenario
from thermal.liquid.heat import HeatState, upstream
from thermal.liquid.hydraulics import solve_flows
from thermal.liquid.plates import Plates, chip_power, film_conductance, resistance
from thermal.liquid.solve import HELD, CircuitsState, heat_state, pump_heat
from thermal.liquid.valves import flow_needed
from thermal.programs import kept_program

STANDSTILL = 0.02
"""Share of full speed at which friction stops a pump that coasts [-]."""


class Pace(eqx.Module):
    """How fast pumps and valves follow what is asked of them; one array a network."""

    coast: tuple[Float[Array, " pump"], ...]  # from full speed to half of it [s], 0 stops at once
    start: tuple[Float[Array, " pump"], ...]  # from rest to full speed [s], 0 at once
    rise: tuple[Float[Array, " group"], ...]  # of a group's speed from 0 to full [s], 0 at once
    stroke: tuple[Float[Array, " valve"], ...]  # from closed to open [s], 0 at once


class Inventory(eqx.Module):
    """Liquid of all links in cells, and what it touches."""

    cells: CellsModel
    plates: Plates
    C: Float[Array, " rack"]  # heat capacity of plates and chips [J/K]
    rise: Float[Array, " rack"]  # power of a chip over heat of its rack, without leakage [-]
    leakage: Float[Array, " rack"]  # rise of a chip's power over that power [1/K]
    T_leakage: Float[Array, " rack"]  # at which there is none [K]


class Moment(eqx.Module):
    """The state of a march."""

    heat: CellsState
    running: tuple[Float[Array, " pump"], ...]  # speed over that of the group [-]
    speed: tuple[Float[Array, " group"], ...]
    position: tuple[Float[Array, " valve"], ...]
    m_flow: Float[Array, " link"]  # [kg/s]
    m_valve: Float[Array, " exchanger"]  # that two-way valves let through, infinite if open [kg/s]
    pump_heat: Float[Array, " link"]  # [W]
    cp: Float[Array, " circuit"]  # [J/(kg K)]
    T_chip: Float[Array, " rack"]  # [K]


class Seen(eqx.Module):
    """What a march shows at a moment. Temperatures in K."""

    T_in: Float[Array, " link"]
    T_out: Float[Array, " link"]
    T_hottest: Float[Array, " link"]  # of the liquid anywhere along the link
    T_chip: Float[Array, " rack"]  # of those with plates
    m_flow: Float[Array, " link"]  # [kg/s]
    converged: Array


def begin(
    state: CircuitsState, model: CircuitsModel, scenario: Scenario, inventory: Inventory
) -> Moment:
    """The moment at which everything is as in a steady state of this scenario.

    The heat of the scenario is without that of leakage, the steady state with it.
    """
    x = model.heat.exchangers
    open_share = state.valve_share < 1.0 - HELD
    m_valve = jnp.where(model.two_way & open_share, jnp.abs(state.m_flow)[x.cold], jnp.inf)
    now = _heat_state(state.m_flow, state.cp, m_valve, state.pump_heat, model, scenario)
    T_chip = _settled_chips(state, inventory, model, now, scenario)
    solids, now, above = _solids(inventory, model, now, scenario, T_chip)
    link = inventory.plates.link
    warm = solids.heat.at[link].add(solids.rise[link] * (T_chip - model.T_ref))
    heat = heat_cells.settled(
        state.T_in - model.T_ref,
        state.T_out - model.T_ref,
        state.T - model.T_ref,
        replace(solids, heat=warm),
        inventory.cells,
        model.heat,
        now,
    )
    return Moment(
        heat=heat,
        running=tuple(s.running for s in scenario.hydraulic),
        speed=state.speed,
        position=tuple(s.position for s in scenario.hydraulic),
        m_flow=state.m_flow,
        m_valve=m_valve,
        pump_heat=state.pump_heat,
        cp=state.cp,
        T_chip=_chips(heat, above, inventory, model),
    )


@kept_program
def step(
    now: Moment,
    dt: Float[Array, ""],
    scenario: Scenario,
    pace: Pace,
    inventory: Inventory,
    model: CircuitsModel,
) -> tuple[Moment, Seen]:
    """The moment `dt` [s] later, with pumps, valves and heats as the scenario asks; and its face.

    Where something is switched, a step of no length before the others brings the flows to it: those
    in between follow a line. Safe under `vmap` over moments, scenarios and paces.
    """
    moved = _moved(now, dt, scenario, pace, model)
    m_valve, flows = _flows(now, moved, model)
    m_flow = jnp.concatenate([f.m_flow for f in flows])
    pumps = pump_heat(flows, model, moved)
    mean = 0.5 * (now.m_flow + m_flow)
    state = _heat_state(mean, now.cp, m_valve, 0.5 * (now.pump_heat + pumps), model, moved)
    solids, state, above = _solids(inventory, model, state, moved, now.T_chip)
    heat = heat_cells.advance(now.heat, dt, solids, inventory.cells, model.heat, state)
    new = Moment(
        heat=heat,
        running=tuple(s.running for s in moved.hydraulic),
        speed=tuple(f.speed for f in flows),
        position=tuple(s.position for s in moved.hydraulic),
        m_flow=m_flow,
        m_valve=m_valve,
        pump_heat=pumps,
        cp=now.cp,
        T_chip=_chips(heat, above, inventory, model),
    )
    converged = jnp.all(jnp.stack([f.converged for f in flows]))
    return new, eqx.tree_at(lambda s: s.converged, seen(new, inventory, model, moved), converged)


def seen(now: Moment, inventory: Inventory, model: CircuitsModel, scenario: Scenario) -> Seen:
    """What a moment shows; chips as the mean over the plates of their rack."""
    state = _heat_state(now.m_flow, now.cp, now.m_valve, now.pump_heat, model, scenario)
    cells, T = inventory.cells, model.T_ref
    nothing = jnp.zeros(model.heat.tail.shape, now.m_flow.dtype)
    hottest = (nothing - jnp.inf).at[cells.link].max(now.heat.liquid)
    return Seen(
        T_in=T + now.heat.node[upstream(model.heat, state)],
        T_out=T + heat_cells.leaving(cells, now.heat.liquid, state),
        T_hottest=T + hottest,
        T_chip=now.T_chip,
        m_flow=now.m_flow,
        converged=jnp.asarray(True),
    )


def _moved(now: Moment, dt, asked: Scenario, pace: Pace, model: CircuitsModel) -> Scenario:
    """The scenario with pumps and valves where they get to within `dt`.

    A group of which no pump is asked for keeps its speed, and its pumps coast at shares of it.
    """
    states = []
    for n, (network, state) in enumerate(zip(model.networks, asked.hydraulic, strict=True)):
        running = _running(now.running[n], state.running, dt, pace.coast[n], pace.start[n])
        by = _travel(dt, pace.stroke[n])
        position = now.position[n] + jnp.clip(state.position - now.position[n], -by, by)
        before = now.speed[n]
        wanted = jnp.zeros_like(before).at[network.pumps.group].max(state.running) > 0.0
        speed = before + jnp.where(wanted, _travel(dt, pace.rise[n]), 0.0)
        speed = jnp.minimum(state.speed, speed)
        states.append(replace(state, running=running, position=position, speed=speed))
    return replace(asked, hydraulic=tuple(states))


def _travel(dt, whole):
    """Share of its way that something makes in `dt` which takes `whole` [s] for all of it."""
    return jnp.where(whole > 0.0, dt / jnp.where(whole > 0.0, whole, 1.0), 1.0)


def _running(before, asked, dt, coast, start):
    """Speed of each pump over that of its group: J dw/dt = -k w^2 where it coasts, a line up."""
    coasts = coast > 0.0
    left = jnp.where(coasts, before / (1.0 + before * dt / jnp.where(coasts, coast, 1.0)), 0.0)
    left = jnp.where(left < STANDSTILL, 0.0, left)
    risen = jnp.minimum(asked, before + _travel(dt, start))
    return jnp.where(asked < before, jnp.maximum(asked, left), risen)


def _flows(now: Moment, moved: Scenario, model: CircuitsModel):
    """What two-way valves let through [kg/s], and the flows of all networks.

    Valves stand where the temperatures at the beginning of the step want them.
    """
    x = model.heat.exchangers
    state = _heat_state(now.m_flow, now.cp, now.m_valve, now.pump_heat, model, moved)
    entering = now.heat.node[upstream(model.heat, state)]
    m_valve = jnp.where(model.two_way, flow_needed(entering, model.heat, state), jnp.inf)
    most = jnp.full(now.m_flow.shape, jnp.inf, now.m_flow.dtype).at[x.cold].min(m_valve)
    flows, first = [], 0
    for network, hydraulic in zip(model.networks, moved.hydraulic, strict=True):
        own = slice(first, first + hydraulic.m_max.shape[0])
        first = own.stop
        held = replace(hydraulic, m_max=jnp.minimum(hydraulic.m_max, most[own]))
        flows.append(solve_flows(network, held))
    return m_valve, tuple(flows)


def _heat_state(m_flow, cp, m_valve, pumps, model: CircuitsModel, scenario: Scenario) -> HeatState:
    """What heat depends on at these flows; a valve that lets through what it should holds."""
    m_cold = jnp.abs(m_flow)[model.heat.exchangers.cold]
    held = jnp.isfinite(m_valve) & (m_cold > (1.0 - HELD) * m_valve)
    return heat_state(m_flow, cp, held, model, scenario, pumps)


def _solids(
    inventory: Inventory,
    model: CircuitsModel,
    state: HeatState,
    scenario: Scenario,
    T_chip: Float[Array, " rack"],
) -> tuple[Solids, HeatState, Float[Array, " rack"]]:
    """Plates with the heat of their racks, the state without it, and how far chips of plates that
    store nothing are above their liquid [K]; leakage as it grows about `T_chip`."""
    plates, link = inventory.plates, inventory.plates.link
    V_flow, capacity = _through(inventory, model, state, scenario)
    heat, chips = state.heat[link], plates.count * inventory.rise
    warmer = inventory.leakage * (T_chip - inventory.T_leakage)
    grown = jnp.maximum(1.0 + chips * warmer, 0.0)
    rise = inventory.rise * (1.0 + warmer) / jnp.maximum(grown, 1e-6)
    cells = 1.0 / inventory.cells.share[link]
    G = film_conductance(V_flow, capacity, rise, cells, plates)
    nothing, leaking = jnp.zeros_like(state.heat), heat * chips * inventory.leakage
    stores = inventory.C > 0.0  # plates that store nothing give their heat to the liquid at once
    cold = heat + leaking * (model.T_ref - inventory.T_leakage)
    solids = Solids(
        nothing.at[link].set(inventory.C),
        nothing.at[link].set(jnp.where(stores, G, 0.0)),
        nothing.at[link].set(jnp.where(stores, cold, 0.0)),
        nothing.at[link].set(jnp.where(stores, leaking, 0.0)),
    )
    above = jnp.where(stores, 0.0, heat * grown / G)
    to_liquid = jnp.where(stores, 0.0, heat * grown)
    return solids, replace(state, heat=state.heat.at[link].set(to_liquid)), above


def _through(inventory: Inventory, model: CircuitsModel, state: HeatState, scenario: Scenario):
    """Flow through racks with plates [m3/s], and rho cp of it [J/(m3 K)]."""
    link = inventory.plates.link
    density = jnp.concatenate([s.density for s in scenario.hydraulic])[link]
    return jnp.abs(state.m_flow[link]) / density, density * state.cp[model.heat.circuit[link]]


def _settled_chips(
    steady: CircuitsState,
    inventory: Inventory,
    model: CircuitsModel,
    state: HeatState,
    scenario: Scenario,
) -> Float[Array, " rack"]:
    """Steady temperature of chips [K]; those that run away start as if they did not leak."""
    plates, link = inventory.plates, inventory.plates.link
    T_in, heat = steady.T_in[link], scenario.heat[link]
    V_flow, capacity = _through(inventory, model, state, scenario)
    R, own = resistance(V_flow, capacity, plates), heat * inventory.rise
    power = chip_power(own, inventory.leakage, inventory.T_leakage, T_in, R)
    return T_in + jnp.where(jnp.isfinite(R), R, 0.0) * jnp.where(jnp.isfinite(power), power, own)


def _chips(
    heat: CellsState, above: Float[Array, " rack"], inventory: Inventory, model: CircuitsModel
) -> Float[Array, " rack"]:
    """Temperature of the chips of every rack [K]."""
    cells, link = inventory.cells, inventory.plates.link
    nothing, share = jnp.zeros_like(cells.share), cells.share[cells.link]
    solid = nothing.at[cells.link].add(share * heat.solid)[link]
    liquid = nothing.at[cells.link].add(share * heat.liquid)[link]
    return model.T_ref + jnp.where(inventory.C > 0.0, solid, liquid + above)
