"""Rack loops and facility loops of a case as the pumps, pipes and exchangers they are made of."""

from rehall.coils import coil_rating, entry_of
from rehall.config import Case
from rehall.layout import Item, has_rear_door
from rehall.schema.entries import Cdu, CoolingUnit
from rehall.schema.liquid import BranchSpec, Facility, LoopSpec, PipeSpec
from thermal.liquid import facility as facilities
from thermal.liquid import loop as loops
from thermal.liquid.circuits import Circuit
from thermal.liquid.parts import Coupling, Link, Pipe, Valve
from thermal.properties import Fluid, fluid

HOUR = 3600.0  # [s]
INSIDE = 0.10
"""Pressure that exchanger and filter of a CDU lose at the rated flow over the head left outside,
where its table of head gives no more than the outside (assumed) [-]."""
FILTER = 0.3
"""Share of it in the clean filter (assumed) [-]."""
HOSE_ROUGHNESS = 1.5e-6
"""Smooth rubber or drawn tube, Moody (1944) [m]."""
USERS = 0.5
"""Share of a facility's pump head that lies across its users, where these give no pressure loss
(assumed) [-]."""


def loop_of(
    spec: LoopSpec, liquid: Fluid, cdus: tuple[Item, ...], racks: tuple[Item, ...]
) -> loops.Loop:
    """Description of a rack loop with its equipment."""
    control = spec.control
    name: loops.ControlOf = "speed"
    value = control.speed or 0.0
    if control.differential_pressure is not None:
        name, value = "differential_pressure", control.differential_pressure
    elif control.flow is not None:
        name, value = "flow", control.flow
    return loops.Loop(
        name=spec.name,
        fluid=liquid,
        cdus=tuple(_cdu(item) for item in cdus),
        branches=tuple(_branch(item, spec.branch) for item in racks),
        manifold=_manifold(spec),
        control=name,
        control_value=value,
        T_supply_set=spec.supply,
        pressure=spec.pressure,
    )


def facility_circuit(case: Case, spec: Facility) -> Circuit | None:
    """The circuit of a facility loop; None where nothing uses it."""
    on_it = {
        loop.name
        for loop in (case.liquid.loops if case.liquid else ())
        if loop.facility == spec.name
    }
    users, drops = [], []
    for item in case.items:
        if isinstance(item.entry, Cdu) and item.loop in on_it:
            users.append(facilities.User(item.name, item.entry.facility_flow))
            drops.append(item.entry.facility_dp)
        elif item.facility == spec.name and (
            isinstance(item.entry, CoolingUnit) or has_rear_door(item)
        ):
            users.append(facilities.User(item.name, coil_rating(item).water_flow))
            drops.append(coil_rating(item).water_dp)
    if not users:
        return None
    known = [dp for dp in drops if dp is not None]
    across = spec.differential_pressure or max(known, default=USERS * spec.pump_head)
    pumps = spec.pumps
    return facilities.circuit(
        facilities.Facility(
            name=spec.name,
            fluid=fluid(spec.fluid),
            T_supply=spec.supply,
            V_flow=spec.flow,
            head=spec.pump_head,
            users=tuple(users),
            dp_users=across,
            held=spec.differential_pressure is not None,
            pumps=pumps.count if pumps else 1,
            duty=pumps.duty if pumps else 1,
            without_check=pumps.without_check if pumps else (),
            pressure=spec.pressure or 0.0,
        )
    )


def _manifold(spec: LoopSpec) -> loops.Header | loops.Manifold:
    if spec.manifold is not None:
        return loops.Manifold(tuple(map(_pipe, spec.manifold.pipes)), dict(spec.manifold.taps))
    header = spec.header
    assert header is not None
    return loops.Header(
        header.pitch, header.diameter, header.roughness, header.fittings, header.reverse_return
    )


def _pipe(spec: PipeSpec) -> Link:
    pipe = Pipe(spec.length, spec.diameter, spec.roughness, spec.fittings)
    valve = _valve(spec)
    return Link(spec.name, *spec.ends, pipes=(pipe,), valve=valve, check=spec.check)


def _valve(spec: PipeSpec | BranchSpec) -> Valve | None:
    if spec.valve is None:
        return None
    return Valve(spec.valve * HOUR, spec.valve_characteristic)


def fouled_filters(filters: float) -> float:
    """Pressure that exchanger and filters of a CDU lose over that of clean ones [-].

    `filters` is that of the filters alone.
    """
    return 1.0 + FILTER * (filters - 1.0)


def pipe_losses(spec: LoopSpec, loop: loops.Loop) -> dict[str, float]:
    """Conductance of the pipes of a loop to the air of the hall [W/K], by link."""
    if spec.header is None:
        pipes = spec.manifold.pipes if spec.manifold else ()
        return {pipe.name: pipe.heat_loss * pipe.length for pipe in pipes}
    each = spec.header.heat_loss * spec.header.pitch
    return {link.name: each for link in loops.pipes(loop)}


def _cdu(item: Item) -> loops.Cdu:
    entry = entry_of(item, Cdu)
    flows, heads = zip(*entry.pump.curve, strict=True)
    pumps = loops.Pumps(
        tuple(flows), tuple(heads), entry.pump.count, entry.pump.duty, entry.pump.without_check
    )
    outside = loops.head_at(entry.flow, pumps, f"{item.name}.pump")
    inside = INSIDE * max(outside, 0.0)
    return loops.Cdu(
        name=item.name,
        capacity=entry.capacity,
        approach=entry.approach,
        V_flow_nominal=entry.flow,
        V_flow_facility_nominal=entry.facility_flow,
        pumps=pumps,
        efficiency=loops.efficiency(outside + inside, entry.flow, entry.pump.power, item.name),
        dp_exchanger=(1.0 - FILTER) * inside,
        dp_filter=FILTER * inside,
    )


def _branch(item: Item, spec: BranchSpec) -> loops.Branch:
    coolant = getattr(item.entry, "coolant", None)
    assert coolant is not None, f"{item.name} is on a loop without coolant"
    heat = item.entry.power * item.entry.liquid_fraction  # type: ignore[attr-defined]
    hoses: tuple[Pipe, ...] = ()
    couplings: tuple[Coupling, ...] = ()
    if spec.hose_length is not None and spec.hose_diameter is not None:
        hoses = (Pipe(spec.hose_length, spec.hose_diameter, HOSE_ROUGHNESS),)
    if spec.disconnect is not None:
        couplings = 2 * (Coupling(spec.disconnect * HOUR),)
    valve = _valve(spec)
    return loops.Branch(
        item.name,
        coolant.dp_nominal,
        coolant.flow_nominal(heat),
        coolant.exponent,
        hoses,
        couplings,
        valve,
    )
