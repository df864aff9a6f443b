"""The liquid side of a case: its rack loops, and the facility loops that take their heat."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np

from rehall.config import Case
from rehall.layout import Item
from rehall.schema.entries import Cdu, Chiller, CoolingUnit, DryCooler, Rack
from rehall.schema.entries.cooling import CoilRating
from rehall.schema.liquid import Facility, LoopSpec
from thermal.equipment import cooling_unit
from thermal.liquid import loop as loops
from thermal.liquid.solve import LiquidInputs, LiquidState, solve
from thermal.plant import rejection
from thermal.properties import fluid


@dataclass(frozen=True, eq=False)
class LoopModel:
    """A rack loop with the pieces of equipment on it."""

    spec: LoopSpec
    cdus: tuple[Item, ...]
    racks: tuple[Item, ...]
    model: loops.LiquidModel


@dataclass(frozen=True, eq=False)
class FacilityState:
    """A facility loop that carries `heat` [W], its pumps' included; temperatures in K.

    `shortage` [W] is what the rejection cannot carry at the set point, `capacity` [W] what it
    can, `loading` the share of it in use.
    """

    spec: Facility
    heat: float
    T_supply: float
    T_return: float
    pump_power: float
    rejection_power: float
    shortage: float
    capacity: float

    @property
    def power(self) -> float:
        """Electrical power of pumps and rejection [W]."""
        return self.pump_power + self.rejection_power

    @property
    def loading(self) -> float:
        """Heat over what the rejection can carry at the set point [-]."""
        return self.heat / max(self.capacity, 1.0)  # without capacity far beyond any limit


def loop_models(case: Case) -> dict[str, LoopModel]:
    """Models of the case's rack loops by name."""
    specs = case.liquid.loops if case.liquid else ()
    models = {}
    for spec in specs:
        cdus = tuple(i for i in case.items if i.loop == spec.name and isinstance(i.entry, Cdu))
        racks = tuple(i for i in case.items if i.loop == spec.name and not isinstance(i.entry, Cdu))
        loop = loops.Loop(
            name=spec.name,
            fluid=spec.fluid,
            cdus=tuple(_cdu(item) for item in cdus),
            branches=tuple(_branch(item) for item in racks),
            header=loops.Header(spec.header.pitch, spec.header.diameter, spec.header.roughness),
            control="speed" if spec.control.speed is not None else "differential_pressure",
            control_value=spec.control.speed or spec.control.differential_pressure or 0.0,
            T_supply_set=spec.supply,
            facility_fluid=facility_of(case, spec.facility).fluid,
        )
        models[spec.name] = LoopModel(spec, cdus, racks, loops.build(loop))
    return models


def solve_loop(
    loop: LoopModel, case: Case, T_facility: float, heat: dict[str, float]
) -> LiquidState:
    """Steady state of a rack loop with `heat` [W] by rack and facility water at T_facility [K]."""
    running = np.array([float(item.on) for item in loop.cdus])
    nominal = running * np.array([_entry(item, Cdu).facility_flow for item in loop.cdus])
    flow = nominal * water_share(case, loop.spec.facility)
    return solve(
        loop.model,
        LiquidInputs(
            heat=jnp.array([heat[item.name] for item in loop.racks]),
            running=jnp.array(running),
            opening=jnp.ones(len(loop.racks)),
            T_facility=jnp.array(T_facility),
            V_flow_facility=jnp.array(flow),
        ),
    )


def solve_facility(case: Case, spec: Facility, heat: float) -> FacilityState:
    """A facility loop at constant flow that carries `heat` [W] to outdoors."""
    reject, count = _rejection(case, spec), spec.rejection.count
    pumps = spec.flow * spec.pump_head / spec.pump_efficiency
    total = heat + pumps
    result = reject(total / count)
    # Asked for far more than it can, a machine shows in its shortage how much it can.
    far_more = 100.0 * case.rejections[spec.name].capacity  # type: ignore[attr-defined]
    capacity = count * (far_more - float(reject(far_more).shortage))
    liquid = fluid(spec.fluid)
    T_set = jnp.asarray(spec.supply)
    C = spec.flow * float(liquid.density(T_set) * liquid.heat_capacity(T_set))
    T_supply = float(result.T_leaving)
    return FacilityState(
        spec=spec,
        heat=total,
        T_supply=T_supply,
        T_return=T_supply + total / C,
        pump_power=pumps,
        rejection_power=count * float(result.power),
        shortage=count * float(result.shortage),
        capacity=capacity,
    )


def _rejection(case: Case, spec: Facility) -> Callable[[float], rejection.Rejection]:
    """What one machine of a facility does with the heat [W] it is given, at the site's design."""
    entry, T_outdoor = case.rejections[spec.name], case.site.outdoor.dry_bulb
    flow = spec.flow / spec.rejection.count
    if isinstance(entry, DryCooler):
        cooler = rejection.DryCooler(
            entry.name, entry.capacity, entry.approach, entry.fan_power, entry.flow, spec.fluid
        )
        return lambda heat: rejection.dry_cooler(cooler, heat, T_outdoor, flow, spec.supply)
    assert isinstance(entry, Chiller), f"{spec.name}: {entry.name} rejects no heat"
    warmer = 1 + entry.cop_per_kelvin * (spec.supply - entry.supply_rated)
    machine = rejection.Chiller(
        entry.name, entry.capacity, entry.cop * warmer, entry.derate, entry.outdoor_rated
    )
    return lambda heat: rejection.chiller(machine, heat, T_outdoor, flow, spec.supply, spec.fluid)


def facility_of(case: Case, name: str | None) -> Facility:
    """The facility loop of this name."""
    return next(f for f in _facilities(case) if f.name == name)


def water_wanted(case: Case, name: str) -> float:
    """Rated flow of all running CDUs and coils on a facility loop together [m3/s]."""
    on_it = {
        spec.name for spec in (case.liquid.loops if case.liquid else ()) if spec.facility == name
    }
    cdus = [i for i in case.items if isinstance(i.entry, Cdu) and i.loop in on_it and i.on]
    units = [i for i in case.items if i.facility == name and i.on]
    return sum(_entry(i, Cdu).facility_flow for i in cdus) + sum(
        coil_rating(i).water_flow for i in units
    )


def water_share(case: Case, name: str) -> float:
    """Flow of a facility loop over what its CDUs and coils are rated for together [-]."""
    wanted = water_wanted(case, name)
    return facility_of(case, name).flow / wanted if wanted > 0 else 1.0


def coil_rating(item: Item) -> CoilRating:
    """Rated point of the coil of a cooling unit or of a rack's rear door."""
    if isinstance(item.entry, CoolingUnit):
        return item.entry.rating
    door = item.entry.rear_door if isinstance(item.entry, Rack) else None
    assert door is not None, f"{item.name} has no coil"
    return door


def coil(item: Item, water: str = "water") -> cooling_unit.CoolingUnit:
    """The coil of a cooling unit or rear door as placed, on a facility loop with this liquid."""
    rating = coil_rating(item)
    return cooling_unit.CoolingUnit(
        name=item.name,
        capacity=rating.capacity,
        V_flow_air=rating.air_flow,
        T_air_in=rating.air_in,
        V_flow_water=rating.water_flow,
        T_water_in=rating.water_in,
        fan_power=getattr(item.entry, "fan_power", 0.0),
        fluid=water,
    )


def rated_capacity(item: Item) -> float:
    """Rated heat of a cooling unit's coil [W]."""
    return float(_entry(item, CoolingUnit).rating.capacity)


def coil_conductance(item: Item, case: Case, m_air: float, T_water: float) -> float:
    """Heat per kelvin between the air and water inlets of a unit's or rear door's coil [W/K].

    The users of a facility loop share its flow by their rated flows; a coil takes its rated flow
    at most.
    """
    facility = facility_of(case, item.facility)
    share = min(1.0, water_share(case, facility.name))
    V_water = coil_rating(item).water_flow * share
    m_water = V_water * float(fluid(facility.fluid).density(jnp.asarray(T_water)))
    kelvin = 1.0  # the coil is linear in the difference of its inlets
    return float(
        cooling_unit.capacity(coil(item, facility.fluid), T_water + kelvin, m_air, T_water, m_water)
    )


def _facilities(case: Case) -> tuple[Facility, ...]:
    return case.liquid.facility if case.liquid else ()


def _cdu(item: Item) -> loops.Cdu:
    entry = _entry(item, Cdu)
    flows, heads = zip(*entry.pump.curve, strict=True)
    return loops.Cdu(
        name=item.name,
        capacity=entry.capacity,
        approach=entry.approach,
        V_flow_nominal=entry.flow,
        V_flow_facility_nominal=entry.facility_flow,
        pump=loops.Pump(tuple(flows), tuple(heads), power_nominal=entry.pump.power),
    )


def _branch(item: Item) -> loops.Branch:
    coolant = getattr(item.entry, "coolant", None)
    assert coolant is not None, f"{item.name} is on a loop without coolant"
    heat = item.entry.power * item.entry.liquid_fraction  # type: ignore[attr-defined]
    return loops.Branch(item.name, coolant.dp_nominal, coolant.flow_nominal(heat), coolant.exponent)


def _entry(item: Item, kind: type) -> Any:
    assert isinstance(item.entry, kind), f"{item.name} is no {kind.__name__}"
    return item.entry
