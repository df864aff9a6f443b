"""Pumps and valves of a case's circuits as they are operated."""

import jax.numpy as jnp

from rehall.coils import coil_rating
from rehall.config import Case
from rehall.facility import facilities_of
from rehall.loop_model import LoopModel
from rehall.operated import Operated, turning
from rehall.piping import fouled_filters
from thermal.liquid import loop as loops
from thermal.liquid.circuits import Name, Places, Scenario, switched
from thermal.properties import fluid


def as_switched(
    now: Operated, case: Case, scenario: Scenario, places: Places, models: dict[str, LoopModel]
) -> Scenario:
    """Standby pumps and what is off stand still; what is off has no water; coils take their own.

    Filters of CDUs lose what those of their loop do, or their own.
    """
    fouling: dict[Name, float] = {}
    running: dict[Name, float] = {}
    m_max: dict[Name, float] = {}
    speed: dict[Name, float] = {}
    position = {(loop.name, k): x for loop in now.loops for k, x in loop.valves.items()}
    items = {item.name: item for item in now.items}
    for m in models.values():
        name = m.spec.name
        for cdu in m.loop.cdus:
            item = items[cdu.name]
            on = turning(item)
            for k, link in enumerate(loops.pump_names(cdu)):
                running[name, link] = float(k in on)
            if m.spec.control.speed is not None:
                speed[name, loops.pump_group(m.loop, cdu)] = m.spec.control.speed
            # inf, not left out: what was shut before opens again
            m_max[m.spec.facility, cdu.name] = float("inf") if item.on and item.water else 0.0
            filters = m.spec.fouling.filters if item.filters is None else item.filters
            fouling[name, cdu.name] = fouled_filters(filters)
    facilities = {facility.name: facility for facility in now.facilities}
    for spec in facilities_of(case):
        if spec.name not in places.circuit:
            continue
        facility = facilities[spec.name]
        on = turning(facility)
        for k in range(facility.count):
            running[spec.name, f"pump {k + 1}"] = float(k in on)
        density = float(fluid(spec.fluid).density(jnp.asarray(spec.supply)))
        for item in now.items:
            if item.facility == spec.name and (spec.name, item.name) in places.link:
                rated = density * coil_rating(item).water_flow
                m_max[spec.name, item.name] = rated if item.on and item.water else 0.0
    return switched(
        scenario,
        places,
        running=running,
        m_max=m_max,
        speed=speed,
        position=position,
        fouling=fouling,
    )
