"""Liquid, facility water and power for a given air, repeated until they agree."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import jax
import jax.numpy as jnp

from power.solve import PowerState
from power.states import Failure
from power.study import NORMAL
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
from thermal.liquid.circuits import Scenario
from thermal.liquid.solve import CircuitsState, pick, solve, solve_batch

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
    """The liquid and power models of a case, and what has failed in its chain."""

    liquid: LiquidSide | None
    side: PowerSide | None
    failure: Failure = NORMAL

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
    wet = [unit for unit in units if unit.water]
    x.coil_heat = {u.name: min(heat / len(wet), rated_capacity(u)) for u in wet}
    x.T_supply = {u.name: first_supply(u) for u in units if u.control is not None}
    return x


def settle(case: Case, plant: Plant, x: Exchange) -> Utilities:
    """Liquid, facility water and power for the present air; updates the exchange."""
    return settle_states([(case, plant, x)])[0]


def settle_states(states: Sequence[tuple[Case, Plant, Exchange]]) -> list[Utilities]:
    """The same for many ways to operate one case, whose circuits are solved as one batch.

    They have the circuits of the first: its arrays, each with its own scenario.
    """
    if not states:
        return []
    all_of_them = [_Settling(*state) for state in states]
    for _ in range(SETTLING):
        moving = [one for one in all_of_them if not one.still]
        if not moving:
            break
        for one, circuits in zip(moving, _solved(moving), strict=True):
            one.advance(circuits)
    found = [one.result() for one in all_of_them]
    side = all_of_them[0].plant.side
    if side is not None:
        chains = [one.plant.failure for one in all_of_them]
        powers = side.solve_states([out.powers for out in found], chains)
        for one, out, power in zip(all_of_them, found, powers, strict=True):
            out.power = power
            one.x.losses = side.losses(power)
    return found


def _solved(moving: Sequence["_Settling"]) -> list[CircuitsState | None]:
    """Circuits of all states that have not settled."""
    side = moving[0].plant.liquid
    if side is None:
        return [None] * len(moving)
    scenarios = [one.scenario() for one in moving]
    if len(scenarios) == 1:
        return [solve(side.model, scenarios[0])]
    # As many as a power of two: batches of few sizes are compiled.
    size = 1 << (len(scenarios) - 1).bit_length()
    filled = scenarios + scenarios[-1:] * (size - len(scenarios))
    batch = jax.tree.map(lambda *leaves: jnp.stack(leaves), *filled)
    found = jax.device_get(solve_batch(side.model, batch))
    return [pick(found, n) for n in range(len(scenarios))]


class _Settling:
    """One state between rounds of liquid and facility water."""

    def __init__(self, case: Case, plant: Plant, x: Exchange) -> None:
        self.case, self.plant, self.x = case, plant, x
        self.out = Utilities()
        self.given = {i.name: i.heat_to_liquid for i in case.items if i.loop is not None}
        self.before, self.last = dict(x.T_facility), dict[str, tuple[float, float]]()
        self.still = False

    def scenario(self) -> Scenario:
        """What its circuits are asked for."""
        x, side = self.x, self.plant.liquid
        assert side is not None, "a state without circuits has no scenario"
        heat = {name: heat + x.leakage.get(name, 0.0) for name, heat in self.given.items()}
        return side.scenario_of(heat, x.T_facility, x.coil_heat, x.T_room)

    def advance(self, circuits: CircuitsState | None) -> None:
        """One round: what the circuits leave to facility water, and what that supplies then."""
        x, plant, out = self.x, self.plant, self.out
        before, leaked = dict(x.T_facility), dict(x.leakage)
        self.before = before
        if plant.liquid is not None and circuits is not None:
            out.circuits, out.loops = circuits, plant.liquid.states(circuits)
            x.V_water = plant.liquid.coil_flows(circuits)
            x.leakage = leakage_of(out.loops)
        self._listen()
        self._rejected()
        still = all(abs(x.T_facility[name] - T) < SETTLED for name, T in before.items())
        if still and all(abs(more - leaked.get(n, 0.0)) < 1.0 for n, more in x.leakage.items()):
            self.still = True
            return
        for name, T in before.items():
            given_back, self.last[name] = self.last.get(name), (T, x.T_facility[name])
            x.T_facility[name] = _next(self.last[name], given_back)

    def _listen(self) -> None:
        """What CDUs draw and give to the room."""
        x, plant, out = self.x, self.plant, self.out
        for name, (loop, of) in out.loops.items():
            assert plant.liquid is not None, "loops without a liquid side"
            assert out.circuits is not None, "loops that are not solved"
            pipes = plant.liquid.lost(out.circuits, name) / len(loop.cdus)
            for item, power, heat in zip(loop.cdus, of.pump_power, of.pump_heat, strict=True):
                x.cdu_power[item.name] = float(power)
                x.motor_heat[item.name] = float(power - heat) + pipes

    def _rejected(self) -> None:
        """Facility water by the heat that its users give it."""
        x, plant, out = self.x, self.plant, self.out
        for spec in self.case.liquid.facility if self.case.liquid else ():
            taken, pumps = 0.0, None
            if plant.liquid is not None and out.circuits is not None:
                taken = plant.liquid.taken(out.circuits, spec.name)
                pumps = plant.liquid.pump_power(out.circuits, spec.name)
            facility = solve_facility(self.case, spec, taken, None if pumps is None else pumps[0])
            out.facilities[spec.name] = facility
            x.T_facility[spec.name] = facility.T_supply
            x.facility_power[spec.name] = facility.power

    def result(self) -> Utilities:
        """All of it, with the power that everything draws now."""
        out = self.out
        out.unsettled = tuple(
            f"{name} would supply {f.T_supply - ZERO:.1f} degC with the heat that its users give "
            f"it at {self.before[name] - ZERO:.1f} degC: its rejection is far from carrying their "
            "heat"
            for name, f in out.facilities.items()
            if abs(f.T_supply - self.before[name]) > UNSETTLED
        )
        out.powers = load_powers(self.case, self.x)
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
