"""Heat along links in time: cells of liquid, perhaps with a solid, that the flow moves through.

    rho V cp dT/dt   = m cp (T_upstream - T) + G (T_solid - T) - loss (T - T_air) + heat
    C_solid dT_s/dt  = heat_solid - G (T_solid - T)

in every cell, well mixed, taken from the upstream side. Junctions hold no liquid and mix by energy;
exchangers and rejections act where the liquid enters their link. Explicit steps no longer than what
keeps every cell a mean of what it was and what flows in: no temperature over- or undershoots.
"""

from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int
from numpy.typing import ArrayLike

from thermal.liquid.heat import (
    HOLDS,
    HeatModel,
    HeatState,
    capacity_rate,
    downstream,
    law,
    modes,
    quotient,
    upstream,
)

COURANT = 0.9
"""Share of the longest step at which a cell stays a mean [-]."""
TURNOVER_MIN = 0.05
"""Time in which usual flow fills the smallest cell [s]: links hold at least this much."""


class CellsModel(eqx.Module):
    """Cells of all links in the order of the links, from tail to head."""

    link: Int[Array, " cell"]
    first: Int[Array, " link"]  # cell at the tail
    last: Int[Array, " link"]  # cell at the head
    share: Float[Array, " link"]  # of a cell in its link [-]
    mass: Float[Array, " cell"]  # of liquid [kg]


class Solids(eqx.Module):
    """What the liquid of a link touches: pipe walls, cold plates with their chips."""

    C: Float[Array, " link"]  # heat capacity, 0 where there is none [J/K]
    G: Float[Array, " link"]  # conductance to the liquid [W/K]
    heat: Float[Array, " link"]  # that enters the solid, not the liquid, at the reference [W]
    rise: Float[Array, " link"]  # of that heat with the mean temperature of the solid [W/K]


class CellsState(eqx.Module):
    """Temperatures over the reference."""

    liquid: Float[Array, " cell"]  # [K]
    solid: Float[Array, " cell"]  # [K]
    node: Float[Array, " node"]  # [K]


def build(m_scale: Float[Array, " link"], masses: ArrayLike, counts: Sequence[int]) -> CellsModel:
    """Cells of links that hold `masses` [kg] of liquid, in `counts` equal cells."""
    number = np.asarray(counts, int)
    link = np.repeat(np.arange(number.size), number)
    last = np.cumsum(number) - 1
    each = np.asarray(masses, float) / number
    each = np.maximum(each, TURNOVER_MIN * np.asarray(m_scale, float))
    return CellsModel(
        link=jnp.asarray(link),
        first=jnp.asarray(last - number + 1),
        last=jnp.asarray(last),
        share=jnp.asarray(1.0 / number),
        mass=jnp.asarray(each[link]),
    )


def leaving(cells: CellsModel, liquid: Float[Array, " cell"], state: HeatState):
    """Temperature of what leaves every link [K]."""
    return liquid[jnp.where(state.m_flow >= 0.0, cells.last, cells.first)]


def mixed(
    liquid: Float[Array, " cell"],
    before: Float[Array, " node"],
    cells: CellsModel,
    model: HeatModel,
    state: HeatState,
) -> Float[Array, " node"]:
    """Temperatures of the nodes: what flows in, mixed; `before` where nothing does [K]."""
    C, nothing = capacity_rate(model, state), jnp.zeros_like(before)
    up, down = upstream(model, state), downstream(model, state)
    inflow = nothing.at[down].add(C)
    heat = nothing.at[down].add(C * leaving(cells, liquid, state))
    enters = jnp.maximum(nothing.at[up].add(C) - inflow, 0.0)
    whole = inflow + enters
    T = quotient(heat + enters * state.theta_enter, whole)
    flows = whole > 1e-9 * jnp.max(model.m_scale) * jnp.max(state.cp)
    return jnp.where(flows, T, before)


def entering(
    node: Float[Array, " node"], model: HeatModel, state: HeatState
) -> tuple[Float[Array, " link"], Float[Array, " exchanger"]]:
    """Temperature of what enters the first cell of every link, behind exchanger or rejection [K];
    heat from hot to cold side of the exchangers [W]."""
    bare = eqx.tree_at(
        lambda s: (s.heat, s.loss), state, (jnp.zeros_like(state.heat), jnp.zeros_like(state.loss))
    )
    at = node[upstream(model, state)]
    mode = modes(jnp.full_like(model.exchangers.hot, HOLDS), at, model, bare)
    into = law(at, mode, model, bare).leaving(at, model)
    hot = model.exchangers.hot
    return into, capacity_rate(model, state)[hot] * (at - into)[hot]


def rates(
    now: CellsState, solids: Solids, cells: CellsModel, model: HeatModel, state: HeatState
) -> tuple[Float[Array, " cell"], Float[Array, " cell"]]:
    """dT/dt of liquid and solids [K/s]."""
    into, _ = entering(now.node, model, state)
    liquid, link = now.liquid, cells.link
    forth = state.m_flow[link] >= 0.0
    number = jnp.arange(liquid.shape[0])
    first = number == jnp.where(forth, cells.first[link], cells.last[link])
    neighbour = jnp.clip(number + jnp.where(forth, -1, 1), 0, liquid.shape[0] - 1)
    before = jnp.where(first, into[link], liquid[neighbour])
    share, cp = cells.share[link], state.cp[model.circuit][link]
    passed = share * solids.G[link] * (now.solid - liquid)
    lost = share * state.loss[link] * (liquid - state.theta_air[link])
    moved = jnp.abs(state.m_flow[link]) * cp * (before - liquid)
    gained = moved + passed - lost + share * state.heat[link]
    mean = jnp.zeros_like(solids.heat).at[link].add(share * now.solid)
    heat = solids.heat + solids.rise * mean
    solid_heat = share * heat[link] - passed
    return gained / (cells.mass * cp), quotient(solid_heat, share * solids.C[link])


def longest_step(
    solids: Solids, cells: CellsModel, model: HeatModel, state: HeatState
) -> Float[Array, ""]:
    """Longest time step [s] at which every cell and solid stays a mean of what acts on it."""
    link, share = cells.link, cells.share[cells.link]
    cp = state.cp[model.circuit][link]
    acting = jnp.abs(state.m_flow[link]) * cp + share * (solids.G + state.loss)[link]
    liquid = jnp.min(cells.mass * cp / jnp.maximum(acting, 1e-30))
    solid = jnp.where(solids.C > 0.0, solids.C / jnp.maximum(solids.G, 1e-30), jnp.inf)
    return COURANT * jnp.minimum(liquid, jnp.min(solid))


def advance(
    start: CellsState,
    duration: Float[Array, ""],
    solids: Solids,
    cells: CellsModel,
    model: HeatModel,
    state: HeatState,
) -> CellsState:
    """Temperatures after `duration` [s] at these flows and heats, in equal steps."""
    count = jnp.ceil(duration / longest_step(solids, cells, model, state))
    count = jnp.clip(count, 1.0, 1e6)
    dt = duration / count

    def step(_, now):
        d_liquid, d_solid = rates(now, solids, cells, model, state)
        liquid, solid = now.liquid + dt * d_liquid, now.solid + dt * d_solid
        return CellsState(liquid, solid, mixed(liquid, now.node, cells, model, state))

    start = CellsState(
        start.liquid, start.solid, mixed(start.liquid, start.node, cells, model, state)
    )
    return jax.lax.fori_loop(0, count.astype(int), step, start)


def settled(
    T_in: Float[Array, " link"],
    T_out: Float[Array, " link"],
    node: Float[Array, " node"],
    solids: Solids,
    cells: CellsModel,
    model: HeatModel,
    state: HeatState,
) -> CellsState:
    """Cells of a steady state: liquid straight between what enters and leaves, solids above it."""
    into, _ = entering(node, model, state)
    link = cells.link
    flows = jnp.abs(state.m_flow) > 1e-9 * model.m_scale
    into = jnp.where(flows, into, T_in)
    number = jnp.arange(link.shape[0])
    forth = state.m_flow[link] >= 0.0
    place = jnp.where(forth, number - cells.first[link] + 1, cells.last[link] - number + 1)
    liquid = into[link] + (T_out - into)[link] * place * cells.share[link]
    return CellsState(liquid, liquid + quotient(solids.heat, solids.G)[link], node)
