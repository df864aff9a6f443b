"""Liquid, facility water and power for a given air, repeated until they agree."""

from dataclasses import dataclass, field

from power.solve import PowerState
from rehall.chips import leakage_of
from rehall.coils import rated_capacity
from rehall.config import Case
from rehall.electrical import PowerSide, power_side
from rehall.facility import FacilityState, solve_facility
from rehall.liquid import LiquidSide, liquid_side
from rehall.loop_model import LoopModel
from rehall.loop_state import LoopState
from rehall.operation import Exchange, first_supply, load_powers
from rehall.schema.entries import CoolingUnit
from thermal.liquid.solve import CircuitsState

SETTLING, SETTLED, UNSETTLED = 40, 1e-3, 0.1
"""Rounds of liquid and facility water; supplies are settled within [K], and reported beyond [K]."""
ZERO = 273.15


@dataclass(eq=False)
class Utilities:
    """Liquid and power in one round of the exchange; `unsettled` tells what does not agree."""

    circuits: CircuitsState | None = None
    loops: dict[str, tuple[LoopModel, LoopState]] = field(default_factory=dict)
    facilities: dict[str, FacilityState] = field(default_factory=dict)
    power: PowerState | None = None
    powers: dict[str, float] = field(default_factory=dict)
    unsettled: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Plant:
    """The liquid and power models of a case."""

    liquid: LiquidSide | None
    side: PowerSide | None

    @classmethod
    def of(cls, case: Case) -> "Plant":
        """Build them."""
        return cls(liquid_side(case), power_side(case))


def first_exchange(case: Case) -> Exchange:
    """A first guess: set points are held, cooling units share the heat given to the air."""
    x = Exchange()
    facilities = case.liquid.facility if case.liquid else ()
    x.T_facility = {f.name: f.supply for f in facilities}
    units = [i for i in case.items if isinstance(i.entry, CoolingUnit) and i.on]
    heat = sum(i.heat_to_air for i in case.items)
    x.coil_heat = {u.name: min(heat / len(units), rated_capacity(u)) for u in units}
    x.T_supply = {u.name: first_supply(u) for u in units if u.control is not None}
    return x


def settle(case: Case, plant: Plant, x: Exchange) -> Utilities:
    """Liquid, facility water and power for the present air; updates the exchange."""
    out = Utilities()
    given = {item.name: item.heat_to_liquid for item in case.items if item.loop is not None}
    before, last = dict[str, float](), dict[str, tuple[float, float]]()
    for _ in range(SETTLING):
        before, leaked = dict(x.T_facility), dict(x.leakage)
        if plant.liquid is not None:
            heat = {name: heat + leaked.get(name, 0.0) for name, heat in given.items()}
            state = plant.liquid.solve(heat, x.T_facility, x.coil_heat, x.T_room)
            out.circuits, out.loops = state, plant.liquid.states(state)
            x.V_water = plant.liquid.coil_flows(state)
            x.leakage = leakage_of(out.loops)
        for name, (loop, of) in out.loops.items():
            assert plant.liquid is not None, "loops without a liquid side"
            assert out.circuits is not None, "loops that are not solved"
            pipes = plant.liquid.lost(out.circuits, name) / len(loop.cdus)
            for item, power, heat in zip(loop.cdus, of.pump_power, of.pump_heat, strict=True):
                x.cdu_power[item.name] = float(power)
                x.motor_heat[item.name] = float(power - heat) + pipes
        for spec in case.liquid.facility if case.liquid else ():
            taken, pumps = 0.0, None
            if plant.liquid is not None and out.circuits is not None:
                taken = plant.liquid.taken(out.circuits, spec.name)
                pumps = plant.liquid.pump_power(out.circuits, spec.name)
            facility = solve_facility(case, spec, taken, None if pumps is None else pumps[0])
            out.facilities[spec.name] = facility
            x.T_facility[spec.name] = facility.T_supply
            x.facility_power[spec.name] = facility.power
        still = all(abs(x.T_facility[name] - T) < SETTLED for name, T in before.items())
        if still and all(abs(more - leaked.get(n, 0.0)) < 1.0 for n, more in x.leakage.items()):
            break
        for name, T in before.items():
            given_back, last[name] = last.get(name), (T, x.T_facility[name])
            x.T_facility[name] = _next(last[name], given_back)
    out.unsettled = tuple(
        f"{name} would supply {f.T_supply - ZERO:.1f} degC with the heat that its users give it at "
        f"{before[name] - ZERO:.1f} degC: its rejection is far from carrying their heat"
        for name, f in out.facilities.items()
        if abs(f.T_supply - before[name]) > UNSETTLED
    )
    out.powers = load_powers(case, x)
    if plant.side is not None:
        out.power = plant.side.solve(out.powers)
        x.losses = plant.side.losses(out.power)
    return out


def _next(now: tuple[float, float], before: tuple[float, float] | None) -> float:
    """Supply to try after one was tried and another came out [K].

    Wegstein (1958), Accelerating convergence of iterative processes, Comm. ACM 1(6), where what
    comes out falls with what was tried; else the one that came out.
    """
    tried, found = now
    if before is None or abs(tried - before[0]) < SETTLED:
        return found
    slope = (found - before[1]) / (tried - before[0])
    keep = slope / (slope - 1.0) if slope < 0.0 else 0.0
    return keep * tried + (1.0 - keep) * found
