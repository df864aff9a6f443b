"""What everything draws and which cooling waits for power, from a case alone: no air is solved."""

import jax.numpy as jnp
import numpy as np

from power.backup import Clock
from rehall.config import Case
from rehall.facility import facilities_of, solve_facility
from rehall.inventory import loop_volumes
from rehall.layout import Item
from rehall.liquid import liquid_side
from rehall.loop_model import LoopModel
from rehall.operation import load_powers
from rehall.schema.entries import SERVERS, CoolingUnit
from rehall.utilities import first_exchange
from thermal.properties import fluid


def nominal_powers(case: Case) -> dict[str, float]:
    """Power [W] of every load by name: equipment as the case operates it, facilities at design.

    Facility loops carry the heat that racks give to their loops, and that of the hall's air.
    """
    x = first_exchange(case)
    for spec in facilities_of(case):
        heat = sum(item.heat_to_liquid for item in case.items if _facility(case, item) == spec.name)
        heat += sum(
            x.coil_heat.get(item.name, 0.0) for item in case.items if item.facility == spec.name
        )
        if spec.name not in case.off:
            x.facility_power[spec.name] = solve_facility(case, spec, heat).power
    return load_powers(case, x)


def _facility(case: Case, item: Item) -> str | None:
    loops = case.liquid.loops if case.liquid else ()
    return next((loop.facility for loop in loops if loop.name == item.loop), None)


def thermal_clocks(case: Case) -> list[Clock]:
    """How long each kind of cooling may stand still, by the heat that what it cools takes up.

    Facility water: the liquid of a rack loop from its supply to the first limit of its racks, all
    of it mixed, Q / (m c). CDUs: the coolant within a rack, from its return to the limit of it.
    Cooling units: the air of the hall, mixed, from the supply to the first limit of an inlet. What
    takes up heat besides (plates, walls, servers) is left out, so that the times are short.
    """
    found = []
    side = liquid_side(case)
    for loop in side.loops.values() if side else ():
        found += _of_loop(case, loop)
    units = [i for i in case.items if isinstance(i.entry, CoolingUnit) and i.on and i.feeds]
    servers = tuple(i.name for i in case.items if isinstance(i.entry, SERVERS) and i.feeds)
    heat = sum(item.heat_to_air for item in case.items if not isinstance(item.entry, CoolingUnit))
    if units and heat > 0:
        supply = max(unit.supply or 295.15 for unit in units)
        limit = _inlet_limit(case)
        rise = heat / (float(np.prod(case.hall.size)) * AIR)
        if limit is not None:
            names = tuple(unit.name for unit in units)
            found.append(Clock("cooling units", names, servers, max(0.0, limit - supply) / rise))
    return found


AIR = 1.2 * 1006.0
"""Heat capacity of a volume of air [J/m3/K]."""


def _of_loop(case: Case, m: LoopModel) -> list[Clock]:
    liquid, T = fluid(m.spec.fluid), jnp.asarray(m.spec.supply)
    per_volume = float(liquid.density(T) * liquid.heat_capacity(T))
    heat = sum(item.heat_to_liquid for item in m.racks)
    if heat <= 0:
        return []
    found, cooled = [], tuple(item.name for item in m.racks if item.feeds)
    limits = [item.entry.coolant.inlet_max for item in m.racks]  # type: ignore[attr-defined]
    limits += [case.limits.coolant_supply_max or np.inf]
    volume = sum(loop_volumes(m).values())
    margin = min(limit for limit in limits if limit is not None) - m.spec.supply
    facility = next(f for f in facilities_of(case) if f.name == m.spec.facility)
    if np.isfinite(margin) and facility.feeds:
        rise = heat / (volume * per_volume)
        name = f"heat rejection of {m.spec.name}"
        found.append(Clock(name, (m.spec.facility,), cooled, margin / rise))
    racks = [
        (item.entry.coolant.volume or 0.0, item)  # type: ignore[attr-defined]
        for item in m.racks
        if item.heat_to_liquid > 0 and item.coolant_wanted > 0
    ]
    times = []
    for volume, item in racks:
        through = item.heat_to_liquid / (item.coolant_wanted * per_volume)
        left = case.limits.coolant_return_max - m.spec.supply - through
        times.append(max(0.0, left) * volume * per_volume / item.heat_to_liquid)
    pumps = tuple(item.name for item in m.cdus if item.on and item.feeds)
    if times and pumps:
        found.append(Clock(f"pumps of {m.spec.name}", pumps, cooled, min(times)))
    return found


def _inlet_limit(case: Case) -> float | None:
    """Lowest limit of an air inlet [K]; None without servers in air."""
    own = [item.entry.inlet_max for item in case.items if hasattr(item.entry, "inlet_max")]
    limits = [limit for limit in (*own, case.limits.rack_inlet_max) if limit is not None]
    return min(limits, default=None)
