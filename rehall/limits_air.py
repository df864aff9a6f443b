"""Limits of the air: what servers take in, what cooling units and fans are asked for."""

from collections.abc import Callable
from dataclasses import replace

import jax.numpy as jnp
import numpy as np

from rehall.derived import Uncertainty
from rehall.fans import ALWAYS, Mover, air_flow, movers
from rehall.layout import Item
from rehall.moisture import CLASS_LIMITS, LOWEST, humidity
from rehall.observe import DeviceAir
from rehall.pressures import inside_pressure
from rehall.schema.entries import SERVERS, Chiller, CoolingUnit, EvaporativePad, ExhaustFan, Rack
from rehall.simulate import Solution
from rehall.verdict import Limit
from rehall.wind import wind_pressures
from thermal.air.ports import STANDARD_DENSITY
from thermal.properties import air_density

ZERO = 273.15
RISE_MARGIN = 1.5
"""Air rise of a server over its rated one from which its air flow is taken as too small; assumed:
fans slow down by a third at most before chips throttle [-]."""
RATED_INLET = 298.15
"""Inlet at which rated air flows are read from tables [K]."""
RHO_CP = 1.184 * 1006.0
"""Of air at 25 degC and sea level [J/m3/K]. ASHRAE Fundamentals (2017), chapter 1."""


def server_limits(
    solution: Solution, air: dict[str, DeviceAir], uncertainty: Uncertainty
) -> list[Limit]:
    """Power against the rating, and for what air cools its inlet and its temperature rise."""
    found, moving = [], movers(solution.case)
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
        known = uncertainty.inlets.get(item.name)
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
        found += _humidity(solution, item, through, uncertainty)
        rise, most = air_rise(solution, item, through), RISE_MARGIN * rated_rise(item)
        share = flow_uncertainty(moving[item.name], item.name, uncertainty)
        unsure = None if share is None else share * rise
        found.append(Limit("rack_air_rise_max", item.name, rise, most, "K", unsure))
    return found


def _humidity(
    solution: Solution, item: Item, through: DeviceAir, uncertainty: Uncertainty
) -> list[Limit]:
    """Dew point and relative humidity of a rack's inlet against its class.

    None where no air from outside reaches the rack. Both are as uncertain as the humidity ratio,
    the relative humidity also as the temperature.
    """
    found = inlet_ratio(solution, item.name, uncertainty)
    if found is None or not isinstance(item.entry, Rack):
        return []
    ratio, lowest, highest = found
    T, T_unsure = through.T_in, uncertainty.T_in.get(item.name)
    pressure = float(solution.level.model.pressure)
    air = humidity(ratio, T, pressure)
    dews = [humidity(x, T, pressure).dew_point for x in (lowest, highest)]
    dew_unsure = max(abs(dew - air.dew_point) for dew in dews)
    unsure = None
    if T_unsure is not None:
        ends = ((lowest, T + T_unsure), (highest, T - T_unsure))
        unsure = 100 * max(abs(humidity(*end, pressure).relative - air.relative) for end in ends)
    dew_most, most = CLASS_LIMITS[item.entry.air_class]
    dew_least, least = LOWEST
    dew, relative = air.dew_point - ZERO, 100 * air.relative
    return [
        Limit("rack_dew_point_max", item.name, dew, dew_most, "degC", dew_unsure),
        Limit("rack_dew_point_min", item.name, dew, dew_least, "degC", dew_unsure, least=True),
        Limit("rack_humidity_max", item.name, relative, most, "%", unsure),
        Limit("rack_humidity_min", item.name, relative, least, "%", unsure, least=True),
    ]


def inlet_ratio(
    solution: Solution, name: str, uncertainty: Uncertainty
) -> tuple[float, float, float] | None:
    """Humidity ratio of what a device takes in, with the lowest and the highest it can be [-].

    It lies between those of the air that enters, and as near to the solved one as the grids say.
    Where it could not be solved it is in the middle. None where nothing enters.
    """
    entered = solution.entered.bounds.get(name)
    if entered is None:
        return None
    ratio = solution.carried.taken_in("humidity_ratio", name)
    if ratio is None:
        return 0.5 * sum(entered), *entered
    unsure = uncertainty.ratio.get(name, np.inf)
    lowest, highest = np.clip([ratio - unsure, ratio + unsure], *entered)
    return ratio, float(lowest), float(highest)


def flow_uncertainty(mover: Mover, name: str, uncertainty: Uncertainty) -> float | None:
    """Uncertainty of a mass flow over it [-]; a flow that is given needs no evidence."""
    given = not mover.yields and mover.T == ALWAYS
    return uncertainty.flow.get(name, 0.0 if given else None)


def spread(
    value: Callable[[float], float], T_in: float, item: Item, uncertainty: Uncertainty
) -> float | None:
    """How far a value goes with the uncertainty of the mean inlet that it follows from."""
    unsure = uncertainty.T_in.get(item.name)
    if unsure is None:
        return None
    middle = value(T_in)
    return max(abs(value(T_in + unsure) - middle), abs(value(T_in - unsure) - middle))


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


def cooling_limits(
    solution: Solution, air: dict[str, DeviceAir], uncertainty: Uncertainty
) -> list[Limit]:
    """Cooling units against their coil, fans and set point.

    Of those that are off, or have no water, nothing is asked.
    """
    found = []
    for item in solution.case.items:
        if isinstance(item.entry, CoolingUnit) and item.on and item.water:
            found += _unit_limits(solution, item, air[item.name], uncertainty)
    return found


def facility_limits(solution: Solution) -> list[Limit]:
    """Facility loops against their plant."""
    limits, found = solution.case.limits, list[Limit]()
    for name, facility in solution.facilities.items():
        most = 100 * limits.rejection_loading_max
        found.append(Limit("rejection_loading_max", name, 100 * facility.loading, most, "%"))
        excess = facility.T_supply - facility.spec.supply
        found.append(Limit("facility_supply_excess", name, excess, 0.5, "K"))
        if isinstance(solution.case.rejections[name], Chiller):
            # What a chiller leaves in the water comes round again: no steady state has it.
            stored = facility.shortage / 1e3
            found.append(Limit("facility_heat_stored", name, stored, 0.001, "kW"))
    return found


def _unit_limits(
    solution: Solution, item: Item, through: DeviceAir, uncertainty: Uncertainty
) -> list[Limit]:
    """One cooling unit's limits; a return air that the unit holds is as uncertain as it swings."""
    assert isinstance(item.entry, CoolingUnit)
    name, rating, limits = item.name, item.entry.rating, solution.case.limits
    if item.control is not None:
        known = name in uncertainty.flow
        uncertainty = replace(uncertainty, T_in={name: through.amplitude} if known else {})

    def off(value: Callable[[float], float]) -> float | None:
        return spread(value, through.T_in, item, uncertainty)

    def fans(T: float) -> float:
        return 100 * air_flow(item, T) / rating.air_flow

    def used(T: float) -> float:
        return 100 * unit_loading(solution, item, T)

    T_in, turning, unsure = through.T_in, fans(through.T_in), off(fans)
    most, least = 100 * limits.cooling_unit_loading_max, 100 * item.entry.air_flow_min
    found = [
        Limit("cooling_unit_loading_max", name, used(T_in), most, "%", off(used)),
        Limit("cooling_unit_fan_max", name, turning, 100.0, "%", unsure),
        Limit("cooling_unit_fan_min", name, turning, least, "%", unsure, least=True),
    ]
    if item.supply is not None:
        excess, unsure = through.T_out - item.supply, off(lambda T: leaving(solution, item, T))
        found.append(Limit("cooling_unit_supply_excess", name, excess, 0.5, "K", unsure))
    if item.control is not None:
        excess = T_in - item.control.T_return
        found.append(Limit("cooling_unit_return_excess", name, excess, 0.5, "K", through.amplitude))
    return found


def opening_limits(solution: Solution, uncertainty: Uncertainty) -> list[Limit]:
    """Exhaust fans against their curve, wet pads against their highest velocity.

    A fan that runs on its curve has a least flow; one that the case holds at a flow, a pressure;
    one that is off, neither.
    """
    found, moving = [], movers(solution.case)
    least = 100 * solution.case.limits.exhaust_fan_flow_min
    for opening in solution.case.openings:
        if opening.kind == "exhaust" and not opening.flow:
            continue
        patch = solution.level.voxels.openings[opening.name]
        if isinstance(opening.entry, ExhaustFan) and opening.entry.curve and not opening.held:
            at = solution.level.streams.of(opening.name)[0]
            pressure = float(solution.level.model.pressure)
            rho = float(air_density(jnp.asarray(solution.air.T_in[at]), pressure))
            flow = 100 * float(solution.air.m_flow[at]) / rho / opening.entry.flow
            share = flow_uncertainty(moving[opening.name], opening.name, uncertainty)
            unsure = None if share is None else share * abs(flow)
            found.append(
                Limit("exhaust_fan_flow_min", opening.name, flow, least, "%", unsure, least=True)
            )
        elif isinstance(opening.entry, ExhaustFan) and opening.entry.curve:
            flows, heads = zip(*opening.entry.curve, strict=True)
            at = solution.level.streams.of(opening.name)[0]
            rho = float(
                air_density(
                    jnp.asarray(solution.air.T_in[at]), float(solution.level.model.pressure)
                )
            )
            # The curve is that of standard air; wind presses on the fan's outer side.
            can = rho / STANDARD_DENSITY * float(np.interp(opening.flow or 0.0, flows, heads))
            wind = wind_pressures(solution.case) or {}
            must = wind.get(opening.name, 0.0) - inside_pressure(solution, patch)
            found.append(Limit("exhaust_fan_pressure_max", opening.name, must, can, "Pa"))
        if isinstance(opening.entry, EvaporativePad):
            state = solution.air.state
            velocity = (state.u, state.v, state.w)[patch.axis][tuple(patch.faces.T)] * patch.sign
            fastest = max(float(np.max(velocity)), 0.0)
            most = opening.entry.velocity_max
            found.append(Limit("pad_velocity_max", opening.name, fastest, most, "m/s"))
    return found


def unit_loading(solution: Solution, item: Item, T_in: float | None = None) -> float:
    """Heat that holds a unit's set point over what its coil can take [-].

    At its present inlets, or with air of another temperature [K].
    """
    at = solution.level.streams.of(item.name)[0]
    C = float(solution.air.m_flow[at]) * float(solution.level.model.cp)
    T = float(solution.air.T_in[at]) if T_in is None else T_in
    rise = T - float(np.asarray(solution.inputs.T_set)[at])
    wanted = max(C * rise + float(np.asarray(solution.inputs.heat)[at]), 0.0)
    return wanted / max(unit_capacity(solution, item.name, T), 1.0)


def unit_capacity(solution: Solution, name: str, T_in: float | None = None) -> float:
    """Heat that a cooling unit's coil can take at its present inlets, or with air of T_in [W]."""
    at = solution.level.streams.of(name)[0]
    given = solution.inputs
    T = float(solution.air.T_in[at]) if T_in is None else T_in
    return float(np.asarray(given.conductance)[at]) * max(
        T - float(np.asarray(given.T_coolant)[at]), 0.0
    )


def leaving(solution: Solution, item: Item, T_in: float) -> float:
    """Temperature that a unit's air leaves at for one of its intake [K] (ports.outlet)."""
    at = solution.level.streams.of(item.name)[0]
    given = solution.inputs
    C = max(abs(float(solution.air.m_flow[at])) * float(solution.level.model.cp), 1e-6)
    warmed = T_in + float(np.asarray(given.heat)[at]) / C
    coldest = warmed - unit_capacity(solution, item.name, T_in) / C
    return max(min(float(np.asarray(given.T_set)[at]), warmed), coldest)
