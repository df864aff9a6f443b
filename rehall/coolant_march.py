"""The circuits of a case in time: from their steady state through the events of a transient.

Coils take from the air what they do in the steady state, and less where their water gets warm; the
air follows the water, the water not the air.
"""

from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np

from rehall.config import Case
from rehall.coolant_asked import Asked
from rehall.coolant_log import CoolantMarch, Log
from rehall.inventory import inventory_of, pace_of, racks_in_order
from rehall.liquid import LiquidSide
from rehall.operation import Exchange
from thermal.liquid.transient import Inventory, Moment, begin, seen, step

FIRST, LONGEST = 0.05, 1.0
"""Step after an event, and longest step [s]."""
CHANGE, MUCH = 0.02, 0.10
"""Change of a flow in a step, over a usual one, below which the next is longer, and above which a
step is halved [-]."""
WARMING = 0.5
"""Change of a temperature of nodes in a step above which the next is not longer [K]."""


def march_coolant(case: Case, side: LiquidSide, x: Exchange) -> CoolantMarch:
    """March the circuits of a case whose steady state left the exchange `x`."""
    spec = case.transient
    assert spec is not None, "the case has no transient section"
    inventory, assumptions = inventory_of(side, case)
    pace, asked = pace_of(side, case), Asked(case, side, x)
    state = asked.steady
    scenario = asked.at(-1.0, None)
    first = begin(state, side.model, scenario, inventory)
    log, now = Log(side, case), jax.device_get(first)
    log.enter(0.0, seen(first, inventory, side.model, scenario), asked.heats(-1.0))
    m_scale = np.asarray(side.model.heat.m_scale)
    model, reason = side.model, "" if bool(state.converged) else "the steady state did not close"
    for start, end in pairwise(asked.moments):
        if reason:
            break
        dt, t = FIRST, start
        # A step of no length: flows are at once what pumps and valves let flow.
        now, face = jax.device_get(
            step(now, jnp.asarray(0.0), asked.at(start, now), pace, inventory, model)
        )
        if asked.switches(start):
            log.enter(start, face, asked.heats(start))
        while t < end - 1e-9 and not reason:
            dt = min(dt, end - t)
            wanted = asked.at(t + 0.5 * dt, now)
            new, face = jax.device_get(step(now, jnp.asarray(dt), wanted, pace, inventory, model))
            moved = float(np.max(np.abs(new.m_flow - now.m_flow) / m_scale))
            if moved > MUCH and dt > 2e-3:
                dt *= 0.5
                continue
            warmed = float(np.max(np.abs(new.heat.node - now.heat.node)))
            t, now = t + dt, new
            log.enter(t, face, asked.heats(t))
            if not bool(face.converged):
                reason = f"the flows at {t:.2f} s did not close"
            log.watch_range(t, face)
            if moved < CHANGE and warmed < WARMING:
                dt = min(1.5 * dt, LONGEST)
    return log.result(assumptions, reason, _warming(side, inventory, now, asked))


def _warming(side: LiquidSide, inventory: Inventory, now: Moment, asked: Asked) -> dict[str, float]:
    """How fast each rack and its coolant warm up without flow [K/s]: heat over heat capacity."""
    link = np.asarray(inventory.cells.link)
    C = np.zeros(len(side.places.link))
    np.add.at(C, link, np.asarray(inventory.cells.mass))
    C *= np.asarray(now.cp)[np.asarray(side.model.heat.circuit)]
    np.add.at(C, np.asarray(inventory.plates.link), np.asarray(inventory.C))
    heat = asked.heat_start
    return {
        item.name: heat[item.name] / float(C[side.places.link[m.spec.name, item.name]])
        for m, item in racks_in_order(side)
    }
