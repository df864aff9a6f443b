"""Facility loops of a case: their pumps, and the plant that gives their heat to outdoors."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jax.numpy as jnp

from rehall.config import Case
from rehall.operated import FacilityItem, operated
from rehall.schema import entries
from rehall.schema.liquid import Facility
from rehall.schema.rejection import OutdoorLoop
from thermal.plant import plant as plants
from thermal.plant.bank import Chillers, Cooler, Coolers
from thermal.plant.chiller import Chiller, Curves, Surface
from thermal.plant.drycooler import AdiabaticCooler, DryCooler
from thermal.plant.outdoor import outdoor_at_wet_bulb
from thermal.plant.plate import Exchangers, PlateExchanger
from thermal.plant.tower import CoolingTower
from thermal.properties import fluid, pressure_at_altitude


@dataclass(frozen=True, eq=False)
class FacilityState:
    """A facility loop that carries `heat` [W], its pumps' included; temperatures in K.

    `shortage` [W] is what the rejection cannot carry at the set point, `capacity` [W] what it
    can without its economiser, `loading` the share of it in use. `water` is made up [kg/s].
    """

    spec: Facility
    heat: float
    T_supply: float
    T_return: float
    pump_power: float
    rejection_power: float
    shortage: float
    capacity: float
    water: float

    @property
    def power(self) -> float:
        """Electrical power of pumps and rejection [W]."""
        return self.pump_power + self.rejection_power

    @property
    def loading(self) -> float:
        """Heat over what the rejection can carry at the set point [-]."""
        return self.heat / max(self.capacity, 1.0)  # without capacity far beyond any limit


def solve_facility(
    case: Case, spec: Facility, heat: float, pumps: float | None = None
) -> FacilityState:
    """A facility loop that carries `heat` [W] to outdoors at the site's design condition.

    With the machines that can run as the case is operated; without any all heat is short.
    `pumps` [W] is what its pumps draw; None at its nominal flow and head.
    """
    plant, outdoor = plant_of(case, spec), outdoor_at_wet_bulb(*design(case))
    pumps = pump_power(spec) if pumps is None else pumps
    total = heat + pumps
    state = plants.operate(plant, total, outdoor, failed(*lost(spec, _as_operated(case, spec))))
    T_supply = float(state.T_supply)
    return FacilityState(
        spec=spec,
        heat=total,
        T_supply=T_supply,
        T_return=T_supply + total / capacity_rate(spec),
        pump_power=pumps,
        rejection_power=float(state.power),
        shortage=float(state.shortage),
        capacity=rejection_capacity(case, spec),
        water=float(state.water),
    )


def rejection_capacity(case: Case, spec: Facility) -> float:
    """Heat that the rejection of a facility loop carries at its set point and the design [W]."""
    return _capacity(plant_of(case, spec), *design(case), *lost(spec, _as_operated(case, spec)))


def _as_operated(case: Case, spec: Facility) -> FacilityItem:
    return next(item for item in operated(case).facilities if item.name == spec.name)


def lost(spec: Facility, now: FacilityItem) -> tuple[int, int]:
    """How many machines of a rejection, and coolers of its outdoor loop, cannot run."""
    outdoor = spec.rejection.outdoor_loop
    return spec.rejection.count - now.machines, outdoor.count - now.coolers if outdoor else 0


def failed(machines: int, coolers: int) -> plants.Failed | None:
    """So many machines and coolers lost, as the plant takes it; None where all are in order."""
    if not (machines or coolers):
        return None
    return plants.Failed(jnp.asarray(float(machines)), jnp.asarray(float(coolers)))


def pump_power(spec: Facility) -> float:
    """Electrical power of a facility loop's pumps at its nominal flow and head [W]."""
    return spec.flow * spec.pump_head / spec.pump_efficiency


def capacity_rate(spec: Facility) -> float:
    """Heat that a facility loop carries per kelvin [W/K]."""
    liquid, T = fluid(spec.fluid), jnp.asarray(spec.supply)
    return spec.flow * float(liquid.density(T) * liquid.heat_capacity(T))


def design(case: Case) -> tuple[float, float, float]:
    """Dry bulb and wet bulb [K] of the site's design condition, pressure of its altitude [Pa]."""
    outdoor = case.site.outdoor
    return outdoor.dry_bulb, outdoor.wet_bulb, float(pressure_at_altitude(case.site.altitude))


@lru_cache
def _capacity(
    plant: plants.Plant, T_dry: float, T_wet: float, p: float, machines: int, coolers: int
) -> float:
    """Heat that a plant carries at its set point without so many machines and coolers [W]."""
    outdoor = outdoor_at_wet_bulb(T_dry, T_wet, p)
    return float(plants.capacity(plant, outdoor, failed(machines, coolers)))


def plant_of(case: Case, spec: Facility) -> plants.Plant:
    """The plant of a facility loop, from the entries that its rejection names."""
    rejection, name = spec.rejection, spec.name
    outdoor = rejection.outdoor_loop
    entry = case.rejections[name]
    main: Coolers | Chillers | Exchangers
    match entry:
        case entries.Chiller():
            staging = rejection.staging or "as_needed"
            main = Chillers(_chiller(entry), rejection.count, rejection.spare, staging)
        case entries.PlateExchanger():
            main = Exchangers(_exchanger(entry), rejection.count)
        case _:
            staging = rejection.staging or "parallel"
            machine = _cooler(entry, spec.fluid)
            main = Coolers(machine, rejection.count, rejection.spare, staging)
    loop = _outdoor_loop(case, name, outdoor) if outdoor is not None else None
    return plants.Plant(main, spec.flow, spec.supply, spec.fluid, loop)


def _outdoor_loop(case: Case, name: str, spec: OutdoorLoop) -> plants.OutdoorLoop:
    machine = _cooler(case.outdoor_coolers[name], spec.fluid)
    economiser = None
    if spec.economiser is not None:
        economiser = Exchangers(_exchanger(case.economisers[name]), spec.economiser.count)
    return plants.OutdoorLoop(
        Coolers(machine, spec.count, spec.spare, spec.staging or "parallel"),
        V_flow=spec.flow,
        dp=spec.pump_head,
        efficiency=spec.pump_efficiency,
        fluid=spec.fluid,
        dp_static=spec.static_head,
        T_set=spec.supply or 0.0,
        economiser=economiser,
        flow_least=spec.flow_min,
    )


def _cooler(entry: entries.Entry, fluid: str) -> Cooler:
    """A cooler of the catalogue on a loop with this liquid."""
    if isinstance(entry, entries.CoolingTower):
        return CoolingTower(
            name=entry.name,
            capacity=entry.capacity,
            approach=entry.approach,
            T_wet=entry.wet_bulb,
            V_flow_nominal=entry.flow,
            fan_power=entry.fan_power,
            liquid_to_gas=entry.liquid_to_gas,
            exponent=entry.exponent,
            cycles=entry.cycles,
            drift=entry.drift,
        )
    assert isinstance(entry, entries.DryCooler | entries.AdiabaticCooler), f"{entry.name}"
    cooler = DryCooler(
        entry.name, entry.capacity, entry.approach, entry.fan_power, entry.flow, fluid
    )
    if isinstance(entry, entries.DryCooler):
        return cooler
    return AdiabaticCooler(cooler, entry.pad_effectiveness, entry.cycles)


def _chiller(entry: entries.Chiller) -> Chiller:
    curves = entry.curves
    return Chiller(
        name=entry.name,
        capacity=entry.capacity,
        cop=entry.cop,
        T_leaving=entry.supply_rated,
        T_entering=entry.entering_rated,
        curves=Curves(
            _surface(curves.capacity),
            _surface(curves.energy_input),
            curves.part_load,
            curves.load_min,
        ),
        cop_per_kelvin=entry.cop_per_kelvin,
        water_cooled=entry.condenser == "water",
    )


def _surface(curve: Any) -> Surface:
    return Surface(curve.terms, curve.leaving, curve.entering)


def _exchanger(entry: entries.Entry) -> PlateExchanger:
    assert isinstance(entry, entries.PlateExchanger), f"{entry.name} is no plate exchanger"
    return PlateExchanger(entry.name, entry.capacity, entry.approach, entry.flow)


def facility_of(case: Case, name: str | None) -> Facility:
    """The facility loop of this name."""
    return next(f for f in facilities_of(case) if f.name == name)


def facilities_of(case: Case) -> tuple[Facility, ...]:
    """All facility loops."""
    return case.liquid.facility if case.liquid else ()
