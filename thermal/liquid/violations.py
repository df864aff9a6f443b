"""Where a state of circuits is not solved: what every link and every node misses.

Computed from a state after it was solved, so that the search itself need not carry it.
"""

from dataclasses import dataclass, replace

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from thermal.liquid.circuits import CircuitsModel, Scenario
from thermal.liquid.equations import Unknowns, residual
from thermal.liquid.solve import CircuitsState

Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Violations:
    """Relative violations of a state, all above zero; NaN where the state is."""

    law: Values  # of each link, over a usual pressure of its network [-]
    flow: Values  # open in each node, over the largest usual flow [-]
    control: tuple[Values, ...]  # of the groups of pumps of each network [-]
    heat: Values  # open in each node, over all heat wanted [-]


def violations(model: CircuitsModel, scenario: Scenario, state: CircuitsState) -> Violations:
    """What a state of one scenario violates, part by part."""
    law, flow, control = [], [], []
    cold = model.heat.exchangers.cold
    # What a two-way valve lets through is part of the solution, and no law that could be missed.
    through = jnp.full(state.m_flow.shape, jnp.inf).at[cold].set(jnp.abs(state.m_flow[cold]))
    links = nodes = 0
    for n, arrays in enumerate(model.networks):
        of_links = slice(links, links + arrays.tail.shape[0])
        of_nodes = slice(nodes, nodes + arrays.height.shape[0])
        links, nodes = of_links.stop, of_nodes.stop
        given = scenario.hydraulic[n]
        if model.valved[n]:
            given = replace(given, m_max=jnp.minimum(given.m_max, through[of_links]))
        unknowns = Unknowns(state.m_flow[of_links], state.p[of_nodes], state.speed[n])
        missed = residual(unknowns, arrays, given)
        law.append(np.abs(missed.links))
        flow.append(np.abs(missed.nodes))
        control.append(np.abs(np.asarray(missed.groups)))
    heat = _open_heat(model, scenario, state)
    return Violations(np.concatenate(law), np.concatenate(flow), tuple(control), heat)


def _open_heat(model: CircuitsModel, scenario: Scenario, state: CircuitsState) -> Values:
    """Heat that each node does not mix, or links do not draw from it as mixed, over all wanted."""
    heat, m, T = model.heat, np.asarray(state.m_flow), np.asarray(state.T)
    C = np.abs(m) * np.asarray(state.cp)[np.asarray(heat.circuit)]
    tail, head = np.asarray(heat.tail), np.asarray(heat.head)
    up, down = np.where(m >= 0.0, tail, head), np.where(m >= 0.0, head, tail)
    found, enters, drawn = np.zeros_like(T), np.zeros_like(T), np.zeros_like(T)
    np.add.at(found, down, C * (np.asarray(state.T_out) - T[down]))
    np.add.at(enters, up, C)
    np.add.at(enters, down, -C)
    found += np.maximum(enters, 0.0) * (np.asarray(scenario.T_enter) - T)
    np.add.at(drawn, up, C * (T[up] - np.asarray(state.T_in)))
    whole = np.abs(np.asarray(state.heat_taken + state.heat_unmet)).sum()
    whole += np.abs(np.asarray(state.heat_lost)).sum()
    return np.maximum(np.abs(found), np.abs(drawn)) / max(whole, 1.0)
