"""Limits of a case against its solution: of air, coolant, power and the building."""

from collections.abc import Mapping

import jax.numpy as jnp
import numpy as np

from power import checks
from rehall.chips import chip_limits
from rehall.config import Case
from rehall.derived import Uncertainty
from rehall.dew_guard import outdoor_dew_point
from rehall.limits_air import cooling_limits, facility_limits, opening_limits, server_limits
from rehall.loop_model import LoopModel
from rehall.loop_state import LoopState
from rehall.moisture import humidity
from rehall.node_air import node_capacity
from rehall.observe import DeviceAir
from rehall.power_study import SHOWN
from rehall.pressures import hall_pressure
from rehall.simulate import Solution
from rehall.verdict import Limit
from thermal.air.model import GRAVITY
from thermal.liquid.vessel import suction_head
from thermal.properties import fluid, pressure_at_altitude

ZERO = 273.15
STANDS = 1e-6
"""Flow below which coolant stands still; what is shut leaks less [m3/s]."""


def limits_of(
    solution: Solution, air: dict[str, DeviceAir], uncertainty: Uncertainty
) -> list[Limit]:
    """Every limit of the case, with the uncertainty of the air that it follows from."""
    return [*heat_limits(solution, air, uncertainty), *_power(solution), *_building(solution)]


def heat_limits(
    solution: Solution, air: dict[str, DeviceAir], uncertainty: Uncertainty
) -> list[Limit]:
    """Limits of air and liquid."""
    return [
        *server_limits(solution, air, uncertainty),
        *liquid_limits(solution),
        *cooling_limits(solution, air, uncertainty),
        *facility_limits(solution),
        *opening_limits(solution, uncertainty),
    ]


def known(V_flow: float) -> float | None:
    """Uncertainty of the temperature of coolant: none where it flows, unknown where it stands."""
    return 0.0 if V_flow > STANDS else None


def liquid_limits(solution: Solution) -> list[Limit]:
    """Limits of rack loops and facility water."""
    return [
        *coolant_limits(solution.case, solution.loops),
        *chip_limits(solution.loops),
        *_pressures(solution),
        *_condensation(solution),
    ]


def coolant_limits(case: Case, loops: Mapping[str, tuple[LoopModel, LoopState]]) -> list[Limit]:
    """Limits of racks and units on solved rack loops."""
    limits, found = case.limits, []
    for name, (loop, state) in loops.items():
        T_return = float(state.T_return)
        V_flow, T_in = state.m_flow_branch / loop.density, state.T_branch_in
        for n, item in enumerate(loop.racks):
            coolant = item.entry.coolant  # type: ignore[attr-defined]
            wanted = max(item.coolant_wanted, 1e-9)
            warmest = min(limits.coolant_supply_max or np.inf, coolant.inlet_max)
            share = 100 * float(V_flow[n] / wanted)
            least = 100 * limits.coolant_flow_min
            unmet, T_supply = float(state.heat_unmet[n]) / 1e3, float(T_in[n]) - ZERO
            unsure = known(V_flow[n])
            found += [
                Limit("coolant_supply_max", item.name, T_supply, warmest - ZERO, "degC", unsure),
                Limit("coolant_flow_min", item.name, share, least, "%", least=True),
                Limit("coolant_heat_unmet", item.name, unmet, 0.001, "kW"),
            ]
        top = limits.coolant_return_max
        unsure = known(float(np.sum(V_flow)))
        found.append(Limit("coolant_return_max", name, T_return - ZERO, top - ZERO, "degC", unsure))
        found.append(
            Limit("coolant_heat_stored", name, float(state.heat_stored) / 1e3, 0.001, "kW")
        )
        for n, item in enumerate(loop.cdus):
            load = 100 * float(state.heat_cdu[n]) / item.entry.capacity  # type: ignore[attr-defined]
            found.append(
                Limit("cdu_loading_max", item.name, load, 100 * limits.cdu_loading_max, "%")
            )
    return found


def _condensation(solution: Solution) -> list[Limit]:
    """Liquid above the dew point of outdoor air or, where it is higher, of the hall's moistest air.

    The moistest air is that which enters as such, so that it is known whether or not the moisture
    within the hall could be solved; of a flow that diverged nobody can tell what enters.
    """
    site, margin = solution.case.site, solution.case.limits.dew_point_margin_min
    pressure = float(pressure_at_altitude(site.altitude))
    dew, moistest = outdoor_dew_point(site), solution.entered.moistest
    if moistest is not None:
        dew = max(dew, humidity(moistest, site.outdoor.dry_bulb, pressure).dew_point)
    settled = 0.0 if np.isfinite(solution.air.T_in).all() else None
    supplies = {
        name: (float(state.T_supply), known(float(state.m_flow_branch.sum()) / loop.density))
        for name, (loop, state) in solution.loops.items()
    }
    supplies |= {name: (f.T_supply, 0.0) for name, f in solution.facilities.items()}
    return [
        Limit(
            "dew_point_margin_min",
            name,
            T - dew,
            margin,
            "K",
            None if settled is None else unsure,
            least=True,
        )
        for name, (T, unsure) in supplies.items()
    ]


def _pressures(solution: Solution) -> list[Limit]:
    """Pressure of rack loops and before their pumps, and at the top of facility loops.

    The lowest is that in operation or, where it is lower, that of the highest rack at rest.
    """
    limits, found = solution.case.limits, []
    p_air = float(pressure_at_altitude(solution.case.site.altitude))
    for name, (loop, state) in solution.loops.items():
        above = [item.box.lower[2] - loop.cdus[0].box.lower[2] for item in loop.racks]
        weight = loop.density * GRAVITY
        lowest = min(state.p_lowest, loop.spec.pressure - weight * max(above))
        highest = max(state.p_highest, *(state.p_supply - weight * np.array(above)))
        rated = [item.entry.pressure_max for item in loop.cdus]  # type: ignore[attr-defined]
        most = min([limits.loop_pressure_max, *(p for p in rated if p is not None)])
        found += [_at_least(name, lowest, limits.loop_pressure_min)]
        found += [Limit("loop_pressure_max", name, float(highest) / 1e3, most / 1e3, "kPa")]
        for n, item in enumerate(loop.cdus):
            needed = item.entry.pump.npsh  # type: ignore[attr-defined]
            if needed is None or not state.m_flow_cdu[n] / loop.density > STANDS:
                continue
            p, T = p_air + state.p_suction_cdu[n], state.T_return_cdu[n]
            head = float(suction_head(jnp.asarray(p), jnp.asarray(T), loop.loop.fluid))
            found.append(Limit("pump_suction_head_min", item.name, head, needed, "m", least=True))
    for name, facility in solution.facilities.items():
        spec = facility.spec
        if spec.pressure is not None:
            density = float(fluid(spec.fluid).density(jnp.asarray(spec.supply)))
            top = spec.pressure - density * GRAVITY * (spec.elevation or 0.0)
            found.append(_at_least(name, top, limits.loop_pressure_min))
    return found


def _at_least(name: str, lowest: float, least: float) -> Limit:
    return Limit("loop_pressure_min", name, float(lowest) / 1e3, least / 1e3, "kPa", least=True)


def _power(solution: Solution) -> list[Limit]:
    """The chain in the normal state: use of ratings in the air round them, drops, other rules."""
    if solution.power is None or not solution.power[1].converged:
        return []
    side, state = solution.power
    limits, found = solution.case.limits, []
    carried = node_capacity(solution)
    for n, node in enumerate(side.model.nodes):
        if node.rating > 0:
            used = 100 * float(state.load[n] / carried.apparent[n])
            most = 100 * limits.node_loading_max
            found.append(Limit("node_loading_max", node.name, used, most, "%"))
        drop = 100 * float(state.feeder_drop[n])
        if drop > 0:
            most = 100 * limits.voltage_drop_max
            found.append(Limit("voltage_drop_max", node.name, drop, most, "%"))
    for check in checks(side.model, state, carried):
        if check.rule not in ("loading", "conductor") and not check.informational:
            scale, unit = SHOWN.get(check.unit, (1.0, check.unit))
            name = check.rule.replace(" ", "_")
            value, limit = scale * check.value, scale * check.limit
            found.append(Limit(name, check.node, value, limit, unit, least=check.least))
    return found


def _building(solution: Solution) -> list[Limit]:
    case, found = solution.case, []
    if case.hall.floor_load is not None:
        for item in case.items:
            weight = item.entry.weight
            if weight is not None:
                area = item.box.size[0] * item.box.size[1]
                found.append(
                    Limit(
                        "floor_load",
                        item.name,
                        weight * GRAVITY / area / 1e3,
                        case.hall.floor_load / 1e3,
                        "kPa",
                    )
                )
    return [*found, pressure_limit(solution)]


def pressure_limit(solution: Solution) -> Limit:
    """What presses on the shell of the hall."""
    most = solution.case.limits.hall_pressure_max
    return Limit("hall_pressure_max", "hall", hall_pressure(solution), most, "Pa")
