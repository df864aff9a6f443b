"""Limits of a case against its solution: what holds, what is broken, what nobody can tell."""

from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np

from power import checks
from rehall.observe import DeviceAir
from rehall.schema.entries import CoolingUnit
from rehall.simulate import Solution
from thermal.air.model import GRAVITY
from thermal.properties import dew_point_at_wet_bulb, pressure_at_altitude

ZERO = 273.15


@dataclass(frozen=True)
class Limit:
    """One limit at one place: `value` and `limit` in `unit`, within +- `uncertainty`.

    `least` marks a limit from below.
    """

    name: str
    where: str
    value: float
    limit: float
    unit: str
    uncertainty: float = 0.0
    least: bool = False

    @property
    def holds(self) -> bool | None:
        """Whether it holds; None where the value is nearer to the limit than its uncertainty."""
        margin = self.value - self.limit if self.least else self.limit - self.value
        if abs(margin) < self.uncertainty:
            return None
        return bool(margin >= -1e-9)

    def row(self) -> dict[str, Any]:
        """The limit as a row of the summary."""
        return {
            "name": self.name,
            "where": self.where,
            "value": self.value,
            "limit": self.limit,
            "unit": self.unit,
            "uncertainty": self.uncertainty,
            "holds": self.holds,
        }


def verdict(converged: bool, limits: list[Limit]) -> str:
    """`pass`, `fail`, or `unsure` where the run or a limit cannot be trusted either way."""
    if not converged:
        return "unsure"
    states = [limit.holds for limit in limits]
    if any(state is False for state in states):
        return "fail"
    return "unsure" if any(state is None for state in states) else "pass"


def limits_of(
    solution: Solution, air: dict[str, DeviceAir], uncertainty: dict[str, float]
) -> list[Limit]:
    """Every limit of the case. `uncertainty` [K] is that of each device's inlet."""
    return [
        *_inlets(solution, air, uncertainty),
        *_coolant(solution),
        *_cooling(solution, air),
        *_power(solution),
        *_building(solution),
    ]


def _inlets(
    solution: Solution, air: dict[str, DeviceAir], uncertainty: dict[str, float]
) -> list[Limit]:
    found = []
    for item in solution.case.items:
        highest = getattr(item.entry, "inlet_max", None)
        if highest is None or item.name not in air:
            continue
        if hasattr(item.entry, "gpus"):
            highest = solution.case.limits.rack_inlet_max or highest
        found.append(
            Limit(
                "rack_inlet_max",
                item.name,
                air[item.name].T_in_max - ZERO,
                highest - ZERO,
                "degC",
                uncertainty.get(item.name, 0.0) + air[item.name].amplitude,
            )
        )
    return found


def _coolant(solution: Solution) -> list[Limit]:
    limits, found = solution.case.limits, []
    for name, (loop, state) in solution.loops.items():
        T_supply, T_return = float(state.T_supply), float(state.T_return)
        nominal = np.asarray(loop.model.network.branches.V_flow_nominal)
        V_flow = np.asarray(state.m_flow_branch) / float(loop.model.network.density)
        for n, item in enumerate(loop.racks):
            coolant = item.entry.coolant  # type: ignore[attr-defined]
            warmest = min(limits.coolant_supply_max or np.inf, coolant.inlet_max)
            share = 100 * float(V_flow[n] / nominal[n])
            least = 100 * limits.coolant_flow_min
            unmet = float(state.heat_unmet[n]) / 1e3
            found += [
                Limit("coolant_supply_max", item.name, T_supply - ZERO, warmest - ZERO, "degC"),
                Limit("coolant_flow_min", item.name, share, least, "%", least=True),
                Limit("coolant_heat_unmet", item.name, unmet, 0.001, "kW"),
            ]
        top = limits.coolant_return_max
        found.append(Limit("coolant_return_max", name, T_return - ZERO, top - ZERO, "degC"))
        found.append(
            Limit("coolant_heat_stored", name, float(state.heat_stored) / 1e3, 0.001, "kW")
        )
        for n, item in enumerate(loop.cdus):
            load = 100 * float(state.heat_cdu[n]) / item.entry.capacity  # type: ignore[attr-defined]
            found.append(
                Limit("cdu_loading_max", item.name, load, 100 * limits.cdu_loading_max, "%")
            )
    return found + _condensation(solution)


def _condensation(solution: Solution) -> list[Limit]:
    """Liquid above the dew point of outdoor air, which the hall's air is taken to have."""
    site, margin = solution.case.site, solution.case.limits.dew_point_margin_min
    pressure = float(pressure_at_altitude(site.altitude))
    outdoor = site.outdoor
    dew = float(
        dew_point_at_wet_bulb(
            jnp.asarray(outdoor.dry_bulb), jnp.asarray(outdoor.wet_bulb), pressure
        )
    )
    supplies = {name: float(state.T_supply) for name, (_, state) in solution.loops.items()}
    supplies |= {name: f.T_supply for name, f in solution.facilities.items()}
    return [
        Limit("dew_point_margin_min", name, T - dew, margin, "K", least=True)
        for name, T in supplies.items()
    ]


def _cooling(solution: Solution, air: dict[str, DeviceAir]) -> list[Limit]:
    limits, found = solution.case.limits, []
    for item in solution.case.items:
        if isinstance(item.entry, CoolingUnit) and item.on:
            used = 100 * unit_loading(solution, item.name)
            most = 100 * limits.cooling_unit_loading_max
            found.append(Limit("cooling_unit_loading_max", item.name, used, most, "%"))
            if item.supply is not None:
                excess = air[item.name].T_out - item.supply
                found.append(Limit("cooling_unit_supply_excess", item.name, excess, 0.5, "K"))
    for name, facility in solution.facilities.items():
        most = 100 * limits.rejection_loading_max
        found.append(Limit("rejection_loading_max", name, 100 * facility.loading, most, "%"))
    return found


def unit_loading(solution: Solution, name: str) -> float:
    """Heat of a cooling unit's coil over what it can take at its present inlets [-]."""
    most = unit_capacity(solution, name)
    heat = solution.exchange.coil_heat.get(name, 0.0)
    return heat / most if most > 0 else float(heat > 0)


def unit_capacity(solution: Solution, name: str) -> float:
    """Heat that a cooling unit's coil can take at its present inlets [W]."""
    at = solution.level.streams.of(name)[0]
    given = solution.inputs
    driving = float(solution.air.T_in[at]) - float(given.T_coolant[at])
    return float(given.conductance[at]) * max(driving, 0.0)


def _power(solution: Solution) -> list[Limit]:
    if solution.power is None or not solution.power[1].converged:
        return []
    side, state = solution.power
    limits, found = solution.case.limits, []
    for n, node in enumerate(side.model.nodes):
        if node.rating > 0:
            used = 100 * float(state.loading[n]) / node.continuous_factor
            most = 100 * limits.node_loading_max
            found.append(Limit("node_loading_max", node.name, used, most, "%"))
        drop = 100 * float(state.feeder_drop[n])
        if drop > 0:
            most = 100 * limits.voltage_drop_max
            found.append(Limit("voltage_drop_max", node.name, drop, most, "%"))
    for check in checks(side.model, state):
        if check.unit == "W" and not check.informational:
            name = check.rule.replace(" ", "_")
            found.append(Limit(name, check.node, check.value / 1e3, check.limit / 1e3, "kW"))
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
    if any(o.kind == "outdoor" for o in case.openings):
        fluid = ~solution.level.voxels.solid
        highest = float(np.abs(solution.air.state.p[fluid]).max())
        found.append(
            Limit("hall_pressure_max", "hall", highest, case.limits.hall_pressure_max, "Pa")
        )
    return found
