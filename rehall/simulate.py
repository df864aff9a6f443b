"""Air, liquid and power of a case, repeated until what they tell each other agrees."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike

from power.solve import PowerState
from rehall import liquid_words
from rehall.carried import Carried, Entered, carried, entered
from rehall.config import Case
from rehall.electrical import PowerSide
from rehall.facility import FacilityState
from rehall.layout import has_rear_door
from rehall.liquid import LiquidSide, LoopModel
from rehall.loop_state import LoopState
from rehall.models import AirLevel, air_levels, refuse_unbalanced
from rehall.observe import node_air
from rehall.operation import (
    REAR_DOOR,
    ROOM,
    Exchange,
    air_flows,
    air_inputs,
    air_movers,
    fan_power,
)
from rehall.schema.entries import CoolingUnit
from rehall.start import at_start
from rehall.utilities import Plant, Utilities, first_exchange, settle, settle_states
from thermal.air.inputs import AirInputs
from thermal.air.model import AirModel
from thermal.air.ports import outlet
from thermal.air.settling import AirSolution, Progress, Settings
from thermal.air.solve import prolong, solve_steady
from thermal.air.state import Work
from thermal.liquid.solve import CircuitsState

AGREEMENT = 1e-3
"""Largest relative change of what one domain gives to another when they agree [-]."""
COUPLING_ITERATIONS = 8
CP = 1006.0
"""Of air, to weigh the change of a set point [J/kg/K]."""
Watch = Callable[[str, Progress], None]
Asked = tuple[AirInputs, Work]
"""What the air of a state is given, and where its solution starts."""


@dataclass(eq=False)
class Solution:
    """The coupled state of a case.

    `coarser` is the air on the wider cells, from coarse to fine, for the sequence and as evidence
    about the grid; with `study` they are a family of grids, each with the domains in agreement.
    `inputs` are the air's boundary conditions, `powers` what everything draws [W];
    `agreement` is the last change of what the domains exchange, `agreed` the one that is small
    enough [-].
    """

    case: Case
    level: AirLevel
    air: AirSolution
    coarser: tuple[tuple[AirLevel, AirSolution], ...]
    study: bool
    loops: dict[str, tuple[LoopModel, LoopState]]
    facilities: dict[str, FacilityState]
    liquid: tuple[LiquidSide, CircuitsState] | None
    power: tuple[PowerSide, PowerState] | None
    inputs: AirInputs
    exchange: Exchange
    powers: dict[str, float]
    agreement: float
    rounds: int
    wall_s: float
    unsettled: tuple[str, ...] = ()
    agreed: float = AGREEMENT

    @cached_property
    def carried(self) -> Carried:
        """What the air carries: moisture, age, air from racks; solved where it is asked for."""
        return carried(self.case, self.level, self.air, self.inputs)

    @cached_property
    def entered(self) -> Entered:
        """Moisture of what enters the air: known without solving."""
        return entered(self.case, self.level, self.air)

    @cached_property
    def node_air(self) -> dict[str, float]:
        """Hottest air that meets each node of the power chain in the hall [K]."""
        return node_air(self.case, self.level, self.air)

    @property
    def reasons(self) -> list[str]:
        """Why the run is not converged; empty if it is."""
        found = [self.air.reason] if self.air.reason else []
        if self.liquid is not None:
            found += liquid_words.reasons(*self.liquid)
        found += self.unsettled
        if self.power is not None and not self.power[1].converged:
            found.append("power: no voltage at which the chain carries its loads")
        if self.agreement > self.agreed:
            found.append(
                f"air, liquid and power still differ by {100 * self.agreement:.2f} % after "
                f"{self.rounds} rounds (limit {100 * self.agreed:g} %)"
            )
        return found


def simulate(
    case: Case, watch: Watch | None = None, cell: float | None = None, grids: int = 2
) -> Solution:
    """Solve a case. `watch` is told of progress; `cell` [m] replaces the case's cell width.

    `grids` from three on solve a grid study: a family of grids, each started from the coarser one.
    """
    started = time.perf_counter()
    found = simulate_on(case, air_levels(case, cell, grids), watch)
    return replace(found, wall_s=time.perf_counter() - started)


def simulate_on(case: Case, levels: Sequence[AirLevel], watch: Watch | None = None) -> Solution:
    """The same on grids that are there, from coarse to fine; three or more are a study."""
    started = time.perf_counter()
    grids, plant = len(levels), Plant.of(case)
    study = grids > 2
    x = first_exchange(case)
    refuse_unbalanced(case, levels[-1], air_flows(case, x))
    settle(case, plant, x)
    start, coarser = at_start(case, levels[0]), []
    for n, (level, finer) in enumerate(pairwise(levels), 1):
        if study:
            air = couple(case, level, start, x, plant, f"grid {n} of {grids}", watch).air
        else:
            air = solve_air(case, level, air_inputs(case, level, x), start, "coarse grid", watch)
        coarser.append((level, air))
        if np.isfinite(air.T_in).all():
            start = prolong(air.work, level.model, level.grid, finer.model, finer.grid)
        else:
            start = at_start(case, finer)
    stage = f"grid {grids} of {grids}" if study else "air"
    solution = couple(case, levels[-1], start, x, plant, stage, watch)
    wall = time.perf_counter() - started
    return replace(solution, coarser=tuple(coarser), study=study, wall_s=wall)


def couple(
    case: Case,
    level: AirLevel,
    start: Work,
    x: Exchange,
    plant: Plant,
    stage: str,
    watch: Watch | None = None,
    agreed: float = AGREEMENT,
    settings: Settings | None = None,
) -> Solution:
    """Repeat air, liquid and power on one grid until they agree; updates the exchange.

    `settings` of the air are those of the case where none are given.
    """

    def solve(asked: Sequence[Asked]) -> list[AirSolution]:
        return [
            solve_air(case, level, inputs, work, stage, watch, settings) for inputs, work in asked
        ]

    return couple_states([(case, plant, x)], level, [start], solve, agreed)[0]


def couple_states(
    states: Sequence[tuple[Case, Plant, Exchange]],
    level: AirLevel,
    starts: Sequence[Work],
    solve: Callable[[Sequence[Asked]], list[AirSolution]],
    agreed: float = AGREEMENT,
) -> list[Solution]:
    """The same for many ways to operate one case, each from its own start.

    `solve` finds the air of several at once. Liquid and power are one batch each.
    """
    began = time.perf_counter()
    every = [
        _Coupled(case, plant, x, start)
        for (case, plant, x), start in zip(states, starts, strict=True)
    ]
    for one, utilities in zip(every, settle_states(states), strict=True):
        one.utilities, one.inputs = utilities, air_inputs(one.case, level, one.x)
    going = list(every)
    while going:
        found = solve([(one.inputs, one.start) for one in going])
        going = [one for one, air in zip(going, found, strict=True) if one.hear(air, level)]
        settled = settle_states([(one.case, one.plant, one.x) for one in going])
        for one, utilities in zip(going, settled, strict=True):
            one.answer(utilities, level)
        going = [one for one in going if one.goes_on(agreed)]
    wall_s = time.perf_counter() - began
    return [replace(one.solution(level), wall_s=wall_s, agreed=agreed) for one in every]


class _Coupled:
    """A state between rounds of air, liquid and power."""

    def __init__(self, case: Case, plant: Plant, x: Exchange, start: Work) -> None:
        self.case, self.plant, self.x, self.start = case, plant, x, start
        self.utilities: Utilities
        self.inputs: AirInputs
        self.air: AirSolution
        self.rounds, self.agreement = 0, np.inf

    def hear(self, air: AirSolution, level: AirLevel) -> bool:
        """Take what the air tells; False where it diverged and has nothing to tell."""
        self.air, self.rounds = air, self.rounds + 1
        if not np.isfinite(air.T_in).all():
            return False
        self.start = air.work
        listen(self.x, air, level, self.case)
        return True

    def answer(self, utilities: Utilities, level: AirLevel) -> None:
        """What liquid and power make of it, and how far it is from what the air was given."""
        before = self.inputs
        self.utilities, self.inputs = utilities, air_inputs(self.case, level, self.x)
        self.agreement = change(before, self.inputs, self.air, level.model)

    def goes_on(self, agreed: float) -> bool:
        """Whether another round is wanted."""
        return self.agreement >= agreed and self.rounds < COUPLING_ITERATIONS

    def solution(self, level: AirLevel) -> Solution:
        """All of it."""
        around = (self.plant, self.utilities, self.x, self.inputs)
        found = solution_of(self.case, level, self.air, around)
        return replace(found, agreement=float(self.agreement), rounds=self.rounds)


def solution_of(
    case: Case,
    level: AirLevel,
    air: AirSolution,
    around: tuple[Plant, Utilities, Exchange, AirInputs],
) -> Solution:
    """A solution on one grid from its air and what is `around` it."""
    plant, utilities, x, inputs = around
    circuits, power = utilities.circuits, utilities.power
    return Solution(
        case=case,
        level=level,
        air=air,
        coarser=(),
        study=False,
        loops=utilities.loops,
        facilities=utilities.facilities,
        liquid=(plant.liquid, circuits) if plant.liquid and circuits else None,
        power=(plant.side, power) if plant.side and power else None,
        inputs=inputs,
        exchange=x,
        powers=utilities.powers,
        agreement=0.0,
        rounds=0,
        wall_s=0.0,
        unsettled=utilities.unsettled,
    )


def check_models(case: Case, cell: float | None = None) -> AirLevel:
    """The air on its finest grid, after every check that comes before solving."""
    level = air_levels(case, cell)[-1]
    Plant.of(case)
    refuse_unbalanced(case, level, air_flows(case, Exchange()))
    return level


def listen(x: Exchange, air: AirSolution, level: AirLevel, case: Case) -> None:
    """Take from the air what the other domains need: intake temperatures, flows, coil heats."""
    cp = float(level.model.cp)
    for item in air_movers(case):
        at = level.streams.of(item.name)
        flow = np.abs(air.m_flow[at])
        T_in = float(np.sum(level.streams.share[at] * air.T_in[at]))
        gained = cp * float(np.sum(flow * (air.T_out - air.T_in)[at]))
        if isinstance(item.entry, CoolingUnit):
            x.coil_heat[item.name] = fan_power(item, x.T_in.get(item.name, ROOM)) - gained
        elif has_rear_door(item):
            x.coil_heat[item.name] = item.heat_to_air - gained
        x.T_in[item.name], x.m_air[item.name] = T_in, float(flow.sum())
        if item.name in x.T_supply and item.control is not None:
            # As far as the return air is from what is asked for; a valve shut lets it all through.
            moved = x.T_supply[item.name] + item.control.T_return - T_in
            coldest = x.T_facility[item.facility or ""]
            x.T_supply[item.name] = float(np.clip(moved, coldest, item.control.T_return))


def change(before: AirInputs, after: AirInputs, air: AirSolution, model: AirModel) -> float:
    """Largest relative change of what the air is given [-].

    Of each stream's heat and flow, where it carries more than a hundredth of its even share, and
    of their sums. A coil counts by the heat that it takes from the present air, a set point where
    it is held.
    """
    coil = np.asarray(before.controlled) > 0
    short = coil & (air.T_out > np.asarray(before.T_set) + 0.05)
    heat = max(float(np.abs(before.heat).sum() + np.abs(before.block_heat).sum()), 1.0)
    C = np.abs(air.m_flow) * CP
    door = np.asarray(before.controlled) == REAR_DOOR

    def taken(inputs: AirInputs) -> np.ndarray:
        """What the coils take from the present air; set points that are held count below."""
        T_set = np.where(door, inputs.T_set, before.T_set)
        heated = air.T_in + np.asarray(inputs.heat) / np.maximum(C, 1e-6)
        given = replace(inputs, T_set=jnp.asarray(T_set), bodies=None)
        T_in = jnp.asarray(air.T_in - float(model.T_ref))
        out = np.asarray(outlet(T_in, jnp.asarray(C), jnp.zeros((2, 1)), model, given), float)
        return np.asarray(coil * C * (heated - float(model.T_ref) - out))

    def step(before: ArrayLike, after: ArrayLike, whole: float) -> float:
        old, new = np.asarray(before, float), np.asarray(after, float)
        least = 0.01 * whole / max(len(old), 1)
        each = np.abs(new - old) / np.maximum(np.abs(old), max(least, 1e-12))
        return max(float(each.max(initial=0.0)), float(np.abs(new - old).sum()) / whole)

    held = C * (coil & ~short) * (np.asarray(after.T_set) - np.asarray(before.T_set))
    return max(
        float(np.abs(held).sum()) / heat,
        step(before.heat, after.heat, heat),
        step(before.block_heat, after.block_heat, heat),
        step(before.V_flow, after.V_flow, max(float(np.sum(before.V_flow)), 1e-6)),
        step(taken(before), taken(after), heat),
    )


def solve_air(
    case: Case,
    level: AirLevel,
    inputs: AirInputs,
    start: Work,
    stage: str = "air",
    watch: Watch | None = None,
    settings: Settings | None = None,
) -> AirSolution:
    """The air of a case on one grid for given inputs, with the settings of the case or others."""
    settings = settings or Settings(iterations=case.solver.iterations)
    tell = None if watch is None else lambda progress: watch(stage, progress)
    return solve_steady(level.model, inputs, level.streams, start, settings, tell)
