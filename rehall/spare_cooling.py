"""What air and coolant could still carry: spare capacity and flow with the largest unit lost."""

import math
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np

from rehall.coils import coil, coil_conductance, coil_rating
from rehall.fans import air_flow
from rehall.floor import cooled_rooms, floor_of, is_server
from rehall.layout import Item, moves_air
from rehall.liquid import LoopModel
from rehall.operation import entering_temperature, fan_power
from rehall.schema.entries import Coolant, CoolingUnit, Rack
from rehall.simulate import Solution
from thermal.equipment import cooling_unit
from thermal.properties import air_density, air_heat_capacity, pressure_at_altitude

T_COILS = 308.15
"""Air at which fans are rated, for the mass that they move [K]."""
DEFAULT_SUPPLY = 293.15
"""What units hold where the case does not say, as in `operation.air_inputs` [K]."""


@dataclass(frozen=True)
class Reserve:
    """What is left of something, and what one more rack takes of it, in SI units times `scale`."""

    what: str
    spare: float
    each: float
    unit: str = "kW"
    scale: float = 1e-3

    @property
    def count(self) -> int:
        """Racks that it is enough for."""
        return max(0, math.floor(self.spare / self.each + 1e-9))

    def __str__(self) -> str:
        """Return its figures and the racks that follow."""
        spare, each = self.scale * self.spare, self.scale * self.each
        left = f"{abs(spare):.4g} {self.unit} {'left' if spare >= 0 else 'short'}"
        return f"{self.what}: {left}, {each:.3g} a rack, enough for {self.count}"


def smallest(reserves: list[Reserve]) -> tuple[int, str]:
    """The count of the reserve that runs out first, and all of them in that order."""
    ordered = sorted(reserves, key=lambda reserve: reserve.count)
    return ordered[0].count, "; ".join(str(reserve) for reserve in ordered)


def air(solution: Solution, rack: Item) -> tuple[int | None, str]:
    """How many more racks like this one the air could cool; None where it needs no air."""
    case = solution.case
    if rack.heat_to_air <= 0.0:
        return None, "gives no heat to the air"
    units = [item for item in case.items if isinstance(item.entry, CoolingUnit) and item.on]
    servers = _drawing(solution, rack.entry.size[2])
    limit = min(_inlet_limit(solution, item) for item in (rack, *servers))
    held = solution.exchange.T_supply
    sets = [held.get(unit.name, unit.supply or DEFAULT_SUPPLY) for unit in units]
    T_supply = max(sets, default=_outdoor_supply(solution))
    if T_supply > limit:
        supplied, allowed = T_supply - 273.15, limit - 273.15
        return 0, f"air enters at {supplied:.1f} degC, above the limit of {allowed:.1f} degC"
    if not units:
        return _hall_fans(solution, rack, servers, T_supply)
    return _cooling_units(solution, rack, servers, units, limit)


def _cooling_units(
    solution: Solution, rack: Item, servers: list[Item], units: list[Item], limit: float
) -> tuple[int, str]:
    """Coils, fans and facility of the units that are left when the largest one is lost.

    Their supply may rise to the inlet limit [K]; warm air that comes back to inlets is left out.
    """
    capacity = {unit.name: net_capacity(solution, unit, limit) for unit in units}
    largest = max(units, key=lambda unit: capacity[unit.name])
    left = [unit for unit in units if unit is not largest]
    if not left:
        return 0, f"there is no cooling unit but {largest.name}: none is left when it is lost"
    heat = sum(
        solution.exchange.coil_heat[unit.name] - fan_power(unit, solution.exchange.T_in[unit.name])
        for unit in units
    )
    flow = sum(heated_flow(solution, item, limit) for item in servers)
    each = heated_flow(solution, rack, limit)
    full = sum(full_flow(unit) for unit in left)
    coils = sum(capacity[unit.name] for unit in left)
    reserves = [
        Reserve("coils", coils - heat, rack.heat_to_air),
        Reserve("air flow", full - flow, each, "m3/s", 1.0),
    ]
    for name in sorted({unit.facility for unit in left if unit.facility}):
        facility = solution.facilities[name]
        spare = facility.capacity - facility.heat
        reserves.append(Reserve(f"heat rejection of {name}", spare, rack.heat_to_air))
    count, text = smallest(reserves)
    present = sum(air_flow(unit, solution.exchange.T_in[unit.name]) for unit in left)
    return count, (
        f"{largest.name} lost, {len(left)} left at full fan speed ({full:.3g} m3/s; set now: "
        f"{present:.3g}), supply up to the inlet limit of {limit - 273.15:.1f} degC: {text}"
    )


def net_capacity(solution: Solution, unit: Item, T_supply: float) -> float:
    """Heat [W] that a unit takes from the hall at full fan speed, supplying air at T_supply [K].

    Coil wide open, K the conductance between the inlets of air and water, C = m_flow cp:

        K (T_return - T_water) = heat + fan,   T_return = T_supply + heat / C
    """
    if unit.facility is None:
        return 0.0
    flow, T_water = full_flow(unit), solution.facilities[unit.facility].T_supply
    m_air = flow * _density(solution, T_COILS)
    C = m_air * _heat_capacity(T_COILS)
    V_water = solution.exchange.V_water.get(unit.name, coil_rating(unit).water_flow)
    K = coil_conductance(unit, solution.case, m_air, T_water, V_water)
    fan = float(cooling_unit.fan_power(coil(unit), flow))
    return max(K * (T_supply - T_water) - fan, 0.0) / (1.0 - K / C)


def full_flow(unit: Item) -> float:
    """Air of a unit at full fan speed [m3/s]: rated, or what the case asks where that is more."""
    rated: float = unit.entry.rating.air_flow  # type: ignore[attr-defined]
    return max(rated, air_flow(unit, 0.0))


def heated_flow(solution: Solution, item: Item, T_in: float) -> float:
    """Air that leaves a server [m3/s]: what it draws, and what its heat Q adds to the volume.

    rho T = p / R, so the volume grows by Q R / (p cp), whatever the flow.
    """
    drawn = air_flow(item, solution.exchange.T_in.get(item.name, T_in))
    rho_T = T_in * _density(solution, T_in)
    return drawn + item.heat_to_air / (rho_T * _heat_capacity(T_in))


def _density(solution: Solution, T: float) -> float:
    """Density of air at the site's pressure [kg/m3]."""
    pressure = float(pressure_at_altitude(solution.case.site.altitude))
    return float(air_density(jnp.asarray(T), pressure))


def _heat_capacity(T: float) -> float:
    """Specific heat of air [J/(kg K)]."""
    return float(air_heat_capacity(jnp.asarray(T)))


def _drawing(solution: Solution, height: float) -> list[Item]:
    """Servers that draw their air from the rooms that racks of a height [m] would draw it from."""
    case = solution.case
    floor = floor_of(case, height)
    rooms = cooled_rooms(case, floor)
    servers = [item for item in case.items if is_server(item) and moves_air(item)]
    return [item for item in servers if floor.room_beside(item.box, item.facing) in rooms]


def _inlet_limit(solution: Solution, item: Item) -> float:
    """Highest air inlet temperature of a server [K]; the case's limit is one for racks."""
    strict = solution.case.limits.rack_inlet_max if isinstance(item.entry, Rack) else None
    return strict or item.entry.inlet_max  # type: ignore[attr-defined]


def _outdoor_supply(solution: Solution) -> float:
    """Warmest air that enters a hall without cooling units [K]."""
    case = solution.case
    given = [o.temperature for o in case.openings if o.temperature is not None]
    given += [entering_temperature(case, o) for o in case.openings if o.kind == "outdoor"]
    return max(given, default=case.site.outdoor.dry_bulb)


def _hall_fans(
    solution: Solution, rack: Item, servers: list[Item], T_supply: float
) -> tuple[int, str]:
    """Air that supply openings or exhaust fans move and servers do not yet draw."""
    case = solution.case
    flows = {
        kind: sum(o.flow or 0.0 for o in case.openings if o.kind == kind)
        for kind in ("supply", "exhaust")
    }
    entering = f"air enters at {T_supply - 273.15:.1f} degC"
    if flows["supply"] > 0.0:
        drawn = sum(air_flow(i, solution.exchange.T_in.get(i.name, T_supply)) for i in servers)
        each = air_flow(rack, T_supply)
        reserve = Reserve("air of supply openings", flows["supply"] - drawn, each, "m3/s", 1.0)
    elif flows["exhaust"] > 0.0:
        moved = sum(heated_flow(solution, item, T_supply) for item in servers)
        each = heated_flow(solution, rack, T_supply)
        reserve = Reserve("air of exhaust fans", flows["exhaust"] - moved, each, "m3/s", 1.0)
    else:
        return 0, "no cooling unit, supply opening or exhaust fan moves air through the hall"
    return reserve.count, f"{entering}, all fans running: {reserve}"


def liquid(solution: Solution, rack: Item) -> tuple[int | None, str]:
    """How many more racks like this one the coolant could cool; None where it needs none."""
    coolant: Coolant | None = getattr(rack.entry, "coolant", None)
    if coolant is None or rack.heat_to_liquid <= 0.0:
        return None, "asks for no coolant"
    fitting = [
        (model, state)
        for model, state in solution.loops.values()
        if model.spec.fluid == coolant.fluid
    ]
    if not fitting:
        return 0, f"no rack loop carries {coolant.fluid}"
    total, texts = 0, []
    for facility in sorted({model.spec.facility for model, _ in fitting}):
        state = solution.facilities[facility]
        reject = Reserve(
            f"heat rejection of {facility}", state.capacity - state.heat, rack.heat_to_liquid
        )
        loops = [
            _loop(solution, model, float(np.sum(np.asarray(loop.heat_cdu))), rack, coolant)
            for model, loop in fitting
            if model.spec.facility == facility
        ]
        total += min(reject.count, sum(count for count, _ in loops))
        texts += [*(text for _, text in loops), str(reject)]
    return total, "; ".join(texts)


def _loop(
    solution: Solution, loop: LoopModel, heat: float, rack: Item, coolant: Coolant
) -> tuple[int, str]:
    """Capacity and flow of the CDUs of a loop that carries `heat` [W], the largest one lost.

    At full flow the heat of a CDU is in proportion to rack supply minus facility supply, so it
    falls below the rated one where the coolant limit leaves less than the rated approach. Every
    rack counts with its nominal flow.
    """
    limit = min(solution.case.limits.coolant_supply_max or math.inf, coolant.inlet_max)
    name, T_facility = loop.spec.name, solution.facilities[loop.spec.facility].T_supply
    if loop.spec.supply > limit:
        found, allowed = loop.spec.supply - 273.15, limit - 273.15
        return 0, f"{name} supplies {found:.1f} degC, above the limit of {allowed:.1f} degC"
    cdus = sorted((i for i in loop.cdus if i.on), key=lambda i: i.entry.capacity)  # type: ignore[attr-defined]
    left = [item.entry for item in cdus[:-1]]
    capacity = sum(
        e.capacity * min(1.0, max(0.0, (limit - T_facility) / e.approach))  # type: ignore[attr-defined]
        for e in left
    )
    flow = sum(e.flow for e in left)  # type: ignore[attr-defined]
    wanted = sum(_nominal_flow(item) for item in loop.racks)
    lost = f"of {name} with {cdus[-1].name} lost" if cdus else f"of {name}"
    return smallest(
        [
            Reserve(f"CDU capacity {lost}", capacity - heat, rack.heat_to_liquid),
            Reserve(f"CDU flow {lost}", flow - wanted, _nominal_flow(rack), "L/min", 6e4),
        ]
    )


def _nominal_flow(item: Item) -> float:
    """Coolant that a rack wants at rated power [m3/s]."""
    coolant: Coolant = item.entry.coolant  # type: ignore[attr-defined]
    heat = item.entry.power * item.entry.liquid_fraction  # type: ignore[attr-defined]
    return coolant.flow_nominal(heat)
