"""Limits of a case against its solution: what holds, what is broken, what nobody can tell."""

from dataclasses import dataclass, replace
from typing import Any

import jax.numpy as jnp
import numpy as np

from power import checks
from rehall.fans import air_flow
from rehall.layout import Item
from rehall.moisture import CLASS_LIMITS, LOWEST, humidity
from rehall.observe import DeviceAir
from rehall.pressures import hall_pressure, inside_pressure
from rehall.schema.entries import SERVERS, CoolingUnit, EvaporativePad, ExhaustFan, Rack
from rehall.simulate import Solution
from thermal.air.model import GRAVITY
from thermal.properties import air_density, dew_point_at_wet_bulb, pressure_at_altitude

ZERO = 273.15
RISE_MARGIN = 1.5
"""Air rise of a server over its rated one from which its air flow is taken as too small; assumed:
fans slow down by a third at most before chips throttle [-]."""
RATED_INLET = 298.15
"""Inlet at which rated air flows are read from tables [K]."""
RHO_CP = 1.184 * 1006.0
"""Of air at 25 degC and sea level [J/m3/K]. ASHRAE Fundamentals (2017), chapter 1."""


@dataclass(frozen=True)
class Limit:
    """One limit at one place: `value` and `limit` in `unit`, within +- `uncertainty`.

    `least` marks a limit from below; an uncertainty of None is unknown. `other` is the value in a
    second steady state of the same case, where one was looked for.
    """

    name: str
    where: str
    value: float
    limit: float
    unit: str
    uncertainty: float | None = 0.0
    least: bool = False
    other: float | None = None

    @property
    def holds(self) -> bool | None:
        """Whether it holds; None where nobody can tell.

        That is where the uncertainty is larger than the margin, or unknown, or where two steady
        states disagree.
        """
        if self.disputed or self.uncertainty is None:
            return None
        if abs(self._margin(self.value)) < self.uncertainty:
            return None
        return self._margin(self.value) >= -1e-9

    @property
    def disputed(self) -> bool:
        """Whether it holds in one steady state and not in the other."""
        if self.other is None:
            return False
        return (self._margin(self.value) >= -1e-9) != (self._margin(self.other) >= -1e-9)

    def _margin(self, value: float) -> float:
        return float(value - self.limit if self.least else self.limit - value)

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


def between_states(limits: list[Limit], others: list[Limit]) -> list[Limit]:
    """Limits of one steady state that know their values in another one, by name and place.

    Neither state is the right one: the uncertainty is at least half of their difference.
    """
    values = {(other.name, other.where): other.value for other in others}
    found = []
    for limit in limits:
        other = values.get((limit.name, limit.where))
        if other is not None:
            half = 0.5 * abs(other - limit.value)
            known = limit.uncertainty
            limit = replace(
                limit, other=other, uncertainty=None if known is None else max(known, half)
            )
        found.append(limit)
    return found


def limits_of(
    solution: Solution,
    air: dict[str, DeviceAir],
    uncertainty: dict[str, tuple[float, float]],
) -> list[Limit]:
    """Every limit of the case.

    `uncertainty` [K] is that of each mean and highest inlet, with the swing of the air; an inlet
    that it leaves out is of unknown uncertainty.
    """
    return [
        *_servers(solution, air, uncertainty),
        *_coolant(solution),
        *_cooling(solution, air),
        *_openings(solution),
        *_power(solution),
        *_building(solution),
    ]


def _servers(
    solution: Solution,
    air: dict[str, DeviceAir],
    uncertainty: dict[str, tuple[float, float]],
) -> list[Limit]:
    """Power against the rating, and for what air cools its inlet and its temperature rise."""
    found = []
    asked = solution.case.limits.rack_inlet_max
    for item in solution.case.items:
        entry = item.entry
        if not isinstance(entry, SERVERS):
            continue
        found.append(Limit("rack_power_max", item.name, item.power / 1e3, entry.power / 1e3, "kW"))
        through = air.get(item.name)
        if through is None:
            continue
        highest = entry.inlet_max
        if isinstance(entry, Rack) and asked is not None:
            highest = min(asked, highest)
        known = uncertainty.get(item.name)
        found.append(
            Limit(
                "rack_inlet_max",
                item.name,
                through.T_in_max - ZERO,
                highest - ZERO,
                "degC",
                None if known is None else known[1],
            )
        )
        found += _humidity(solution, item, through)
        rise, rated = air_rise(solution, item, through), rated_rise(item)
        found.append(Limit("rack_air_rise_max", item.name, rise, RISE_MARGIN * rated, "K"))
    return found


def _humidity(solution: Solution, item: Item, through: DeviceAir) -> list[Limit]:
    """Dew point and relative humidity of a rack's inlet against its class, where known."""
    ratio = solution.carried.taken_in("humidity_ratio", item.name)
    if ratio is None or not isinstance(item.entry, Rack):
        return []
    air = humidity(ratio, through.T_in, float(solution.level.model.pressure))
    dew_most, most = CLASS_LIMITS[item.entry.air_class]
    dew_least, least = LOWEST
    dew, relative = air.dew_point - ZERO, 100 * air.relative
    return [
        Limit("rack_dew_point_max", item.name, dew, dew_most, "degC"),
        Limit("rack_dew_point_min", item.name, dew, dew_least, "degC", least=True),
        Limit("rack_humidity_max", item.name, relative, most, "%"),
        Limit("rack_humidity_min", item.name, relative, least, "%", least=True),
    ]


def air_rise(solution: Solution, item: Item, through: DeviceAir) -> float:
    """Temperature rise of the air through a server, before a rear door cools it [K]."""
    cp = float(solution.level.model.cp)
    door = solution.exchange.coil_heat.get(item.name, 0.0)
    return through.T_out - through.T_in + door / max(abs(through.m_flow) * cp, 1e-9)


def rated_rise(item: Item) -> float:
    """Temperature rise of the air through a server at its rated power and air flow [K]."""
    entry = item.entry
    assert isinstance(entry, SERVERS), f"{item.name} computes nothing"
    heat = entry.power * (1.0 - entry.liquid_fraction)
    rated = replace(item, power=entry.power, air_flow=None, on=True)
    return heat / (RHO_CP * max(air_flow(rated, RATED_INLET), 1e-9))


def _coolant(solution: Solution) -> list[Limit]:
    limits, found = solution.case.limits, []
    for name, (loop, state) in solution.loops.items():
        T_supply, T_return = float(state.T_supply), float(state.T_return)
        V_flow = np.asarray(state.m_flow_branch) / float(loop.model.network.density)
        for n, item in enumerate(loop.racks):
            coolant = item.entry.coolant  # type: ignore[attr-defined]
            wanted = max(coolant.flow_nominal(item.heat_to_liquid), 1e-9)
            warmest = min(limits.coolant_supply_max or np.inf, coolant.inlet_max)
            share = 100 * float(V_flow[n] / wanted)
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
    """Liquid above the dew point of outdoor air or, where it is higher, of the hall's air."""
    site, margin = solution.case.site, solution.case.limits.dew_point_margin_min
    pressure = float(pressure_at_altitude(site.altitude))
    outdoor = site.outdoor
    dew = float(
        dew_point_at_wet_bulb(
            jnp.asarray(outdoor.dry_bulb), jnp.asarray(outdoor.wet_bulb), pressure
        )
    )
    moistest = solution.carried.moistest
    if moistest is not None:
        dew = max(dew, humidity(moistest, outdoor.dry_bulb, pressure).dew_point)
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
            used = 100 * unit_loading(solution, item)
            most = 100 * limits.cooling_unit_loading_max
            found.append(Limit("cooling_unit_loading_max", item.name, used, most, "%"))
            fans = 100 * air_flow(item, air[item.name].T_in) / item.entry.rating.air_flow
            found.append(Limit("cooling_unit_fan_max", item.name, fans, 100.0, "%"))
            least = 100 * item.entry.air_flow_min
            found.append(Limit("cooling_unit_fan_min", item.name, fans, least, "%", least=True))
            if item.supply is not None:
                excess = air[item.name].T_out - item.supply
                found.append(Limit("cooling_unit_supply_excess", item.name, excess, 0.5, "K"))
            if item.control is not None:
                excess = air[item.name].T_in - item.control.T_return
                found.append(Limit("cooling_unit_return_excess", item.name, excess, 0.5, "K"))
    for name, facility in solution.facilities.items():
        most = 100 * limits.rejection_loading_max
        found.append(Limit("rejection_loading_max", name, 100 * facility.loading, most, "%"))
        excess = facility.T_supply - facility.spec.supply
        found.append(Limit("facility_supply_excess", name, excess, 0.5, "K"))
    return found


def _openings(solution: Solution) -> list[Limit]:
    """Exhaust fans against their curve, wet pads against their highest velocity.

    A fan that runs on its curve has a least flow; one that the case holds at a flow, a pressure.
    """
    found = []
    least = 100 * solution.case.limits.exhaust_fan_flow_min
    for opening in solution.case.openings:
        patch = solution.level.voxels.openings[opening.name]
        if isinstance(opening.entry, ExhaustFan) and opening.entry.curve and not opening.held:
            at = solution.level.streams.of(opening.name)[0]
            pressure = float(solution.level.model.pressure)
            rho = float(air_density(jnp.asarray(solution.air.T_in[at]), pressure))
            flow = 100 * float(solution.air.m_flow[at]) / rho / opening.entry.flow
            found.append(Limit("exhaust_fan_flow_min", opening.name, flow, least, "%", least=True))
        elif isinstance(opening.entry, ExhaustFan) and opening.entry.curve:
            flows, heads = zip(*opening.entry.curve, strict=True)
            can = float(np.interp(opening.flow or 0.0, flows, heads))
            must = -inside_pressure(solution, patch)
            found.append(Limit("exhaust_fan_pressure_max", opening.name, must, can, "Pa"))
        if isinstance(opening.entry, EvaporativePad):
            state = solution.air.state
            velocity = (state.u, state.v, state.w)[patch.axis][tuple(patch.faces.T)] * patch.sign
            fastest = max(float(np.max(velocity)), 0.0)
            most = opening.entry.velocity_max
            found.append(Limit("pad_velocity_max", opening.name, fastest, most, "m/s"))
    return found


def unit_loading(solution: Solution, item: Item) -> float:
    """Heat that holds a unit's set point over what its coil can take at its present inlets [-]."""
    at = solution.level.streams.of(item.name)[0]
    C = float(solution.air.m_flow[at]) * float(solution.level.model.cp)
    rise = float(solution.air.T_in[at]) - float(solution.inputs.T_set[at])
    wanted = max(C * rise + float(solution.inputs.heat[at]), 0.0)
    return wanted / max(unit_capacity(solution, item.name), 1.0)


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
        highest = hall_pressure(solution)
        found.append(
            Limit("hall_pressure_max", "hall", highest, case.limits.hall_pressure_max, "Pa")
        )
    return found
