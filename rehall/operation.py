"""How the hall's equipment is operated: what it asks of the air, liquid and power.

An `Exchange` is what the three domains tell each other; `simulate` repeats them until it agrees.
"""

from dataclasses import dataclass, field

import numpy as np

from geometry.errors import Finding, InputError
from geometry.hall import FACES
from rehall.coils import coil, coil_conductance, coil_rating
from rehall.config import Case
from rehall.fans import air_flow, flows_and_fans, movers
from rehall.layout import Item, has_rear_door, moves_air
from rehall.models import AirLevel, hall_with_sources
from rehall.schema.entries import Cdu, CoolingUnit, EvaporativePad
from rehall.shell import OpeningItem
from rehall.wind import wind_pressures
from thermal.air.inputs import AirInputs
from thermal.arrays import on_device
from thermal.equipment import cooling_unit

UNLIMITED = 1e12
"""Conductance of a supply opening [W/K]: its temperature is given."""
NO_RESISTANCE = 1e9
"""U-value of a wall held at a temperature [W/m2/K]."""
COIL, REAR_DOOR = 1.0, 2.0
"""How `AirInputs.controlled` names a coil that holds a temperature, and one that does not."""
RHO_CP = 1.184 * 1006.0
"""Of air at 25 degC and sea level [J/m3/K]. ASHRAE Fundamentals (2017), chapter 1."""
ROOM = 295.15
"""Intake temperature before one is known [K]."""


@dataclass
class Exchange:
    """What air, liquid and power tell each other; by the names of equipment, loops and nodes.

    `T_in` air at a device's intake [K], `m_air` through it [kg/s] whichever way, `coil_heat` taken
    by cooling units and rear doors [W], `T_supply` that units hold so that their return air has
    the temperature asked for [K], `T_facility` supply of facility loops [K], `cdu_power` of CDU
    pumps and `facility_power` of facility loops [W], `losses` of power nodes and `motor_heat` of
    CDU pumps and of pipes to the room, by CDU [W]; `leakage` is what warm chips draw beyond the
    power given [W], `V_water` through coils [m3/s].
    """

    T_in: dict[str, float] = field(default_factory=dict)
    m_air: dict[str, float] = field(default_factory=dict)
    coil_heat: dict[str, float] = field(default_factory=dict)
    T_supply: dict[str, float] = field(default_factory=dict)
    T_facility: dict[str, float] = field(default_factory=dict)
    cdu_power: dict[str, float] = field(default_factory=dict)
    facility_power: dict[str, float] = field(default_factory=dict)
    losses: dict[str, float] = field(default_factory=dict)
    motor_heat: dict[str, float] = field(default_factory=dict)
    leakage: dict[str, float] = field(default_factory=dict)
    V_water: dict[str, float] = field(default_factory=dict)

    @property
    def T_room(self) -> float:
        """Air around pipes [K]: mean of all intakes."""
        return float(np.mean(list(self.T_in.values()))) if self.T_in else ROOM


def air_movers(case: Case) -> list[Item]:
    """Equipment that air flows through."""
    return [item for item in case.items if moves_air(item)]


def air_flows(case: Case, x: Exchange) -> dict[str, float]:
    """Air through equipment and fans [m3/s] by name."""
    flows = {i.name: air_flow(i, x.T_in.get(i.name, ROOM)) for i in air_movers(case)}
    return flows | {o.name: o.flow for o in case.openings if o.flow is not None}


def load_powers(case: Case, x: Exchange) -> dict[str, float]:
    """Power that everything draws [W] by name: equipment, exhaust fans, facility loops."""
    powers = {}
    for item in case.items:
        if isinstance(item.entry, Cdu):
            powers[item.name] = x.cdu_power.get(item.name, item.power)
        elif isinstance(item.entry, CoolingUnit):
            powers[item.name] = fan_power(item, x.T_in.get(item.name, ROOM))
        else:
            powers[item.name] = item.power + x.leakage.get(item.name, 0.0)
    powers |= {o.name: o.power for o in case.openings if o.power > 0 or o.feeds}
    facilities = case.liquid.facility if case.liquid else ()
    powers |= {f.name: x.facility_power.get(f.name, 0.0) for f in facilities}
    return powers


def air_inputs(case: Case, level: AirLevel, x: Exchange) -> AirInputs:
    """The air solver's inputs for the present exchange."""
    streams = level.streams
    n = len(streams.name)
    dtype = level.model.T_ref.dtype
    V_flow, fans = flows_and_fans(streams, movers(case), dtype)
    heat, conductance, controlled = (np.zeros(n) for _ in range(3))
    T_set, T_coolant = np.full(n, 293.15), np.zeros(n)
    for item in case.items:
        at = streams.of(item.name)
        if not moves_air(item) or not len(at):
            continue
        share = streams.share[at]
        if isinstance(item.entry, CoolingUnit):
            heat[at] = fan_power(item, x.T_in.get(item.name, ROOM))
            controlled[at], T_set[at] = COIL, x.T_supply.get(item.name, item.supply or 293.15)
            conductance[at], T_coolant[at] = coil_of(case, item, x)
        else:
            heat[at] = share * item.heat_to_air
        if has_rear_door(item):
            to_water, T_water = coil_of(case, item, x)
            controlled[at], T_set[at], T_coolant[at] = REAR_DOOR, T_water, T_water
            conductance[at] = share * to_water
    for opening in case.openings:
        at = streams.of(opening.name)
        if len(at) and opening.kind == "supply":
            controlled[at], conductance[at] = COIL, UNLIMITED
            T_set[at] = opening.temperature or 293.15
    T_wall, U_wall, flux_wall = (
        np.append(values, np.full(len(level.hall.blocks), rest))
        for values, rest in zip(_walls(case), (293.15, 0.0, 0.0), strict=True)
    )
    wind = wind_pressures(case)
    outdoor = [o for o in case.openings if o.kind == "outdoor"]
    T_opening = [entering_temperature(case, o) for o in outdoor]
    return AirInputs(
        V_flow=on_device(V_flow, dtype),
        heat=on_device(heat, dtype),
        controlled=on_device(controlled, dtype),
        T_set=on_device(T_set, dtype),
        conductance=on_device(conductance, dtype),
        T_coolant=on_device(T_coolant, dtype),
        T_outdoor=on_device(case.site.outdoor.dry_bulb, dtype),
        T_opening=on_device(T_opening, dtype),
        T_wall=on_device(T_wall, dtype),
        U_wall=on_device(U_wall, dtype),
        flux_wall=on_device(flux_wall, dtype),
        block_heat=on_device(_block_heat(case, level, x), dtype),
        p_wind=None if wind is None else on_device([wind[o.name] for o in outdoor], dtype),
        p_wind_stream=None
        if wind is None
        else on_device([wind.get(name, 0.0) for name in streams.name], dtype),
        fans=fans,
    )


def entering_temperature(case: Case, opening: OpeningItem) -> float:
    """Temperature of the air that enters an outdoor opening [K]; a wet pad cools it."""
    outdoor = case.site.outdoor
    if isinstance(opening.entry, EvaporativePad):
        depression = outdoor.dry_bulb - outdoor.wet_bulb
        return outdoor.dry_bulb - opening.entry.effectiveness * depression
    return outdoor.dry_bulb


def first_supply(item: Item) -> float:
    """Supply temperature that a cooling unit starts from [K].

    Where it follows its return air, as far below it as at its rated point.
    """
    if item.control is None:
        return item.supply or 293.15
    rating = coil_rating(item)
    return item.control.T_return - rating.capacity / (RHO_CP * rating.air_flow)


def fan_power(item: Item, T_in: float) -> float:
    """Power of a cooling unit's fans [W] at the speed for its return air [K]; it warms the air."""
    return float(cooling_unit.fan_power(coil(item), air_flow(item, T_in))) if item.on else 0.0


def coil_of(case: Case, item: Item, x: Exchange) -> tuple[float, float]:
    """Conductance between the inlets of a unit's or rear door's coil [W/K], and the water's [K]."""
    if item.facility is None:
        return 0.0, 0.0
    if not (item.on and item.water):  # its water waits: a coil that starts takes it as it is
        return 0.0, x.T_facility[item.facility]
    m_air = x.m_air.get(item.name, 1.15 * air_flow(item, ROOM))
    T_water = x.T_facility[item.facility]
    V_water = x.V_water.get(item.name, coil_rating(item).water_flow)
    return coil_conductance(item, case, m_air, T_water, V_water), T_water


def _walls(case: Case) -> tuple[list[float], list[float], list[float]]:
    """Temperature [K], conductance behind the film [W/m2/K] and heat flux [W/m2] of each side."""
    T, U, flux = [], [], []
    for face in FACES:
        wall = case.hall.walls.on(face)
        held = wall is not None and wall.temperature is not None
        T.append((wall.temperature or wall.outdoor or 293.15) if wall else 293.15)
        through = 1.0 / wall.resistance if wall and wall.layers else NO_RESISTANCE
        U.append(through if held else wall.behind_the_film if wall else 0.0)
        flux.append((wall.heat_flux or 0.0) if wall else 0.0)
    return T, U, flux


def _block_heat(case: Case, level: AirLevel, x: Exchange) -> list[float]:
    """Heat of solid blocks and of busways [W], in the order of the air model."""
    hall = hall_with_sources(case)
    given = {item.name: item.heat_to_air for item in case.items if not moves_air(item)}
    given |= x.losses | x.motor_heat
    names = [block.name for block in hall.blocks] + [source.name for source in hall.sources]
    heat = [given.get(name, 0.0) for name in names]
    reached = set(np.asarray(level.model.heated.block).tolist())
    covered = [
        case.located(
            Finding(block.name, f"gives off {heat[n] / 1e3:.1f} kW, but no face meets air")
        )
        for n, block in enumerate(hall.blocks)
        if heat[n] > 0 and n not in reached
    ]
    if covered:
        raise InputError(covered)
    return heat
